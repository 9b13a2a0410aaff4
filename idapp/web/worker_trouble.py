"""What is said where work waits and no worker takes it up: on the page of the batch, and above every page."""

from idapp import jobs, worker_ends
from idapp.models import HEARTBEAT_STALE, Batch, User, utc_now
from idapp.settings import current

_UP_TO_THE_WORKER = ("queued", "interrupted")


def waits_for_nobody(batch: Batch) -> bool:
    """No worker is there to take the batch up. Asked only where it shows: a batch that moves has its worker."""
    if batch.channel != "soap":
        return False
    # The worker looks every two seconds whether a pause is over.
    is_overdue = batch.resume_at is not None and batch.resume_at < utc_now() - HEARTBEAT_STALE
    if batch.shown_state not in _UP_TO_THE_WORKER and not is_overdue:
        return False
    return jobs.health(current())["worker"] != "ok"


def cause() -> str:
    """Why the last worker ended, in words; "" where nobody knows."""
    return worker_ends.ends_of(current()).words


def sentence_for(user: User, batch_id: int | None) -> str:
    """For the two who can have it mended, on every page; "" usually. ``batch_id``: the batch under way."""
    if user.role not in ("clerk", "principal"):
        return ""
    ends = worker_ends.ends_of(current())
    if not ends.is_hopeless:
        if batch_id is None or not waits_for_nobody(Batch.get_by_id(batch_id)):
            return ""
    why = ""
    if ends.words:
        why = f" Lý do: {ends.words}."
    return (
        f"Phần chạy nền trên máy chủ đang dừng: đợt xác thực và tệp lớn phải chờ.{why} Hãy báo "
        "người phụ trách máy chủ; những gì đã lưu vẫn còn nguyên."
    )

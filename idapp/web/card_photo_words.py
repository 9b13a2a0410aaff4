"""What is said after photos of cards were sent and written."""

from __future__ import annotations

from idapp.card_photos import Outcome


def sent_words(count: int) -> str:
    """
    >>> sent_words(3)
    'Đã gửi 3 ảnh thẻ.'
    """
    return f"Đã gửi {count} ảnh thẻ."


def confirmed_words(outcome: Outcome) -> str:
    """How much was written, what was left to somebody else's edit, where the photos are, how to take it back."""
    report = outcome.report
    sentences = [f"Đã lưu {report.written} mục của {_people(outcome)} từ ảnh thẻ."]
    if report.conflicts:
        names = sorted({conflict.person.full_name for conflict in report.conflicts})
        sentences.append(
            f"Vừa có người sửa hồ sơ của {', '.join(names)}: ô ấy giữ như người ấy ghi, "
            "hãy xem lại rồi chọn."
        )
    if outcome.kept:
        sentences.append(f"{outcome.kept} ảnh được giữ làm giấy tờ đối chiếu.")
    if report.written:
        sentences.append("Muốn lấy lại như cũ, bấm Hoàn tác.")
    return " ".join(sentences)


def _people(outcome: Outcome) -> str:
    count = sum(saved.changed for saved in outcome.report.saved)
    return f"{count} người"

"""Step 4: the board, the workbook for the managing office, the machine-readable numbers."""

from flask import Blueprint, jsonify, render_template, send_file
from werkzeug.wrappers import Response

from idapp import audit, exports, progress, school
from idapp.database import writing
from idapp.models import utc_now
from idapp.web.access import current_user, signed_in

bp = Blueprint("progress", __name__)
COLUMNS = (
    ("total", "Tổng số"), ("with_number", "Có số"), ("incomplete", "Thiếu/Sai"), ("ready", "Sẵn sàng gửi"),
    ("sent", "Đang chờ"), ("verified", "Đã xác thực"), ("mismatch", "Không khớp"), ("not_found", "Không tìm thấy"),
    ("rejected", "Bị từ chối"), ("unanswered", "Chưa trả lời"), ("changed", "Sửa sau xác thực"),
    ("explained", "Có giải trình"), ("notice_open", "Cần giấy"),
)  # fmt: skip


@bp.get("/progress")
@signed_in
def board() -> str:
    view = progress.board(current_user)
    return render_template(
        "progress/board.html",
        view=view,
        COLUMNS=COLUMNS,
        KIND_WORDS=progress.KIND_WORDS,
        campaign=school.the_campaign(),
    )


@bp.get("/progress.json")
@signed_in
def machine() -> Response:
    return jsonify(progress.machine_readable(current_user, f"{utc_now():%Y-%m-%dT%H:%M:%SZ}"))


@bp.get("/progress.xlsx")
@signed_in
def workbook() -> Response:
    with writing():
        audit.record("export", by=current_user, subject="progress")
    return send_file(
        exports.progress_workbook(progress.board(current_user), COLUMNS, by=current_user),
        as_attachment=True,
        download_name="tien-do.xlsx",
    )

"""What a table of records shows: its rows in order, its sums, and the words for states and sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peewee import ModelSelect, fn

from idapp.database import rows
from idapp.models import DONE, Person

STATUS_WORDS = {
    "incomplete": "Thiếu/Sai",
    "ready": "Sẵn sàng gửi",
    "sent": "Đang chờ kết quả",
    "verified": "Đã xác thực",
    "mismatch": "Không khớp",
    "not_found": "Không tìm thấy",
    "rejected": "Bị từ chối",
    "unanswered": "Dịch vụ chưa trả lời",
    "changed": "Sửa sau xác thực",
    "explained": "Có giải trình",
    "foreign": "Ngoài diện",
}
SOURCE_LABELS = {
    "typed": "gõ tay",
    "pasted": "dán",
    "import": "tệp Excel",
    "notice": "giấy tờ",
    "undo": "hoàn tác",
    "card": "mã QR thẻ căn cước",
    "fill": "điền xuống",
    "merge": "gộp hồ sơ",
    "places": "đổi danh mục địa chỉ",
    "year": "năm học mới",
    "place_name": "địa phương đổi tên",
}


@dataclass(frozen=True)
class Counts:
    """Sums over the records of a table: records, problems of both levels, and records by ``Person.status``."""

    total: int
    errors: int
    warnings: int
    by_status: Mapping[str, int]

    @property
    def to_do(self) -> int:
        """Everybody but those of another nationality, whom nobody asks about."""
        return self.total - self.by_status.get("foreign", 0)

    @property
    def verified(self) -> int:
        """Records that the register confirmed as they stand."""
        return self.by_status.get("verified", 0)

    @property
    def done(self) -> int:
        """Accounted for: verified, or with an approved explanation."""
        return sum(self.by_status.get(status, 0) for status in DONE)


def table_of(query: ModelSelect[Person]) -> list[Person]:
    """The records of a table, in its order."""
    return list(in_table_order(query))


def in_table_order(query: ModelSelect[Person]) -> ModelSelect[Person]:
    """The same query in the order of a Vietnamese class list."""
    return query.order_by(Person.sort_key, Person.id)


def counts(query: ModelSelect[Person]) -> Counts:
    """Totals over what the query selects; every record is in exactly one state."""
    columns = (
        Person.status,
        fn.COUNT(Person.id),
        fn.SUM(Person.errors),
        fn.SUM(Person.warnings),
    )
    by_status: dict[str, int] = {}
    errors = 0
    warnings = 0
    for status, records, errors_here, warnings_here in rows(
        query.select(*columns).group_by(Person.status)
    ):
        by_status[status] = records
        errors += errors_here or 0  # a sum over no value is NULL
        warnings += warnings_here or 0
    return Counts(sum(by_status.values()), errors, warnings, by_status)

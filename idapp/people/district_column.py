"""A column of districts in a block without headings, pasted into a table that has no such column any more.

Old lists write province | district | commune; since 1 July 2025 the table has province | commune. By place alone the
districts would land in the communes, and the communes in the cell beside them. The texts tell: a column is one of
districts if most of its lines name a district, and with the next column a commune in it.
"""

import re
from collections.abc import Sequence

from idapp.people.clipboard import Block
from idapp.rules import places
from idapp.rules.folding import fold
from idapp.rules.places import Address

_WORD = re.compile(r"(huyen|quan|thi xa|thanh pho|tp|tx|h|q)\b\.?")
_EPOCH = "2level"  # only there the table lacks the column


def with_district(fields: Sequence[str], block: Block, columns: Sequence[str]) -> list[str]:
    """The fields of a block's columns by their place, with the column of districts where one stands before the
    communes; what follows it moves on by one."""
    fields = list(fields)
    if "district" in columns or "commune" not in fields:
        return fields
    column = fields.index("commune")
    if column + 1 >= block.width or not _is_of_districts(fields, block, column):
        return fields
    behind = columns[columns.index("commune") :]
    moved = [*fields[:column], "district", *behind]
    moved += [""] * block.width
    return moved[: block.width]


def _is_of_districts(fields: Sequence[str], block: Block, column: int) -> bool:
    """Do most lines name a district in this column, with a commune in the next?"""
    provinces = [""] * len(block.rows)
    if column > 0 and fields[column - 1] == "province":
        provinces = block.column(column - 1)
    lines = 0
    fitting = 0
    for province, district, commune in zip(
        provinces, block.column(column), block.column(column + 1), strict=True
    ):
        if not district.strip() or not commune.strip():
            continue
        lines += 1
        fitting += _is_in_district(Address(province, district, commune))
    return lines > 0 and 2 * fitting > lines


def _is_in_district(address: Address) -> bool:
    """Does the second text name a district? One that says so itself needs no commune that is spelt right."""
    finding = places.read_address(address, _EPOCH)
    if finding.kind not in ("unknown", "empty"):
        return True
    return _WORD.match(fold(address.district)) is not None and not finding.rest

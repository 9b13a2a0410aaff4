"""The addresses of a file in the places of the campaign: the whole column at once, in either epoch.

A list says of itself in which epoch it is written: one address that only one epoch knows proves it for the rows that
fit both. What has one successor is converted, as a repair with both texts in sight; what has several keeps its texts
and asks to be chosen; nothing is ever made another place.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from idapp.imports.columns import Reading
from idapp.rosters import FoundRow
from idapp.rules import places
from idapp.rules.folding import tidy
from idapp.rules.places import Address, Finding


class FileAddresses:
    """The addresses of one file; counts what became of them."""

    def __init__(self, reading: Reading, today: date) -> None:
        self._today = today
        self._is_ours = reading.shape == "own"
        self._written_in = "" if self._is_ours else _epoch_of(reading.rows, today)
        self._converted: set[tuple[str, ...]] = set()
        self._to_choose: set[tuple[str, ...]] = set()
        self._rows: Counter[str] = Counter()

    def texts_of(self, texts: Mapping[str, str], row: FoundRow, epoch: str) -> dict[str, str]:
        """The texts of a row with its residence in the places of ``epoch``, where that is certain."""
        written = tuple(texts.get(level, "") for level in places.LEVELS)
        whole = "" if any(written) else tidy(row.text("residence"))
        if not any(written) and not whole:
            return dict(texts)
        written_in = epoch if self._is_ours else self._written_in
        address = Address(*written)
        finding = places.read_address(whole or address, epoch, self._today, written_in=written_in)
        self._count(finding, (*written, whole))
        if whole:
            return _of_whole_text(texts, whole, finding)
        if finding.is_certain and finding.rest:
            return dict(texts)  # words that are no place stay where they stand
        return _with_places(texts, places.texts_to_store(address, finding, epoch))

    @property
    def notes(self) -> list[str]:
        """One sentence about the whole column, if addresses of another time stood in it."""
        parts = []
        if self._rows["converted"]:
            count = len(self._converted)
            parts.append(
                f"{count} địa chỉ cũ đã đổi sang tên hiện nay ({self._rows['converted']} dòng)"
            )
        if self._rows["choice"]:
            count = len(self._to_choose)
            parts.append(
                f"{count} địa chỉ cần chọn vì đã chia về nhiều nơi ({self._rows['choice']} dòng)"
            )
        return [f"Nơi thường trú: {', '.join(parts)}."] if parts else []

    def _count(self, finding: Finding, written: tuple[str, ...]) -> None:
        if finding.kind == "converted":
            self._converted.add(written)
            self._rows["converted"] += 1
        elif finding.kind == "choice":
            self._to_choose.add(written)
            self._rows["choice"] += 1


def _epoch_of(rows: Iterable[FoundRow], today: date) -> str:
    addresses = [
        Address(*(tidy(row.text(level)) for level in places.LEVELS))
        for row in rows
        if row.text("commune")
    ]
    return places.epoch_written(addresses, today)


def _of_whole_text(texts: Mapping[str, str], whole: str, finding: Finding) -> dict[str, str]:
    """A residence in one text, in the cells it belongs to. One that nobody can place arrives as it stands."""
    if not finding.is_certain:
        return {**texts, "commune": whole}
    names = finding.values()
    rest = names.pop("address", "")
    if not rest:
        return _with_places(texts, names)
    if texts.get("address"):
        return {**texts, "commune": whole}  # no cell is free for the house and the hamlet
    return {**_with_places(texts, names), "address": rest}


def _with_places(texts: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """The texts of a row with these places; no place where there is none any more. {} changes nothing."""
    if not names:
        return dict(texts)
    others = {name: text for name, text in texts.items() if name not in places.LEVELS}
    return others | {level: name for level, name in names.items() if name}

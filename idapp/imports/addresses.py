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
        # a school's families live in few places; forgotten with the file
        self._known: dict[tuple[Address, str, str], tuple[Finding, dict[str, str]]] = {}

    def texts_of(self, texts: Mapping[str, str], row: FoundRow, epoch: str) -> dict[str, str]:
        """The texts of a row with its residence in the places of ``epoch``, where that is certain."""
        address = Address(*[texts.get(level, "") for level in places.LEVELS])
        whole = "" if any(address) else tidy(row.text("residence"))
        if not any(address) and not whole:
            return dict(texts)
        if places.has_stray_code(address):
            return dict(texts)  # each with its error, beside the good one of the record
        finding, names = self._read(address, whole, epoch)
        self._count(finding, (*address, whole))
        if whole:
            return _of_whole_text(texts, whole, finding)
        return _with_places(texts, names)

    def _read(self, address: Address, whole: str, epoch: str) -> tuple[Finding, dict[str, str]]:
        """What an address is, and the texts to store of one in three cells; {} where they stay as they stand."""
        key = (address, whole, epoch)
        if key not in self._known:
            written_in = epoch if self._is_ours else self._written_in
            finding = places.read_address(
                whole or address, epoch, self._today, written_in=written_in
            )
            # words that are no place stay where they stand
            stays = bool(whole) or (finding.is_certain and bool(finding.rest))
            names = {} if stays else places.texts_to_store(address, finding, epoch)
            self._known[key] = (finding, names)
        return self._known[key]

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
    if not finding.is_certain or not any(letter.isalpha() for letter in whole):
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

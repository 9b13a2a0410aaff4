"""The addresses of a file in the places of the campaign: the whole column at once, in either epoch.

A list says of itself in which epoch it is written: one address that only one epoch knows proves it for the rows that
fit both. What has one successor is converted, as a repair with both texts in sight; what has several keeps its texts
and asks to be chosen, once for all its rows (``address_questions``); nothing is ever made another place.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from idapp.imports.columns import ParsedWorkbook
from idapp.rosters import FoundRow
from idapp.rules import places
from idapp.rules.folding import tidy
from idapp.rules.places import Address, Finding

_MOST_KEPT = 300  # conversions that the check page lists


@dataclass(frozen=True)
class AddressRead:
    """The address of one row.

    texts    of the row, with its residence in the places of the campaign where that is certain
    written  the address in one line, where it is one of another time
    key      of the question that its rows share (``places.choice_key``), "" if there is none
    rest     house and hamlet, which go to a cell of their own once the question is answered
    whole    the address stood in one text, which is shown with the commune
    """

    texts: dict[str, str]
    written: str = ""
    key: str = ""
    rest: str = ""
    whole: str = ""


@dataclass
class Question:
    """An old address with several successors. ``writings``: how the file writes it."""

    epoch: str
    finding: Finding
    writings: Counter[str] = field(default_factory=Counter)


class FileAddresses:
    """The addresses of one file; counts what became of them."""

    def __init__(self, reading: ParsedWorkbook, today: date) -> None:
        self._today = today
        self._is_ours = reading.shape == "own"
        self._written_in = ""
        if not self._is_ours:
            self._written_in = _epoch_of(reading.rows, today)
        self._converted: Counter[tuple[str, str]] = Counter()
        self.questions: dict[str, Question] = {}
        # a school's families live in few places; forgotten with the file
        self._known: dict[tuple[Address, str, str], tuple[Finding, dict[str, str]]] = {}

    def read(self, texts: Mapping[str, str], row: FoundRow, epoch: str) -> AddressRead:
        """The address of a row in the places of ``epoch``."""
        written = Address(*(texts.get(level, "") for level in places.LEVELS))
        if any(written):
            return self._of_cells(texts, written, epoch)
        whole = tidy(row.text("residence"))
        if whole:
            return self._of_one_text(texts, whole, epoch)
        return AddressRead(dict(texts))

    def _of_cells(self, texts: Mapping[str, str], written: Address, epoch: str) -> AddressRead:
        """An address in columns for province, district and commune."""
        if places.has_stray_code(written):
            # each with its error, beside the good one of the record
            return AddressRead(dict(texts))
        finding, names = self._find(written, "", epoch)
        line = ", ".join(text for text in reversed(written) if text)
        return self._stored(finding, _with_places(texts, names), line, epoch)

    def _of_one_text(self, texts: Mapping[str, str], whole: str, epoch: str) -> AddressRead:
        """An address in one column."""
        finding, _ = self._find(Address("", "", ""), whole, epoch)
        stored = _of_whole_text(texts, whole, finding)
        has_room = not texts.get("address")
        return self._stored(finding, stored, whole, epoch, whole=whole, has_room=has_room)

    def _stored(
        self,
        finding: Finding,
        texts: dict[str, str],
        line: str,
        epoch: str,
        *,
        whole: str = "",
        has_room: bool = False,
    ) -> AddressRead:
        """What became of an address. ``has_room``: is there a cell for the words that are no place? They are never
        dropped."""
        if finding.kind == "converted":
            self._converted[line, _label(finding)] += 1
            return AddressRead(texts, line, whole=whole)
        if finding.kind != "choice":
            return AddressRead(texts)
        key = ""
        if has_room or not finding.rest:
            key = self._ask(finding, line, epoch)
        return AddressRead(texts, line, key, finding.rest, whole)

    def _find(self, address: Address, whole: str, epoch: str) -> tuple[Finding, dict[str, str]]:
        """What an address is, and the texts to store of one in three cells; {} where they stay as they stand."""
        key = (address, whole, epoch)
        if key not in self._known:
            written_in = self._written_in
            if self._is_ours:
                written_in = epoch
            finding = places.read_address(
                whole or address, epoch, self._today, written_in=written_in
            )
            names: dict[str, str] = {}
            # words that are no place stay where they stand
            has_other_words = finding.is_certain and bool(finding.rest)
            if not whole and not has_other_words:
                names = places.texts_to_store(address, finding, epoch)
            self._known[key] = (finding, names)
        return self._known[key]

    @property
    def converted(self) -> list[list[Any]]:
        """[address as it was written, address of the campaign, rows], the commonest first."""
        return [[old, new, rows] for (old, new), rows in self._converted.most_common(_MOST_KEPT)]

    def _ask(self, finding: Finding, line: str, epoch: str) -> str:
        key = places.choice_key(finding, epoch)
        if key:
            question = self.questions.setdefault(key, Question(epoch, finding))
            question.writings[line] += 1
        return key


def _label(finding: Finding) -> str:
    home = finding.home or ()
    return ", ".join(place.name for place in reversed(home) if place)


def _epoch_of(rows: Iterable[FoundRow], today: date) -> str:
    """In which epoch the whole list is written; "" where nothing in it proves one."""
    addresses = []
    for row in rows:
        if row.text("commune"):
            addresses.append(Address(*(tidy(row.text(level)) for level in places.LEVELS)))
    return places.epoch_written(addresses, today)


def _of_whole_text(texts: Mapping[str, str], whole: str, finding: Finding) -> dict[str, str]:
    """A residence in one text, in the cells it belongs to. One that nobody can place arrives as it stands."""
    if not any(letter.isalpha() for letter in whole):
        return {**texts, "commune": whole}
    if not finding.is_certain:
        # the rules judge a commune inside its province: without one the text would stand there without its error
        return {**texts, **_shared_province(finding), "commune": whole}
    names = finding.values()
    rest = names.pop("address", "")
    if not rest:
        return _with_places(texts, names)
    if texts.get("address"):
        return {**texts, "commune": whole}  # no cell is free for the house and the hamlet
    return {**_with_places(texts, names), "address": rest}


def _shared_province(finding: Finding) -> dict[str, str]:
    """The province in which all places lie that the address may be."""
    if finding.home is None or finding.home.province is None:
        return {}
    return {"province": finding.home.province.name}


def _with_places(texts: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """The texts of a row with these places; no place where there is none any more. {} changes nothing."""
    if not names:
        return dict(texts)
    others = {name: text for name, text in texts.items() if name not in places.LEVELS}
    return others | {level: name for level, name in names.items() if name}

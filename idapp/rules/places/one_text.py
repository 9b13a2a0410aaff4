"""An address written as one text: which words are the places, and which are the house, the hamlet, the street.

    Ấp 3, xã Mỹ An, huyện Thủ Thừa, tỉnh Long An
    Tổ 5 ấp Bình An xã Mỹ An - H. Thủ Thừa - Long An
    Tỉnh Long An, Thủ Thừa, Mỹ An, Ấp 3

The text is cut at commas, semicolons, lines and dashes and before words like "xã" or "huyện"; pieces may be put
together again where only a dash or such a word stood ("Bà Rịa - Vũng Tàu", "Xã Tân Xã"). Places are taken from the
right end, else from the left; the longest chain of names that fits wins. The rest is the detailed address: no word of
the text is lost or stands in both, the country alone is dropped.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from unicodedata import normalize

from idapp.rules.folding import fold, tidy
from idapp.rules.places.catalogue import Catalogue
from idapp.rules.places.meanings import Address, Meaning, clean, meanings_of
from idapp.rules.places.spelling import has_prefix

_MOST_PIECES = 14  # an address of more is prose
_MOST_WORDS = 30
_JOINED_PIECES = 3
_JOINED_WORDS = 5
_CUT = re.compile(
    r"(?P<hard>\s*[,;|\n\r\t][,;|\s]*)"
    r"|\s*[-–—]+\s*"
    r"|(?<!thị)(?<!thi)(?<!\s)\s+(?=(?:xã|xa)[.\s])"  # "thị xã" is one word
    r"|\s+(?=(?:phường|phuong|thị trấn|thi tran|đặc khu|dac khu|huyện|huyen|quận|quan|thị xã|thi xa"
    r"|thành phố|thanh pho|tỉnh|tinh|t\.?[pxt]|[xphqtf](?=\.))[.\s]|[pqf][0-9])",
    re.IGNORECASE,
)
_WORD_CUT = re.compile(r"(?P<hard>\s*[,;|\n\r\t][,;|\s]*)|\s*[-–—]+\s*|\s+")
# what begins like this is a house, a street or a hamlet and no commune of any list
_DETAIL = re.compile(
    r"[0-9]+[a-z/ ]"
    r"|(?:so|so nha|nha|to|ap|thon|xom|khu pho|kp|khom|tdp|to dan pho|duong|ngo|ngach|hem"
    r"|chung cu|can ho|quoc lo|tinh lo|sn)[. ]*[0-9]"
    r"|(?:ap|thon|xom|khu pho|khom|to dan pho|duong|ngo|hem|chung cu) "
)
_COUNTRY = re.compile(r"(?:nuoc )?(?:viet ?nam|vn)$")
_EDGE = " \t\r\n,;|-–—"


class Split(NamedTuple):
    """One way to part a text: its places, what they mean, and the rest.

    is_doubtful  the rest may hold a place too: ask
    instead      what the text is then, with a commune that no list knows; None if that is not clear
    """

    address: Address
    meanings: tuple[Meaning, ...]
    rest: str
    is_doubtful: bool
    instead: Address | None = None


class _Piece(NamedTuple):
    """Where a piece of the text begins and ends."""

    start: int
    end: int
    is_hard: bool  # a comma or line stands before it


def split(
    catalogue: Catalogue,
    text: str,
    *,
    has_district: bool = False,
) -> list[Split]:
    """The ways to part a text whose places fit best; [] if none fits. ``has_district``: one is known to stand in it."""
    text = normalize("NFC", text)
    pieces = _without_country(text, _pieces(text, _CUT))
    if not 1 < len(pieces) <= _MOST_PIECES:
        return _without_signs(catalogue, text)
    counts = [3, 2]  # three places before two: "Thủ Thừa, Long An" may be a part of the longer one
    if has_district:
        counts = [3]
    for is_reversed in (False, True):
        search = _Search(catalogue, text, pieces, _JOINED_PIECES, is_reversed)
        for count in counts:
            splits = list(search.splits(count))
            if splits:
                return _longest(splits)
    return _without_signs(catalogue, text)


def partial(catalogue: Catalogue, text: str) -> tuple[Address, list[str]]:
    """The province at the right end, the district before it, as far as there are such, and the pieces before them; a
    district without a province if the text ends with one and a commune stands before."""
    text = normalize("NFC", text)
    pieces = _without_country(text, _pieces(text, _CUT))
    search = _Search(catalogue, text, pieces, _JOINED_PIECES, is_reversed=False)
    texts = [tidy(text[piece.start : piece.end]) for piece in pieces]
    used, province = search.province()
    if province:
        with_district, district = search.district(used, province)
        used = max(used, with_district)
        return Address(province, district), texts[: len(texts) - used]
    if len(texts) > 1:
        below = Address(district=texts[-1], commune=texts[-2])
        if meanings_of(catalogue, clean(below)):
            return below, texts[:-2]
    return Address(), texts


def has_several_parts(text: str) -> bool:
    """Whether a text is parted by a sign that no name of a place holds.

    >>> has_several_parts("Mỹ Thạnh, Thủ Thừa"), has_several_parts("Bà Rịa - Vũng Tàu")
    (True, False)
    """
    return any(piece.is_hard for piece in _pieces(text, _CUT)[1:])


def hard_parts(text: str) -> list[str]:
    """The parts between such signs.

    >>> hard_parts("Thủ Thừa, Long An")
    ['Thủ Thừa', 'Long An']
    """
    parts = [tidy(part) for part in re.split(r"[,;|\n\r\t]+", text)]
    return [part for part in parts if part]


def is_detail(piece: str) -> bool:
    """Whether a piece is plainly a house, a street or a hamlet.

    >>> is_detail("Ấp 3"), is_detail("12/3 Lê Lợi"), is_detail("Mỹ Ann"), is_detail("Phường 6")
    (True, True, False, False)
    """
    return bool(_DETAIL.match(fold(piece)))


def _without_signs(catalogue: Catalogue, text: str) -> list[Split]:
    """Nothing but spaces parts "Mỹ An Thủ Thừa Long An": a longer name may have been cut, so ask."""
    words = _without_country(text, _pieces(text, _WORD_CUT))
    if not 2 < len(words) <= _MOST_WORDS:
        return []
    search = _Search(catalogue, text, words, _JOINED_WORDS, is_reversed=False)
    splits = [split for split in search.splits(3) if not _cuts_a_prefix(split)]
    return [split._replace(is_doubtful=True) for split in _longest(splits)]


def _cuts_a_prefix(split: Split) -> bool:
    """Whether the rest ends with "Xã": then the name after it is not one without a prefix."""
    return any(has_prefix("commune", f"{end} x") for end in _last_words(split.rest))


def _last_words(text: str) -> list[str]:
    """The last word and the last two of a text, as far as it has so many."""
    words = text.split()
    ends = []
    if words:
        ends.append(words[-1])
    if len(words) > 1:
        ends.append(" ".join(words[-2:]))
    return ends


class _Search:
    """Groups of pieces at one end of a text, tried as province, district and commune."""

    def __init__(
        self,
        catalogue: Catalogue,
        text: str,
        pieces: list[_Piece],
        most_joined: int,
        is_reversed: bool,
    ) -> None:
        self.catalogue = catalogue
        self.text = text
        self.pieces = pieces
        self.most_joined = most_joined
        self.is_reversed = is_reversed

    def splits(self, count: int) -> Iterator[Split]:
        """Splits with three places, or with two: a province and a commune."""
        first, province = self.province()
        if not province:
            return
        for second, below in self._groups(first):
            if count == 2:
                yield from self._fitting(Address(province, "", below), second)
                continue
            for third, commune in self._groups(second):
                yield from self._fitting(Address(province, below, commune), third)

    def province(self) -> tuple[int, str]:
        """The longest province at the end ("Bà Rịa - Vũng Tàu"): of how many pieces, and its text; 0 and "" if none."""
        return self._longest_known(0, Address())

    def district(self, used: int, province: str) -> tuple[int, str]:
        """The longest district before the province, likewise."""
        return self._longest_known(used, Address(province))

    def _longest_known(self, used: int, above: Address) -> tuple[int, str]:
        level = "province"
        if above.province:
            level = "district"
        for count, text in reversed(list(self._groups(used))):
            if meanings_of(self.catalogue, clean(above._replace(**{level: text}))):
                return count, text
        return 0, ""

    def _groups(self, used: int) -> Iterator[tuple[int, str]]:
        """The next name after ``used`` pieces: how many are used then, and its text."""
        most = min(used + self.most_joined, len(self.pieces))
        for count in range(used + 1, most + 1):
            if self.is_reversed:
                group = self.pieces[used:count]
            else:
                group = self.pieces[len(self.pieces) - count : len(self.pieces) - used]
            if any(piece.is_hard for piece in group[1:]):
                return
            yield count, tidy(self.text[group[0].start : group[-1].end])

    def _fitting(self, address: Address, used: int) -> Iterator[Split]:
        """The split with these places, which took ``used`` pieces, if they are an address."""
        address = clean(address)
        meanings = meanings_of(self.catalogue, address)
        if not meanings or not address.commune:
            return
        if self.is_reversed:
            rest = self.pieces[used:]
        else:
            rest = self.pieces[: len(self.pieces) - used][::-1]
        texts = [tidy(self.text[piece.start : piece.end]) for piece in rest]
        missed = _missed_commune(self.catalogue, address, texts)
        instead = None
        if missed:
            instead = address._replace(district=address.commune, commune=missed)
        yield Split(address, tuple(meanings), self._rest(rest), bool(missed), instead)

    def _rest(self, rest: list[_Piece]) -> str:
        """The words that no place took, with the signs between them."""
        if not rest:
            return ""
        start = min(piece.start for piece in rest)
        end = max(piece.end for piece in rest)
        return tidy(self.text[start:end].strip(_EDGE))


def _missed_commune(
    catalogue: Catalogue,
    address: Address,
    rest: list[str],
) -> str:
    """The piece of the rest, nearest first, that may be the commune, or "": because a word says so, or because what was
    taken for the commune is the name of a district too ("Mỹ Ann, Thủ Thừa, Long An", with a slip in the commune)."""
    if not rest or has_prefix("commune", address.commune):
        return ""
    for piece in rest:
        if has_prefix("commune", piece):
            return piece
    unclear = [piece for piece in rest if not is_detail(piece)]
    if address.district or not unclear:
        return ""
    is_district = meanings_of(catalogue, Address(address.province, address.commune))
    if not is_district:
        return ""
    return unclear[0]


def _longest(splits: list[Split]) -> list[Split]:
    """Those that leave the shortest rest: "Văn Miếu - Quốc Tử Giám" is one name."""
    shortest = min((len(split.rest) for split in splits), default=0)
    return [split for split in splits if len(split.rest) == shortest]


def _pieces(text: str, cut: re.Pattern[str]) -> list[_Piece]:
    """The text cut at signs and words; empty pieces between them are dropped, a comma before them counts on."""
    pieces = []
    start = 0
    is_hard = False
    for sign in cut.finditer(text):
        if text[start : sign.start()].strip(_EDGE):
            pieces.append(_Piece(start, sign.start(), is_hard))
            is_hard = False
        is_hard = is_hard or bool(sign["hard"])
        start = sign.end()
    if text[start:].strip(_EDGE):
        pieces.append(_Piece(start, len(text), is_hard))
    return pieces


def _without_country(text: str, pieces: list[_Piece]) -> list[_Piece]:
    if not pieces:
        return pieces
    last = pieces[-1]
    words = text[last.start : last.end].strip(_EDGE + ".")
    if _COUNTRY.match(fold(words)):
        return pieces[:-1]
    return pieces

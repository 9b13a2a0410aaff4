"""What an address can mean: every chain of known names that its texts fit, in either epoch.

A chain goes down from the province; each name is looked for inside the one above it, so that "Thủ Thừa" under Tỉnh
Long An is no other Thủ Thừa. Of several that fit at one level the next level decides: Cao Lãnh is a town and a
district, and only one of them has a Xã Bình Hàng Trung.

A text in the district column makes an address an old one. Without it the names may be of either epoch, and all
chains of both are meant until somebody decides. Names of both epochs in one address ("Xã Mỹ An, Huyện Thủ Thừa, Tỉnh
Tây Ninh") are read as well; where such a reading is not the only one thinkable it is marked as unsure.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from idapp.rules.folding import tidy
from idapp.rules.places.catalogue import Catalogue, FormerName, Place, PlaceList
from idapp.rules.places.spelling import LEVELS, NameIndex, exact_key

Unit = Place | FormerName
_CODE_LENGTH = {"province": 2, "district": 3, "commune": 5}
_NO_DISTRICT = tuple(f"{exact_key(word)} " for word in ("tỉnh", "xã", "phường", "đặc khu"))


class Address(NamedTuple):
    """An address as three texts, as they stand in a file or a row; "" where nothing is written."""

    province: str = ""
    district: str = ""
    commune: str = ""

    @property
    def deepest(self) -> str:
        """The lowest level at which something is written, or ""."""
        if self.commune:
            return "commune"
        if self.district:
            return "district"
        if self.province:
            return "province"
        return ""

    def label(self) -> str:
        """The texts as one, the smallest first."""
        return ", ".join(filter(None, reversed(self)))


class Meaning(NamedTuple):
    """One chain of names that fits.

    epoch      of the names: ``3level`` for former names too
    is_unsure  another place could have been meant that no list knows: never taken without a question
    is_joined  an old commune below the name that its province bears today, and another bore before
    """

    epoch: str
    province: Unit
    district: Unit | None
    commune: Unit | None
    is_unsure: bool = False
    is_joined: bool = False

    @property
    def deepest(self) -> Unit:
        """The place itself."""
        return self.commune or self.district or self.province

    def label(self) -> str:
        """Its names as one text, the smallest first."""
        if not self.commune and not self.district:
            return self.province.name
        return f"{self.local_label()}, {self.province.name}"

    def local_label(self) -> str:
        """The same without the province."""
        names = []
        if self.commune:
            names.append(self.commune.name)
        if isinstance(self.commune, FormerName):
            names.append(self.commune.district)  # which may be no district of any list
        elif self.district:
            names.append(self.district.name)
        return ", ".join(filter(None, names))


class _Scope(NamedTuple):
    """A province as it was written, and the old provinces inside which districts and communes are looked for."""

    unit: Unit | None
    codes: tuple[str, ...]


def clean(address: Address) -> Address:
    """Tidied texts; a dash or another sign alone is nothing. A district column that repeats the commune or the province
    with its prefix, as files of two levels have it, is nothing either.

    >>> clean(Address("Tỉnh Tây Ninh", "-", " Xã  Mỹ An"))
    Address(province='Tỉnh Tây Ninh', district='', commune='Xã Mỹ An')
    """
    province, district, commune = map(_written, address)
    key = exact_key(district)
    if key in (exact_key(commune), exact_key(province)) and key.startswith(_NO_DISTRICT):
        district = ""
    return Address(province, district, commune)


def _written(text: str) -> str:
    """The tidied text, "" if it holds neither a letter nor a digit."""
    text = tidy(text)
    if not any(map(str.isalnum, text)):
        return ""
    return text


def meanings_of(catalogue: Catalogue, address: Address) -> list[Meaning]:
    """Every meaning of a cleaned address, down to the lowest level at which something is written; [] if none fits."""
    return _Reader(catalogue).read(address)


def indexes_near(
    catalogue: Catalogue,
    address: Address,
    level: str,
) -> list[NameIndex[Unit]]:
    """Where a slip of the pen at a level is looked for: the names directly below what is written above it."""
    reader = _Reader(catalogue)
    if level == "province":
        return reader.province_indexes()
    scopes = list(reader.scopes(address.province))
    if level == "district":
        return list(reader.below_provinces(scopes, "district"))
    if address.district:
        return reader.below_districts(scopes, address.district)
    # whoever writes no district may have meant a commune of before or of today: both are near
    new = [reader.new.index("commune", code) for code in reader.new_provinces(scopes)]
    return [*new, *reader.below_provinces(scopes, "commune")]


def is_known_elsewhere(catalogue: Catalogue, address: Address, level: str) -> bool:
    """Whether the text of a level is a whole name of another part of the province, or a former one: no slip then."""
    reader = _Reader(catalogue)
    text = getattr(address, level)
    indexes = reader.province_indexes()
    if level != "province":
        scopes = reader.scopes(address.province)
        indexes = list(reader.below_provinces(scopes, level))
        for province in _matches(reader.new, "province", "", address.province):
            indexes.append(reader.new.index(level, province.code))
    return any(index.matches(text) for index in indexes)


class _Reader:
    """Looks the names of an address up in both lists of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.old = catalogue.list_of("3level")
        self.new = catalogue.list_of("2level")

    def read(self, address: Address) -> list[Meaning]:
        """Names of one epoch if the address can be read so; names of both only if it cannot."""
        if not address.province:
            return self._without_province(address)
        scopes = list(self._old_scopes(address.province))
        meanings = self._old(address, scopes)
        if not address.district:
            meanings += self._new(address)
            meanings += self._in_joined_provinces(address, scopes)
        return meanings or self._mixed(address, scopes)

    def scopes(self, province: str) -> Iterator[_Scope]:
        """Provinces of a name, also those that are now part of one."""
        yield from self._old_scopes(province)
        yield from self._joined_scopes(province)

    def province_indexes(self) -> list[NameIndex[Unit]]:
        """The names of all provinces there are and were."""
        return [
            self.new.index("province", ""),
            self.old.index("province", ""),
            self.catalogue.former("province", ""),
        ]

    def below_provinces(self, scopes: Iterable[_Scope], level: str) -> Iterator[NameIndex[Unit]]:
        """The old names of a level anywhere below provinces."""
        for scope in scopes:
            for code in scope.codes:
                yield self.old.index(level, code)
                yield self.catalogue.former(level, code)

    def below_districts(self, scopes: Iterable[_Scope], text: str) -> list[NameIndex[Unit]]:
        """The names of communes below all districts of a name."""
        indexes: list[NameIndex[Unit]] = []
        for scope in scopes:
            for code, district in self._districts(scope, text):
                if isinstance(district, Place):
                    indexes.append(self.old.index("commune", district.code))
                indexes.append(self.catalogue.former("commune", code, district.name))
        return indexes

    # --- names of one epoch ---

    def _new(self, address: Address) -> list[Meaning]:
        provinces = _matches(self.new, "province", "", address.province)
        if not address.commune:
            return [Meaning("2level", province, None, None) for province in provinces]
        meanings = []
        for province in provinces:
            for commune in _matches(self.new, "commune", province.code, address.commune):
                meanings.append(Meaning("2level", province, None, commune))
        return meanings

    def _old(self, address: Address, scopes: Iterable[_Scope]) -> list[Meaning]:
        meanings: list[Meaning] = []
        for scope in scopes:
            if address.district:
                meanings += self._in_districts(scope, address)
            elif address.commune:
                meanings += self._in_province(scope, address.commune)
            elif scope.unit:
                meanings.append(Meaning("3level", scope.unit, None, None))
        sure = [meaning for meaning in meanings if not meaning.is_unsure]
        return sure or meanings

    def _in_districts(self, scope: _Scope, address: Address) -> Iterator[Meaning]:
        districts = list(self._districts(scope, address.district))
        if not address.commune:
            yield from self._districts_alone(scope, districts)
            return
        for code, district in districts:
            province = scope.unit or self.old.codes[code]
            communes = self._communes(code, district, address.commune)
            for commune in communes:
                yield Meaning("3level", province, district, commune)
            if not communes and isinstance(district, FormerName):
                for commune in self._later_communes(code, district, address.commune):
                    yield Meaning("3level", province, district, commune, is_unsure=True)

    def _districts_alone(
        self, scope: _Scope, districts: list[tuple[str, Unit]]
    ) -> Iterator[Meaning]:
        """A district that kept its name when others were joined to it is the one of the list."""
        names = [district.name for _, district in districts if isinstance(district, Place)]
        for code, district in districts:
            if isinstance(district, Place) or district.name not in names:
                yield Meaning("3level", scope.unit or self.old.codes[code], district, None)

    def _in_province(self, scope: _Scope, text: str) -> Iterator[Meaning]:
        """A commune whose district is not written."""
        for code in scope.codes:
            province = scope.unit or self.old.codes[code]
            for place in _matches(self.old, "commune", code, text):
                yield Meaning("3level", province, self.old.codes[place.parent], place)
            for former in self.catalogue.former("commune", code).matches(text):
                yield Meaning("3level", province, None, former)

    def _districts(self, scope: _Scope, text: str) -> Iterator[tuple[str, Unit]]:
        """Districts of a name, each with the code of its province."""
        for code in scope.codes:
            for place in _matches(self.old, "district", code, text):
                yield code, place
            for former in self.catalogue.former("district", code).matches(text):
                yield code, former

    def _communes(
        self,
        province_code: str,
        district: Unit,
        text: str,
    ) -> list[Unit]:
        communes: list[Unit] = []
        if isinstance(district, Place):
            communes += _matches(self.old, "commune", district.code, text)
        communes += self.catalogue.former("commune", province_code, district.name).matches(text)
        return communes

    def _later_communes(
        self,
        province_code: str,
        district: FormerName,
        text: str,
    ) -> list[Place]:
        """Communes of a later district where a former one lay: names of the time before 2021 are not all listed."""
        communes = _matches(self.old, "commune", province_code, text)
        return [place for place in communes if self._went_into(place, district.new)]

    def _went_into(self, commune: Place, new_codes: Iterable[str]) -> bool:
        successors = self.catalogue.went_to.get(commune.code, ())
        return any(code in new_codes for code, _ in successors)

    def _old_scopes(self, text: str) -> Iterator[_Scope]:
        """Provinces as they were before July 2025, and those of before that."""
        for place in _matches(self.old, "province", "", text):
            yield _Scope(place, (place.code,))
        for former in self.catalogue.former("province", "").matches(text):
            yield _Scope(former, self._origins(former.new))

    def _joined_scopes(self, text: str) -> Iterator[_Scope]:
        """Provinces of today, with all old ones that were joined to them."""
        for province in _matches(self.new, "province", "", text):
            yield _Scope(None, self._origins([province.code]))

    def _origins(self, new_codes: Iterable[str]) -> tuple[str, ...]:
        codes: dict[str, None] = {}  # each once, in order
        for new_code in new_codes:
            codes.update(dict.fromkeys(self.catalogue.came_from[new_code]))
        return tuple(codes)

    # --- names of both epochs in one address ---

    def _in_joined_provinces(self, address: Address, scopes: list[_Scope]) -> list[Meaning]:
        """An old commune of a province that was joined to one whose name stayed.

        "Xã Phước Đông, Tỉnh Tây Ninh" was in Tây Ninh of before, or in Long An, which is Tây Ninh today: whoever writes
        no district has not said which.
        """
        if not scopes or not address.commune:
            return []
        own_codes = {code for scope in scopes for code in scope.codes}
        others = [
            _Scope(None, tuple(code for code in scope.codes if code not in own_codes))
            for scope in self._joined_scopes(address.province)
        ]
        return [meaning._replace(is_joined=True) for meaning in self._old(address, others)]

    def _mixed(self, address: Address, scopes: list[_Scope]) -> list[Meaning]:
        joined = list(self._joined_scopes(address.province))
        meanings = self._old(address, joined)
        if not meanings:
            return self._new_commune_in_old_place(address, [*scopes, *joined])
        # the old province has a district of this name too: that one may be meant
        if any(self._has_district(scope, address.district) for scope in scopes):
            return [meaning._replace(is_unsure=True) for meaning in meanings]
        return meanings

    def _has_district(self, scope: _Scope, text: str) -> bool:
        return next(self._districts(scope, text), None) is not None

    def _new_commune_in_old_place(self, address: Address, scopes: list[_Scope]) -> list[Meaning]:
        """A commune of today in a district or province of yesterday, if any of its land lay there. A commune merged
        away before 2021 may have had the same name: so it is only an offer."""
        if not address.commune:
            return []
        old_codes = self._old_places_above(address, scopes)
        meanings = []
        for province_code in self.new_provinces(scopes):
            province = self.new.codes[province_code]
            for place in _matches(self.new, "commune", province_code, address.commune):
                if self._came_from(place, old_codes):
                    meanings.append(Meaning("2level", province, None, place, is_unsure=True))
        return meanings

    def _old_places_above(self, address: Address, scopes: list[_Scope]) -> set[str]:
        """The codes of the district that is written, else of the provinces."""
        codes: set[str] = set()
        for scope in scopes:
            if not address.district:
                codes.update(scope.codes)
                continue
            for _, district in self._districts(scope, address.district):
                if isinstance(district, Place):
                    codes.add(district.code)
        return codes

    def _came_from(self, commune: Place, above: set[str]) -> bool:
        codes = self.catalogue.came_from.get(commune.code, ())
        return any(self._lies_in(code, above) for code in codes)

    def new_provinces(self, scopes: Iterable[_Scope]) -> list[str]:
        """The codes of the provinces of today that old ones went to."""
        codes: dict[str, None] = {}  # each once, in order
        for scope in scopes:
            for old_code in scope.codes:
                codes.update(dict.fromkeys(new for new, _ in self.catalogue.went_to[old_code]))
        return list(codes)

    def _lies_in(self, code: str, above: set[str]) -> bool:
        home = self.old.home(self.old.codes[code])
        return any(place is not None and place.code in above for place in home)

    def _without_province(self, address: Address) -> list[Meaning]:
        """District and commune may be the only ones of their names in the country; nobody has written that, so ask."""
        if not address.district or not address.commune:
            return []
        provinces = self.old.children("province", "")
        everywhere = [_Scope(province, (province.code,)) for province in provinces]
        meanings = self._old(address, everywhere)
        return [meaning._replace(is_unsure=True) for meaning in meanings]


def has_stray_code(address: Address) -> bool:
    """Does a number that may be the code of a place stand there, while the address is not written in codes as a whole?

    Such a number is as likely the number of a line that slipped into the column: it names no place. A bare number in
    the commune's column is a ward only inside a district that is written.

    >>> has_stray_code(Address("79", "", "")), has_stray_code(Address("82", "", "Xã Mỹ An"))
    (True, True)
    >>> has_stray_code(Address("80", "794", "28036")), has_stray_code(Address("Long An", "Tân An", "6"))
    (False, False)
    >>> has_stray_code(Address("Tỉnh Tây Ninh", "", "1"))
    True
    """
    filled = set()
    codes = set()
    for level, written in zip(LEVELS, address, strict=True):
        text = tidy(written)
        if text:
            filled.add(level)
        if _is_code(level, text):
            codes.add(level)
    if codes == filled and codes >= {"province", "commune"}:
        return False
    is_bare_ward = tidy(address.commune).isdecimal() and not tidy(address.district)
    return bool(codes) or is_bare_ward


def _is_code(level: str, text: str) -> bool:
    return text.isdecimal() and len(text) == _CODE_LENGTH[level]


def _matches(
    places: PlaceList,
    level: str,
    parent_code: str,
    text: str,
) -> tuple[Place, ...]:
    """Places of a name, or of a code, below another."""
    if _is_code(level, text):
        place = places.codes.get(text)
        if place and places.level_of[text] == level and _is_below(places, place, parent_code):
            return (place,)
    return places.index(level, parent_code).matches(text)


def _is_below(places: PlaceList, place: Place, parent_code: str) -> bool:
    """Is a place the one of the code, or does it lie in it? Every place lies in the country, ""."""
    if not parent_code:
        return True
    return any(above and above.code == parent_code for above in places.home(place))

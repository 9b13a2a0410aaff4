"""What one heading means: which field it holds, and whose.

The list of real headings is ``data/headings.csv``; the rows of one field stand in the order of preference there. It is
a table of data and not of code, so that whoever meets a new spelling adds a line and needs to read no Python.

A heading is compared folded and without signs. Exact ones come first, then those that differ only by what explains them
("Ngày sinh (dd/mm/yyyy)", "1. Họ và tên", "Giới tính của trẻ"). What stands above several columns (*group*: "Mẹ" above
"Số CCCD", "Nơi sinh" above "Tỉnh") is part of their meaning, and so is the person a heading names: what is a parent's
is never the pupil's. Numbers of insurance cards are no identity numbers, whatever anybody once explained.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from idapp.rules.folding import fold, tidy, tone_key
from idapp.rules.old_fonts import possible_texts
from idapp.rules.places import rows_of
from idapp.rules.record import PRESENT

Whose = Literal["", "father", "mother", "other"]

COUNTERS = {"stt", "tt", "so tt", "so thu tu", "no"}
UNUSED = "unused"
"""The field of a heading that is known and holds nothing this program may keep."""
HOMEROOM = "homeroom"
"""Of a heading above the homeroom classes of a staff list (``homeroom_column``)."""
GROUP_SIGN = ": "
"""Between a heading and the one above it, where one line has to say both: "Mẹ: Số CCCD"."""
LONGEST = 200  # letters of a heading; longer texts are notes

_FIELD_OF = {
    "full_name:family": "family_name",
    "full_name:middle": "middle_name",
    "full_name:given": "given_name",
    "gender:female_mark": "female_mark",
    "residence:whole": "residence",
    "position:homeroom": HOMEROOM,
    "": UNUSED,
}
_OF_OUR_OWN = {"ma ho so idapp": "record_id", "phien ban idapp": "version"}
# what stands in brackets is part of the heading ("Tỉnh (Nơi sinh)" is another column) unless it only explains
_HINT = re.compile(
    r"\b(dd|mm|yyyy|vd|vi du|bat buoc|neu co|chon|nhap|dinh dang|nam nu|csdl|[0-9]+ so|chu so"
    r"|cccd|cmnd|thuong tru|theo giay|ghi ro|hoc sinh|hs|danh muc|x|danh dau|tich)\b"
)
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_NUMBERED = re.compile(r"^[0-9]{1,2} (?=[a-z])")
_OF_THE_PUPIL = re.compile(r" (?:cua )?(?:hoc sinh|hs|tre|chau|em|hoc vien|tre em|con em)$")
_OF_THE_TEACHER = re.compile(
    r" (?:cua )?(?:can bo|cb|giao vien|gv|nhan vien|nv|cbgvnv|cb gv nv|cbgv|vien chuc|ong ba)$"
)
_INSURANCE = re.compile(r"\b(bhyt|bhxh|bhtn|bao hiem|bh)\b")
_ELSEWHERE = re.compile(
    r"\b(noi sinh|que quan|nguyen quan|quoc quan|noi cap|noi dang ky khai sinh|giay khai sinh"
    r"|noi o|tam tru|cho o|dia chi hien (?:tai|nay)|noi lam viec|co quan)\b"
)
_PRESENT = re.compile(r"\b(cho o|noi o|tam tru|dia chi hien (?:tai|nay))\b")

# --- whom a heading names; with its diacritics, for "bố" folds to the "Bộ" of the ministry and "má" to "mã" ---

_FATHER = re.compile(r"\b(?:cha|bố|ba)\b")
_MOTHER = re.compile(r"\b(?:mẹ|má)\b")
_OTHERS = re.compile(
    r"\b(?:(?:cha|bố|ba)(?: và | hoặc |, ?| ?/ ?| ?- ?| )(?:mẹ|má)|(?:người )?giám hộ|ngh"
    r"|phụ huynh|phhs|ph$|chủ hộ|người thân|thân nhân|(?:người )?đỡ đầu|người đ\.? ?đầu"
    r"|người liên hệ|người nuôi(?: dưỡng)?|người đại diện|người bảo hộ|người đón|người khai"
    r"|người đăng ký|anh chị em|anh|chị|em ruột|vợ|chồng|gvcn|gv chủ nhiệm"
    r"|giáo viên chủ nhiệm|chủ nhiệm|(?:ông|bà) (?:nội|ngoại)|ông bà|con ruột)\b"
    r"|(?<![/(])\b(?:ông|bà)$"
)
_FATHER_BARE = re.compile(r"\b(?:cha|bo(?! (?:gd|giao|y te))|ba)\b")
_MOTHER_BARE = re.compile(r"\bme\b")
_OTHERS_BARE = re.compile(
    r"\b(?:(?:cha|bo|ba)(?: va | hoac |, ?| ?/ ?| ?- ?| )me|(?:nguoi )?giam ho|ngh|phu huynh|phhs"
    r"|chu ho|nguoi than|than nhan|(?:nguoi )?do dau|nguoi d\.? ?dau|nguoi lien he"
    r"|nguoi nuoi(?: duong)?|nguoi dai dien|anh chi em|gvcn|chu nhiem|ong ba|vo|chong|ph$)\b"
)
_WITH_MARKS: dict[Whose, re.Pattern[str]] = {
    "father": _FATHER,
    "mother": _MOTHER,
    "other": _OTHERS,
}
_WITHOUT_MARKS: dict[Whose, re.Pattern[str]] = {
    "father": _FATHER_BARE,
    "mother": _MOTHER_BARE,
    "other": _OTHERS_BARE,
}
_PUPIL = {
    "hoc sinh",
    "hs",
    "tre",
    "tre em",
    "ban than",
    "em",
    "chau",
    "hoc vien",
    "can bo",
    "giao vien",
}
_BESIDE_THE_PERSON = re.compile(r"\b(?:cua|thong tin(?: ve)?|phan|nguoi)\b")
_PERSONAL = re.compile(
    r"\b(nam sinh|nghe nghiep|nghe|sdt|dt|dien thoai|di dong|email|zalo|noi lam viec|cong viec"
    r"|co quan|trinh do|ton giao|ngay cap|noi cap|dia chi|quan he)\b"
)
_NAME = {"ho ten", "ho va ten", "ten", "ho va ten dem", "ho dem"}
_PARENTS_FIELDS = {
    ("father", "name"): "father_name",
    ("mother", "name"): "mother_name",
    ("father", "nam sinh"): "father_birth_year",
    ("mother", "nam sinh"): "mother_birth_year",
}
_WOMEN_TICKED = re.compile(r"\bnu\b.*\b(?:x|danh dau|tich)\b|\b(?:x|danh dau|tich)\b.*\bnu\b")
_CARD_WORDS = re.compile(
    r"(?:(?:so|ma|the|hoac|va|dinh danh(?: ca nhan)?|ddcn|sddcn|cccd|cmnd|cmtnd|cmt|tcc"
    r"|can cuoc(?: cong dan)?|12 (?:chu )?so)(?: |$))+"
)
_CARDS = re.compile(r"\b(?:ddcn|sddcn|cccd|cmnd|cmtnd|cmt|can cuoc|dinh danh ca nhan)\b")
_ITSELF = {"so", "ma so", "so the", "so giay"}  # below "CCCD": the number of the card
_SEXES = {"nam": "male", "nu": "female"}
_PARTS_OF_A_DATE = {
    "ngay": "birth_day",
    "ngay sinh": "birth_day",
    "thang": "birth_month",
    "thang sinh": "birth_month",
    "nam": "birth_year",
    "nam sinh": "birth_year",
    "ngay thang": "birth_day_month",
    "ngay thang sinh": "birth_day_month",
}
_BIRTH_OF_A_SEX = re.compile("(?:ngay sinh|nam sinh|ngay thang nam sinh) (nam|nu)")
_BIRTH = {"ngay sinh", "sinh ngay", "nam sinh", "sinh"}


@dataclass(frozen=True)
class Meaning:
    """What a heading says.

    field  a field of ``rules.record``, a half of a name, a mark of this package (``school_class``, ``residence`` ...),
           ``UNUSED``, or "" where nobody knows the heading
    rank   preference among the headings of a field, the lowest first
    whose  "" the pupil's or the teacher's own, else the person whose column it is
    kind   "student" or "staff" where only one of them has such a column
    loose  understood only without what explains it, or after a group heading
    names  it is the column (or the group) that says who this other person is
    vague  all that is understood is that another person is named, as in "Lê Thị Lan Anh" too
    """

    field: str = ""
    rank: int = 0
    whose: Whose = ""
    kind: str = ""
    loose: bool = False
    names: bool = False
    vague: bool = False


PRESENT_RESIDENCE = "present_residence"
"""Of a heading of the present residence that is not read, or that stands for the whole of it."""
_PRESENT_OF = {
    "province": "present_province",
    "district": "present_district",
    "commune": "present_commune",
    "address": "present_address",
    "residence": PRESENT_RESIDENCE,
}
NOBODY_KNOWS = Meaning()
_LOW_RANK = 5_000  # behind every real heading
_LAST_RANK = 10_000
_NOT_KEPT = Meaning(UNUSED)


@dataclass(frozen=True)
class Line:
    """One line of the list of headings."""

    heading: str
    field: str
    kind: str


@lru_cache(maxsize=1)
def real_headings() -> tuple[Line, ...]:
    """The list of real headings, those of one field in the order of preference."""
    lines: list[Line] = []
    for row in rows_of("headings.csv"):
        field = _FIELD_OF.get(row["field"], row["field"])
        lines.append(Line(row["heading"], field, row["kind"]))
    return tuple(lines)


def headings_of(field: str) -> tuple[str, ...]:
    """Under which headings a field stands in real lists, the preferred first."""
    return tuple(line.heading for line in real_headings() if line.field == field)


@lru_cache(maxsize=8192)
def heading_key(text: str) -> str:
    """A heading for comparing: folded, words only, without star.

    >>> heading_key("Họ và\\n tên (*)"), heading_key("Tỉnh/Thành phố (Theo địa chỉ thường trú)")
    ('ho va ten', 'tinh thanh pho theo dia chi thuong tru')
    """
    return " ".join(re.findall(r"[0-9a-z]+", fold(text)))


def short_key(text: str) -> str:
    """The key without its number and the brackets that only explain.

    >>> short_key("Ngày sinh (dd/mm/yyyy)"), short_key("Tỉnh (Nơi sinh)"), short_key("2. Họ và tên")
    ('ngay sinh', 'tinh noi sinh', 'ho va ten')
    """
    key = heading_key(_BRACKETS.sub(_without_explanation, tidy(text)))
    return _NUMBERED.sub("", key)


def _without_explanation(match: re.Match[str]) -> str:
    """Brackets go where they only explain; else they are part of the heading."""
    if _HINT.search(heading_key(match[1])):
        return " "
    return match[0]


def whose_is(text: str) -> Whose:
    """The person other than the pupil or teacher whom a heading names.

    >>> whose_is("Số CCCD bố"), whose_is("Mã định danh Bộ GD&ĐT"), whose_is("CCCD me"), whose_is("SĐT cha/mẹ")
    ('father', '', 'mother', 'other')
    """
    words = tidy(text).lower()
    patterns = _patterns_for(words)
    if patterns["other"].search(words):
        return "other"
    has_father = patterns["father"].search(words)
    has_mother = patterns["mother"].search(words)
    if has_father and has_mother:
        return "other"
    if has_father:
        return "father"
    if has_mother:
        return "mother"
    return ""


def _patterns_for(words: str) -> dict[Whose, re.Pattern[str]]:
    """How other persons are named in words that have their diacritics, or in words that have none."""
    return _WITHOUT_MARKS if words.isascii() else _WITH_MARKS


def is_personal(text: str) -> bool:
    """Does a heading speak of what anybody has, a parent as well as a pupil (a phone, a job, a year of birth)?"""
    return bool(_PERSONAL.search(heading_key(text)))


def is_insurance(text: str) -> bool:
    """Does a heading speak of a health or social insurance card?"""
    return bool(_INSURANCE.search(heading_key(text)))


class HeadingBook:
    """The headings one list is read by: the real ones, and what the user explained.

    ``explained`` is {key of a heading: field, or "" for a column of no use}. A key with "#" is about one column of one
    file (``columns.Columns.key_of``). ``with_present``: the present residence is asked for; else its columns are
    understood, all as ``present_residence``, and not read.
    """

    def __init__(
        self, explained: Mapping[str, str] | None = None, *, with_present: bool = False
    ) -> None:
        self._with_present = with_present
        all_explained = dict(explained or {})
        self.explained = {key: field for key, field in all_explained.items() if field}
        self.answers = {key: field for key, field in all_explained.items() if "#" in key}
        self._read: dict[tuple[str, str], Meaning] = {}

    def meaning(self, heading: str, group: str = "") -> Meaning:
        """What a heading means below the one of its group, "" if there is none above it.

        >>> book = HeadingBook({"ma dinh danh": "identity_number"})
        >>> book.meaning("Số CCCD").field, book.meaning("Số CCCD", "Mẹ").whose, book.meaning("Mã định danh").field
        ('identity_number', 'mother', 'identity_number')
        >>> book.meaning("Cột lạ") == NOBODY_KNOWS
        True
        """
        texts = (heading, group)
        if texts not in self._read:
            self._read[texts] = self._of_present(self._meaning(heading, group))
        return self._read[texts]

    def _of_present(self, meaning: Meaning) -> Meaning:
        """The whole present residence in one text is read as its last part, and taken apart by the import."""
        if self._with_present and meaning.field == PRESENT_RESIDENCE:
            return replace(meaning, field="present_address")
        if not self._with_present and meaning.field in PRESENT:
            return replace(meaning, field=PRESENT_RESIDENCE)
        return meaning

    def _meaning(self, heading: str, group: str) -> Meaning:
        """What a heading means in the letters in which it stands, or in those of an old font."""
        if not tidy(heading) or len(heading) > LONGEST:
            return NOBODY_KNOWS
        if not group.isascii():
            group = next(filter(whose_is, possible_texts(group)), group)
        meaning = self._as_written(heading, group)
        if _is_understood(meaning):
            return meaning
        # the letters of an old font, which nobody explains who sees them drawn as they were meant
        for text in possible_texts(heading):
            reading = self._as_written(text, group)
            if _is_understood(reading):
                return reading
        return meaning

    def _as_written(self, heading: str, group: str) -> Meaning:
        """What a heading means in its letters. It may bring its group along: "Mẹ: Số CCCD"."""
        if group and heading_key(group) != heading_key(heading):
            return self._below(heading, group)
        meaning = self._alone(heading)
        above, sign, below = tidy(heading).partition(GROUP_SIGN)
        if sign and meaning == NOBODY_KNOWS and "(" not in above:
            return self._below(below, above)
        return meaning

    def _below(self, heading: str, group: str) -> Meaning:
        """A heading with another above it; the first that applies wins.

        1. Below an insurance card nothing is kept.
        2. The person may stand below and the thing above: "Số CCCD" above "Cha | Mẹ".
        3. Below a person's heading all is that person's.
        4. Below another place than the residence ("Nơi sinh") all is of no use.
        5. Both together may say what neither says alone; else the lower one counts.
        """
        if is_insurance(group):
            return _NOT_KEPT
        if persons := self._of_the_person_below(heading, group):
            return persons
        alone = self._alone(heading)
        if whose := whose_is(group):
            return alone if alone.whose else _of_another(whose, short_key(heading))
        above = heading_key(group)
        if _ELSEWHERE.search(above):
            return _of_present_place(alone) if _PRESENT.search(above) else _NOT_KEPT
        return self._part_of(group, heading) or alone

    def _of_the_person_below(self, heading: str, group: str) -> Meaning | None:
        """ "Số CCCD" above "Học sinh | Cha | Mẹ": what it is stands above, whose it is below.

        None where the lower heading is more than a person, or the upper one is nothing that a person has.
        """
        if short_key(heading) in _PUPIL:
            return replace(self._alone(group), loose=True)
        whose = whose_is(heading)
        is_about_persons = bool(self._alone(group).field) or is_personal(group)
        if whose and is_about_persons and _without_person(heading, whose) == "":
            return _of_another(whose, short_key(group))
        return None

    def _part_of(self, group: str, heading: str) -> Meaning | None:
        """What only both headings together say: the parts of a date, a sex, the number of a card.

        >>> book = HeadingBook()
        >>> book.meaning("Tháng", "Ngày sinh").field, book.meaning("Nữ", "Giới tính").field
        ('birth_month', 'female_mark')
        """
        above = self._alone(group)
        key = short_key(heading)
        if above.field == "date_of_birth" or short_key(group) in _BIRTH:
            part = _part_of_birth(heading, key)
            if part is not None:
                return part
        if above.field == "gender" and key in _SEXES:
            return Meaning(f"{_SEXES[key]}_mark", loose=True)
        if above.field == "identity_number" and key in _ITSELF:
            return replace(above, loose=True)
        return None

    def _alone(self, heading: str) -> Meaning:
        """What a heading means by itself; the first that applies wins.

        What is another person's is never what the user once explained, and what the user explained counts before
        the list of real headings.
        """
        known = _known_headings()
        key = heading_key(heading)
        if is_insurance(heading):
            return _NOT_KEPT
        whose = whose_is(heading)
        if whose:
            return known.get(key) or _of_another(whose, _without_person(heading, whose))
        if key in self.explained:
            return Meaning(self.explained[key], rank=self._rank_of_explained(key))
        if key in known and _is_same_word(heading, key):
            return known[key]
        return self._loosely(heading)

    def _rank_of_explained(self, key: str) -> int:
        """An explained half of a name counts before the usual headings, any other field after them."""
        if self.explained[key] in ("family_name", "middle_name", "given_name"):
            return -1
        return _LAST_RANK

    def _loosely(self, heading: str) -> Meaning:
        """What a heading means apart from its number, its explanation, and the words for whose it is."""
        key = short_key(heading)
        if key in ("gioi tinh", "phai") and _WOMEN_TICKED.search(heading_key(heading)):
            return Meaning("female_mark", loose=True)
        if match := _BIRTH_OF_A_SEX.fullmatch(key):
            return Meaning(f"birth_of_{_SEXES[match[1]]}", loose=True)
        for shorter_key in (key, _OF_THE_PUPIL.sub("", key), _OF_THE_TEACHER.sub("", key)):
            meaning = self._by_key(heading, key, shorter_key)
            if meaning is not None:
                return meaning
        return _by_words_of_a_card(key) or NOBODY_KNOWS

    def _by_key(self, heading: str, key: str, shorter_key: str) -> Meaning | None:
        """What a known or explained heading says that has the shorter key; None where there is none.

        A shorter key of one word counts only where the heading is really that word, with its diacritics.
        """
        known = _known_headings().get(shorter_key)
        if known and (" " in key or _is_same_word(heading, shorter_key)):
            return replace(known, loose=True)
        if shorter_key in self.explained:
            return Meaning(self.explained[shorter_key], rank=_LAST_RANK, loose=True)
        return None


def _is_understood(meaning: Meaning) -> bool:
    """Does somebody know the heading, by more than that it names a person?"""
    return bool(meaning.field) and not meaning.vague


def _part_of_birth(heading: str, key: str) -> Meaning | None:
    """Below "Ngày sinh": a sex, or a part of the date.

    >>> _part_of_birth("Nữ", "nu").field, _part_of_birth("Tháng", "thang").field, _part_of_birth("Năm", "nam").field
    ('birth_of_female', 'birth_month', 'birth_year')
    """
    # "nam" without a mark is a sex, unless a month stands beside it: seen with the whole row
    if key in _SEXES and tidy(heading).lower() != "năm":
        return Meaning(f"birth_of_{_SEXES[key]}", loose=True)
    if key in _PARTS_OF_A_DATE:
        return Meaning(_PARTS_OF_A_DATE[key], loose=True)
    return None


def _by_words_of_a_card(key: str) -> Meaning | None:
    """ "Số thẻ CCCD / Mã định danh cá nhân": only words for such numbers, and one that is sure.

    >>> _by_words_of_a_card("so the cccd ma dinh danh ca nhan").field, _by_words_of_a_card("so the")
    ('identity_number', None)
    """
    if not _CARD_WORDS.fullmatch(key) or not _CARDS.search(key):
        return None
    return Meaning("identity_number", rank=_LOW_RANK, loose=True)


@lru_cache(maxsize=1)
def _single_words() -> dict[str, set[str]]:
    """{key: how it is written with its marks} of the headings of one word: "Họ" is one, the name "Hồ" is none."""
    words: dict[str, set[str]] = {}
    for line in real_headings():
        key = heading_key(line.heading)
        if " " not in key:
            words.setdefault(key, set()).add(_marked(line.heading))
    return words


def _is_same_word(heading: str, key: str) -> bool:
    """Is a heading of one word really that word? A key of several words leaves no doubt.

    >>> _is_same_word("HỌ", "ho"), _is_same_word("Hồ", "ho"), _is_same_word("Ho", "ho")
    (True, False, True)
    """
    if " " in key:
        return True
    marked = _marked(heading)
    return marked.isascii() or marked in _single_words().get(key, {marked})


def _marked(heading: str) -> str:
    """The letters of a heading with their diacritics, without brackets and signs.

    >>> _marked("Họ (*)") == _marked("HỌ:")
    True
    """
    bare = _BRACKETS.sub(" ", tidy(heading))
    return tone_key("".join(c for c in bare if c.isalpha()))


@lru_cache(maxsize=1)
def _known_headings() -> dict[str, Meaning]:
    """{key: what a heading with this key means} of the real headings and of our own."""
    meanings = {key: Meaning(field) for key, field in _OF_OUR_OWN.items()}
    for rank, line in enumerate(real_headings()):
        key = heading_key(line.heading)
        whose = whose_is(line.heading)
        if line.field == HOMEROOM:  # the teacher named is the one whose line it is
            whose = ""
        if key in meanings:  # a line for pupils and one for teachers: it tells neither
            meanings[key] = replace(meanings[key], kind="")
            continue
        kind = "" if line.kind == "both" else line.kind
        names = bool(whose) and _without_person(line.heading, whose) in _NAME
        meanings[key] = Meaning(line.field, rank, whose, kind, names=names)
    return meanings


def _of_present_place(alone: Meaning) -> Meaning:
    """What stands below a group like "Nơi ở hiện tại"; what is no place there is not kept.

    >>> _of_present_place(Meaning("commune")).field, _of_present_place(Meaning("gender")).field
    ('present_commune', 'unused')
    """
    field = alone.field
    if field in PRESENT or field == PRESENT_RESIDENCE:
        return alone
    if field not in _PRESENT_OF:
        return _NOT_KEPT
    return Meaning(_PRESENT_OF[field])


def _of_another(whose: Whose, key: str) -> Meaning:
    """The column of another person, by what is left of its heading without the person.

    >>> _of_another("mother", "ho ten").field, _of_another("father", "so cccd").field
    ('mother_name', 'unused')
    """
    is_name = key in _NAME
    field = _PARENTS_FIELDS.get((whose, "name" if is_name else key), UNUSED)
    names = is_name or key == ""
    is_vague = field == UNUSED and not names and not _is_of_anybody(key)
    return Meaning(field, _LOW_RANK, whose, names=names, loose=True, vague=is_vague)


def _is_of_anybody(key: str) -> bool:
    """Does anybody have such a column, a pupil or another person?"""
    return key in _known_headings() or bool(_PERSONAL.search(key))


def _without_person(heading: str, whose: Whose) -> str:
    """
    >>> _without_person("Họ và tên của mẹ", "mother"), _without_person("Thông tin cha", "father")
    ('ho va ten', '')
    """
    words = tidy(heading).lower()
    rest = heading_key(_patterns_for(words)[whose].sub(" ", words))
    return " ".join(_BESIDE_THE_PERSON.sub(" ", rest).split())

"""The rows of a result file, and whose they are.

The table is found by its headings, like any workbook; the column of results by words of its heading, for no public
copy of the sector's file shows it. Of several such columns the one that names verification wins ("Trạng thái xác
thực" before "Trạng thái", which holds "Đang học" in a profile export).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from idapp.registry.result_words import Verdict, understand
from idapp.registry.vocabulary import AskedPerson
from idapp.rosters import FoundRow, FoundTable, find_tables, heading_key
from idapp.rosters.linkage import (
    Identifiers,
    LinkageIndex,
    birth_key,
    compare_names,
    compare_numbers,
)
from idapp.rules import catalogues
from idapp.rules.folding import tidy
from idapp.rules.places import LEVELS, Address
from idapp.rules.problem import Problem
from idapp.rules.record import FIELD
from idapp.workbook import Cell, Sheet, WorkbookRefused, read_bytes
from idapp.workbook.cells import EMPTY, letters

_READ = ("ministry_code", "identity_number", "full_name", "date_of_birth", "gender")
# a row of results may name its person by the number alone
_KEYS = frozenset({"full_name", "ministry_code", "identity_number"})
_RESULT = re.compile(
    "(ket qua|trang thai|tinh trang)( xac thuc| dinh danh| doi chieu| kiem tra)*( (voi|tren|tu) "
    ".+)?"
)
_VERIFIES = re.compile("xac thuc|dinh danh|doi chieu")
_REASONS = re.compile(
    "(ly do|nguyen nhan|ghi chu|noi dung|chi tiet|mo ta|thong tin)( loi| sai| sai lech| khong khop"
    "| ket qua| xac thuc)*"
)
_SENTENCES = {
    "nobody": "Không có ai trong đợt này mang mã, số hoặc họ tên và ngày sinh như ở dòng này.",
    "several": "Dòng này hợp với nhiều hồ sơ trong đợt nên không biết là của ai: cần có mã định "
    "danh Bộ GD&ĐT.",
    "values_differ": "{what} ở dòng này khác với thông tin đã gửi đi, nên kết quả không được lưu "
    "cho hồ sơ.",
    "no_number": "Dòng này ghi là đã xác thực nhưng không có số định danh, nên không biết số nào "
    "đã được xác thực.",
    "unclear_result": "Chưa hiểu kết quả “{what}” ở dòng này: hãy ghi là Đã xác thực, Không khớp, "
    "Không tìm thấy hoặc Chưa xác thực.",
    "other_than_known": "Đợt này đã có một kết quả khác cho người này, còn dòng này ghi “{what}”. "
    "Kết quả đã có được giữ: muốn có kết quả mới, hãy mở đợt mới để gửi lại hồ sơ này.",
    "contradiction": "Tệp có nhiều dòng của cùng một người với kết quả trái nhau: hãy giữ lại "
    "dòng đúng.",
}
_NO_COLUMN = (
    "Tệp không có cột kết quả: cần một cột có tiêu đề “Kết quả xác thực” hoặc “Trạng thái xác "
    "thực”. Chưa có gì thay đổi."
)
_UNCLEAR = (
    "Không rõ cột {columns} có phải {label} của người trong đợt không: hãy đổi tên hoặc xóa cột "
    "không dùng trong tệp rồi gửi lại. Chưa có gì thay đổi."
)
_CONTRADICTING = (
    "Không rõ cột nào là {label} của người trong đợt: {columns} có chỗ ghi khác nhau. Hãy xóa cột "
    "không dùng trong tệp rồi gửi lại. Chưa có gì thay đổi."
)


class ResultRefused(Exception):
    """Nothing was read of the file. ``code`` is stable, ``message`` one sentence for the clerk."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class ResultRow:
    """One row with a person in it. ``numbers``: a profile export has two columns for the number; ``residence``: three
    texts, or one whole text, of either epoch. It is told beside the record and never compared."""

    sheet: str
    row: int
    code: str
    numbers: tuple[str, ...]
    name: str
    born: str
    sex: str
    result: str
    verdict: Verdict
    residence: Address | str = ""


@dataclass(frozen=True)
class OddRow:
    """A row that settles nothing. ``row`` as Excel counts; ``item`` when the row's person is known."""

    sheet: str
    row: int
    reason: str
    sentence: str
    name: str = ""
    item: int | None = None


@dataclass(frozen=True)
class Match:
    """A row, the person it belongs to, and what it says."""

    row: ResultRow
    person: AskedPerson

    @property
    def item(self) -> int:
        """The id of the batch item that the row answers."""
        return self.person.question.item

    @property
    def verdict(self) -> Verdict:
        """What the row says of the person."""
        return self.row.verdict


def sheets_of(data: bytes, file_name: str) -> list[Sheet]:
    """Raises ``ResultRefused`` when the file is no workbook that can be read."""
    try:
        return read_bytes(data, file_name=file_name)
    except WorkbookRefused as refused:
        raise ResultRefused(refused.code, refused.message) from refused


def result_rows(sheets: Sequence[Sheet]) -> list[ResultRow]:
    """Raises ``ResultRefused`` when there is no list of people, or none with a column of results; or when a column of
    it stands there twice, so that nobody knows which one is the person's."""
    try:
        tables = [_ResultTable(table) for table in find_tables(sheets, keys=_KEYS)]
    except WorkbookRefused as refused:
        raise ResultRefused(refused.code, refused.message) from refused
    with_results = [table for table in tables if table.column is not None]
    if not with_results:
        raise ResultRefused("no_result_column", _NO_COLUMN)
    for table in with_results:
        table.refuse_unclear_columns()
    rows: list[ResultRow] = []
    for table in with_results:
        rows += table.rows()
    return rows


def odd_row(row: ResultRow, reason: str, item: int | None = None, what: str = "") -> OddRow:
    """The row with the sentence for its ``reason``; ``what`` is quoted there: a field, or the text of the result."""
    return OddRow(row.sheet, row.row, reason, _SENTENCES[reason].format(what=what), row.name, item)


class AskedPeople:
    """Whom the rows may be about, by everything that can name them."""

    def __init__(self, people: Sequence[AskedPerson], today: date) -> None:
        self._index = LinkageIndex(people, _identifiers_of)
        self._today = today

    def judge(self, row: ResultRow) -> Match | OddRow:
        """What the row says about whom, or why it settles nothing."""
        owners = self._owners(self._identifiers(row))
        if not owners:
            return odd_row(row, "nobody")
        if len(owners) > 1:
            return odd_row(row, "several")
        person = owners[0]
        item = person.question.item
        if row.verdict.kind == "unclear":
            # a cell may hold a whole paragraph
            return odd_row(row, "unclear_result", item, row.result[:60])
        differing = self._differing(row, person)
        if differing:
            return odd_row(row, "values_differ", item, FIELD[differing].label)
        if row.verdict.kind == "verified" and not row.numbers:
            return odd_row(row, "no_number", item)
        return Match(row, person)

    def _identifiers(self, row: ResultRow) -> Identifiers:
        return Identifiers(
            code=row.code,
            numbers=row.numbers,
            name=row.name,
            birth=birth_key(row.born, self._today),
        )

    def _owners(self, row: Identifiers) -> list[AskedPerson]:
        """Whom the surest mark that is known means; several if the other marks cannot tell them apart."""
        candidates = (
            self._index.with_code(row)
            or self._index.with_number(row)
            or self._index.with_name_and_birth(row)
        )
        return self._index.singled_out(row, candidates)

    def _differing(self, row: ResultRow, person: AskedPerson) -> str:
        """The first field in which the row is not what was asked about, "" if there is none.

        Stricter than whose row it is: a name without its diacritics, a year instead of the day or a text
        nobody can read is not what was sent, so nothing is confirmed by it.
        """
        ours = self._index.identifiers(person)
        theirs = self._identifiers(row)
        if row.numbers and compare_numbers(ours, theirs) != "agree":
            return "identity_number"
        if row.name and compare_names(ours, theirs) != "agree":
            return "full_name"
        if row.born and theirs.birth != ours.birth:
            return "date_of_birth"
        sex = person.question.sex
        if row.sex and sex and _sex(row.sex) != sex:
            return "gender"
        return ""


def _identifiers_of(person: AskedPerson) -> Identifiers:
    question = person.question
    return Identifiers(
        code=person.ministry_code,
        numbers=(question.number,),
        name=question.full_name,
        birth=question.born,
    )


def _sex(text: str) -> str:
    try:
        return catalogues.sex(text)
    except Problem:
        return text


def _residence(row: FoundRow) -> Address | str:
    texts = Address(*(tidy(row.text(level)) for level in LEVELS))
    if any(texts):
        return texts
    return tidy(row.text("residence"))


class _ResultTable:
    """The rows of one table, once its column of results is known."""

    def __init__(self, table: FoundTable) -> None:
        self._table = table
        self._headings = [heading_key(text) for text in table.all_headings]
        self._has_number = "identity_number" in table.columns
        self._reason_columns = self._unused_columns(_REASONS)
        self.column = self._best(self._unused_columns(_RESULT))

    def _unused_columns(self, pattern: re.Pattern[str]) -> list[int]:
        """Indices of the columns with such a heading, apart from those that hold a field we compare."""
        used = self._compared_columns()
        return [
            index
            for index, heading in enumerate(self._headings)
            if index not in used and pattern.fullmatch(heading)
        ]

    def _compared_columns(self) -> set[int]:
        table = self._table
        columns: set[int] = set()
        for name in _READ:
            if name in table.columns:
                columns.add(table.columns[name])
                columns.update(table.others.get(name, ()))
                columns.update(table.joined.get(name, ()))
        return columns

    def refuse_unclear_columns(self) -> None:
        """Raises ``ResultRefused`` where a column that is compared may be one of several."""
        for name in _READ:
            candidates = self._table.ambiguous.get(name, ())
            if not candidates:
                continue
            columns = " và ".join(
                f"“{self._table.all_headings[index]}” ({letters(index)})" for index in candidates
            )
            sentence = _CONTRADICTING
            if len(candidates) == 1:
                sentence = _UNCLEAR
            sentence = sentence.format(columns=columns, label=FIELD[name].label)
            raise ResultRefused("unclear_column", sentence)

    def rows(self) -> Iterator[ResultRow]:
        """Every row with a person, in the order of the sheet."""
        for row in self._table.rows:
            verdict, result = self._result(row)
            yield ResultRow(
                self._table.sheet,
                row.number,
                tidy(row.text("ministry_code")),
                self._numbers(row),
                tidy(row.text("full_name")),
                tidy(row.text("date_of_birth")),
                tidy(row.text("gender")),
                result,
                verdict,
                _residence(row),
            )

    def _numbers(self, row: FoundRow) -> tuple[str, ...]:
        if not self._has_number:
            return ()
        cells = (row.cells["identity_number"], *row.more.get("identity_number", ()))
        return tuple(tidy(cell.text) for cell in cells if cell.text.strip())

    def _best(self, columns: list[int]) -> int | None:
        """A column about verification, else the one of which most is understood, else the first."""
        if not columns:
            return None
        return max(columns, key=self._merit)

    def _merit(self, column: int) -> tuple[bool, int, int]:
        names_verification = bool(_VERIFIES.search(self._headings[column]))
        texts = [self._cell(row, column).text for row in self._table.rows]
        understood = sum(understand(text).kind not in ("unclear", "waiting") for text in texts)
        # of equals the first
        return names_verification, understood, -column

    def _result(self, row: FoundRow) -> tuple[Verdict, str]:
        """The result, made clearer by columns of reasons, and its text.

        A confirmation beside a reason to doubt it is unclear.
        """
        cell = self._cell(row, self.column or 0)
        result = tidy(cell.text)
        verdict = Verdict("unclear")
        # what a formula showed when it was last computed confirms nobody
        if cell.kind not in ("formula", "error"):
            verdict = understand(result)
        for text, reason in self._reasons(row):
            if verdict.kind == "verified" and reason.kind != "verified":
                return Verdict("unclear"), f"{result} | {tidy(text)}"
            if _explains(reason, verdict):
                verdict = reason
        return verdict, result

    def _reasons(self, row: FoundRow) -> Iterator[tuple[str, Verdict]]:
        """The texts of the reason columns that say something, and what they say."""
        for column in self._reason_columns:
            text = self._cell(row, column).text
            if not text.strip():
                continue
            reason = understand(text, blames=True)
            if reason.kind not in ("unclear", "waiting"):
                yield text, reason

    def _cell(self, row: FoundRow, column: int) -> Cell:
        if column < len(row.whole):
            return row.whole[column]
        return EMPTY


def _explains(reason: Verdict, verdict: Verdict) -> bool:
    """Does the reason say why the result is a failure that names no cause?"""
    without_cause = verdict.kind in ("failed", "mismatch") and not verdict.fields
    return without_cause and reason.kind in ("mismatch", "not_found")

"""Writing what the check page showed: the stored rows, all in one transaction, as one step.

Between checking and confirming the school goes on working. A row whose record holds something else now than the check
page showed is left out as ``stale``, whole, and the person is told; nobody's newer edit is overwritten. What the user
may do is asked again here: a teacher may have lost the class meanwhile. With ``all_or_nothing`` a single row that
cannot be written keeps all of them out.

Large files are written in the background: ``queue`` notes who asked for it, ``write`` does it. A crash in between
leaves nothing written (the transaction is rolled back) and the upload still ``writing``: ``overdue`` finds it and it is
written from the start, exactly once.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property

from peewee import fn

from idapp import audit, database, faults, ministry_entry, people
from idapp.database import PreparedStatement, writing
from idapp.imports import address_questions, uploads
from idapp.imports.collector import paused_collector
from idapp.imports.decisions import cannot_be_read, cells_to_write, is_undecided, is_used
from idapp.imports.marks import BROUGHT
from idapp.imports.matching import RecordMatcher
from idapp.models import Import, ImportRow, Person, SchoolClass, User, utc_now
from idapp.people import Edit, membership
from idapp.people.identifiers import class_key_of
from idapp.people.states import RuleContext
from idapp.permissions import may_edit_class, may_move_between_classes
from idapp.rosters.linkage import Identifiers, birth_key
from idapp.rules import catalogues, record
from idapp.rules.class_name import class_key
from idapp.rules.problem import Problem
from idapp.school import add_class
from idapp.settings import current

log = logging.getLogger(__name__)
SOURCE = "import"
_PARTS = 10  # progress is told that often at most
_LEAST_PART = 200
_SILENT_SECONDS = 20
_TRIES = 3
_GIVEN_UP = "Việc lưu đã bị ngắt nhiều lần nên đã dừng; chưa có gì được lưu. Hãy bấm lưu lại."
_FAULT = (
    "Máy chủ gặp lỗi khi lưu nên chưa có gì được lưu. Hãy bấm lưu lại; nếu vẫn lỗi, báo kỹ thuật."
)


class NotAllWritten(Exception):
    """All or nothing was asked for, and not all of it can be written. The message is for the user."""


@paused_collector()
def confirm(upload: Import, *, by: User) -> dict[str, int]:
    """Write the rows; answers how many were created, changed, unchanged, stale, left_out. Twice writes once.

    Nothing is written, and ``upload.sentence`` says why, where ``all_or_nothing`` cannot be kept.
    """
    changeset = people.new_changeset()
    try:
        with writing():
            # whoever changes the state writes the rows: a second click finds nothing to claim
            claim = Import.update(
                state="confirmed",
                confirmed_at=utc_now(),
                confirmed_by=by,
                changeset=changeset,
                sentence="",
                attempts=0,
            )
            open_ones = Import.state.in_(("checked", "writing"))
            if claim.where(Import.id == upload.id, open_ones).execute():
                upload = Import.get_by_id(upload.id)
                _Writer(upload, by, changeset).run()
                if upload.from_ministry:
                    _remember_what_the_ministry_has(upload, by, changeset)
                address_questions.remember_choices(upload, by=by)
    except NotAllWritten as refused:
        _put_back(upload.id, str(refused))
    finally:
        uploads.end_progress(upload.id)
    return applied(upload)


def _remember_what_the_ministry_has(upload: Import, by: User, changeset: str) -> None:
    """Cells that waited to be entered there, where the file says that they are: it says so even of unchanged rows."""
    rows = ImportRow.select(ImportRow.person, ImportRow.values).where(
        ImportRow.upload == upload,
        ImportRow.person.is_null(False),
        ImportRow.applied.in_(("unchanged", "changed", "left_out")),
    )
    texts = {row.person_id: row.values for row in rows if row.person_id is not None}
    ministry_entry.enter_from_file(texts, changeset=changeset, by=by)


def queue(upload: Import, *, by: User) -> bool:
    """Ask for the writing in the background; False if it was asked for already, or there is nothing to ask for."""
    claim = Import.update(state="writing", confirmed_by=by, sentence="", attempts=0)
    with writing():
        is_new = bool(claim.where(Import.id == upload.id, Import.state == "checked").execute())
    if is_new:
        uploads.note_progress(upload.id, 0, 0)
    return is_new


def write(upload_id: int) -> None:
    """The work of the background. After three crashes, or a fault, the file goes back to its check page and says so."""
    upload = Import.get_or_none(Import.id == upload_id)
    if upload is None or upload.state != "writing":
        return
    if upload.attempts >= _TRIES:
        _put_back(upload_id, _GIVEN_UP)
        return
    # before the writing: a crash of the whole process must count as well
    Import.update(attempts=Import.attempts + 1).where(Import.id == upload_id).execute()
    uploads.note_progress(upload_id, 0, 0)
    try:
        confirm(upload, by=upload.confirmed_by or upload.user)
    except Exception as fault:
        log.error("import %s was not written: %s", upload_id, faults.redacted_traceback(fault))
        _put_back(upload_id, _FAULT)


def overdue() -> list[int]:
    """Uploads that should be read or written and that nobody is at work on."""
    query = Import.select(Import.id).where(Import.state.in_(("reading", "writing")))
    return [id_ for (id_,) in database.rows(query) if _is_silent(id_)]


def _is_silent(upload_id: int) -> bool:
    progress = uploads.progress_of(upload_id)
    if progress is None:
        return True
    *_, seconds = progress
    return seconds > _SILENT_SECONDS


def applied(upload: Import) -> dict[str, int]:
    """What became of the rows of a confirmed file: {word of ``ImportRow.applied``: rows}."""
    query = ImportRow.select(ImportRow.applied, fn.COUNT(ImportRow.id)).where(
        ImportRow.upload == upload, ImportRow.applied != ""
    )
    return dict(database.rows(query.group_by(ImportRow.applied)))


def _put_back(upload_id: int, sentence: str) -> None:
    with writing():
        back = Import.update(state="checked", sentence=sentence, attempts=0)
        back.where(Import.id == upload_id, Import.state == "writing").execute()
        Import.update(sentence=sentence).where(
            Import.id == upload_id, Import.state == "checked"
        ).execute()


class _Writer:
    def __init__(self, upload: Import, by: User, changeset: str) -> None:
        self.upload = upload
        self.by = by
        self.changeset = changeset
        self.left_out = frozenset(upload.left_out)
        self.kind = "student"
        if upload.shape == "staff":
            self.kind = "staff"
        self.matcher = RecordMatcher(by, self.kind)
        self.people = {person.id: person for person in self.matcher.people}
        self.classes = {class_key(c.name): c for c in SchoolClass.present()}
        self.today = current().today()
        self.done = 0
        self.total = 0

    def run(self) -> None:
        """Write the rows, in the transaction of the caller. Raises ``NotAllWritten`` before anything is written.

        1. Foresee what will become of each row, against the school as it is now.
        2. Write the changed records, then the new ones: these see the numbers as the file has left them.
        3. Keep with each row what became of it.
        """
        query = ImportRow.select().where(ImportRow.upload == self.upload)
        rows = list(query.order_by(ImportRow.id))
        for row in rows:
            row.applied = self._expected_outcome(row)
        if self.upload.all_or_nothing:
            _refuse_parts(rows)
        changed = [row for row in rows if row.applied == "changed"]
        created = [row for row in rows if row.applied == "created"]
        self.total = len(changed) + len(created)
        for part in _parts(changed):
            self._change(part)
        for part in _parts(created):
            self._create(part)
        _save(rows)
        self._note(rows)

    def _cells(self, row: ImportRow) -> list[str]:
        return cells_to_write(row, self.left_out)

    # what is to become of a row, seen against the school as it is now

    def _expected_outcome(self, row: ImportRow) -> str:
        if row.verdict == "same":
            return "unchanged"
        if row.verdict == "wrong":
            return "refused"
        cells = self._cells(row)
        if not is_used(row) or not cells:
            return "left_out"
        if row.verdict == "new":
            return self._outcome_of_new(row, cells)
        return self._outcome_of_change(row, cells)

    def _outcome_of_new(self, row: ImportRow, cells: list[str]) -> str:
        if "full_name" not in cells:
            return "left_out"
        school_class = self.classes.get(class_key(row.class_name))
        if self.kind == "student" and not self._may_use(school_class):
            return "stale"
        if self._is_known_by_now(row, school_class):
            return "stale"
        return "created"

    def _is_known_by_now(self, row: ImportRow, school_class: SchoolClass | None) -> bool:
        """Has somebody entered this person since the check page was made?"""
        values = row.values
        birth = ""
        if "date_of_birth" in row.seen:
            birth = values["date_of_birth"]
        class_id = None
        if school_class is not None:
            class_id = school_class.id
        identifiers = Identifiers(
            code=values.get("ministry_code", ""),
            numbers=(values.get("identity_number", ""),),
            name=values["full_name"],
            birth=birth_key(birth, self.today),
            class_key=class_key_of(class_id),
        )
        try:
            return self.matcher.find(identifiers) is not None
        except Problem:  # nobody can tell: not to be written unseen
            return True

    def _may_use(self, school_class: SchoolClass | None) -> bool:
        if may_move_between_classes(self.by):
            return True
        return school_class is not None and may_edit_class(self.by, school_class)

    def _outcome_of_change(self, row: ImportRow, cells: list[str]) -> str:
        person = self.people.get(row.person_id or 0)
        if person is None:
            return "stale"
        now = stored_values(person)
        differing = [cell for cell in cells if row.values[cell] != now[cell]]
        if any(not people.same_text(row.seen[cell], now[cell]) for cell in differing):
            return "stale"
        if not differing:
            return "unchanged"
        return "changed"

    # writing

    def _change(self, rows: Sequence[ImportRow]) -> None:
        edits = []
        for row in rows:
            self._move(row)  # the class first: the rules look at its grade
            edits += self._edits(row)
        people.change_many(edits, by=self.by, source=SOURCE, changeset=self.changeset)
        self._note_progress(len(rows))

    def _edits(self, row: ImportRow) -> list[Edit]:
        person = self._person(row)
        edits = []
        for cell in self._cells(row):
            if cell not in record.FIELD:
                continue
            edit = Edit(
                person,
                cell,
                row.values[cell],
                row.seen[cell],
                # normalised when the file was judged; read again alone a name of two epochs could mean another place
                exact=True,
                handed=handed_of(row, cell),
            )
            edits.append(edit)
        return edits

    def _person(self, row: ImportRow) -> Person:
        return self.people[row.person_id or 0]

    def _move(self, row: ImportRow) -> None:
        cells = self._cells(row)
        if "school_class" not in cells and "state" not in cells:
            return
        person = self._person(row)
        if "school_class" in cells and may_move_between_classes(self.by):
            membership.move(
                person,
                self._class(row.values["school_class"]),
                by=self.by,
                source=SOURCE,
                changeset=self.changeset,
            )
        if "state" in cells:
            state = row.values["state"]
            active = catalogues.is_present(person.kind, state)
            membership.set_state(
                person, state, active=active, by=self.by, source=SOURCE, changeset=self.changeset
            )

    @cached_property
    def context(self) -> RuleContext:
        """The school as the changed rows have left it; kept true from part to part of the new ones."""
        return RuleContext(bulk=True)

    def _create(self, rows: Sequence[ImportRow]) -> None:
        by_state: dict[str, list[ImportRow]] = defaultdict(list)
        for row in rows:
            by_state[row.values.get("state") or catalogues.PRESENT[self.kind]].append(row)
        for state, group in by_state.items():
            newcomers = []
            handed = []
            for row in group:
                cells = self._cells(row)
                values = {cell: row.values[cell] for cell in cells}
                newcomers.append((self.kind, self._class_of(row), values))
                handed.append(_handed_in(row, cells))
            added = people.add_many(
                newcomers,
                by=self.by,
                source=SOURCE,
                changeset=self.changeset,
                state=state,
                exact=True,
                context=self.context,
                handed=handed,
            )
            for row, person in zip(group, added, strict=True):
                row.person_id = person.id  # not the record itself: thousands would be kept
        self._note_progress(len(rows))

    def _class_of(self, row: ImportRow) -> SchoolClass | None:
        if self.kind != "student":
            return None
        return self._class(row.class_name)

    def _class(self, name: str) -> SchoolClass:
        """The class of this name, made when the school does not have it yet (office only, see ``_outcome_of_new``)."""
        key = class_key(name)
        if key not in self.classes:
            self.classes[key] = add_class(name, by=self.by, changeset=self.changeset)
        return self.classes[key]

    def _note_progress(self, n: int) -> None:
        self.done += n
        uploads.note_progress(self.upload.id, self.done, self.total)

    def _note(self, rows: list[ImportRow]) -> None:
        counts = Counter(row.applied for row in rows)
        audit.record(
            "import.confirmed",
            by=self.by,
            subject=f"import {self.upload.id}",
            source=SOURCE,
            changeset=self.changeset,
            new=", ".join(f"{applied} {n}" for applied, n in sorted(counts.items())),
        )


def stored_values(person: Person) -> dict[str, str]:
    """What a record holds, class and state included."""
    class_name = ""
    if person.school_class is not None:
        class_name = person.school_class.name
    return {**people.values_of(person), "school_class": class_name, "state": person.state}


def handed_of(row: ImportRow, cell: str) -> str:
    """What the file said for a cell, "" where it said what is stored."""
    return str(row.handed.get(cell) or row.repairs.get(cell, ""))


def _handed_in(row: ImportRow, cells: Sequence[str]) -> dict[str, str]:
    """{cell: what the file said} where that is not what is stored."""
    handed = {}
    for cell in cells:
        text = handed_of(row, cell)
        if text:
            handed[cell] = text
    return handed


def _refuse_parts(rows: list[ImportRow]) -> None:
    """The switch: a row with an error, one nobody decided, or one that somebody changed since keeps everything out."""
    counts = Counter[str]()
    for row in rows:
        counts["dòng có ô lỗi"] += BROUGHT in row.marks or cannot_be_read(row)
        counts["dòng cần quyết định"] += is_undecided(row)
        counts["dòng vừa có người sửa hồ sơ"] += row.applied == "stale"
    left = [f"{n} {words}" for words, n in (+counts).items()]
    if left:
        raise NotAllWritten(
            f"Chưa lưu gì: còn {', '.join(left)}, mà đã chọn “chỉ lưu khi lưu được tất cả”."
        )


def _parts(rows: list[ImportRow]) -> list[list[ImportRow]]:
    size = max(_LEAST_PART, -(-len(rows) // _PARTS))
    return [rows[start : start + size] for start in range(0, len(rows), size)]


_SET_APPLIED = PreparedStatement(
    lambda applied, person, id_: ImportRow.update(applied=applied, person=person).where(
        ImportRow.id == id_
    )
)


def _save(rows: list[ImportRow]) -> None:
    """What became of each row, and the new record beside each created one."""
    _SET_APPLIED.run_many((row.applied, row.person_id, row.id) for row in rows)

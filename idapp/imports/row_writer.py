"""Writing some of the rows that the check page showed, in the transaction of the caller.

Between checking and writing the school goes on working, and so it does between two parts. A row whose record holds
something else now than the check page showed is left out as ``stale``, whole, and the person is told; nobody's newer
edit is overwritten. What the user may do is asked again here: a teacher may have lost the class meanwhile.

What is dear is done before the lock is taken: the rows are read, and each newcomer is looked for among everybody at
the school. Under the lock only those are looked through whom somebody else has touched since.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from peewee import chunked

from idapp import database, history_chain, ministry_entry, people
from idapp.database import PreparedStatement
from idapp.imports.decisions import cells_to_write, is_used
from idapp.imports.matching import RecordMatcher
from idapp.models import Change, Import, ImportRow, Person, SchoolClass, User
from idapp.people import Edit, membership
from idapp.people.identifiers import class_key_of
from idapp.permissions import may_edit_class, may_move_between_classes, people_of
from idapp.rosters.linkage import Identifiers, birth_key
from idapp.rules import catalogues, record
from idapp.rules.class_name import class_key
from idapp.rules.problem import Problem
from idapp.school import add_class
from idapp.settings import current

SOURCE = "import"
_PARAMETERS = 500  # ids in one query: SQLite allows 999 parameters in old builds
_NOTHING_TO_COMPARE = ("new", "same", "wrong")
_MANY_TOUCHED = 200  # records: then everybody is read anew, outside of the lock


class RowWriter:
    """Writes the rows of one upload, part by part. Several may be at work on one upload, each with some of the rows.

    For each part first ``prepare``, then, in a transaction, ``foresee`` and ``write``.
    """

    def __init__(self, upload: Import, by: User) -> None:
        self._upload = upload
        self._by = by
        self._left_out = frozenset(upload.left_out)
        self._kind = "staff" if upload.shape == "staff" else "student"
        self._today = current().today()
        self._matcher: RecordMatcher | None = None
        self._known: set[int] = set()  # rows whose newcomer stood in the school when it was read
        # the history up to here has been looked through; whom others have touched since the school was read
        self._seen_up_to = 0
        self._touched: set[int] = set()
        self._classes: dict[str, SchoolClass] = {}
        self._people: dict[int, Person] = {}
        self._own_classes = set(classes_made_by(upload.changeset))  # for its rows still new ones

    # before the lock

    def prepare(self, rows: Sequence[ImportRow]) -> None:
        """Look for the newcomers among these rows at the school, outside of any transaction."""
        newcomers = [row for row in rows if row.verdict == "new"]
        if not newcomers:
            return
        if self._matcher is None or len(self._touched) > _MANY_TOUCHED:
            self._read_school()
        classes = {class_key(each.name): each for each in SchoolClass.present()}
        for row in newcomers:
            if "full_name" in self._cells(row) and self._is_found(row, self._matcher, classes):
                self._known.add(row.id)

    def _read_school(self) -> None:
        """Everybody but those whom this file has brought already; first how far the history goes: who is touched while
        the school is read may be read either way."""
        self._seen_up_to = history_chain.head().id
        self._touched = set()
        created = ImportRow.select(ImportRow.person).where(
            ImportRow.upload == self._upload, ImportRow.applied == "created"
        )
        brought = {id_ for (id_,) in database.rows(created)}
        self._matcher = RecordMatcher(self._by, self._kind, without=brought)

    # under the lock: what is to become of a row, seen against the school as it is now

    def foresee(self, rows: Iterable[ImportRow]) -> list[ImportRow]:
        """Those of the rows that nobody has written meanwhile, each with what is to become of it in ``applied``."""
        open_rows = self._still_open(rows)
        self._classes = {class_key(each.name): each for each in SchoolClass.present()}
        self._people = self._records_of(open_rows)
        self._note_touched()
        nearby = self._matcher_of_touched()
        for row in open_rows:
            row.applied = self._expected_outcome(row, nearby)
        return open_rows

    def _still_open(self, rows: Iterable[ImportRow]) -> list[ImportRow]:
        row_of = {row.id: row for row in rows}
        open_rows = []
        for part in chunked(row_of, _PARAMETERS):
            query = ImportRow.select(ImportRow.id).where(
                ImportRow.id.in_(part), ImportRow.applied == ""
            )
            open_rows += [row_of[id_] for (id_,) in database.rows(query.order_by(ImportRow.id))]
        return open_rows

    def _records_of(self, rows: Iterable[ImportRow]) -> dict[int, Person]:
        """The records that the rows mean, as far as the user may see them."""
        ids = {row.person_id for row in rows if row.verdict not in _NOTHING_TO_COMPARE}
        visible = people_of(self._by, include_inactive=True)
        query = visible.select(Person, SchoolClass).left_outer_join(SchoolClass)
        records = {}
        for part in chunked(ids - {None}, _PARAMETERS):
            for person in query.where(Person.id.in_(part)):
                records[person.id] = person
        return records

    def _note_touched(self) -> None:
        if self._matcher is None:
            return
        others = Change.select(Change.person).where(
            Change.id > self._seen_up_to,
            Change.changeset != self._upload.changeset,
            Change.person.is_null(False),
        )
        self._touched.update(id_ for (id_,) in database.rows(others.distinct()))

    def _matcher_of_touched(self) -> RecordMatcher | None:
        if not self._touched:
            return None
        return RecordMatcher(self._by, self._kind, among=self._touched)

    def _expected_outcome(self, row: ImportRow, nearby: RecordMatcher | None) -> str:
        if row.verdict == "same":
            return "unchanged"
        if row.verdict == "wrong":
            return "refused"
        cells = self._cells(row)
        if not is_used(row) or not cells:
            return "left_out"
        if row.verdict == "new":
            return self._outcome_of_new(row, cells, nearby)
        return self._outcome_of_change(row, cells)

    def _outcome_of_new(
        self, row: ImportRow, cells: list[str], nearby: RecordMatcher | None
    ) -> str:
        if "full_name" not in cells:
            return "left_out"
        school_class = self._classes.get(class_key(row.class_name))
        if self._kind == "student" and not self._may_use(school_class):
            return "stale"
        # has somebody entered this person since the check page was made?
        if row.id in self._known or self._is_found(row, nearby, self._classes):
            return "stale"
        return "created"

    def _is_found(
        self, row: ImportRow, matcher: RecordMatcher | None, classes: dict[str, SchoolClass]
    ) -> bool:
        """Is the person of a new row one of these?"""
        if matcher is None:
            return False
        try:
            return matcher.find(self._identifiers(row, classes)) is not None
        except Problem:  # nobody can tell: not to be written unseen
            return True

    def _identifiers(self, row: ImportRow, classes: dict[str, SchoolClass]) -> Identifiers:
        values = row.values
        birth = values["date_of_birth"] if "date_of_birth" in row.seen else ""
        school_class = classes.get(class_key(row.class_name))
        class_id = None
        if school_class is not None and school_class.id not in self._own_classes:
            class_id = school_class.id
        return Identifiers(
            code=values.get("ministry_code", ""),
            numbers=(values.get("identity_number", ""),),
            name=values["full_name"],
            birth=birth_key(birth, self._today),
            class_key=class_key_of(class_id),
        )

    def _may_use(self, school_class: SchoolClass | None) -> bool:
        if may_move_between_classes(self._by):
            return True
        return school_class is not None and may_edit_class(self._by, school_class)

    def _outcome_of_change(self, row: ImportRow, cells: list[str]) -> str:
        person = self._people.get(row.person_id or 0)
        if person is None:
            return "stale"
        now = stored_values(person)
        differing = [cell for cell in cells if row.values[cell] != now[cell]]
        if any(not people.same_text(row.seen[cell], now[cell]) for cell in differing):
            return "stale"
        if not differing:
            return "unchanged"
        return "changed"

    # under the lock: writing

    def write(self, rows: Sequence[ImportRow]) -> None:
        """Write these rows as ``foresee`` has marked them.

        1. The new records, then the changed ones: who is taken up again after a crash finds the school as it was.
        2. Keep with each row what became of it.
        3. What the ministry has, if the file is from there.
        """
        self._create([row for row in rows if row.applied == "created"])
        self._change([row for row in rows if row.applied == "changed"])
        _SET_APPLIED.run_many((row.applied, row.person_id, row.id) for row in rows)
        if self._upload.from_ministry:
            self._remember_what_the_ministry_has(rows)
        if self._matcher is not None:
            self._seen_up_to = history_chain.head().id

    def _cells(self, row: ImportRow) -> list[str]:
        return cells_to_write(row, self._left_out)

    def _change(self, rows: Sequence[ImportRow]) -> None:
        edits = []
        for row in rows:
            self._move(row)  # the class first: the rules look at its grade
            edits += self._edits(row)
        if edits:
            people.change_many(edits, by=self._by, source=SOURCE, changeset=self._upload.changeset)

    def _edits(self, row: ImportRow) -> list[Edit]:
        person = self._people[row.person_id or 0]
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

    def _move(self, row: ImportRow) -> None:
        cells = self._cells(row)
        person = self._people[row.person_id or 0]
        changeset = self._upload.changeset
        if "school_class" in cells and may_move_between_classes(self._by):
            school_class = self._class(row.values["school_class"])
            membership.move(person, school_class, by=self._by, source=SOURCE, changeset=changeset)
        if "state" in cells:
            state = row.values["state"]
            active = catalogues.is_present(person.kind, state)
            membership.set_state(
                person, state, active=active, by=self._by, source=SOURCE, changeset=changeset
            )

    def _create(self, rows: Sequence[ImportRow]) -> None:
        by_state: dict[str, list[ImportRow]] = defaultdict(list)
        for row in rows:
            by_state[row.values.get("state") or catalogues.PRESENT[self._kind]].append(row)
        for state, group in by_state.items():
            newcomers = []
            handed = []
            for row in group:
                cells = self._cells(row)
                values = {cell: row.values[cell] for cell in cells}
                newcomers.append((self._kind, self._class_of(row), values))
                handed.append(_handed_in(row, cells))
            added = people.add_many(
                newcomers,
                by=self._by,
                source=SOURCE,
                changeset=self._upload.changeset,
                state=state,
                exact=True,
                handed=handed,
            )
            for row, person in zip(group, added, strict=True):
                row.person_id = person.id  # not the record itself: thousands would be kept

    def _class_of(self, row: ImportRow) -> SchoolClass | None:
        if self._kind != "student":
            return None
        return self._class(row.class_name)

    def _class(self, name: str) -> SchoolClass:
        """The class of this name, made when the school does not have it yet (office only, see ``_outcome_of_new``)."""
        key = class_key(name)
        if key not in self._classes:
            made = add_class(name, by=self._by, changeset=self._upload.changeset)
            self._classes[key] = made
            self._own_classes.add(made.id)
        return self._classes[key]

    def _remember_what_the_ministry_has(self, rows: Sequence[ImportRow]) -> None:
        """Cells that waited to be entered there, where the file says that they are: it says so even of unchanged
        rows."""
        texts = {}
        for row in rows:
            if row.person_id and row.applied in ("unchanged", "changed", "left_out"):
                texts[row.person_id] = row.values
        ministry_entry.enter_from_file(texts, changeset=self._upload.changeset, by=self._by)


def classes_made_by(changeset: str) -> list[int]:
    """Ids of the classes that a file made, in order: the history keeps them as text, "class 17"."""
    made = Change.select(Change.subject).where(
        Change.changeset == changeset, Change.event == "class.added"
    )
    return sorted(int(subject.split()[1]) for (subject,) in database.rows(made))


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


_SET_APPLIED = PreparedStatement(
    lambda applied, person, id_: ImportRow.update(applied=applied, person=person).where(
        ImportRow.id == id_
    )
)

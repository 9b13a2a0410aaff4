"""Writing what the check page showed: the stored rows, all in one transaction, as one step.

Between checking and confirming the school goes on working. A row whose record holds something else now than the check
page showed is left out as ``stale``, whole, and the person is told; nobody's newer edit is overwritten. What the user
may do is asked again here: a teacher may have lost the class meanwhile.
"""

from collections import Counter, defaultdict

from idapp import audit, database, people
from idapp.database import writing
from idapp.imports.choices import cells_to_write, taken
from idapp.imports.drafts import is_present
from idapp.imports.matching import Clue, Roll
from idapp.models import Import, ImportRow, Person, SchoolClass, User, utc_now
from idapp.people import Edit
from idapp.permissions import may_edit_class, may_move_between_classes
from idapp.rules import record
from idapp.rules.problem import Problem
from idapp.school import add_class, class_key

DOOR = "import"
HEADING = "heading"  # the verdict under which the heading row of the file is kept
_PRESENT = {"student": "Đang học", "staff": "Đang làm việc"}


def confirm(upload: Import, *, by: User) -> dict[str, int]:
    """Write the rows; answers how many were created, changed, unchanged, stale, left_out. Twice writes once."""
    step = people.new_step()
    with writing():
        claim = Import.update(state="confirmed", confirmed_at=utc_now(), step=step)
        if claim.where(Import.id == upload.id, Import.state == "checked").execute():
            _Applying(upload, by, step).run()
    return applied(upload)


def applied(upload: Import) -> dict[str, int]:
    """What became of the rows of a confirmed file."""
    query = ImportRow.select(ImportRow.applied).where(ImportRow.upload == upload, ImportRow.applied != "")
    return dict(Counter(outcome for (outcome,) in database.rows(query)))


class _Applying:
    def __init__(self, upload: Import, by: User, step: str) -> None:
        self.upload, self.by, self.step = upload, by, step
        self.roll = Roll(by)
        self.people = {person.id: person for person in self.roll.people}
        self.classes = {class_key(c.name): c for c in SchoolClass.select()}
        self.kind = "staff" if upload.shape.startswith("staff") else "student"

    def run(self) -> None:
        query = ImportRow.select().where(ImportRow.upload == self.upload, ImportRow.verdict != HEADING)
        rows = list(query.order_by(ImportRow.id))
        for row in rows:
            row.applied = self._foresee(row)
        self._change([r for r in rows if r.applied == "changed"])
        self._create([r for r in rows if r.applied == "created"])
        _save(rows)
        self._note(rows)

    # what is to become of a row, seen against the school as it is now

    def _foresee(self, row: ImportRow) -> str:
        if row.verdict in ("same", "wrong"):
            return {"same": "unchanged", "wrong": "refused"}[row.verdict]
        cells = cells_to_write(row)
        if not taken(row) or not cells:
            return "left_out"
        if row.verdict == "new":
            return self._foresee_new(row, cells)
        return self._foresee_change(row, cells)

    def _foresee_new(self, row: ImportRow, cells: list[str]) -> str:
        if "full_name" not in cells:
            return "left_out"
        own = self.classes.get(class_key(row.class_name))
        if self.kind == "student" and not self._may_use(own):
            return "stale"
        values = row.values
        clue = Clue(
            self.kind, own, code=values.get("ministry_code", ""), name=values["full_name"],
            birth=values.get("date_of_birth", ""), number=values.get("identity_number", ""),
        )  # fmt: skip
        try:
            # a class that does not exist yet holds nobody; without this the whole school would be searched
            return "created" if (own is None and self.kind == "student") or self.roll.find(clue) is None else "stale"
        except Problem:
            return "stale"

    def _may_use(self, school_class: SchoolClass | None) -> bool:
        return may_move_between_classes(self.by) or (school_class is not None and may_edit_class(self.by, school_class))

    def _foresee_change(self, row: ImportRow, cells: list[str]) -> str:
        person = self.people.get(row.person_id or 0)
        if person is None:
            return "stale"
        now = held_by(person)
        differing = [cell for cell in cells if row.values[cell] != now[cell]]
        if any(not people.same_text(row.seen[cell], now[cell]) for cell in differing):
            return "stale"
        return "changed" if differing else "unchanged"

    # writing

    def _change(self, rows: list[ImportRow]) -> None:
        for row in rows:  # the class first: the rules look at its grade
            self._move(row)
        edits = [
            Edit(self._person(row), cell, row.values[cell], row.seen[cell])
            for row in rows
            for cell in cells_to_write(row)
            if cell in record.FIELD
        ]
        people.change_many(edits, by=self.by, door=DOOR, step=self.step)

    def _person(self, row: ImportRow) -> Person:
        return self.people[row.person_id or 0]

    def _move(self, row: ImportRow) -> None:
        person, cells = self._person(row), cells_to_write(row)
        if "school_class" in cells and may_move_between_classes(self.by):
            people.move(person, self._class(row.values["school_class"]), by=self.by)
        if "state" in cells:
            state = row.values["state"]
            people.set_state(
                person, state, active=is_present(person.kind, state), by=self.by, door=DOOR, step=self.step
            )

    def _create(self, rows: list[ImportRow]) -> None:
        by_state: dict[str, list[ImportRow]] = defaultdict(list)
        for row in rows:
            by_state[row.values.get("state") or _PRESENT[self.kind]].append(row)
        for state, group in by_state.items():
            newcomers = [
                (self.kind, self._class_of(row), {c: row.values[c] for c in cells_to_write(row)}) for row in group
            ]
            added = people.add_many(newcomers, by=self.by, door=DOOR, step=self.step, state=state)
            for row, person in zip(group, added, strict=True):
                row.person = person

    def _class_of(self, row: ImportRow) -> SchoolClass | None:
        return self._class(row.class_name) if self.kind == "student" else None

    def _class(self, name: str) -> SchoolClass:
        """The class of this name, made when the school does not have it yet (office only, see ``_foresee_new``)."""
        key = class_key(name)
        if key not in self.classes:
            self.classes[key] = add_class(name, by=self.by)
        return self.classes[key]

    def _note(self, rows: list[ImportRow]) -> None:
        counts = Counter(row.applied for row in rows)
        audit.record(
            "import.confirmed", by=self.by, subject=f"import {self.upload.id}", door=DOOR, step=self.step,
            new=", ".join(f"{outcome} {n}" for outcome, n in sorted(counts.items())),
        )  # fmt: skip


def held_by(person: Person) -> dict[str, str]:
    """What a record holds, class and state included."""
    name = person.school_class.name if person.school_class else ""
    return {**people.values_of(person), "school_class": name, "state": person.state}


def _save(rows: list[ImportRow]) -> None:
    """The outcome of each row: one UPDATE an outcome, and the new record beside each created row."""
    by_outcome: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_outcome[row.applied].append(row.id)
    for outcome, ids in by_outcome.items():
        for start in range(0, len(ids), 500):
            ImportRow.update(applied=outcome).where(ImportRow.id.in_(ids[start : start + 500])).execute()
    created = [row for row in rows if row.applied == "created"]
    if created:
        ImportRow.bulk_update(created, [ImportRow.person], batch_size=200)

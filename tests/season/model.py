"""The school as it must be: kept from what was asked of the program, compared with what the program holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

# every text of a record; tests/test_season.py holds that none is missing
TEXTS = (
    *("full_name", "date_of_birth", "gender", "identity_number"),
    *("province", "district", "commune", "address"),
    *("ethnic_group", "nationality", "ministry_code", "position"),
    *("father_name", "father_birth_year", "mother_name", "mother_birth_year"),
    *("present_province", "present_district", "present_commune", "present_address"),
)
PLACE = ("class", "state", "active")
COLUMNS = (*TEXTS, *PLACE)
Record = dict[str, str]  # of COLUMNS; active is "1" or "0", class is "5A" or "" of nobody
Cells = dict[tuple[int, str], str]  # (id, column): text


@dataclass(frozen=True)
class Effect:
    """What a deed makes of the school: cells that get another text, and people who come."""

    cells: Mapping[tuple[int, str], str] = field(default_factory=dict)
    added: tuple[tuple[tuple[str, str], ...], ...] = ()

    def is_like(self, cells: Cells, added: list[Record]) -> bool:
        """Is this what has happened? ``cells``: those that differ now; ``added``: the new records."""
        if dict(self.cells) != cells or len(self.added) != len(added):
            return False
        wanted = [dict(one) for one in self.added]
        for record in added:
            found = next((one for one in wanted if one.items() <= record.items()), None)
            if found is None:
                return False
            wanted.remove(found)
        return True


NOTHING = Effect()


@dataclass
class Step:
    """Something that somebody has done and may take back: {cell: (before, after)} and who came with it."""

    user: str
    cells: dict[tuple[int, str], tuple[str, str]]
    added: tuple[int, ...] = ()

    def touches(self, ids: Collection[int], names: Collection[str]) -> bool:
        """Did it write one of these columns of one of these people?"""
        return any(id_ in ids and name in names for id_, name in self.cells)


@dataclass
class Model:
    """Everybody who was ever there, what the register has said of them last, and what was done in what order."""

    people: dict[int, Record] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    answers: dict[int, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    def differences(self, now: Mapping[int, Record]) -> tuple[Cells, list[Record]]:
        """What the program holds otherwise: cells, and records that the model does not know."""
        cells = {}
        for id_, record in self.people.items():
            there = now.get(id_, {})
            for name in COLUMNS:
                if record[name] != there.get(name, "(gone)"):
                    cells[id_, name] = there.get(name, "(gone)")
        return cells, [record for id_, record in now.items() if id_ not in self.people]

    def real(self, cells: Mapping[tuple[int, str], str]) -> Cells:
        """Those of these cells that are another text than now."""
        return {at: text for at, text in cells.items() if self.people[at[0]][at[1]] != text}

    def take_over(self, now: Mapping[int, Record], kinds: Mapping[int, str], user: str) -> Step:
        """What has happened becomes what is known; the step for whoever takes it back."""
        cells, _ = self.differences(now)
        before = {at: (self.people[at[0]][at[1]], text) for at, text in cells.items()}
        added = tuple(id_ for id_ in now if id_ not in self.people)
        for (id_, name), (_, after) in before.items():
            self.people[id_][name] = after
        for id_ in added:
            self.people[id_] = dict(now[id_])
            self.kinds[id_] = kinds[id_]
        step = Step(user, before, added)
        self.steps.append(step)
        return step

    def present(self, kind: str = "student", class_name: str = "") -> list[int]:
        """The ids of who is at the school."""
        return [
            id_
            for id_, record in self.people.items()
            if record["active"] == "1"
            and self.kinds[id_] == kind
            and class_name in ("", record["class"])
        ]

    def asked(self, id_: int) -> tuple[str, ...]:
        """What the register is asked about, in the words of a frozen item: number, name, birth date, sex."""
        record = self.people[id_]
        born = "-".join(reversed(record["date_of_birth"].split("/")))
        sex = {"Nam": "male", "Nữ": "female"}.get(record["gender"], "")
        return (record["identity_number"], record["full_name"], born, sex)

    def hear(self, id_: int, state: str, frozen: tuple[str, ...]) -> None:
        """An answer about what was frozen; it says nothing about a record that holds something else by now."""
        if state == "skipped" or frozen != self.asked(id_):
            return
        known = self.answers.get(id_, ("", ()))
        if state == "unanswered" and known[1] == frozen and known[0] != "":
            return
        self.answers[id_] = (state, frozen)

    def verified(self, ids: Iterable[int]) -> set[int]:
        """Who of these was confirmed with the very values that stand there now."""
        return {id_ for id_ in ids if self.answers.get(id_) == ("verified", self.asked(id_))}

    def taken_back(self, cells: Mapping[tuple[int, str], tuple[str, str]]) -> Effect | None:
        """What it is to take back a deed of these cells, {cell: (before, after)}: each as before. None where one of
        them is another by now."""
        back = {}
        for (id_, name), (before, after) in cells.items():
            if self.people[id_][name] != after:
                return None
            back[id_, name] = before
        return Effect(self.real(back))

    def since(self, step: Step) -> list[Step]:
        """What was done after it."""
        places = [at for at, one in enumerate(self.steps) if one is step]
        return self.steps[places[-1] + 1 :] if places else list(self.steps)

"""The play: one deed after another, what came of it beside what may come of it, and the rules."""

import json
import time
from collections import Counter, deque
from pathlib import Path
from random import Random

from idapp import doctor
from idapp.database import connected, db
from tests.crash.points import Points
from tests.crash.walking import forked
from tests.season import rules, taking_back
from tests.season.campus import TEACHERS, USERS, Campus
from tests.season.deeds import Deed, Draw
from tests.season.model import NOTHING, Effect, Model, Record, Step
from tests.season.taking_back import Beside

_CRASHES = 0.04  # of the deeds that may be cut off
_LONGEST = 160  # steps of a process before its end
_REMEMBERED = 25


class Broken(AssertionError):
    """Something is not as it must be; the message says what, after which deeds, and how to play it again."""


class Season:
    """One season from one seed."""

    def __init__(self, seed: int, place: Path, *, every: int = 1) -> None:
        """``every``: after so many deeds the doctor and the board are asked; the rules of ``rules`` after each."""
        self.seed = seed
        self.every = every
        self.place = place
        self.chance = Random(seed)
        self.campus = Campus(place)
        self.model = Model()
        self.model.people, self.model.kinds = self.campus.records()
        self.draw = Draw(self.chance, self.campus, self.model)
        self.done: Counter[str] = Counter()
        self.last: deque[str] = deque(maxlen=_REMEMBERED)
        self.number = 0
        self.crashes = 0
        self.taken_back = 0  # years, changes of places and merges
        self.heard: dict[int, tuple[str, str]] = {}
        self.step = Step("", {})  # the last one
        self.told = rules.newest_change(self.campus)

    def play(self, count: int, *, until: float = float("inf")) -> None:
        """So many deeds, or until the clock says so. Raises ``Broken``."""
        while self.number < count and time.monotonic() < until:
            deed = self.draw.deed()
            if deed is None:
                continue
            self.number += 1
            self.done[deed.name.split(" ")[0]] += 1
            self._do(deed)
            if self.number % self.every == 0:
                self._look_closely()
        self.campus.tell_register({"shares": {}, "outage": {}})
        self._look_closely()

    def _do(self, deed: Deed) -> None:
        is_crash = deed.may_crash and self.chance.random() < _CRASHES
        last = self.chance.randint(1, _LONGEST)
        self.last.append(f"{self.number}: {deed.user or 'nobody'}: {deed.name}")
        before = None
        if deed.stands or deed.takes_back:
            before = taking_back.beside(self.campus)
        try:
            if is_crash:
                self._cut_off(deed, last)
            else:
                self._carry_out(deed)
        except Exception as fault:
            if isinstance(fault, Broken):
                raise
            raise self._broken([f"{type(fault).__name__}: {fault}"]) from fault
        self._hear_the_register()
        problems = rules.broken(self.campus) + rules.wrongly_verified(self.campus, self.model)
        if before is not None:
            problems += self._kept_in_mind(deed, before, is_crash=is_crash)
        if problems:
            raise self._broken(problems)

    def _kept_in_mind(self, deed: Deed, before: Beside, *, is_crash: bool) -> list[str]:
        """What came about may be taken back from now on; what was taken back is as before it, or that is told."""
        now = taking_back.beside(self.campus)
        standing = self.draw.standing
        if deed.stands and (name := deed.stands()):
            standing[name] = taking_back.standing_of(
                self.step, before, now, self.model, was_cut_off=is_crash
            )
        if deed.takes_back not in standing or not deed.is_back():
            return []
        self.taken_back += 1
        stood = standing.pop(deed.takes_back)
        was_cut_off = is_crash or stood.was_cut_off
        return taking_back.not_as_before(stood, before, now, self.model, was_cut_off=was_cut_off)

    def _carry_out(self, deed: Deed) -> None:
        status = deed.act()
        self.last[-1] += f" -> {status}"
        if status >= 500:
            raise self._broken([f"status {status}"])
        self._take_over(deed, deed.done if status < 400 else deed.refused)

    def _cut_off(self, deed: Deed, last: int) -> None:
        """In a process that ends at a step of it; then the program starts again."""
        self.crashes += 1
        db.close()
        points = Points(self.place, last)

        def act() -> int:
            points.listen()
            status = deed.act()
            points.end()
            return status

        was_killed, status = forked(act)
        self.last[-1] += (
            f" -> killed at step {last}" if was_killed else f" -> {status}, then killed"
        )
        self.campus.start_again()
        self._take_over(deed, [NOTHING, *deed.done, *deed.refused])

    def _take_over(self, deed: Deed, allowed: list[Effect]) -> None:
        now, kinds = self.campus.records()
        cells, added = self.model.differences(now)
        is_allowed = any(effect.is_like(cells, added) for effect in allowed)
        if not is_allowed and deed.judge is not None:
            is_allowed = deed.judge(cells, added)
        if not is_allowed:
            raise self._broken(_told(cells, added, allowed))
        before = {id_: dict(record) for id_, record in self.model.people.items()}
        self.step = self.model.take_over(now, kinds, deed.user)
        untold = rules.untold(self.campus, self.told, before, self.model, self.step)
        if untold:
            raise self._broken(untold)
        self.told = rules.newest_change(self.campus)

    def _hear_the_register(self) -> None:
        """What the batches have heard since, against what the register holds."""
        rows = self.campus.sql(
            'SELECT id, person_id, state, settled_at, "values" FROM batch_item'
            " WHERE state NOT IN ('waiting', 'sending') ORDER BY settled_at, id"
        )
        for id_, person_id, state, moment, text in rows:
            if self.heard.get(id_) == (state, moment):
                continue
            self.heard[id_] = (state, moment)
            values = json.loads(text)
            frozen = tuple(values[name] or "" for name in ("number", "full_name", "born", "sex"))
            if state not in self.campus.possible_answers(frozen):
                raise self._broken([f"item {id_} about {person_id} is {state}, asked {frozen}"])
            self.model.hear(person_id, state, frozen)

    def _look_closely(self) -> None:
        with connected():
            findings = doctor.invariants()
        problems = [f"doctor, {one.name}: {one.sentence}" for one in findings if one.level == "bad"]
        problems += rules.miscounted(self.campus, self.model) + rules.wrongly_summed(self.campus)
        turn = self.number // self.every
        teachers = list(TEACHERS.values())
        problems += rules.beyond_reach(self.campus, teachers[turn % len(teachers)])
        classes = sorted(self.draw.classes().items())
        if classes:
            # each in its turn
            class_name, class_id = classes[turn % len(classes)]
            problems += rules.misplaced(self.campus, self.model, class_name, class_id)
            for path in (f"/classes/{class_id}", "/staff", "/progress", "/classes", "/notices"):
                problems += rules.otherwise_drawn(self.campus, USERS[turn % len(USERS)], path)
        if problems:
            raise self._broken(problems)

    def _broken(self, problems: list[str]) -> Broken:
        deeds = "\n".join(f"  {one}" for one in self.last)
        told = "\n".join(f"  {one}" for one in problems)
        again = f"make soak SEED={self.seed} STEPS={self.number} EVERY={self.every}"
        return Broken(
            f"seed {self.seed}, deed {self.number}:\n{told}\nthe last deeds:\n{deeds}\n{again}"
        )


def _told(
    cells: dict[tuple[int, str], str], added: list[Record], allowed: list[Effect]
) -> list[str]:
    told = [f"{id_}.{name} is {text!r}" for (id_, name), text in list(cells.items())[:12]]
    told += [f"came: {record}" for record in added[:4]]
    for effect in allowed[:4]:
        wanted = [
            f"{id_}.{name} = {text!r}" for (id_, name), text in list(effect.cells.items())[:12]
        ]
        told.append(
            f"allowed: {', '.join(wanted) or 'nothing'}, {len(effect.added)} come: {[dict(a) for a in effect.added]}"
        )
    return told

"""What somebody does, drawn from the seed, and what of it may come to be.

A deed is drawn whole before it begins: the same draws, the same requests. ``done`` are the effects of which one must
be seen when the program says that it is done; ``refused`` those for an answer of 4xx. After a crash any, or nothing.
What was done as a whole is often taken back soon after, while that is still possible.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from idapp import backup, imports
from idapp.database import connected
from idapp.imports import applying, reverting
from idapp.people import epochs
from idapp.school_years import steps as year_steps
from tests import age_files
from tests.cast import HOME
from tests.crash.deeds import PASSPHRASE, paper
from tests.season import taking_back
from tests.season.campus import TEACHERS, USERS, Campus
from tests.season.model import NOTHING, Effect, Model, Record
from tests.season.taking_back import Standing
from tests.test_card_photos import picture
from tests.test_imports import book, line
from tests.web.test_school_years import form_of

HX = {"HX-Request": "true"}
MISTAKEN, DONE, MERGED = "Nhập nhầm", "Hoàn thành cấp học", "Đã gộp"
PRESENT = {"student": "Đang học", "staff": "Đang làm việc"}
_YOUNGEST = "3A"  # every year anew
AWAY = ("Chuyển đi kỳ 1", "Thôi học kỳ 1")
NEW_HOME = {"province": "Tỉnh Tây Ninh", "district": "", "commune": "Xã Mỹ An"}
WRONG_NUMBERS = ("100312", "10031200000x", "999999999999")
Judge = Callable[[dict[tuple[int, str], str], list[Record]], bool]


@dataclass
class Deed:
    """``act`` does it and returns the status of the last answer. ``judge`` says more than ``done`` can list.

    stands      asked afterwards: under which name it can be taken back now, "" for not at all
    takes_back  the name of what this one takes back; ``is_back``, asked afterwards: did it?
    """

    name: str
    user: str
    act: Callable[[], int]
    done: Sequence[Effect] = (NOTHING,)
    refused: Sequence[Effect] = (NOTHING,)
    judge: Judge | None = None
    may_crash: bool = True
    stands: Callable[[], str] | None = None
    takes_back: str = ""
    is_back: Callable[[], bool] = lambda: False


class Draw:
    """Draws deeds for a campus and its model from one source of chance."""

    def __init__(self, chance: Random, campus: Campus, model: Model) -> None:
        self.chance = chance
        self.campus = campus
        self.model = model
        self.unused = list(range(24, len(campus.citizens)))
        self.standing: dict[str, Standing] = {}  # what may be taken back
        self.soon: list[Callable[[Draw], Deed | None]] = []  # undos that somebody has in mind

    @property
    def is_new_epoch(self) -> bool:
        """Does the school write places of two levels by now?"""
        [(epoch,)] = self.campus.sql("SELECT epoch FROM campaign ORDER BY id DESC LIMIT 1")
        return bool(epoch == "2level")

    def deed(self) -> Deed | None:
        """The next one; None where what was drawn cannot be done now."""
        if self.soon and self.chance.random() < 0.3:
            return self.soon.pop(0)(self)
        makers, weights = zip(*_WEIGHTS, strict=True)
        [make] = self.chance.choices(makers, weights)
        return make(self)

    def _perhaps_soon(self, make: "Callable[[Draw], Deed | None]") -> None:
        """Mostly whoever did it sees at once that it was wrong; else it is found out one day, or never."""
        if self.chance.random() < 0.6:
            self.soon.append(make)

    # --- who and what ---

    def classes(self) -> dict[str, int]:
        """{name: id} of this year's classes."""
        rows = self.campus.sql("SELECT name, id FROM school_class WHERE NOT is_past ORDER BY name")
        return dict(rows)

    def editor_of(self, class_name: str) -> str:
        """Mostly its teacher of the first year, else the office."""
        rows = self.campus.sql(
            "SELECT u.username FROM class_teacher t JOIN user u ON u.id = t.teacher_id"
            " JOIN school_class c ON c.id = t.school_class_id"
            " WHERE c.name = ? AND NOT c.is_past AND t.until IS NULL ORDER BY u.id",
            class_name,
        )
        names = [name for (name,) in rows]
        if names and self.chance.random() < 0.7:
            return str(names[0])
        return self.chance.choice(("thu", "hoa"))

    def pupil(self) -> int | None:
        """Somebody who is at the school."""
        present = self.model.present()
        return self.chance.choice(present) if present else None

    def somebody(self) -> int | None:
        """Pupil or staff."""
        present = self.model.present() + self.model.present("staff")
        return self.chance.choice(present) if present else None

    def truth_of(self, id_: int) -> Mapping[str, str]:
        """What the register holds about this person, as far as the record can be told to be of one."""
        name = self.model.people[id_]["full_name"]
        for one in self.campus.citizens:
            if one["full_name"] == name:
                return one
        return self.campus.citizens[0]

    def text_for(self, id_: int, name: str) -> str:
        """A value to be written: mostly the truth, else a slip."""
        truth = self.truth_of(id_)
        slip = self.chance.random() < 0.3
        if name == "identity_number":
            if not slip:
                return truth["identity_number"]
            other = self.chance.choice(self.campus.citizens)["identity_number"]
            return self.chance.choice((*WRONG_NUMBERS, "", other, truth["identity_number"]))
        if name == "date_of_birth":
            return f"{self.chance.randint(1, 28):02d}{truth[name][2:]}" if slip else truth[name]
        if name == "gender":
            return self.chance.choice(("Nam", "Nữ")) if slip else truth[name]
        return self.chance.choice(("", "Ấp 1", "Ấp 2", "Ấp 3", "Khu phố 4"))

    # --- the table ---

    def save_cell(self) -> Deed | None:
        id_ = self.somebody()
        if id_ is None:
            return None
        record = self.model.people[id_]
        user = "thu" if not record["class"] else self.editor_of(record["class"])
        name = self.chance.choice(
            ("identity_number",) * 4 + ("address",) * 3 + ("date_of_birth", "gender")
        )
        text = self.text_for(id_, name)
        seen = record[name]
        effects = [Effect(self.model.real({(id_, name): text}))]
        if self.chance.random() < 0.1 and name == "address":
            seen = "Ấp cũ"
            if text != record[name]:
                effects = [NOTHING]
        data = {"value": text, "seen": seen}

        def act() -> int:
            return self.campus.post(
                user, f"/people/{id_}/cells/{name}", data, headers=HX
            ).status_code

        # a wrong value is stored and answered with its sentence: 422
        return Deed(f"{name} of {id_}: {text!r}", user, act, effects, effects)

    def paste_column(self) -> Deed | None:
        class_name = self.chance.choice(list(self.classes()))
        ids = self._shown(class_name)
        if len(ids) < 2:
            return None
        name = self.chance.choice(("identity_number", "address"))
        start = self.chance.randrange(len(ids) - 1)
        chosen = ids[start : start + self.chance.randint(2, 4)]
        texts = [self.text_for(id_, name) or "Ấp 9" for id_ in chosen]
        if name == "identity_number":
            texts = [self.truth_of(id_)["identity_number"] for id_ in chosen]
        user = self.editor_of(class_name)
        data = {"anchor_person": chosen[0], "anchor_field": name, "tsv": "\n".join(texts) + "\n"}
        data["seen"] = json.dumps({id_: {name: self.model.people[id_][name]} for id_ in chosen})
        data["match"] = "position"
        data["confirm"] = "1"
        path = f"/classes/{self.classes()[class_name]}/paste"
        cells = self.model.real(
            {(id_, name): text for id_, text in zip(chosen, texts, strict=True)}
        )

        def act() -> int:
            return self.campus.post(user, path, data, headers=HX).status_code

        return Deed(f"paste {len(chosen)} x {name} into {class_name}", user, act, [Effect(cells)])

    def _shown(self, class_name: str) -> list[int]:
        """The rows of a table from top to bottom."""
        rows = self.campus.sql(
            "SELECT p.id FROM person p JOIN school_class c ON c.id = p.school_class_id"
            " WHERE c.name = ? AND NOT c.is_past AND p.active ORDER BY p.sort_key, p.id",
            class_name,
        )
        return [id_ for (id_,) in rows]

    def clear(self) -> Deed | None:
        class_name = self.chance.choice(list(self.classes()))
        ids = self._shown(class_name)
        if not ids:
            return None
        chosen = self.chance.sample(ids, min(2, len(ids)))
        user = self.editor_of(class_name)
        seen = {id_: {"address": self.model.people[id_]["address"]} for id_ in chosen}
        data = {"rows": json.dumps(chosen), "fields": json.dumps(["address"])}
        data |= {"seen": json.dumps(seen), "confirm": "1"}
        path = f"/classes/{self.classes()[class_name]}/clear"
        cells = self.model.real({(id_, "address"): "" for id_ in chosen})

        def act() -> int:
            return self.campus.post(user, path, data, headers=HX).status_code

        return Deed(f"clear {len(chosen)} addresses in {class_name}", user, act, [Effect(cells)])

    def undo(self) -> Deed | None:
        """Of a table: the last own step there, whole, or nothing."""
        verb = self.chance.choice(("undo", "undo", "redo"))
        class_name = self.chance.choice(list(self.classes()))
        user = self.editor_of(class_name)
        if self.chance.random() < 0.1:
            user = self.chance.choice((*TEACHERS.values(), "thu", "hoa"))
        data = {"table": self.classes()[class_name]}

        def act() -> int:
            return self.campus.post(user, f"/{verb}", data, headers=HX).status_code

        def judge(cells: dict[tuple[int, str], str], added: list[Record]) -> bool:
            if added or not cells:
                return not added
            return self._is_a_step_of(user, cells)

        return Deed(f"{verb} in {class_name}", user, act, judge=judge)

    def _is_a_step_of(self, user: str, cells: Mapping[tuple[int, str], str]) -> bool:
        """Do these cells go to what stood before, or after, one of the steps of this user?"""
        for step in reversed(self.model.steps):
            if step.user != user:
                continue
            back = {at: before for at, (before, _) in step.cells.items()}
            forth = {at: after for at, (_, after) in step.cells.items()}
            if cells in (self.model.real(back), self.model.real(forth)):
                return True
            if step.added and {id_ for id_, _ in cells} == set(step.added):
                return {name for _, name in cells} <= {"state", "active"}
        return False

    # --- coming and going ---

    def _newcomer(self) -> dict[str, str] | None:
        if not self.unused:
            return None
        rank = self.unused.pop(0)
        home = NEW_HOME if self.is_new_epoch else HOME
        values = self.campus.citizens[rank] | home
        if self.chance.random() < 0.3:
            values["identity_number"] = ""
        return values

    def add_pupil(self) -> Deed | None:
        values = self._newcomer()
        classes = self.classes()
        if values is None or not classes:
            return None
        class_name = self.chance.choice(list(classes))
        user = self.editor_of(class_name)
        came = values | {"class": class_name, "state": PRESENT["student"], "active": "1"}
        path = f"/classes/{classes[class_name]}/people"

        def act() -> int:
            return self.campus.post(user, path, values | {"sure": "1"}).status_code

        return Deed(f"add {values['full_name']} to {class_name}", user, act, [_added(came)])

    def change_state(self) -> Deed | None:
        gone = [
            id_
            for id_, record in self.model.people.items()
            if record["state"] in AWAY and self.model.kinds[id_] == "student"
        ]
        is_coming = bool(gone) and self.chance.random() < 0.5
        id_ = self.chance.choice(gone) if is_coming else self.pupil()
        if id_ is None:
            return None
        state = PRESENT["student"] if is_coming else self.chance.choice(AWAY)
        data = {"state": state, "day": self.campus.today.strftime("%d/%m/%Y")}
        user = self.chance.choice(("thu", "hoa"))
        cells = {(id_, "state"): state, (id_, "active"): str(int(is_coming))}
        if is_coming and self._is_of_the_past(id_):
            cells[id_, "class"] = ""  # nobody comes back into a class of an earlier year

        def act() -> int:
            return self.campus.post(user, f"/people/{id_}/state", data).status_code

        return Deed(f"{id_} is {state}", user, act, [Effect(self.model.real(cells))])

    def _is_of_the_past(self, id_: int) -> bool:
        """Is the class of this person one of an earlier year?"""
        rows = self.campus.sql(
            "SELECT c.is_past FROM person p JOIN school_class c ON c.id = p.school_class_id"
            " WHERE p.id = ?",
            id_,
        )
        return bool(rows and rows[0][0])

    def next_campaign(self) -> Deed:
        deadline = self.campus.today + timedelta(days=40)
        form = {
            "title": "Đợt mới",
            "letter": "",
            "opens_on": self.campus.today.strftime("%d/%m/%Y"),
        }
        form["deadline"] = deadline.strftime("%d/%m/%Y")

        def act() -> int:
            self.campus.post("hoa", "/settings/campaign/close", {})
            return self.campus.post("hoa", "/settings/campaign/next", form).status_code

        return Deed("the next campaign", "hoa", act)

    def change_class(self) -> Deed | None:
        id_ = self.pupil()
        classes = self.classes()
        if id_ is None:
            return None
        class_name = self.chance.choice(list(classes))
        data = {"class": classes[class_name], "day": self.campus.today.strftime("%d/%m/%Y")}
        user = self.chance.choice(("thu", "hoa"))
        effect = Effect(self.model.real({(id_, "class"): class_name}))

        def act() -> int:
            return self.campus.post(user, f"/people/{id_}/class", data).status_code

        return Deed(f"{id_} goes to {class_name}", user, act, [effect])

    # --- files ---

    def import_list(self) -> Deed | None:
        """Sent, looked at and written; the file may be long enough for the background."""
        known = [id_ for id_ in self.model.present() if self.model.people[id_]["ministry_code"]]
        chosen = self.chance.sample(known, min(3, len(known)))
        cells = {(id_, "address"): f"Ấp {self.chance.randint(5, 9)}" for id_ in chosen}
        lines = [
            line(
                school_class=self.model.people[id_]["class"],
                ministry_code=self.model.people[id_]["ministry_code"],
                full_name=self.model.people[id_]["full_name"],
                address=text,
            )
            for (id_, _), text in cells.items()
        ]
        added = []
        for _ in range(self.chance.randint(0, 2)):
            values = self._newcomer()
            if values is not None:
                class_name = self.chance.choice(list(self.classes()))
                lines.append(line(school_class=class_name, **values))
                added.append(values | {"class": class_name, "active": "1"})
        if not lines:
            return None
        data = book(lines)
        is_damaged = self.chance.random() < 0.25
        if is_damaged:
            data = self._damaged(data)
        user = self.chance.choice(("thu", "hoa"))
        self._set_parts()
        effect = Effect(self.model.real(cells), tuple(tuple(one.items()) for one in added))

        def act() -> int:
            form = {"file": (data, "danh-sach.xlsx")}
            answer = self.campus.post(user, "/imports", form, content_type="multipart/form-data")
            if answer.status_code != 303:
                return answer.status_code
            path = answer.location
            if is_damaged:
                return self.campus.post(user, f"{path}/drop", {}).status_code
            status = self.campus.post(user, f"{path}/confirm", {}).status_code
            self.campus.work()
            return status

        if is_damaged:
            return Deed("import of a damaged file", user, act)
        return Deed(f"import of {len(lines)} rows", user, act, [effect])

    def _set_parts(self) -> None:
        """Long or short, by the worker or while the page waits: the same must come of it."""
        imports.IN_BACKGROUND_FROM = self.chance.choice((1, 500))
        applying.PART = reverting.PART = self.chance.choice((1, 2, 300))

    def _damaged(self, data: bytes) -> bytes:
        kind = self.chance.randrange(3)
        if kind == 0:
            return data[: self.chance.randrange(len(data))]
        if kind == 1:
            return self.chance.randbytes(200)
        spoiled = bytearray(data)
        for _ in range(40):
            spoiled[self.chance.randrange(len(spoiled))] = self.chance.randrange(256)
        return bytes(spoiled)

    def undo_import(self) -> Deed | None:
        rows = self.campus.sql(
            "SELECT id FROM import WHERE state = 'confirmed' ORDER BY id DESC LIMIT 3"
        )
        if not rows:
            return None
        (id_,) = self.chance.choice(rows)
        self._set_parts()

        def act() -> int:
            status = self.campus.post("thu", f"/imports/{id_}/undo", {}).status_code
            self.campus.work()
            return status

        def judge(cells: dict[tuple[int, str], str], added: list[Record]) -> bool:
            """Addresses of before, and newcomers put aside."""
            for (person, name), text in cells.items():
                befores = {
                    step.cells[person, name][0]
                    for step in self.model.steps
                    if (person, name) in step.cells
                }
                is_back = text in befores
                is_aside = (name, text) in (("state", MISTAKEN), ("active", "0"), ("class", ""))
                if not (is_back or is_aside):
                    return False
            return not added

        return Deed(f"undo of import {id_}", "thu", act, judge=judge)

    # --- the register ---

    def start_batch(self) -> Deed | None:
        scopes = ["school", "staff", *(f"class:{id_}" for id_ in self.classes().values())]
        scope = self.chance.choice(scopes)

        def act() -> int:
            return self.campus.post("hoa", "/batches", {"scope": scope}).status_code

        return Deed(f"batch of {scope}", "hoa", act)

    def steer_batch(self) -> Deed | None:
        rows = self.campus.sql("SELECT id FROM batch ORDER BY id DESC LIMIT 2")
        if not rows:
            return None
        (id_,) = self.chance.choice(rows)
        verb = self.chance.choice(("pause", "resume", "resume", "stop", "retry", "notices"))

        def act() -> int:
            return self.campus.post("hoa", f"/batches/{id_}/{verb}", {}).status_code

        return Deed(f"{verb} batch {id_}", "hoa", act)

    def work(self) -> Deed:
        def act() -> int:
            self.campus.sweep()
            self.campus.work(3)
            return 200

        return Deed("the worker works", "", act)

    def lose_redis(self) -> Deed:
        def act() -> int:
            self.campus.queue.clear()
            return 200

        return Deed("Redis loses all", "", act, may_crash=False)

    def trouble(self) -> Deed:
        kinds: list[dict[str, object]] = [
            {"shares": {}, "outage": {}},
            {"shares": {"http_500": 0.2, "fault_500": 0.2}, "outage": {}},
            {"shares": {}, "outage": {"for_s": 1.5, "fault": "http_503"}},
        ]
        rules = self.chance.choice(kinds)

        def act() -> int:
            self.campus.tell_register(rules)
            return 200

        return Deed(f"the register: {rules}", "", act, may_crash=False)

    # --- cases ---

    def case(self) -> Deed | None:
        id_ = self.somebody()
        if id_ is None:
            return None
        user = self.chance.choice(("thu", "hoa"))
        state = self.chance.choice(("asked", "police", "received"))

        def act() -> int:
            return self.campus.post(
                user, f"/notices/{id_}/state", {"state": state}, headers=HX
            ).status_code

        return Deed(f"case of {id_}: {state}", user, act)

    def explain(self) -> Deed | None:
        id_ = self.pupil()
        if id_ is None:
            return None
        form = {
            "reason": "no_birth_certificate",
            "note": "Ở với bà",
            "evidence": "Xác nhận của thôn",
        }

        def act() -> int:
            return self.campus.post("thu", f"/people/{id_}/explanation", form).status_code

        return Deed(f"explanation of {id_}", "thu", act)

    def judge_explanation(self) -> Deed | None:
        rows = self.campus.sql("SELECT id FROM explanation ORDER BY id DESC LIMIT 4")
        if not rows:
            return None
        (id_,) = self.chance.choice(rows)
        path, data = self.chance.choice(
            (
                ("/explanations/approve", {"explanation": id_}),
                (f"/explanations/{id_}/return", {"comment": "Thiếu chữ ký"}),
                (f"/explanations/{id_}/withdraw", {}),
            )
        )
        user = self.chance.choice(("hoa", "phong")) if "return" in path else "hoa"

        def act() -> int:
            return self.campus.post(user, path, data).status_code

        return Deed(f"{path} {data}", user, act)

    def photo(self) -> Deed | None:
        id_ = self.somebody()
        if id_ is None:
            return None

        def act() -> int:
            form = {"file": (paper(), "giay.jpg"), "evidence": "notice"}
            return self.campus.post(
                "thu", f"/notices/{id_}/scans", form, content_type="multipart/form-data"
            ).status_code

        return Deed(f"photo of the paper of {id_}", "thu", act)

    def card_photo(self) -> Deed | None:
        """A photo of a card, sent for its class, read by the worker, confirmed."""
        id_ = self.pupil()
        classes = self.classes()
        if id_ is None or self.model.people[id_]["class"] not in classes:
            return None
        truth = self.truth_of(id_)
        born = truth["date_of_birth"].replace("/", "")
        code = f"{truth['identity_number']}||{truth['full_name']}|{born}|{truth['gender']}|||"
        class_name = self.model.people[id_]["class"]
        path = f"/classes/{classes[class_name]}/photos"
        user = self.editor_of(class_name)

        def act() -> int:
            form = {"photos": (picture(code), "the.jpg")}
            self.campus.post(user, path, form, content_type="multipart/form-data")
            self.campus.work()
            page = self.campus.get(user, path).text
            seen = re.findall(r'name="seen-(\d+)" value="([^"]*)"', page)
            sent = {f"seen-{photo}": text.replace("&#34;", '"') for photo, text in seen}
            sent["take"] = [photo for photo, _ in seen]
            return self.campus.post(user, f"{path}/confirm", sent).status_code

        def judge(cells: dict[tuple[int, str], str], added: list[Record]) -> bool:
            """What a card says of the pupils of this class, and nothing else."""
            said = {text for one in self.campus.citizens for text in one.values()}
            ids = {
                one for one in self.model.people if self.model.people[one]["class"] == class_name
            }
            return not added and all(at[0] in ids and text in said for at, text in cells.items())

        return Deed(f"photo of the card of {id_}", user, act, judge=judge)

    def back_up(self) -> Deed:
        """By the command, while everybody works; opened again by whoever reads its content."""
        target = self.campus.data.parent / f"school-{self.chance.randrange(10**9)}.age"

        def act() -> int:
            backup.sealed = age_files.sealed  # type: ignore[attr-defined]
            with connected():
                content = backup.make(target, PASSPHRASE, self.campus.settings)
            assert content.people == len(self.model.people)
            target.unlink()
            return 200

        return Deed("backup", "", act)

    # --- doubles ---

    def merge(self) -> Deed | None:
        """Somebody is there twice: a second record, and both are made one."""
        id_ = self.pupil()
        classes = self.classes()
        if id_ is None or not classes:
            return None
        first = self.model.people[id_]
        copied = {name: first[name] for name in ("full_name", "date_of_birth", "gender", *HOME)}
        class_name = self.chance.choice(list(classes))
        from_other = self.chance.sample(("father_name", "place"), self.chance.randint(0, 2))
        values = copied | {"father_name": "Nguyễn Văn Ba"}
        came = values | {"class": class_name, "state": PRESENT["student"], "active": "1"}
        cells = {}
        if "father_name" in from_other:
            cells[id_, "father_name"] = values["father_name"]
        if "place" in from_other:
            cells |= {(id_, name): came[name] for name in ("class", "state", "active")}
        put_away = came | {"state": MERGED, "active": "0"}
        merges = self._merges()
        merged = Effect(self.model.real(cells), (tuple(put_away.items()),))

        def act() -> int:
            answer = self.campus.post(
                "thu", f"/classes/{classes[class_name]}/people", values | {"sure": "1"}
            )
            if answer.status_code != 303:
                return answer.status_code
            [(newest,)] = self.campus.sql("SELECT MAX(id) FROM person")
            return self._merged(id_, newest, from_other)

        self._perhaps_soon(Draw.undo_merge)
        return Deed(
            f"{id_} is there twice and merged, of the other: {from_other}",
            "thu",
            act,
            [merged],
            [NOTHING, _added(came)],
            stands=lambda: self._newest_merge(since=merges),
        )

    def _newest_merge(self, *, since: int) -> str:
        newest = self._merges()
        return f"merge {newest}" if newest > since else ""

    def _merges(self) -> int:
        [(newest,)] = self.campus.sql("SELECT COALESCE(MAX(id), 0) FROM record_merge")
        return int(newest)

    def _merged(self, survivor: int, other: int, from_other: Sequence[str]) -> int:
        """Side by side, chosen value by value, made one; the status of the answer."""
        pair = f"/people/{survivor}/merge/{other}"
        page = self.campus.get("thu", pair).text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', page))
        chosen = dict.fromkeys(re.findall(r'name="(value-\w+)" value="survivor"', page), "survivor")
        for group in from_other:
            if f"value-{group}" in chosen:
                chosen[f"value-{group}"] = "other"
        return self.campus.post("thu", pair, hidden | chosen).status_code

    def undo_merge(self) -> Deed | None:
        rows = self.campus.sql(
            "SELECT survivor_id, other_id, id FROM record_merge WHERE undone_at IS NULL ORDER BY id DESC LIMIT 2"
        )
        if not rows:
            return None
        survivor, other, merge = self.chance.choice(rows)

        def is_undone() -> bool:
            query = "SELECT 1 FROM record_merge WHERE id = ? AND undone_at IS NOT NULL"
            return bool(self.campus.sql(query, merge))

        def act() -> int:
            self.campus.post("thu", f"/people/{survivor}/merge/{other}/undo", {})
            return 303 if is_undone() else 409  # the page leads back to the record either way

        return self._taken_back(
            f"merge {merge}",
            "thu",
            act,
            lambda standing: taking_back.why_not_merge(
                standing, (survivor, other), self.campus, self.model
            ),
            is_undone,
        )

    def _taken_back(
        self,
        name: str,
        user: str,
        act: Callable[[], int],
        why_not: Callable[[Standing | None], str],
        is_back: Callable[[], bool],
    ) -> Deed:
        """To the letter; and never refused without a reason."""
        standing = self.standing.get(name)
        reason = why_not(standing)

        def act_and_judge() -> int:
            status = act()
            assert status < 400 or reason, (
                f"refused with {status}, though nothing speaks against it"
            )
            return status

        return Deed(
            f"undo of the {name}",
            user,
            act_and_judge,
            taking_back.effects(standing, self.model),
            takes_back=name,
            is_back=is_back,
        )

    # --- everybody at once ---

    def next_year(self) -> Deed | None:
        year = self._school_year()
        school_now = (
            self.campus.today.year if self.campus.today.month >= 6 else self.campus.today.year - 1
        )
        if year + 1 > school_now + 1:
            return None
        cells = {}
        for id_ in self.model.present():
            class_name = self.model.people[id_]["class"]
            if not class_name:
                continue
            grade = int(class_name[0])
            if grade == 5:
                cells |= {(id_, "state"): DONE, (id_, "active"): "0"}
            else:
                cells[id_, "class"] = f"{grade + 1}{class_name[1:]}"
        year_steps.AT_ONCE = self.chance.choice((0, 200))

        def act() -> int:
            page = self.campus.get("hoa", "/settings/year").text
            if 'name="new_classes"' not in page:
                return 422
            form = form_of(page) | {"do": "begin"}
            if not form["new_classes"].strip():
                form["new_classes"] = _YOUNGEST  # else the school runs out of classes
            status = self.campus.post("hoa", "/settings/year", form).status_code
            self.campus.work()
            return status

        self._perhaps_soon(Draw.undo_year)
        return Deed(
            f"school year {year + 1}",
            "hoa",
            act,
            [Effect(self.model.real(cells))],
            stands=lambda: f"school year {year + 1}" if self._school_year() > year else "",
        )

    def _school_year(self) -> int:
        [(year,)] = self.campus.sql("SELECT school_year FROM school")
        return int(year)

    def undo_year(self) -> Deed:
        year = self._school_year()

        def act() -> int:
            status = self.campus.post("hoa", "/settings/year/undo", {}).status_code
            self.campus.work()
            return status

        return self._taken_back(
            f"school year {year}",
            "hoa",
            act,
            lambda standing: taking_back.why_not_year(standing, self.campus, self.model),
            lambda: self._school_year() == year - 1,
        )

    def next_epoch(self) -> Deed:
        was_new = self.is_new_epoch
        goal = "3level" if was_new else "2level"
        before, after = (NEW_HOME, HOME) if was_new else (HOME, NEW_HOME)
        epochs.AT_ONCE = self.chance.choice((0, 200))

        def act() -> int:
            status = self.campus.post("hoa", "/settings/places", {"epoch": goal}).status_code
            self.campus.work()
            return status

        def judge(cells: dict[tuple[int, str], str], added: list[Record]) -> bool:
            """Everybody, or nobody: who lives where others live too lives there after it. On the way back there are
            several, so that their words are kept to be chosen from."""
            if goal == "3level":
                return not added and all(name in HOME for _, name in cells)
            wanted = {
                (id_, name): after[name]
                for id_, record in self.model.people.items()
                for name in after
                if all(record[one] == text for one, text in before.items())
            }
            return not added and cells in ({}, self.model.real(wanted))

        self._perhaps_soon(Draw.undo_epoch)
        return Deed(
            f"places of {goal}",
            "hoa",
            act,
            judge=judge,
            stands=lambda: "change of places" if self.is_new_epoch != was_new else "",
        )

    def undo_epoch(self) -> Deed:
        was_new = self.is_new_epoch

        def act() -> int:
            status = self.campus.post("hoa", "/settings/places/undo", {}).status_code
            self.campus.work()
            return status

        return self._taken_back(
            "change of places",
            "hoa",
            act,
            lambda standing: taking_back.why_not_places(standing, self.campus, self.model),
            lambda: self.is_new_epoch != was_new,
        )

    # --- time and looking ---

    def time_goes_on(self) -> Deed:
        by = self.chance.choice(
            (timedelta(minutes=3), timedelta(hours=5), timedelta(days=1), timedelta(days=3))
        )
        if self.chance.random() < 0.04:
            by = timedelta(days=250)

        def act() -> int:
            self.campus.go_on(by)
            self.campus.sweep()
            self.campus.tidy()
            return 200

        return Deed(f"{by} go by", "", act, may_crash=False)

    def look(self) -> Deed:
        user = self.chance.choice(USERS)
        class_id = self.chance.choice(list(self.classes().values()) or [1])
        id_ = self.chance.choice(list(self.model.people))
        path = self.chance.choice(_PAGES).format(c=class_id, p=id_)

        def act() -> int:
            return self.campus.get(user, path).status_code

        return Deed(f"{path}", user, act, may_crash=False)

    def trespass(self) -> Deed | None:
        """A teacher writes to a pupil of a class that is not his; the reviewer writes at all."""
        id_ = self.pupil()
        if id_ is None:
            return None
        class_name = self.model.people[id_]["class"]
        rows = self.campus.sql(
            "SELECT u.username FROM class_teacher t JOIN user u ON u.id = t.teacher_id"
            " JOIN school_class c ON c.id = t.school_class_id"
            " WHERE c.name = ? AND NOT c.is_past AND t.until IS NULL",
            class_name,
        )
        others = [name for name in TEACHERS.values() if (name,) not in rows]
        user = self.chance.choice([*others, "phong"])
        data = {"value": "Ấp của người khác", "seen": self.model.people[id_]["address"]}

        def act() -> int:
            answer = self.campus.post(user, f"/people/{id_}/cells/address", data, headers=HX)
            assert answer.status_code in (403, 404), f"{user} may write to {id_}"
            return answer.status_code

        return Deed(f"trespass on {id_}", user, act, may_crash=False)


def _added(record: Mapping[str, str]) -> Effect:
    return Effect(added=(tuple(record.items()),))


_PAGES = (
    "/", "/classes", "/classes/{c}", "/classes/{c}/moves", "/people/{p}", "/people/{p}/history", "/staff",
    "/people/duplicates", "/search?q=an", "/imports/new", "/exports/changes", "/batches", "/batches/new",
    "/notices", "/notices/{p}", "/notices/slips?class={c}", "/explanations", "/progress", "/progress.json",
    "/progress/report", "/history", "/settings", "/settings/year", "/settings/places", "/settings/classes",
    "/people/owing", "/classes/{c}/photos", "/notices/police", "/help",
)  # fmt: skip
_WEIGHTS: list[tuple[Callable[[Draw], Deed | None], int]] = [
    (Draw.save_cell, 340),
    (Draw.paste_column, 60),
    (Draw.clear, 40),
    (Draw.undo, 90),
    (Draw.add_pupil, 14),
    (Draw.change_state, 30),
    (Draw.change_class, 30),
    (Draw.import_list, 14),
    (Draw.undo_import, 8),
    (Draw.start_batch, 14),
    (Draw.steer_batch, 14),
    (Draw.work, 20),
    (Draw.lose_redis, 4),
    (Draw.trouble, 6),
    (Draw.case, 30),
    (Draw.explain, 16),
    (Draw.judge_explanation, 16),
    (Draw.photo, 5),
    (Draw.card_photo, 2),
    (Draw.back_up, 4),
    (Draw.merge, 8),
    (Draw.undo_merge, 5),
    (Draw.next_campaign, 4),
    (Draw.next_year, 3),
    (Draw.undo_year, 3),
    (Draw.next_epoch, 3),
    (Draw.undo_epoch, 3),
    (Draw.time_goes_on, 24),
    (Draw.look, 90),
    (Draw.trespass, 20),
]

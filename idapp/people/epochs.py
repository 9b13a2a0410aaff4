"""Everybody's residence in the other catalogue of places: looked at first, then rewritten and undone as one changeset.

Since 1 July 2025 there are 34 provinces and 3,321 communes and no districts. A school in the middle of a campaign
changes its catalogue here: each residence with one successor is rewritten, one with several keeps its words in one
cell and asks to be chosen, one that nobody knows keeps its words and its error. What stood there before stays in
the history under one changeset, and ``undo`` writes it back to the letter as long as no residence was edited since.

Whoever is verified stays verified: the register has compared name, birth date, sex and number, not the residence.

The change is written in parts of a hundred records, each in a transaction of its own, so that nobody who saves a cell
waits for it. The campaign bears the new epoch from the first moment; a record is done when it bears it too. After a
crash ``go_on`` goes on with those that do not.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from peewee import ModelSelect, fn

from idapp import audit, stepwise
from idapp.database import rows, writing
from idapp.models import (
    IN_PARTS,
    OPEN_BATCH,
    UNDER_WAY,
    Batch,
    Campaign,
    Change,
    EpochChange,
    Import,
    Person,
    SchoolClass,
    User,
    YearChange,
    in_school_order,
    utc_now,
)
from idapp.people import place_choices
from idapp.people.changing import mark_repairs, new_changeset
from idapp.people.field_texts import FieldTexts
from idapp.people.residence_edits import handed_of
from idapp.people.states import COMPUTED, RuleContext, compute, people_with_class, update
from idapp.rules import places
from idapp.rules.places import Address, Place
from idapp.rules.problem import Problem
from idapp.school import the_campaign

log = logging.getLogger(__name__)
EPOCHS = {"3level": "ba cấp (tỉnh, huyện, xã)", "2level": "hai cấp (tỉnh, xã)"}
SOURCE = "places"
NEW_NAME = "place_name"  # the source by which a place that got another name comes into the records
AT_ONCE = 200  # so many records are rewritten while the page waits
_PART = 100
_RESIDENCE = ("province", "district", "commune")
Texts = tuple[str, str, str]  # of a residence, in this order


@dataclass(frozen=True)
class Conversion:
    """A residence read in the other catalogue.

    kind      converted: one successor; same: nothing to rewrite; choose: several successors; unknown; empty
    values    the three texts as they would stand
    old_code  by what a choice for it is remembered (``places.choice_key``), "" if there is nothing to choose
    choices   the communes to choose from, the likeliest first; only with ``choose``
    """

    kind: str
    values: Texts
    old_code: str = ""
    choices: tuple[Place, ...] = ()


@dataclass
class ClassPreview:
    """What would become of the residences of one class, or of the staff (``name`` "")."""

    name: str
    class_id: int | None
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many records."""
        return self.counts.total()


@dataclass(frozen=True)
class OldAddress:
    """One address that somebody must look at, and how many records bear it."""

    texts: Texts
    people: int
    old_code: str
    choices: tuple[Place, ...]


@dataclass(frozen=True)
class Preview:
    """What the change would do: by class, and the addresses it leaves open, each once."""

    to_epoch: str
    classes: list[ClassPreview]
    to_choose: list[OldAddress]
    unknown: list[OldAddress]

    @property
    def counts(self) -> Counter[str]:
        """{kind of conversion: records} of the whole school."""
        return sum((line.counts for line in self.classes), Counter[str]())


def preview(to_epoch: str) -> Preview:
    """What ``begin`` would do to everybody at the school, without doing it."""
    lines: dict[int | None, ClassPreview] = {}
    open_addresses: Counter[tuple[Texts, Conversion]] = Counter()
    chosen = place_choices.remembered()
    for school_class, from_epoch, texts in _residences():
        line = _line_of(school_class, lines)
        conversion = convert(texts, from_epoch, to_epoch, chosen)
        line.counts[conversion.kind] += 1
        if conversion.kind in ("choose", "unknown"):
            open_addresses[texts, conversion] += 1
    return Preview(
        to_epoch,
        list(lines.values()),
        _addresses(open_addresses, "choose"),
        _addresses(open_addresses, "unknown"),
    )


def _line_of(
    school_class: SchoolClass | None, lines: dict[int | None, ClassPreview]
) -> ClassPreview:
    """The line of a class, or of the staff, made when it is first asked for."""
    if school_class is None:
        return lines.setdefault(None, ClassPreview("", None))
    return lines.setdefault(school_class.id, ClassPreview(school_class.name, school_class.id))


def begin(to_epoch: str, *, by: User | None) -> EpochChange:
    """Turn the campaign to the other catalogue and start to rewrite; ``go_on`` does the work.

    Raises ``Problem``: ``unknown_epoch``, ``same_epoch``, ``open_batch`` (its records are being asked about),
    ``under_way``, ``import`` (a file is being written).
    """
    if to_epoch not in EPOCHS:
        raise Problem("epoch", "unknown_epoch", "Hãy chọn danh mục hai cấp hoặc ba cấp.")
    with writing():
        campaign = the_campaign()
        if campaign.epoch == to_epoch:
            message = f"Trường đang dùng danh mục {EPOCHS[to_epoch]} rồi."
            raise Problem("epoch", "same_epoch", message)
        _check_nothing_is_under_way()
        change = EpochChange.create(
            user=by,
            from_epoch=campaign.epoch,
            to_epoch=to_epoch,
            state="running",
            changeset=new_changeset(),
            total=Person.select().where(Person.epoch != to_epoch).count(),
        )
        _turn_campaign(campaign, to_epoch, by)
    return change


def begin_undo(*, by: User | None) -> EpochChange:
    """Start to write back what the last change rewrote; ``go_on`` does the work.

    Raises ``Problem``: ``nothing`` to undo, ``edited`` since, ``open_batch``, ``under_way``.
    """
    with writing():
        change = last_change()
        if change is None or change.state != "done":
            raise Problem("epoch", "nothing", "Không có lần đổi danh mục nào để hoàn tác.")
        _check_nothing_is_under_way()
        edited = edited_since(change)
        if edited:
            message = (
                f"Đã có {edited} hồ sơ được thêm hoặc sửa nơi thường trú từ lúc đổi danh mục, "
                "nên không hoàn tác được nữa: hoàn tác sẽ làm mất các chỗ sửa ấy."
            )
            raise Problem("epoch", "edited", message)
        EpochChange.update(state="undoing", heartbeat_at=utc_now()).where(
            EpochChange.id == change.id
        ).execute()
        _turn_campaign(the_campaign(), change.from_epoch, by)
    return EpochChange.get_by_id(change.id)


def go_on(change_id: int, tell: Callable[[EpochChange], None] | None = None) -> None:
    """Do what is left of a change that is under way, see ``stepwise.carry_on``."""
    stepwise.carry_on(EpochChange, change_id, do_part=_do_part, end=_end, tell=tell)


def overdue() -> list[int]:
    """Those that are under way and that nobody is at work on."""
    return stepwise.overdue(EpochChange)


def last_change() -> EpochChange | None:
    """The newest change of this school."""
    return EpochChange.select().order_by(EpochChange.id.desc()).first()


def done_of(change: EpochChange) -> int:
    """How many records are done."""
    waiting = Person.select().where(Person.epoch != _goal(change)).count()
    return max(0, change.total - waiting)


def edited_since(change: EpochChange) -> int:
    """How many records were added, or had their residence edited, after the change had come to them."""
    newest = rows(
        Change.select(Change.person, fn.MAX(Change.id))
        .where(Change.changeset == change.changeset)
        .group_by(Change.person)
    )
    converted_at = dict(newest)
    is_residence = Change.field.in_(_RESIDENCE)
    is_newcomer = (Change.version == 1) & (Change.field == "full_name")
    edits = Change.select(Change.person, Change.id).where(
        Change.person.is_null(False),
        is_residence | is_newcomer,
        Change.at >= change.started_at,
        Change.changeset != change.changeset,
        Change.source != NEW_NAME,  # nobody's edit
    )
    edited = set()
    for person_id, change_id in rows(edits):
        if change_id > converted_at.get(person_id, 0):
            edited.add(person_id)
    return len(edited)


def convert(texts: Texts, from_epoch: str, to_epoch: str, chosen: Mapping[str, str]) -> Conversion:
    """A residence of one epoch in the catalogue of the other.

    ``chosen`` is what the school has said about split communes: {old code: new code}.
    """
    if not any(texts):
        return Conversion("empty", texts)
    conversion = _convert(texts, from_epoch, to_epoch, places.catalogue_on())
    chosen_code = chosen.get(conversion.old_code, "")
    for place in conversion.choices:
        if place.code == chosen_code:
            return _moved_to(place, to_epoch, conversion)
    return conversion


def old_residence_of(person: Person) -> str:
    """What the record said before the last change of catalogue, "" if it was not rewritten."""
    change = last_change()
    if change is None or change.state != "done":
        return ""
    written = Change.select().where(Change.person == person, Change.changeset == change.changeset)
    before = {row.field: row.old for row in written}
    if not before:
        return ""
    texts = [before.get(name, getattr(person, name)) for name in reversed(_RESIDENCE)]
    return ", ".join(filter(None, texts))


# --- looking ---


def _residences() -> Iterable[tuple[SchoolClass | None, str, Texts]]:
    """Class, epoch and texts of everybody at the school, class by class."""
    query = Person.select(Person, SchoolClass).left_outer_join(SchoolClass).where(Person.active)
    order = query.order_by(*in_school_order())
    for person in order:
        yield person.school_class, person.epoch, _texts_of(person)


def _texts_of(person: Person) -> Texts:
    return (person.province, person.district, person.commune)


def _addresses(
    open_addresses: Mapping[tuple[Texts, Conversion], int], kind: str
) -> list[OldAddress]:
    """The addresses of one kind, the commonest first."""
    addresses = []
    for (texts, conversion), people in open_addresses.items():
        if conversion.kind == kind:
            address = OldAddress(texts, people, conversion.old_code, conversion.choices)
            addresses.append(address)
    return sorted(addresses, key=lambda address: (-address.people, address.texts))


# --- doing ---


def _check_nothing_is_under_way() -> None:
    if EpochChange.select().where(EpochChange.state.in_(UNDER_WAY)).exists():
        raise Problem("epoch", "under_way", "Danh mục đang được đổi: hãy đợi việc này xong đã.")
    if Batch.select().where(Batch.state.in_(OPEN_BATCH)).exists():
        message = "Đang có đợt xác thực chưa xong: hãy đợi đợt ấy kết thúc rồi đổi danh mục."
        raise Problem("epoch", "open_batch", message)
    if YearChange.select().where(YearChange.state.in_(UNDER_WAY)).exists():
        message = "Trường đang chuyển sang năm học mới: hãy đợi việc này xong rồi đổi danh mục."
        raise Problem("epoch", "year", message)
    if Import.select().where(Import.state.in_(IN_PARTS)).exists():
        message = "Một tệp Excel đang được lưu hoặc hoàn tác: hãy đợi xong rồi đổi danh mục."
        raise Problem("epoch", "import", message)


def _turn_campaign(campaign: Campaign, epoch: str, by: User | None) -> None:
    audit.record(
        "campaign.changed",
        by=by,
        subject=f"campaign {campaign.id}",
        field="epoch",
        old=campaign.epoch,
        new=epoch,
    )
    Campaign.update(epoch=epoch).where(Campaign.id == campaign.id).execute()


def _do_part(change: EpochChange) -> bool:
    """Rewrite the next records; False if there are none left."""
    goal = _goal(change)
    waiting = Person.select(Person.id).where(Person.epoch != goal).order_by(Person.id)
    ids = [id_ for (id_,) in rows(waiting.limit(_PART))]
    if not ids:
        return False
    people = people_with_class(Person.id.in_(ids))
    context = RuleContext()
    context.read_ahead(people)
    if change.state == "running":
        counts = _convert_part(people, change, context)
    else:
        counts = Counter(change.counts)
        _restore_part(people, change, context)
    progress = EpochChange.update(counts=dict(counts), heartbeat_at=utc_now())
    progress.where(EpochChange.id == change.id).execute()
    return True


def _goal(change: EpochChange) -> str:
    """The epoch that every record has in the end."""
    return change.to_epoch if change.state == "running" else change.from_epoch


def _convert_part(
    people: Iterable[Person],
    change: EpochChange,
    context: RuleContext,
) -> Counter[str]:
    """Rewrite these records in the new epoch; the counts of the change with them."""
    counts = Counter(change.counts)
    chosen = place_choices.remembered()
    for person in people:
        conversion = convert(_texts_of(person), person.epoch, change.to_epoch, chosen)
        counts[conversion.kind] += 1
        texts = dict(zip(_RESIDENCE, conversion.values, strict=True))
        came_in = {name: getattr(person, name) for name in _RESIDENCE}
        rewrite = _Rewrite(change.to_epoch, texts, came_in, change.changeset, change.user)
        _rewrite(person, rewrite, context)
    return counts


def _restore_part(people: Sequence[Person], change: EpochChange, context: RuleContext) -> None:
    """Write back what stood in these records before the change."""
    before = _written_by(change, [person.id for person in people])
    changeset = f"{change.changeset}-undo"
    for person in people:
        texts = before.get(person.id, {})
        # taken back, nothing is converted any more
        rewrite = _Rewrite(change.from_epoch, texts, {}, changeset, change.user)
        _rewrite(person, rewrite, context)


def _written_by(change: EpochChange, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """{person id: {field: what stood there before the change}}."""
    before: dict[int, dict[str, str]] = {}
    written: ModelSelect[Change] = Change.select().where(
        Change.changeset == change.changeset, Change.person.in_(ids)
    )
    for row in written:
        if row.person_id is not None:
            before.setdefault(row.person_id, {})[row.field] = row.old
    return before


@dataclass(frozen=True)
class _Rewrite:
    """The texts that a record gets, {field: text}, what came in for them, and as whose changeset."""

    epoch: str
    texts: FieldTexts
    came_in: FieldTexts
    changeset: str
    user: User | None


def _rewrite(person: Person, rewrite: _Rewrite, context: RuleContext) -> None:
    """One record in the other epoch, with an audit row for each text that became another."""
    stored_before = {name: getattr(person, name) for name in (*COMPUTED, *_RESIDENCE, "repaired")}
    texts = rewrite.texts
    rewritten = [name for name in texts if texts[name] != stored_before[name]]
    person.epoch = rewrite.epoch
    for name in rewritten:
        setattr(person, name, texts[name])
    if rewritten:
        person.version += 1
    came_in = rewrite.came_in
    handed = {}
    for name in rewritten:
        handed[name] = handed_of(name, came_in.get(name, ""), texts[name], came_in)
    mark_repairs(person, handed)
    compute(person, context)
    computed = [
        name for name in (*COMPUTED, "repaired") if getattr(person, name) != stored_before[name]
    ]
    update(person, ("epoch", "version", *rewritten, *computed))
    for name in rewritten:
        audit.record(
            "person.changed",
            by=rewrite.user,
            person=person,
            field=name,
            old=stored_before[name],
            new=texts[name],
            source=SOURCE,
            changeset=rewrite.changeset,
            version=person.version,
        )


def _end(change: EpochChange) -> None:
    state = "done" if change.state == "running" else "undone"
    ending = EpochChange.update(state=state, ended_at=utc_now())
    ending.where(EpochChange.id == change.id).execute()
    log.info("change of places %s is %s", change.id, state)


# --- the rule ---


@lru_cache(maxsize=8192)
def _convert(texts: Texts, from_epoch: str, to_epoch: str, _: places.Catalogue) -> Conversion:
    """What is remembered holds for one state of the lists only."""
    address = Address(*texts)
    finding = places.read_address(address, to_epoch, written_in=from_epoch)
    old_code = places.choice_key(finding, to_epoch)
    has_words_besides = finding.is_certain and bool(finding.rest)
    stored: dict[str, str] = {}
    if not has_words_besides:
        stored = places.texts_to_store(address, finding, to_epoch)
    # a residence without a commune keeps what stands below
    names = dict(zip(_RESIDENCE, texts, strict=True)) | stored
    values = (names["province"], names["district"], names["commune"])
    if finding.is_certain and not has_words_besides:
        kind = "same" if values == texts else "converted"
        return Conversion(kind, values, old_code)
    if finding.kind != "choice":
        return Conversion("unknown", values, old_code)
    successors = tuple(candidate.place for candidate in finding.candidates)
    return Conversion("choose", values, old_code, successors)


def _moved_to(commune: Place, epoch: str, conversion: Conversion) -> Conversion:
    """The residence with this commune of the other catalogue."""
    above = places.by_code(epoch, commune.parent)
    if above is None:
        return Conversion("unknown", conversion.values)
    if epoch == "2level":
        return Conversion("converted", (above.name, "", commune.name), conversion.old_code)
    province = places.by_code(epoch, above.parent) or above
    values = (province.name, above.name, commune.name)
    return Conversion("converted", values, conversion.old_code)

"""Everybody's residence in the other catalogue of places: looked at first, then done as one deed, and undone as one.

Since 1 July 2025 there are 34 provinces and 3,321 communes and no districts. A school in the middle of a campaign
changes its catalogue here: each residence with one successor is rewritten, one with several keeps its words in one
cell and asks to be chosen, one that nobody knows keeps its words and its error. What stood there before stays in
the history under one changeset, and ``undo`` writes it back to the letter as long as no residence was edited since.

Whoever is verified stays verified: the register has compared name, birth date, sex and number, not the residence.

The deed is written in parts of a hundred records, each in a transaction of its own, so that nobody who saves a cell
waits for it. The campaign bears the new epoch from the first moment; a record is done when it bears it too. After a
crash ``go_on`` goes on with those that do not.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from peewee import ModelSelect, fn

from idapp import audit
from idapp.database import rows, writing
from idapp.models import (
    OPEN_BATCH,
    UNDER_WAY,
    Batch,
    Campaign,
    Change,
    EpochChange,
    Person,
    SchoolClass,
    User,
    utc_now,
)
from idapp.people import place_choices
from idapp.people.changing import mark_repairs, new_changeset
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


@dataclass(frozen=True)
class Conversion:
    """A residence read in the other catalogue.

    kind      converted: one successor; same: nothing to rewrite; choose: several successors; unknown; empty
    values    the three texts as they would stand
    old_code  by what a choice for it is remembered (``places.choice_key``), "" if there is nothing to choose
    choices   the communes to choose from, the likeliest first; only with ``choose``
    """

    kind: str
    values: tuple[str, str, str]
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
        return self.counts.total()


@dataclass(frozen=True)
class OldAddress:
    """One address that somebody must look at, and how many records bear it."""

    texts: tuple[str, str, str]
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
        return sum((line.counts for line in self.classes), Counter[str]())


def preview(to_epoch: str) -> Preview:
    """What ``begin`` would do to everybody at the school, without doing it."""
    lines: dict[int | None, ClassPreview] = {}
    open_addresses: Counter[tuple[tuple[str, str, str], Conversion]] = Counter()
    chosen = place_choices.remembered()
    for school_class, from_epoch, texts in _residences():
        class_id = school_class.id if school_class else None
        name = school_class.name if school_class else ""
        line = lines.setdefault(class_id, ClassPreview(name, class_id))
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


def begin(to_epoch: str, *, by: User | None) -> EpochChange:
    """Turn the campaign to the other catalogue and start to rewrite; ``go_on`` does the work.

    Raises ``Problem``: ``same_epoch``, ``open_batch`` (its records are being asked about), ``under_way``.
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
                f"Đã có {edited} hồ sơ được thêm hoặc sửa nơi thường trú từ lúc đổi danh mục, nên không hoàn tác "
                "được nữa: hoàn tác sẽ làm mất các chỗ sửa ấy."
            )
            raise Problem("epoch", "edited", message)
        EpochChange.update(state="undoing", heartbeat_at=utc_now()).where(
            EpochChange.id == change.id
        ).execute()
        _turn_campaign(the_campaign(), change.from_epoch, by)
    return EpochChange.get_by_id(change.id)


def go_on(change_id: int, tell: Callable[[EpochChange], None] | None = None) -> None:
    """Do what is left of a change that is under way. May be called at any moment, also by two workers.

    ``tell`` is called after each part, outside its transaction.
    """
    while True:
        with writing():
            change = EpochChange.get_or_none(EpochChange.id == change_id)
            if change is None or not change.is_under_way:
                return
            has_more = _do_part(change)
            if not has_more:
                _end(change)
        if not has_more:
            return
        if tell is not None:
            tell(change)


def overdue() -> list[int]:
    """Changes that are under way and that nobody is at work on."""
    under_way = EpochChange.select().where(EpochChange.state.in_(UNDER_WAY))
    return [change.id for change in under_way if change.is_silent]


def last_change() -> EpochChange | None:
    """The newest change of this school."""
    return EpochChange.select().order_by(EpochChange.id.desc()).first()


def done_of(change: EpochChange) -> int:
    """How many records are done."""
    goal = change.to_epoch if change.state == "running" else change.from_epoch
    return max(0, change.total - Person.select().where(Person.epoch != goal).count())


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
    return len({id_ for id_, row in rows(edits) if row > converted_at.get(id_, 0)})


def convert(
    texts: tuple[str, str, str], from_epoch: str, to_epoch: str, chosen: Mapping[str, str]
) -> Conversion:
    """A residence of one epoch in the catalogue of the other.

    ``chosen`` is what the school has said about split communes: {old code: new code}.
    """
    if not any(texts):
        return Conversion("empty", texts)
    conversion = _convert(texts, from_epoch, to_epoch, places.catalogue_on())
    said_before = chosen.get(conversion.old_code, "")
    for place in conversion.choices:
        if place.code == said_before:
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
    return ", ".join(text for text in texts if text)


# --- looking ---


def _residences() -> Iterable[tuple[SchoolClass | None, str, tuple[str, str, str]]]:
    """Class, epoch and texts of everybody at the school, class by class."""
    query = Person.select(Person, SchoolClass).left_outer_join(SchoolClass).where(Person.active)
    order = query.order_by(SchoolClass.grade.is_null(), SchoolClass.grade, SchoolClass.name)
    for person in order:
        yield person.school_class, person.epoch, _texts_of(person)


def _texts_of(person: Person) -> tuple[str, str, str]:
    return (person.province, person.district, person.commune)


def _addresses(
    open_addresses: Mapping[tuple[tuple[str, str, str], Conversion], int], kind: str
) -> list[OldAddress]:
    """The addresses of one kind, the commonest first."""
    addresses = [
        OldAddress(texts, people, conversion.old_code, conversion.choices)
        for (texts, conversion), people in open_addresses.items()
        if conversion.kind == kind
    ]
    return sorted(addresses, key=lambda address: (-address.people, address.texts))


# --- doing ---


def _check_nothing_is_under_way() -> None:
    if EpochChange.select().where(EpochChange.state.in_(UNDER_WAY)).exists():
        raise Problem("epoch", "under_way", "Danh mục đang được đổi: hãy đợi việc này xong đã.")
    if Batch.select().where(Batch.state.in_(OPEN_BATCH)).exists():
        message = "Đang có đợt xác thực chưa xong: hãy đợi đợt ấy kết thúc rồi đổi danh mục."
        raise Problem("epoch", "open_batch", message)


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
    goal = change.to_epoch if change.state == "running" else change.from_epoch
    waiting = Person.select(Person.id).where(Person.epoch != goal).order_by(Person.id)
    ids = [id_ for (id_,) in rows(waiting.limit(_PART))]
    if not ids:
        return False
    people = people_with_class(Person.id.in_(ids))
    context = RuleContext(bulk=True)
    counts = Counter(change.counts)
    chosen = place_choices.remembered()
    before = _written_by(change, ids) if change.state == "undoing" else {}
    for person in people:
        if change.state == "running":
            conversion = convert(_texts_of(person), person.epoch, goal, chosen)
            counts[conversion.kind] += 1
            texts = dict(zip(_RESIDENCE, conversion.values, strict=True))
        else:
            texts = before.get(person.id, {})
        _rewrite(person, texts, goal, change, context)
    EpochChange.update(counts=dict(counts), heartbeat_at=utc_now()).where(
        EpochChange.id == change.id
    ).execute()
    return True


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


def _rewrite(
    person: Person, texts: Mapping[str, str], epoch: str, change: EpochChange, context: RuleContext
) -> None:
    """One record in the other epoch, with an audit row for each text that became another."""
    stored_before = {name: getattr(person, name) for name in (*COMPUTED, *_RESIDENCE, "repaired")}
    is_running = change.state == "running"
    person.epoch = epoch
    for name, text in texts.items():
        setattr(person, name, text)
    rewritten = [name for name in texts if texts[name] != stored_before[name]]
    if rewritten:
        person.version += 1
    # taken back, nothing is converted any more
    said = {name: stored_before[name] for name in _RESIDENCE} if is_running else {}
    handed = {name: handed_of(name, said.get(name, ""), texts[name], said) for name in rewritten}
    mark_repairs(person, handed)
    compute(person, context)
    told = (*COMPUTED, "repaired")
    computed = [name for name in told if getattr(person, name) != stored_before[name]]
    update(person, ("epoch", "version", *rewritten, *computed))
    for name in rewritten:
        audit.record(
            "person.changed",
            by=change.user,
            person=person,
            field=name,
            old=stored_before[name],
            new=texts[name],
            source=SOURCE,
            changeset=change.changeset if is_running else f"{change.changeset}-undo",
            version=person.version,
        )


def _end(change: EpochChange) -> None:
    state = "done" if change.state == "running" else "undone"
    EpochChange.update(state=state, ended_at=utc_now()).where(EpochChange.id == change.id).execute()
    log.info("change of places %s is %s", change.id, state)


# --- the rule ---


@lru_cache(maxsize=8192)
def _convert(
    texts: tuple[str, str, str], from_epoch: str, to_epoch: str, _: places.Catalogue
) -> Conversion:
    """What is remembered holds for one state of the lists only."""
    address = Address(*texts)
    finding = places.read_address(address, to_epoch, written_in=from_epoch)
    old_code = places.choice_key(finding, to_epoch)
    has_words_besides = finding.is_certain and bool(finding.rest)
    stored = {} if has_words_besides else places.texts_to_store(address, finding, to_epoch)
    # a residence without a commune keeps what stands below
    names = dict(zip(_RESIDENCE, texts, strict=True)) | stored
    values = (names["province"], names["district"], names["commune"])
    if finding.is_certain and not has_words_besides:
        return Conversion("same" if values == texts else "converted", values, old_code)
    if finding.kind != "choice":
        return Conversion("unknown", values, old_code)
    successors = tuple(candidate.place for candidate in finding.candidates)
    return Conversion("choose", values, old_code, successors)


def _moved_to(commune: Place, epoch: str, conversion: Conversion) -> Conversion:
    """The residence with this commune of the other catalogue."""
    province = places.by_code(epoch, commune.parent)
    if province is None:
        return Conversion("unknown", conversion.values)
    district = ""
    if epoch == "3level":
        district, province = province.name, places.by_code(epoch, province.parent) or province
    return Conversion("converted", (province.name, district, commune.name), conversion.old_code)

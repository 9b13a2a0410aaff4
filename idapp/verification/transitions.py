"""The states of a batch, and which may follow which: the one place where a batch changes its state.

``docs/states.md`` shows this table as a picture, drawn by :func:`as_mermaid`; a test compares the two.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from peewee import Expression

from idapp.models import Batch

BATCH: Mapping[str, frozenset[str]] = {
    "prepared": frozenset({"queued", "waiting_for_answers", "stopped"}),
    "queued": frozenset({"running", "paused", "stopped"}),
    # running -> running: another worker takes over from one that has died
    "running": frozenset({"running", "paused", "finished", "failed", "stopped"}),
    "paused": frozenset({"queued", "running", "paused", "failed", "stopped"}),
    "waiting_for_answers": frozenset({"finished", "stopped"}),
    # an ended batch opens again when its unanswered records are asked once more
    "finished": frozenset({"queued", "waiting_for_answers"}),
    "failed": frozenset({"queued", "waiting_for_answers"}),
    "stopped": frozenset({"queued", "waiting_for_answers"}),
}


def may_become(to: str) -> tuple[str, ...]:
    """The states from which a batch may come into this one, in the order of the table."""
    return tuple(state for state, followers in BATCH.items() if to in followers)


def move(
    batch_id: int,
    to: str,
    *,
    seen: Iterable[str] | None = None,
    only_if: Expression | None = None,
    **columns: Any,
) -> bool:
    """Bring a batch into another state, unless somebody else has moved it meanwhile.

    ``seen``: the states from which the caller wants to move it, all that the table allows if left out.
    ``only_if``: a further condition on the row. ``columns``: what else is written with the state.
    Returns False if the batch was in no such state. Raises ValueError for a move that is not in the table.
    Belongs inside the caller's transaction when more is written than this.
    """
    allowed = may_become(to)
    states = allowed
    if seen is not None:
        states = tuple(seen)
    unknown = set(states) - set(allowed)
    if unknown:
        raise ValueError(f"a batch never goes from {', '.join(sorted(unknown))} to {to}")
    update = Batch.update(state=to, **columns).where(Batch.id == batch_id, Batch.state.in_(states))
    if only_if is not None:
        update = update.where(only_if)
    return bool(update.execute())


def as_mermaid(table: Mapping[str, frozenset[str]], first: str) -> str:
    """The table as a state diagram in the language of Mermaid, with ``first`` as its entry."""
    lines = ["stateDiagram-v2", f"    [*] --> {first}"]
    for state, followers in table.items():
        lines += [f"    {state} --> {follower}" for follower in sorted(followers)]
    return "\n".join(lines)

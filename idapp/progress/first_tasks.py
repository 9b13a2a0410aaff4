"""What a new school has to do first, computed from what there is: nobody ticks anything off.

pupils     their list is in
staff      theirs too
accounts   every class with pupils has a teacher who can sign in
register   a way to the population database is chosen, by file or over the network
batch      the first batch was started
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idapp.homeroom import ClassName
from idapp.models import Batch
from idapp.progress.board import Board

NAMES = ("pupils", "staff", "accounts", "register", "batch")


@dataclass(frozen=True)
class Start:
    """How far a school has come."""

    pupils: int
    classes: int  # with pupils
    staff: int
    without_teacher: Sequence[str]  # names of classes with pupils
    channel: str  # off, soap, file
    batches: int  # that were started

    def is_done(self, name: str) -> bool:
        """Whether one of ``NAMES`` is done.

        >>> one = Start(pupils=1, staff=1, classes=1, without_teacher=[], channel="file", batches=1)
        >>> [one.is_done(name) for name in NAMES]
        [True, True, True, True, True]
        """
        return {
            "pupils": self.pupils > 0,
            "staff": self.staff > 0,
            "accounts": self.classes > 0 and not self.without_teacher,
            "register": self.channel != "off",
            "batch": self.batches > 0,
        }[name]

    @property
    def is_ready(self) -> bool:
        """Nothing of it is left."""
        return all(self.is_done(name) for name in NAMES)


def start_of(view: Board, unassigned: Sequence[ClassName], channel: str) -> Start:
    """The start of the school whose whole board this is.

    unassigned  the classes of ``homeroom.unassigned``
    channel     as ``jobs.channel_of`` says it
    """
    return Start(
        pupils=view.sum_of("student").total,
        classes=len(view.with_pupils),
        staff=view.sum_of("staff").total,
        without_teacher=[school_class.name for school_class in unassigned],
        channel=channel,
        batches=Batch.select().where(Batch.started_at.is_null(False)).count(),
    )

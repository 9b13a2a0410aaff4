"""The first tasks of a new school: the whole list for the board, the next one where the last has just been done."""

from collections.abc import Sequence

from idapp import homeroom, jobs, permissions
from idapp.progress import first_tasks
from idapp.progress.board import Board
from idapp.settings import current
from idapp.web.access import current_user, school_is_set_up
from idapp.web.progress.completion import board_of_user
from idapp.web.progress.first_task_words import Task, tasks_of


def tasks_for_user(view: Board, unassigned: Sequence[homeroom.ClassName]) -> list[Task]:
    """For those who can do them; nothing once the school is at work. ``unassigned``: classes without a teacher."""
    if not permissions.may_prepare_batch(current_user):
        return []
    start = first_tasks.start_of(view, unassigned, jobs.channel_of(current())[0])
    return tasks_of(start, current_user.role)


def next_task() -> Task | None:
    """The first task of the list that is left and that this user can do; None once there is none."""
    if not school_is_set_up() or not permissions.may_prepare_batch(current_user):
        return None
    tasks = tasks_for_user(board_of_user(), homeroom.unassigned())
    return next((task for task in tasks if task.endpoint and not task.done), None)

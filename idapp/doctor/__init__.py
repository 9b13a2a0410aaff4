"""The doctor: is this installation sound, and do the invariants of the data hold?

``examine`` looks at the machine and the settings, ``invariants`` counts everything again. Each finding is a name and a
Vietnamese sentence without anybody's data; records are named by their id.
"""

from idapp import data_folder
from idapp.doctor import data, history, machine
from idapp.doctor.finding import Finding
from idapp.models import Person
from idapp.people.states import people_with_class
from idapp.settings import Settings

__all__ = ["Finding", "examine", "examine_without_data", "invariants"]


def examine(settings: Settings) -> list[Finding]:
    """The machine, the database as a file, the neighbours, the settings."""
    running = data_folder.running_settings(settings)
    findings = list(machine.running(settings, running))
    for check in machine.CHECKS:
        # what matters is how the school is served, not what this terminal has set
        findings += check(running or settings)
    return findings


def examine_without_data(settings: Settings) -> list[Finding]:
    """What is said where nothing has been kept yet; nothing is made there."""
    return [machine.no_data(settings)]


def invariants() -> list[Finding]:
    """What must be true of the data at every moment, counted from the rows."""
    everybody = people_with_class(Person.id > 0)  # those who left too
    return [
        data.states(everybody),
        data.verified_are_confirmed(everybody),
        data.pupils_sit_in_present_classes(),
        data.one_holder_per_number(),
        data.sums_add_up(),
        data.cases_follow_the_records(),
        data.papers_have_their_files(),
        data.versions_are_audited(everybody),
        data.history_ends_in_the_record(everybody),
        data.batches_add_up(),
        data.open_items_are_in_open_batches(),
        history.is_append_only(),
        history.is_one_chain(),
        history.ends_where_it_did(),
    ]

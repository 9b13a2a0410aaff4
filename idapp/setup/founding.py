"""The school, its campaign and the account of its head come into being together, or not at all."""

from dataclasses import dataclass
from datetime import date

from idapp import accounts, school
from idapp.database import writing
from idapp.models import User
from idapp.rules import password as password_rule
from idapp.rules.folding import tidy
from idapp.settings import Settings, SettingsError
from idapp.setup import code, drafts

_IN_THE_DEMO = (
    "Đang ở chế độ minh họa (IDAPP_DEMO=1) nên không thiết lập trường thật được. Hãy bỏ "
    "IDAPP_DEMO rồi chạy lại."
)


class AlreadySetUp(RuntimeError):
    """Somebody else was faster, or it is done for long."""


@dataclass(frozen=True)
class SchoolFacts:
    """The school, in values as ``school_facts`` returns them."""

    name: str
    level: str
    province: str
    school_year: int
    office: str = ""


@dataclass(frozen=True)
class CampaignFacts:
    """The letter that is answered."""

    title: str
    letter: str
    deadline: date
    epoch: str


@dataclass(frozen=True)
class FirstUser:
    """Who signs in first."""

    username: str
    full_name: str
    password: str

    def check(self, role: str) -> None:
        """Raises Problem for what no account can have, before anything is written."""
        username = tidy(self.username).lower()
        accounts.check_names(username, tidy(self.full_name), role)
        # not accounts.check_password: there may be no database to ask for the school
        password_rule.check(self.password, [username, self.full_name])


def is_needed() -> bool:
    """Is there neither a school nor an office? Asked by every request, so the usual answer takes one statement."""
    return not school.is_set_up() and not school.is_office()


def check_mode(settings: Settings) -> None:
    """Raises SettingsError in the demo: a real school must not begin there."""
    if settings.demo:
        raise SettingsError(_IN_THE_DEMO)


def found_school(
    facts: SchoolFacts, letter: CampaignFacts, principal: FirstUser, settings: Settings
) -> User:
    """The school, its campaign and its head's account, in one transaction; returns the account.

    Raises AlreadySetUp, also where another browser has just finished; Problem for an account that cannot be;
    SettingsError in the demo.
    """
    check_mode(settings)
    principal.check("principal")
    today = settings.today()
    with writing():
        if school.is_set_up():
            raise AlreadySetUp
        school.set_up(
            facts.name,
            school_year=facts.school_year,
            office=facts.office,
            level=facts.level,
            province=facts.province,
            title=letter.title,
            letter=letter.letter,
            deadline=letter.deadline,
            # a letter whose day is past was opened no later than on that day
            opens_on=min(today, letter.deadline),
            epoch=letter.epoch,
        )
        user = _first_account(principal, "principal")
    code.forget(settings)
    return user


def found_office(reviewer: FirstUser, settings: Settings) -> User:
    """The managing office's own installation: an account that reads other schools' figures, and no school.

    Raises AlreadySetUp, Problem for an account that cannot be.
    """
    reviewer.check("reviewer")
    with writing():
        if not is_needed():
            raise AlreadySetUp
        user = _first_account(reviewer, "reviewer")
    code.forget(settings)
    return user


def _first_account(person: FirstUser, role: str) -> User:
    drafts.forget_all()
    return accounts.create_user(person.username, person.full_name, role, person.password, by=None)

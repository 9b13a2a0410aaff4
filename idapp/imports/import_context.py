"""What reading, linking and judging the rows of one file share: the school, the user, and what was worked out once.

Most cells of a list say the same as another: their normal forms are kept for as long as the file is at work.
"""

from collections.abc import Mapping

from idapp import present_residence
from idapp.imports.columns import ParsedWorkbook
from idapp.imports.matching import RecordMatcher
from idapp.imports.plausibility import is_ours
from idapp.models import Person, SchoolClass, User
from idapp.permissions import classes_of
from idapp.rules import record
from idapp.rules.class_name import class_key
from idapp.school import the_campaign, the_school
from idapp.settings import current

# what else of a record a text is read by (rules.record.normalise)
_LEANS_ON = {
    "district": ("province",),
    "commune": ("province", "district"),
    "present_district": ("present_province",),
    "present_commune": ("present_province", "present_district"),
    "identity_number": ("nationality",),
}


class ImportContext:
    """One file for one user.

    classes   {class key: class} that the user may see     fields   names of the fields of these people, in order
    ids_count do the hidden ids of the file belong to this school?
    """

    def __init__(self, reading: ParsedWorkbook, by: User) -> None:
        self.reading = reading
        self.by = by
        self.kind = reading.kind
        self.matcher = RecordMatcher(by, reading.kind)
        self.classes = {class_key(c.name): c for c in classes_of(by)}
        self.school_year = the_school().school_year
        self.epoch = the_campaign().epoch
        self.today = current().today()
        self._present_groups = present_residence.asked_groups()
        fields = record.fields_of(reading.kind, with_present=bool(self._present_groups))
        self.fields = [column.name for column in fields]
        self.normalising_order = sorted(self.fields, key=record.NORMALISING_ORDER.__getitem__)
        self.ids_count = is_ours(reading)
        self._normal_forms: dict[tuple[str, ...], str] = {}
        self._contexts: dict[tuple[int | None, str, int, str], record.RecordContext] = {}

    def record_context(
        self, school_class: SchoolClass | None, person: Person | None
    ) -> record.RecordContext:
        """What the rules look at besides the record itself; the class of the row counts before the record's own."""
        epoch = self.epoch
        if person is not None:
            epoch = person.epoch
            school_class = school_class or person.school_class
        grade = None
        level = ""
        school_year = self.school_year
        if school_class is not None:
            grade = school_class.grade
            level = school_class.level
            school_year = school_class.school_year
        key = (grade, level, school_year, epoch)
        context = self._contexts.get(key)
        if context is None:
            context = self._contexts[key] = record.RecordContext(
                kind=self.kind,
                grade=grade,
                level=level,
                school_year=school_year,
                epoch=epoch,
                today=self.today,
                with_present=self._asks_present_of(school_class),
            )
        return context

    def _asks_present_of(self, school_class: SchoolClass | None) -> bool:
        if self.kind != "student":
            return False
        return present_residence.is_asked_in(school_class, self._present_groups)

    def normalise(
        self, name: str, text: str, merged: Mapping[str, str], context: record.RecordContext
    ) -> str:
        """A text as it would be stored in a record that holds ``merged``. Raises Problem where it is too long."""
        if merged.get(name) == text:
            return text
        leans_on = [merged.get(other, "") for other in _LEANS_ON.get(name, ())]
        key = (context.epoch, name, text, *leans_on)
        normal = self._normal_forms.get(key)
        if normal is None:
            normal = self._normal_forms[key] = record.normalise(name, text, merged, context)
        return normal

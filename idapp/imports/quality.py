"""Is what a file says worse than what the record holds?

Of a text there are three qualities: good; not in the catalogue (no rule reads it, but it keeps nobody from being sent);
wrong (an error). Whatever it is, a text comes into an empty cell, with its mark, so that the teacher sees it in the
class table. Over a filled cell it comes by itself only if it is not worse than what stands there.

An address is one thing: of a place that is worse the others go with it, or a commune would stand in another's district.
"""

from collections.abc import Collection, Iterable, Mapping

from idapp.rules import places
from idapp.rules.folding import fold
from idapp.rules.problem import Problem

GOOD, NOT_IN_CATALOGUE, WRONG = range(3)
# warnings about a text that the rule could not read, unlike one that is read and only odd
_NOT_READ = {
    "unknown_ethnic_group",
    "unknown_nationality",
    "unknown_position",
    "ministry_code",
    "temporary_code",
    "passport",
    "digit_in_name",
    "symbol_in_name",
    "not_a_year",
}
# here what a rule proposes is another value, not another spelling of the same
_OTHER_VALUE = {"gender", *places.LEVELS}


def quality(problem: Problem) -> int:
    """How bad a text is of which this is said. An empty cell is not bad, only empty.

    >>> quality(Problem("gender", "unknown_gender", "")), quality(Problem("gender", "missing", ""))
    (2, 0)
    >>> quality(Problem("ethnic_group", "unknown_ethnic_group", "", level="warning"))
    1
    """
    if problem.code == "missing":
        return GOOD
    if problem.level == "error":
        return WRONG
    if problem.code in _NOT_READ:
        return NOT_IN_CATALOGUE
    return GOOD


def is_worth_assessing(problems: Iterable[Problem], stored: Mapping[str, str]) -> bool:
    """Is anything bad said of a cell that holds something now?"""
    return any(quality(problem) and stored.get(problem.field) for problem in problems)


def worse_cells(
    problems: Iterable[Problem],
    before: Iterable[Problem],
    stored: Mapping[str, str],
    cells: Collection[str],
) -> dict[str, Problem]:
    """{cell: what would become worse}: the cells of a file that must not come in unasked.

    problems  of the record as the file would leave it      before  of the record as it stands
    stored    the texts of the record                       cells   the fields that the file would write

    A cell can be worse for another: another province makes a stranger of the commune that stands there.

    >>> bad = Problem("commune", "unknown_place", "?")
    >>> sorted(worse_cells([bad], [], {"commune": "Xã Mỹ An"}, ["province", "commune", "address"]))
    ['commune', 'province']
    >>> worse_cells([bad], [], {"commune": ""}, ["province", "commune"])
    {}
    >>> worse_cells([bad], [bad], {"commune": "Xã Gì Đó"}, ["commune"])
    {}
    """
    quality_now: dict[str, int] = {}
    for problem in before:
        quality_now[problem.field] = max(quality_now.get(problem.field, GOOD), quality(problem))
    worse: dict[str, Problem] = {}
    for problem in problems:
        is_worse = quality(problem) > quality_now.get(problem.field, GOOD)
        if is_worse and stored.get(problem.field):
            for cell in _to_be_left(problem.field, cells):
                worse.setdefault(cell, problem)
    return worse


def is_spelling_of(problem: Problem, text: str, stored: Mapping[str, str]) -> bool:
    """Is ``text`` only another spelling of what the record holds, by the rule's own proposal?

    >>> stored = {"ethnic_group": "Kinh", "gender": "Nữ"}
    >>> kinh = Problem("ethnic_group", "unknown_ethnic_group", "", "Kinh", "warning")
    >>> is_spelling_of(kinh, "Kinh tộc", stored), is_spelling_of(kinh, "Kênh", stored)
    (True, False)
    >>> is_spelling_of(Problem("gender", "sex_disagrees", "", "Nữ"), "Nam", stored)
    False
    """
    if not problem.suggestion or problem.field in _OTHER_VALUE:
        return False
    if problem.suggestion != stored.get(problem.field):
        return False
    return quality(problem) != NOT_IN_CATALOGUE or shares_words(text, problem.suggestion)


def shares_words(text: str, proposal: str) -> bool:
    """Does a proposal say the same in fewer or more words? A catalogue also proposes what is merely spelt alike.

    >>> shares_words("Kinh tộc", "Kinh"), shares_words("Việt", "Việt Nam"), shares_words("Cộng hòa", "Séc")
    (True, True, False)
    """
    words = set(fold(text).split())
    proposed = set(fold(proposal).split())
    return words <= proposed or proposed <= words


def _to_be_left(field: str, cells: Collection[str]) -> list[str]:
    if field in places.LEVELS:
        return [level for level in places.LEVELS if level in cells]
    if field in cells:
        return [field]
    # a number is read by the nationality: a passport number is none of a Vietnamese
    if field == "identity_number" and "nationality" in cells:
        return ["nationality"]
    return []

"""Permanent residence: province, district, commune, in two epochs.

``3level`` until 30/06/2025 (63 provinces, 705 districts, 10,599 communes), ``2level`` since 01/07/2025 (34 provinces,
3,321 communes, no districts; Resolution 202/2025/QH15, Law 72/2025/QH15). The reform used codes again under other
names: a code means something only together with its epoch. Communes are unique inside a district (3level) or a province
(2level), not inside a province of 3level. Five island districts have no commune.

- ``find``, ``children``, ``by_code``, ``home_of``: one name of one epoch (``lookup``)
- ``read_address``: an address as somebody wrote it, in either epoch, in the places of a campaign (``reading``)
- ``read_cells``: what a text typed into one of the three cells of a record does to all of them (``cells``)
- ``texts_to_store``: what a record keeps of an address, also while somebody must still choose (``storing``)
- ``choice_key``, ``with_choice``: what a school has chosen where several places are possible (``choosing``)
- ``search``, and ``search_other_names`` for names of the other epoch: lists to choose from (``searching``)
- ``use_catalogue``: the day, and a folder of newer lists (``catalogue``)
- ``check_files``: whether newer files may be taken over (``updates``)

What is never done: one place is never made of another. Text with diacritics is compared with its diacritics (where the
tone mark sits aside); a suggestion is within one letter and under the same parent; a former name is never corrected to
a neighbour; where two places fit, both are shown. Sources and what is not sure: ``idapp/data/SOURCES.md``.
"""

from idapp.rules.places.catalogue import (
    EPOCHS,
    FILES,
    REFORM,
    SHIPPED_LOOKED_UP_ON,
    Catalogue,
    Home,
    Place,
    State,
    catalogue_in,
    catalogue_on,
    rows_of,
    state_in_use,
    use_catalogue,
)
from idapp.rules.places.cells import CellsReading, read_cells
from idapp.rules.places.choosing import (
    candidate_of,
    choice_key,
    codes_of_key,
    epoch_of_key,
    is_choice,
    may_be_chosen,
    old_of_choice,
    read_choice,
    with_choice,
    written_choice,
)
from idapp.rules.places.finding import Finding, values_of
from idapp.rules.places.lookup import (
    above_code,
    by_code,
    children,
    find,
    home_in,
    home_of,
    is_asked,
    new_to_old,
    old_to_new,
)
from idapp.rules.places.meanings import Address, has_stray_code
from idapp.rules.places.outcomes import Candidate
from idapp.rules.places.reading import epoch_written, read_address
from idapp.rules.places.searching import (
    OtherName,
    search,
    search_former_communes,
    search_other_names,
)
from idapp.rules.places.spelling import LEVELS, is_same_name
from idapp.rules.places.storing import texts_to_store
from idapp.rules.places.updates import catalogue_with, check_files, file_named, is_in_use

__all__ = [
    "EPOCHS",
    "FILES",
    "LEVELS",
    "REFORM",
    "SHIPPED_LOOKED_UP_ON",
    "Address",
    "Candidate",
    "Catalogue",
    "CellsReading",
    "Finding",
    "Home",
    "OtherName",
    "Place",
    "State",
    "above_code",
    "by_code",
    "candidate_of",
    "catalogue_in",
    "catalogue_on",
    "catalogue_with",
    "check_files",
    "children",
    "choice_key",
    "codes_of_key",
    "epoch_of_key",
    "epoch_written",
    "file_named",
    "find",
    "has_stray_code",
    "home_in",
    "home_of",
    "is_asked",
    "is_choice",
    "is_in_use",
    "is_same_name",
    "may_be_chosen",
    "new_to_old",
    "old_of_choice",
    "old_to_new",
    "read_address",
    "read_cells",
    "read_choice",
    "rows_of",
    "search",
    "search_former_communes",
    "search_other_names",
    "state_in_use",
    "texts_to_store",
    "use_catalogue",
    "values_of",
    "with_choice",
    "written_choice",
]

"""What the law on personal data asks of an installation (Law 91/2025, Decree 356/2025): say, show, keep no longer.

data_classes   what is kept, why, for how long and who sees it: one table
everything     all that is kept about one person
person_paper   the same as a paper for the family
retention      what goes by itself, and when
"""

from idapp.privacy.everything import everything_about
from idapp.privacy.retention import Purged, purge

__all__ = ["Purged", "everything_about", "purge"]

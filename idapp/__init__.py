"""idapp: identity data of one school, complete and verified before the deadline.

Read the modules in the order of tests/test_floors.py: rules, memory, services, subjects, entrances.
"""

import gc

# What is imported stays. A search for garbage among it after every 700 objects costs a start an eighth of its time.
gc.set_threshold(20_000, 10, 10)

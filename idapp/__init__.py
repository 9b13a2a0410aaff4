"""idapp: identity data of one school, complete and verified before the deadline.

Read the modules in the order of tests/test_floors.py: rules, memory, services, subjects, entrances.
"""

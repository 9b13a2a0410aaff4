"""Every crash point: a deed is done again and again, and its process killed one step later each time.

points   what counts as a step (a statement, a touch of a file), and the kill
clock    time goes on without waiting
restart  what the program does when it is started again, and what the folder holds then
deeds    the deeds of a school that take more than one step
walking  the walk along the points of a deed

``make crash`` walks all of them, ``tests/test_crash.py`` some of each. docs/soak.md says how to read what it prints.
"""

"""Benchmarks: ``make bench`` prints what the busy paths take, each beside a floor measured in the same run.

A floor is the least that the same work can cost here: the bare SELECT, one synced commit, a plain reading of the same
file, the latency of the register; or what a peer needs for the same deed. The ratio is what to look at; it travels
between machines, seconds do not. Nothing is asserted about time; only a wrong answer ends with 1.
"""

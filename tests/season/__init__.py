"""A season of a school, played from a seed: everybody's deeds, faults, crashes, and a model that keeps count.

model     what the school holds, kept from what was asked of the program and never read from it
campus    one small school with its register, its browsers, its worker and its clock
deeds     what somebody does, and what of it may come to be
rules     what must be true after every step, asked in SQL of its own
playing   the play: the same seed, the same steps

``make soak SEED=7 STEPS=20000`` or ``make soak MINUTES=60``; docs/soak.md says how to play a failure again.
"""

"""Finding out how a model wants to be asked, by asking it; nothing is guessed from a name.

prove.py is where to start reading: what a backend's first `prepare` runs. full.py is the whole test
of `aicopilot model test`, which also compares layouts and measures speed.
"""

"""The index of a workspace: its files, symbols, imports and chunks in one SQLite file (WAL).

`types.py` has the rows, `writer.py` is for the one worker process that fills it, `reader.py` for
everyone who asks. It may be deleted at any time (INV-8).
"""

"""The embedded model: a pinned file, and llama.cpp run over it in a process of its own.

Reading order: catalogue.py (which files), pull.py (how they get here), process.py (the model
process: guard in front, engine behind), supervisor.py (one process for all editors) and backend.py
(the llama.cpp backend plus all of that). Nothing here loads xllamacpp into the language server.
"""

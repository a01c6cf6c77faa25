"""Nearness of texts by a static embedding model, in a process of its own (extra `embeddings`).

`asking.py` is the server's side; `process.py` is the process, and `model.py` what it knows.
"""

"""Chat models as hole-fillers: for those that know no fill-in-the-middle tokens.

prompt.py writes what such a model is told; unwrap.py takes the inserted text out of its answer, and
clean.py fits it to the place where it goes. One small file for each API: openai.py, responses.py,
anthropic.py, ollama.py.
"""

"""The one regular expression that healing needs, for servers that are constrained by those.

The twin of gbnf.py. Only what every engine reads alike is used: each metacharacter behind a
backslash, all else as it is, and `[\\s\\S]` for any character at all, since `.` leaves out line
breaks. outlines-core (TGI) and llguidance (vLLM) compile it, xgrammar (vLLM, SGLang) reads it so;
outlines-core 0.2 needs some 0.2 s for each new text with a vocabulary of 150,000 tokens, and TGI
keeps what it made.
"""

import re

_META = re.compile(r"[\\.^$*+?()\[\]{}|]")


def begins_with(text: str) -> str | None:
    """An expression for every text that begins with `text`; None where there can be none, as for a
    NUL or a lone surrogate (see gbnf.py)."""
    if not text or "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        return None
    return _META.sub(r"\\\g<0>", text) + r"[\s\S]*"

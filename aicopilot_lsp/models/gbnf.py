"""The one grammar that healing needs, in llama.cpp's notation (GBNF)."""

_NAMED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def begins_with(text: str) -> str | None:
    """A grammar for every text that begins with `text`; None where there can be none.

    A text with a NUL or a lone surrogate has no grammar: llama.cpp's own strings end at the one,
    and UTF-8 doesn't have the other.
    """
    if not text or "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        return None
    literal = "".join(map(_escaped, text))
    return f'root ::= "{literal}" [^\\x00]*'


def _escaped(char: str) -> str:
    """All but printable ASCII as a number, so that no reader of the grammar meets it raw."""
    if char in _NAMED:
        return _NAMED[char]
    code = ord(char)
    if 0x20 <= code < 0x7F:
        return char
    if code < 0x100:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"

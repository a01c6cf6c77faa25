"""Whether bytes are a text worth indexing, and that text."""

import codecs

from aicopilot_lsp.context.index.refusal import Refusal

_HEAD_BYTES = 8 << 10
# Of what is not UTF-8: a source in Latin-1 has a few such bytes, anything else many.
_MAX_BAD_SHARE = 0.02
# A line of 2,000 characters happens (a table, an embedded image); a text whose lines are 300 long
# on average was written by a tool.
_LONG_LINE_CHARS = 2000
_MEAN_LINE_CHARS = 300
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_of(data: bytes) -> str | Refusal:
    """The text, with line breaks as they are; what can't be decoded becomes U+FFFD."""
    if data.startswith(_UTF16):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            return Refusal.BINARY
    elif b"\0" in data[:_HEAD_BYTES]:
        return Refusal.BINARY
    else:
        decoded = _utf8(data)
        if decoded is None:
            return Refusal.BINARY
        text = decoded
    return Refusal.MINIFIED if _is_minified(text) else text


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8-sig", "replace")
    return text if text.count("�") <= _MAX_BAD_SHARE * len(text) else None


def _is_minified(text: str) -> bool:
    if len(text) <= _LONG_LINE_CHARS:
        return False
    lines = text.count("\n") + 1
    if len(text) / lines > _MEAN_LINE_CHARS:
        return True
    # Finding the longest line costs; where the mean is low it must be a large part to matter.
    return len(text) > 2 * _LONG_LINE_CHARS and max(map(len, text.splitlines())) > len(text) / 2

"""Text of others on a terminal: names and source may hold sequences that command it."""

# C0 and C1 controls without tab and newline, and what writes text backwards.
_HARMFUL = [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F)]
_HARMFUL += [*range(0x2066, 0x206A)]
_TABLE = dict.fromkeys(_HARMFUL, "\N{REPLACEMENT CHARACTER}")


def printable(text: str) -> str:
    """`text` with each control character made visible; tabs and newlines stay."""
    return text.translate(_TABLE)

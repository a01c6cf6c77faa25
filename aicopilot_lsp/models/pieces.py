"""The text of each token, from what tokenizers call their tokens, or from where those stand.

Pure functions. A character that is split over tokens makes one piece with them. None wherever the
pieces would not make up the text: then nobody can say where it is cut.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def from_names(names: Sequence[str], text: str) -> tuple[str, ...] | None:
    """From the names that a vocabulary has for its tokens: plain text, bytes written as printable
    characters (`Ġfoo`, as GPT-2 and most since), or SentencePiece's `▁foo` and `<0x0A>`."""
    wanted = text.encode("utf-8", "surrogatepass")
    for spelled in _SPELLINGS:
        found = [spelled(name) for name in names]
        if found and b"".join(found) == b" " + wanted:
            found[0] = found[0][1:]  # SentencePiece begins every text with a blank
        if b"".join(found) == wanted:
            return _characters(found)
    return None


def from_offsets(spans: Sequence[tuple[int, int]], text: str) -> tuple[str, ...] | None:
    """From where each token begins and ends, in characters or in bytes of UTF-8."""
    data = text.encode("utf-8", "surrogatepass")
    end = max((stop for _, stop in spans), default=0)
    units: str | bytes
    if end == len(text):
        units = text
    elif end == len(data):
        units = data
    else:
        return None
    # Tokens that share a character have the same span, or overlap; those of no text have none.
    cuts = [0]
    for start, stop in spans:
        if start == cuts[-1]:
            cuts.append(stop)
        elif start < cuts[-1]:
            cuts[-1] = max(cuts[-1], stop)
        else:
            return None
    found = [units[start:stop] for start, stop in pairwise(cuts)]
    return _characters([_plain(one) if isinstance(one, str) else one for one in found])


def _characters(found: Sequence[bytes]) -> tuple[str, ...] | None:
    """Bytes as text, joined where a character is cut in two."""
    pieces: list[str] = []
    pending = b""
    for one in found:
        pending += one
        try:
            piece = pending.decode("utf-8")
        except UnicodeDecodeError:
            continue
        pending = b""
        if piece:
            pieces.append(piece)
    return None if pending else tuple(pieces)


def _plain(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")


def _byte_level(name: str) -> bytes:
    if all(char in _BYTES for char in name):
        return bytes(_BYTES[char] for char in name)
    return _plain(name)  # an added token is written as it is


def _sentence_piece(name: str) -> bytes:
    if found := _BYTE.fullmatch(name):
        return bytes([int(found[1], 16)])
    return _plain(name.replace("▁", " "))


def _byte_alphabet() -> dict[str, int]:
    """GPT-2's printable character for each byte: itself where it is printable in Latin-1, else
    the next one from U+0100 on."""
    own = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = (byte for byte in range(0x100) if byte not in own)
    alphabet = {chr(byte): byte for byte in own}
    return alphabet | {chr(0x100 + number): byte for number, byte in enumerate(others)}


_BYTES = _byte_alphabet()
_SPELLINGS: tuple[Callable[[str], bytes], ...] = (_plain, _byte_level, _sentence_piece)

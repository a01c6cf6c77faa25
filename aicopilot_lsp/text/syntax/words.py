"""The words of a source text, as an index and a query know them: identifiers and their parts.

`getHTTPServer2` is found by "get", "http", "server2" and "gethttpserver2". The whole is the parts
joined, so that the spellings of different languages meet: `fetch_user`, `fetchUser`, `FetchUser`
and `fetch-user` have the same terms. There is no stemming and no list of stop words: how rare a
term is tells more, and the index knows that.

An index build once spent most of its time here, so what runs once a word is C: bytes.translate and
split cut the text, one dictionary knows the words, and only a new one is split in Python.
"""

import re
from collections.abc import Iterator

MAX_NAME_CHARS = 64
"""A longer identifier is data, not a name, and gives no terms."""

_MARKS = "\u0300-\u036f"  # combining marks are no \w, and "é" may be written with one
_IDENTIFIER = re.compile(rf"\b[^\W\d][\w{_MARKS}]*")

# On a shape: "A" an upper-case letter, "a" a lower-case one, "名" one without case, "0" a digit.
# An acronym's plural belongs to it (URLs), digits belong to the word before them (utf8), and so
# does a D behind them (Vector3D).
_PART = re.compile(
    r"(?:[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|名+)(?:[0-9]+(?:[dD](?![a-z]))?)?|[0-9]+"
)

# 75 MB of the sources of 16 projects hold 86,000 different words of 7.5 million; with this many
# kept 96,000 are split, and the dictionary takes 8 MB at most.
_KEPT_NAMES = 50_000


def identifiers(text: str) -> Iterator[str]:
    """Each identifier of `text` in turn, as written, as often as it occurs.

    A letter or "_", then letters, digits and "_" of any script; keywords and the words of comments
    and strings too. `fetch-user` is two, `10px` is none.
    """
    return iter(_IDENTIFIER.findall(text))


def parts(identifier: str) -> tuple[str, ...]:
    """The words that `identifier` is made of, in lower case and in order.

    >>> parts("getHTTPServer_v2")
    ('get', 'http', 'server', 'v2')

    Whatever is neither letter nor digit parts words, so `fetch-user` and `pkg.mod` are split too.
    () where there is no letter or digit.
    """
    if identifier.isascii():
        return tuple(map(str.lower, _PART.findall(identifier)))
    shape = "".join(map(_shape, identifier))
    return tuple(identifier[part.start() : part.end()].lower() for part in _PART.finditer(shape))


def terms(text: str) -> list[str]:
    """The terms of each identifier of `text`, in order and as often as they occur.

    An identifier's terms are its parts and, where it has several, these joined. A single ASCII
    letter or digit is none, and neither is anything of a name over MAX_NAME_CHARS.
    """
    return term_text(text).split()


def term_text(text: str) -> str:
    """`terms(text)` with white space between, which is what a full-text index wants.

    45 MB of source a second on one core; 4 MB when each identifier is split anew.
    """
    words = text.encode("utf-8", "surrogatepass").translate(_BLANKS).split()
    return " ".join(map(_TERMS.__getitem__, words))


class _Terms(dict[bytes, str]):
    """A word between blanks, in UTF-8 -> its terms. Forgets all when it is full: the common words
    are back after one file."""

    def __missing__(self, word: bytes) -> str:
        names = _IDENTIFIER.findall(word.decode("utf-8", "surrogatepass"))
        found = " ".join(map(_name_terms, names))
        if len(self) >= _KEPT_NAMES:
            self.clear()
        if len(word) <= MAX_NAME_CHARS:
            self[word] = found
        return found


# Blanks for what is in no identifier, as far as one byte tells: "—" stays where it is, and
# _Terms looks at each word again.
_BLANKS = bytes(
    byte if byte >= 0x80 or chr(byte).isalnum() or chr(byte) == "_" else ord(" ")
    for byte in range(256)
)
_TERMS = _Terms()


def _name_terms(name: str) -> str:
    if len(name) > MAX_NAME_CHARS:
        return ""
    found = parts(name)
    if len(found) > 1:
        found = (*found, "".join(found))
    return " ".join(term for term in found if len(term) > 1 or not term.isascii())


def _shape(char: str) -> str:
    if char.isupper() or char.istitle():
        return "A"
    if char.islower() or "\u0300" <= char <= "\u036f":
        return "a"
    if char.isalpha():
        return "名"
    return "0" if char.isalnum() else "_"

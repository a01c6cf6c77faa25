"""What the writer and the readers of an index agree on: its place, its version, how rows are keyed.

    files      one row a file
    texts      its text and its chunks' terms, zlib
    symbols    id is file << 20 | place, so that a file's rows lie together, in order, without an
    imports    index of their own; `rank` and `owner` are what is asked for (rank(), owner())
    chunks     lines only; the text is the file's
    postings   FTS5 without content, positions and sizes: which chunks have a term
    terms      in how many chunks each term is
    totals     how many files, symbols, chunks and postings there are
    state      what the builder keeps beside it

Measured with 10,000 files (106 MB, 99,000 chunks of 30 lines): the postings take 0.12 of the
source's bytes, 0.27 with positions; how often 70 terms occur takes 0.4 ms from a table, 27 ms from
fts5vocab.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

from aicopilot_lsp.config.paths import state_dir

VERSION = 1
"""In `user_version`. An index of another version is built anew."""

APPLICATION_ID = 0x61696378  # "aicx"

OLDEST_SQLITE = (3, 24, 0)  # ON CONFLICT ... DO UPDATE; FTS5 is there since 3.9

SYMBOL_COLUMNS = "name, kind, parent, first, last, signature, doc, bases, result"

MAX_ROWS_PER_FILE = 1 << 20

# One token each to FTS5's `ascii` tokenizer with "_" as a token character.
_TERM = re.compile(r"[0-9a-z_\x80-\U0010ffff]+")
_SLUG = re.compile(r"[^0-9A-Za-z_.-]+")

# 1: 0.30 of the source at 86 MB/s; 3: 0.28 at 72; 6: 0.26 at 38.
_ZLIB_LEVEL = 3

_CLASSES = frozenset({"class", "type"})
_FUNCTIONS = frozenset({"function", "method"})


class DamagedError(Exception):
    """What a row holds can't be read. Stays in this room: it becomes a StoreError, or a fault."""


def index_path(root: str, directory: Path | None = None) -> Path:
    """Where the index of the workspace at `root` (absolute, resolved) is: index/ in the state
    directory, or `directory`."""
    key = hashlib.sha256(root.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    slug = _SLUG.sub("-", Path(root).name)[:40]
    folder = state_dir() / "index" if directory is None else directory
    return folder / (f"{slug}-{key}.sqlite3" if slug else f"{key}.sqlite3")


def first_id(file: int) -> int:
    """The least key of a file's symbols and imports; the next file's is the end."""
    return file * MAX_ROWS_PER_FILE


def distinct_terms(text: str) -> list[str]:
    """The terms of a text whose terms are parted by blanks, each once, as the tokenizer sees them.

    Lone surrogates, which no database takes, are no part of a term.
    """
    words = set(text.split())
    joined = "".join(words)
    if joined.isalnum() and joined == joined.lower():
        return sorted(words)  # as term_text gives them; the pattern takes three times as long
    return sorted(set(_TERM.findall(clean(text).lower())))


def clean(text: str) -> str:
    """`text` with "?" for what UTF-8 can't say (lone surrogates)."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def owner(parent: str) -> str:
    """By what a symbol's type is asked for: the last part of its parent's name."""
    return parent.rpartition(".")[2]


def rank(kind: str, parent: str) -> int:
    """Which symbols of one name come first: top level before members, and of each classes,
    functions, others."""
    of_kind = 0 if kind in _CLASSES else 1 if kind in _FUNCTIONS else 2
    return of_kind + (3 if parent else 0)


def split_words(words: str) -> tuple[str, ...]:
    return tuple(words.split("\n")) if words else ()


def join_words(words: Iterable[str]) -> str:
    return "\n".join(words)


def number(value: object) -> int:
    """A number of a row. Raises DamagedError: a flipped bit can make a text of it."""
    if not isinstance(value, int):
        raise DamagedError
    return value


def pack(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "surrogatepass"), _ZLIB_LEVEL)


def unpack_bytes(data: bytes) -> bytes:
    """Raises DamagedError."""
    try:
        return zlib.decompress(data)
    except (zlib.error, TypeError) as error:
        raise DamagedError from error


def terms_of_chunks(data: bytes, count: int) -> list[str]:
    """The terms of each of a file's `count` chunks, with blanks between. Raises DamagedError."""
    try:
        lines = unpack_bytes(data).decode().split("\n")
    except UnicodeDecodeError as error:
        raise DamagedError from error
    if len(lines) != max(count, 1):
        raise DamagedError
    return lines[:count]

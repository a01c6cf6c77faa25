"""The rows of the index, as its writer takes them and its reader gives them. Pure data;
text of files and names in them are left out of a repr (INV-7).

Lines count from 0, last lines are exclusive; paths have "/" and are relative to the workspace's
root.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """One definition (text/syntax/outline.py), with what is shown of it at small sizes.

    Attributes
    ----------
    path : str
        "" when given to the writer: the file's own.
    first, last : int
        Lines of the whole, doc comment and decorators included.
    signature : str
        From its head to its body, on one line where it fits, at most 400 characters.
    doc : str
        The first sentence of its doc comment, without marks; at most 200 characters.
    """

    name: str = field(repr=False)
    kind: str
    parent: str = ""
    path: str = ""
    first: int
    last: int
    signature: str = field(default="", repr=False)
    doc: str = field(default="", repr=False)
    bases: tuple[str, ...] = ()
    result: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One import; `target` is the path in the workspace that the module is, "" for one that lies
    outside of it."""

    module: str
    name: str = ""
    alias: str = ""
    path: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseImport:
    """An import whose `target` is "", or a file that is not there any more; `path` and `language`
    are those of the file that imports."""

    key: int
    path: str
    language: str
    module: str
    name: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRow:
    """A piece of a file.

    Attributes
    ----------
    path, text : str
        "" when given to the writer: the file's own, and these lines of its text.
    terms : str
        By what it can be found: the words of its identifiers, with blanks between them; repeated
        ones count once. Only the writer takes them; the reader gives "".
    score : float
        Higher for what fits better; 0 where nothing was asked.
    """

    path: str = ""
    first: int
    last: int
    text: str = field(default="", repr=False)
    terms: str = field(default="", repr=False)
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One file as the writer takes it.

    Attributes
    ----------
    digest : bytes
        Of its bytes; a file with the same one need not be read again.
    note : str
        Why nothing was found in it ("too large", "took too long", ...), "" when all is well.
    """

    path: str
    language: str
    digest: bytes
    size_bytes: int
    modified_ns: int
    text: str = field(repr=False)
    note: str = ""
    symbols: tuple[Symbol, ...] = ()
    imports: tuple[ImportRow, ...] = ()
    chunks: tuple[ChunkRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """By what a file is told to be the one that the index knows."""

    digest: bytes
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatus:
    """What an index holds.

    Attributes
    ----------
    fault : str
        Why it can't be asked, as a clause for a person ("there is none yet"); "" when it can.
    damaged : bool
        It has to be built anew before it can be asked.
    source_bytes : int
        Sum of the files' sizes.
    disk_bytes : int
        What the database takes on the disk.
    notes : mapping of str to int
        Why nothing, or less, is known of some files, and of how many.
    state : mapping of str to str
        What its builder keeps beside it (IndexWriter.set_state).
    """

    fault: str = ""
    damaged: bool = False
    files: int = 0
    symbols: int = 0
    chunks: int = 0
    source_bytes: int = 0
    disk_bytes: int = 0
    notes: Mapping[str, int] = field(default_factory=dict)
    state: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What the index knows of one file."""

    path: str
    language: str
    size_bytes: int
    modified_ns: int
    note: str
    symbols: tuple[Symbol, ...]
    imports: tuple[ImportRow, ...]
    chunks: tuple[tuple[int, int], ...]  # first and last lines
    importers: tuple[str, ...]

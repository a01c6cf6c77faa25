"""The nouns of the context engine: what a source is asked with, and what it gives.

A source turns a Situation into Snippets; gather.py runs the sources, select.py takes what fits into
a prompt's room. Pure data. What holds text of files or names in them is left out of a repr, which
may reach a log or a traceback (INV-7).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.syntax.outline import Import, Outline

if TYPE_CHECKING:
    from aicopilot_lsp.context.protocol import WhereDefined


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """A document that is open in the editor; its text counts, not what is on disk."""

    path: str  # as Snapshot.path (completion/types.py)
    document: DocumentSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One recent edit: consecutive changes at one place, as one. `first` is the line where it is in
    the text as it is now; `removed` and `added` are whole lines, without terminators."""

    path: str
    first: int
    removed: tuple[str, ...] = field(repr=False)
    added: tuple[str, ...] = field(repr=False)
    at_s: float  # monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A stretch of a file in which the cursor rested lately."""

    path: str
    first: int
    last: int
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """What a language server says of a line of the current file."""

    line: int
    message: str = field(repr=False)  # quotes source text
    severity: int  # 1 error .. 4 hint


class Wanted(StrEnum):
    """What is to be told of a name, by the method that tells it to editors."""

    DEFINITION = "textDocument/definition"
    TYPE = "textDocument/typeDefinition"  # of the value that it stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One name of the current document; `at` is where it begins."""

    at: Point
    wanted: Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of a file in the workspace folder of the current one."""

    path: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the editor showed and did besides the current document; newest first.

    Attributes
    ----------
    where_defined : WhereDefined or None
        Asks the editor's other language servers about the document as it was when the request was
        read; None where the editor can't be asked.
    """

    root: str = ""  # absolute path of the workspace folder that holds the document, "" if none
    open_files: tuple[OpenFile, ...] = ()
    edits: tuple[Hunk, ...] = ()
    views: tuple[View, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    where_defined: "WhereDefined | None" = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NearName:
    """A name used near the cursor. `weight` is 1 on the cursor's line and falls with distance."""

    name: str = field(repr=False)
    weight: float
    receiver: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What all sources are asked with: one request's file and cursor, read once.

    Attributes
    ----------
    path : str
        Of the current file, relative to the workspace's root; "" when it has none.
    names : tuple of NearName
        By falling weight.
    types : mapping of str to float
        The types that matter at the cursor, with weights: of receivers on its line, of the
        enclosing function's parameters and result, of the enclosing class's bases, ...
    unused : tuple of Import
        What the file imports and does not use (unused.py).
    """

    document: DocumentSnapshot
    cursor: Point
    path: str
    outline: Outline = field(repr=False)
    around: Around = Around()
    names: tuple[NearName, ...] = ()
    types: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    unused: tuple[Import, ...] = ()


class Size(StrEnum):
    """How much of a thing a rendering shows."""

    WHOLE = "whole"
    SKELETON = "skeleton"  # signature, first sentence of the doc comment, signatures of its members
    SIGNATURE = "signature"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A snippet's text at one size, without a line break at its end."""

    size: Size
    text: str = field(repr=False)
    names: frozenset[str] = field(repr=False)  # that it shows and that are worth showing


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """What a source found: one thing, at one or more sizes of which at most one is shown.

    Attributes
    ----------
    source : str
        The name of the source.
    path : str
        Where it is from; snippets of one path are shown under one heading.
    first, last : int
        Lines there, `last` exclusive, for explaining and for dropping what the prompt shows; the
        same where it shows none of them.
    score : float
        How much the source believes in it, 0 to 1.
    renderings : tuple of Rendering
        The largest first; never empty.
    why : str
        In a few words, for people: "defines AdmsHttp, the type of self._http".
    also : frozenset of str
        Paths of other files of which it shows something too (a base class): what keeps one of them
        from a model keeps the snippet from it.
    passes : bool
        It is true for the moment only (an error that is reported): what is held of it goes as soon
        as it is not found again.
    """

    source: str
    path: str
    first: int
    last: int
    score: float
    renderings: tuple[Rendering, ...]
    why: str = field(default="", repr=False)
    also: frozenset[str] = frozenset()
    passes: bool = False

    @property
    def paths(self) -> frozenset[str]:
        """Of all files that it shows something of."""
        return self.also | {self.path}


@dataclass(frozen=True, slots=True, kw_only=True)
class Yield:
    """What became of one source in one request."""

    source: str
    spent_ms: float
    snippets: int
    late: bool = False  # its snippets are from an earlier request, or it had none in time
    fault: str = ""  # the name of what it raised


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All that the sources found for one situation, and how they fared."""

    situation: Situation
    snippets: tuple[Snippet, ...] = ()
    yields: tuple[Yield, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One rendering that goes into the prompt. `key` stays the same between requests as long as it
    is the same thing at the same size with the same text."""

    snippet: Snippet
    rendering: Rendering
    value: float

    @property
    def key(self) -> str:
        return f"{self.snippet.path}\0{self.rendering.text}"

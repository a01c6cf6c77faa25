"""One file's text to its rows: what takes the time of a build, and what native code can end.

The worker does it itself for single files, and has it done by other processes for many
(parse_pool.py).
"""

from collections.abc import Callable
from dataclasses import dataclass

from aicopilot_lsp.context.index.lowly import end_after
from aicopilot_lsp.context.index.opening import Stamp
from aicopilot_lsp.context.index.refusal import Refusal
from aicopilot_lsp.context.index.rows import file_row
from aicopilot_lsp.store.index.types import FileRow
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import Language, language_for, language_id_for
from aicopilot_lsp.text.syntax.read import grammar_of, outline

# A file that has kept its parser busy for so long has hung it. What is only slow has given up long
# before, by itself (text/syntax/read.py).
HANG_S = 20.0
# Uses of names and scopes have no rows: half of the time that a file takes goes without them.
_UNASKED = frozenset(("references", "scopes"))
# No other thread wants these processes' Python: few pieces, for each costs.
_PIECE_BYTES = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """One file that is to be parsed."""

    path: str
    text: str
    digest: bytes
    stamp: Stamp

    @property
    def language(self) -> Language:
        """By its name."""
        return language_for("", self.path)


# What a file's rows are, targets of imports aside. May take long, raise anything, or never return.
MakeRow = Callable[[SourceText], FileRow]


def make_row(source: SourceText) -> FileRow:
    """What the parser and the queries find in one file."""
    document = DocumentSnapshot.from_text(
        source.text, uri=source.path, language_id=language_id_for(source.path)
    )
    found = outline(document, source.language, without=_UNASKED, piece_bytes=_PIECE_BYTES)
    grammar = grammar_of(document, source.language, without=_UNASKED)
    slow = grammar is not None and not found.parsed
    return file_row(
        source.path,
        source.language.name,
        source.text,
        found,
        digest=source.digest,
        size_bytes=source.stamp.size_bytes,
        modified_ns=source.stamp.modified_ns,
        note=Refusal.TOO_SLOW if slow else "",
    )


def ending_hangs(make: MakeRow) -> MakeRow:
    """`make`, but the process ends where it does not come back."""

    def guarded(source: SourceText) -> FileRow:
        end_after(HANG_S)
        try:
            return make(source)
        finally:
            end_after(0)

    return guarded

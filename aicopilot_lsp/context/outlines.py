"""Outlines of open documents, kept up to date by what has changed since the one before.

Parsing happens in one thread; of several versions of a document that come while one is being read
only the newest is read next. Owned by one event loop.
"""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import Language, language_for
from aicopilot_lsp.text.syntax.outline import Outline
from aicopilot_lsp.text.syntax.read import outline
from aicopilot_lsp.text.syntax.tree import SyntaxTree

# A tree takes some ten times the memory of its text.
_MOST_DOCUMENTS = 32
_PARSE_LIMIT_MS = 200.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One version of a document as read."""

    lines: tuple[str, ...] = field(repr=False)
    outline: Outline = field(repr=False)
    tree: SyntaxTree | None = field(repr=False)

    def is_of(self, document: DocumentSnapshot) -> bool:
        return _same(self.lines, document.lines)


@dataclass(slots=True)
class _Document:
    """What was read of one document last, and the version that was asked for last."""

    wanted: tuple[str, ...] = ()
    reading: Reading | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Outlines:
    """The outlines of a session."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outline")
        self._documents: OrderedDict[str, _Document] = OrderedDict()

    async def of(self, document: DocumentSnapshot, path: str) -> Reading | None:
        """This version as read; None where another one was asked for before its turn came."""
        kept = self._documents.setdefault(document.uri, _Document())
        self._documents.move_to_end(document.uri)
        while len(self._documents) > _MOST_DOCUMENTS:
            self._documents.popitem(last=False)
        kept.wanted = document.lines
        async with kept.turn:
            if not _same(kept.wanted, document.lines):
                return None
            if kept.reading is None or not kept.reading.is_of(document):
                language = language_for(document.language_id, path)
                tree = None if kept.reading is None else kept.reading.tree
                loop = asyncio.get_running_loop()
                kept.reading = await loop.run_in_executor(
                    self._thread, _read, document, language, tree
                )
            return kept.reading

    def latest(self, uri: str) -> Reading | None:
        """The version that was read last, which need not be the one that there is."""
        kept = self._documents.get(uri)
        return None if kept is None else kept.reading

    def forget(self, uri: str) -> None:
        """The document is closed."""
        self._documents.pop(uri, None)

    def close(self) -> None:
        """What is being read is read to its end, and nothing after it."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _same(lines: tuple[str, ...], others: tuple[str, ...]) -> bool:
    # Comparing a tuple with itself looks at each element.
    return lines is others or lines == others


def _read(document: DocumentSnapshot, language: Language, before: SyntaxTree | None) -> Reading:
    """Runs in the thread."""
    if before is None:
        tree = SyntaxTree.parse(document, language, limit_ms=_PARSE_LIMIT_MS)
    else:
        tree = before.updated(document, limit_ms=_PARSE_LIMIT_MS)
    if tree is None:
        return Reading(document.lines, outline(document, language), None)
    return Reading(document.lines, tree.outline(), tree)

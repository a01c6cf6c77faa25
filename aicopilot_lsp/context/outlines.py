"""Outlines of open documents, kept up to date by what has changed since the one before.

Parsing happens in one thread; of several versions of a document that come while one is being read
only the newest is read next. Owned by one event loop.
"""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import Language, language_for
from aicopilot_lsp.text.syntax.outline import Outline
from aicopilot_lsp.text.syntax.read import outline
from aicopilot_lsp.text.syntax.tree import SyntaxTree

# A tree takes some ten times the memory of its text.
_MOST_DOCUMENTS = 32
_PARSE_LIMIT_MS = 200.0


@dataclass(frozen=True, slots=True)
class _Reading:
    """One version of a document as read."""

    lines: tuple[str, ...]
    outline: Outline
    tree: SyntaxTree | None


class Outlines:
    """The outlines of a session."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outline")
        self._read: OrderedDict[str, _Reading] = OrderedDict()
        self._turn: dict[str, asyncio.Lock] = {}

    async def of(self, document: DocumentSnapshot, path: str) -> Outline:
        """The outline of this version."""
        async with self._turn.setdefault(document.uri, asyncio.Lock()):
            known = self._read.get(document.uri)
            if known is None or known.lines != document.lines:
                language = language_for(document.language_id, path)
                tree = None if known is None else known.tree
                loop = asyncio.get_running_loop()
                known = await loop.run_in_executor(self._thread, _reading, document, language, tree)
                self._read[document.uri] = known
            self._read.move_to_end(document.uri)
        while len(self._read) > _MOST_DOCUMENTS:
            self.forget(next(iter(self._read)))
        return known.outline

    def forget(self, uri: str) -> None:
        """The document is closed."""
        self._read.pop(uri, None)
        self._turn.pop(uri, None)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


def _reading(document: DocumentSnapshot, language: Language, before: SyntaxTree | None) -> _Reading:
    """Runs in the thread."""
    if before is None:
        tree = SyntaxTree.parse(document, language, limit_ms=_PARSE_LIMIT_MS)
    else:
        tree = before.updated(document, limit_ms=_PARSE_LIMIT_MS)
    if tree is None:
        return _Reading(document.lines, outline(document, language), None)
    return _Reading(document.lines, tree.outline(), tree)

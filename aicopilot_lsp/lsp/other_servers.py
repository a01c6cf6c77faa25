"""What the editor's other language servers know of a document, through the editor.

A server can't talk to another one; their client can. Where it says so in `initialize`, it is asked
with a request of ours, `aicopilot/definitions` (editors/README.md has the protocol), for places
where names are defined. Nothing is opened here: a place is a path and a line, which only the index
is asked about, and it holds no file that may not be shown. A client may answer anything, late or
never: what can't be used is no answer, and who gives none is left alone for longer each time.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from aicopilot_lsp.context.protocol import WhereDefined
from aicopilot_lsp.context.types import Place, Question
from aicopilot_lsp.lsp.client import Client, Folder
from aicopilot_lsp.lsp.files import Places, local_path, roots
from aicopilot_lsp.lsp.pages import Asks
from aicopilot_lsp.lsp.protocol import ClientError
from aicopilot_lsp.lsp.shown import holder, shown_path
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.positions import PositionEncoding

METHOD: Final = "aicopilot/definitions"
# No request waits for it (context/gather.py), but the next question does.
_ANSWER_TIMEOUT_S = 3.0
# After no answer; a short one where it says null: the text has changed, or no server is ready.
_FIRST_PAUSE_S, _LONGEST_NULL_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0, 300.0
_MOST_PLACES = 8  # of one name
_log = logging.getLogger(__name__)

_Found = tuple[str, int]  # a URI and a line


class OtherServers:
    """Those beside us in one editor. Owned by the event loop; `clock` gives seconds, monotonic."""

    def __init__(
        self, peer: Asks, places: Places, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._peer, self._places, self._clock = peer, places, clock
        self._misses = 0
        self._asked_again_s = 0.0

    def about(
        self, client: Client, document: DocumentSnapshot, folders: Sequence[Folder]
    ) -> WhereDefined | None:
        """Asks about this version of a document; None where the client can't tell."""
        if not client.tells_definitions:
            return None
        subject = _Subject(document, client.encoding, tuple(folders))

        async def where_defined(
            questions: Sequence[Question], /
        ) -> Sequence[Sequence[Place]] | None:
            return await self._ask(subject, questions)

        return where_defined

    async def _ask(
        self, subject: "_Subject", questions: Sequence[Question]
    ) -> Sequence[Sequence[Place]] | None:
        if not questions:
            return ()
        if self._clock() < self._asked_again_s:
            return None
        try:
            answer = await self._peer.ask(
                METHOD, subject.params(questions), timeout_s=_ANSWER_TIMEOUT_S
            )
        except ClientError as error:
            self._missed(str(error))
            return None
        if answer is None:
            self._missed("null", longest_s=_LONGEST_NULL_PAUSE_S)
            return None
        found = _read(answer, len(questions))
        if found is None:
            self._missed("an answer of another form")
            return None
        self._misses = 0
        inside = await self._inside(subject.folders)
        return [tuple(dict.fromkeys(subject.places(of_one, inside))) for of_one in found]

    def _missed(self, why: str, *, longest_s: float = _LONGEST_PAUSE_S) -> None:
        """Ask again after a pause, a longer one each time."""
        pause_s = min(_FIRST_PAUSE_S * 2**self._misses, longest_s)
        self._misses = min(self._misses + 1, 32)
        self._asked_again_s = self._clock() + pause_s
        _log.debug("No definitions from the client: %s. It is asked again in %s s.", why, pause_s)

    async def _inside(self, folders: Sequence[Folder]) -> Mapping[Path, Path]:
        """The folders by where they really are: other servers say where links lead."""
        return {await self._places.really(root): root for root in roots(folders)}


@dataclass(frozen=True, slots=True)
class _Subject:
    """A document as it was when a request was read, and the workspace of then."""

    document: DocumentSnapshot
    encoding: PositionEncoding
    folders: tuple[Folder, ...]

    def params(self, questions: Sequence[Question]) -> dict[str, Any]:
        return {
            "textDocument": {"uri": self.document.uri, "version": self.document.version},
            "questions": [self._question(one) for one in questions],
        }

    def places(self, found: Sequence[_Found], inside: Mapping[Path, Path]) -> Iterator[Place]:
        """Those within the workspace, with the paths by which the index of the document's folder
        knows them."""
        own = holder(self.document.uri, self.folders)
        for uri, line in found:
            path = local_path(uri)
            holding = None if path is None else holder(uri, self.folders)
            if path is not None and holding is None:
                path, holding = _as_the_editor_writes(path, inside)
            if path is not None and holding is not None:
                relative = path.relative_to(holding).as_posix()
                yield Place(path=shown_path(path, relative, own, holding), line=line)

    def _question(self, question: Question) -> dict[str, Any]:
        position = self.document.position_from_point(question.at, self.encoding)
        return {
            "method": question.wanted.value,
            "position": {"line": position.line, "character": position.character},
        }


def _as_the_editor_writes(path: Path, inside: Mapping[Path, Path]) -> tuple[Path, Path | None]:
    """A real path under a folder that is reached through a link, and that folder; else no folder.

    Only names are compared: of files that may lie outside nothing is asked of the disk."""
    for real, root in inside.items():
        if path.is_relative_to(real):
            return root / path.relative_to(real), root
    return path, None


def _read(answer: object, count: int) -> list[list[_Found]] | None:
    """For each question the places in an answer; None for what is no answer."""
    if not isinstance(answer, list) or len(answer) != count:
        return None
    return [list(_locations(one)) for one in answer]


def _locations(said: object) -> Iterator[_Found]:
    """From what `textDocument/definition` may give: Location, Location[], LocationLink[], null."""
    for one in islice(said, _MOST_PLACES) if isinstance(said, list) else (said,):
        if not isinstance(one, Mapping):
            continue
        uri = one.get("targetUri", one.get("uri"))
        line = _line(one.get("targetSelectionRange", one.get("range")))
        if isinstance(uri, str) and line is not None:
            yield uri, line


def _line(within: object) -> int | None:
    """The first line of a range."""
    start = within.get("start") if isinstance(within, Mapping) else None
    line = start.get("line") if isinstance(start, Mapping) else None
    return line if isinstance(line, int) and not isinstance(line, bool) and line >= 0 else None

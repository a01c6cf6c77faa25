"""One request for suggestions, as inline completion and completion items share it.

`prepare` runs in the turn in which the message was read: it supersedes the request before and
freezes what this one is about. `answer` runs later, and gives None where the answer would come too
late to be right: for another version of the text, or after a newer request.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from lsprotocol import types

from aicopilot_lsp.completion.types import Outcome, OutcomeKind, Snapshot, Suggestion, Trigger
from aicopilot_lsp.context.protocol import WhereDefined
from aicopilot_lsp.lsp import around
from aicopilot_lsp.lsp.client import Folder
from aicopilot_lsp.lsp.convert import point, showable
from aicopilot_lsp.lsp.documents import Taken
from aicopilot_lsp.lsp.engine import SUPERSEDED
from aicopilot_lsp.lsp.latest import Claim
from aicopilot_lsp.lsp.selected import Selected, rebased, with_inserted
from aicopilot_lsp.lsp.session import Session
from aicopilot_lsp.text.document import DocumentSnapshot, Point


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be carried out without looking at live state."""

    taken: Taken
    cursor: Point
    snapshot: Snapshot
    folders: tuple[Folder, ...]
    claim: Claim
    nearby: around.Taken
    selected: Selected | None = None

    @property
    def document(self) -> DocumentSnapshot:
        """The text that the client has, in which the answer's positions count."""
        return self.taken.snapshot


@dataclass(frozen=True, slots=True)
class Answer:
    suggestions: list[Suggestion]
    model: str


def prepare(
    session: Session,
    feature: str,
    uri: str,
    position: types.Position,
    *,
    trigger: Trigger = Trigger.AUTOMATIC,
    selected: types.SelectedCompletionInfo | None = None,
) -> Asked | None:
    """Freeze what the request is about; None where there is nothing to suggest in."""
    session.last_uri = uri
    taken = session.documents.take(uri)
    if taken is None:
        session.latest.drop((feature, uri))
        if reason := session.documents.suspended(uri):
            session.notices.suspended(uri, reason)
            session.note(uri, OutcomeKind.NOT_TRIGGERED, "suspended")
        return None
    document, cursor = taken.snapshot, point(taken.snapshot, position, session.client.encoding)
    chosen = None if selected is None else _selected(session, document, selected)
    seen = document if chosen is None else with_inserted(document, chosen, cursor)
    if seen is None:
        return None
    snapshot = Snapshot(
        document=seen,
        cursor=cursor if chosen is None else chosen.cursor,
        trigger=trigger,
    )
    nearby = around.taken(session, uri)
    session.history.cursor_at(uri, cursor.line)
    claim = session.latest.claim((feature, uri), partial(session.note, uri))
    folders = tuple(session.folders.values())
    return Asked(taken, cursor, snapshot, folders, claim, nearby, chosen)


async def answer(
    session: Session, asked: Asked, *, wanted: Callable[[], bool] = lambda: True
) -> Answer | None:
    """Have the engine complete; None when superseded or when the text has changed since.

    `wanted` is asked when the settings that it looks at are in force; None where it says no.
    """
    outcome = await asked.claim.run(_complete(session, asked, wanted))
    if outcome is None:
        return None
    session.notices.outcome(outcome)
    if not session.documents.is_current(asked.taken):
        return None
    found = outcome.suggestions if outcome.kind is OutcomeKind.SHOWN else ()
    if asked.selected is not None:
        found = rebased(found, asked.selected, asked.snapshot.document)
    return Answer(showable(found, asked.cursor), outcome.model)


async def _complete(session: Session, asked: Asked, wanted: Callable[[], bool]) -> Outcome | None:
    uri = asked.document.uri
    try:
        # Settings that the client was asked for may say "not in this file": they are waited for.
        await session.ready.wait()
        path, *aliases = await session.places.paths_of(uri, asked.folders)
        nearby = await around.around(session, uri, asked.nearby, asked.folders)
    except asyncio.CancelledError as error:
        superseded = SUPERSEDED in error.args
        session.note(uri, OutcomeKind.SUPERSEDED if superseded else OutcomeKind.CANCELLED)
        raise
    if not wanted():
        return None
    if session.engine is None:
        return Outcome(kind=OutcomeKind.EMPTY, reason="no-engine")
    if session.client.progress:
        session.progress.watch(session.engine)
    if asked.selected is None:  # else the client's document is not the one that is completed
        nearby = replace(nearby, where_defined=_where_defined(session, asked))
    snapshot = replace(asked.snapshot, path=path, aliases=tuple(aliases), around=nearby)
    return await session.engine.complete(snapshot)


def _where_defined(session: Session, asked: Asked) -> WhereDefined | None:
    return session.other_servers.about(session.client, asked.document, asked.folders)


def _selected(
    session: Session, document: DocumentSnapshot, selected: types.SelectedCompletionInfo
) -> Selected:
    encoding = session.client.encoding
    return Selected(
        selected.text,
        point(document, selected.range.start, encoding),
        point(document, selected.range.end, encoding),
    )

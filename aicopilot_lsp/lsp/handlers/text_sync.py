"""`textDocument/didOpen`, `didChange`, `didSave`, `didClose`: the documents follow the editor."""

import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from lsprotocol import types

from aicopilot_lsp.lsp.configuration import Configuration
from aicopilot_lsp.lsp.convert import changes
from aicopilot_lsp.lsp.files import local_path
from aicopilot_lsp.lsp.session import Session
from aicopilot_lsp.lsp.shown import holder

_log = logging.getLogger(__name__)


def did_open(
    session: Session, params: types.DidOpenTextDocumentParams
) -> Coroutine[Any, Any, None] | None:
    """Changes live state now; has the document's folder indexed later."""
    document = params.text_document
    session.documents.open(document.uri, str(document.language_id), document.version, document.text)
    session.history.opened(document.uri)
    session.diagnostics.forget(document.uri)  # if it was open, those of another text
    session.notices.resumed(document.uri)
    folder = holder(document.uri, session.folders.values())
    if folder is None or session.indexes.knows(folder):
        return None
    return _index(session, folder)


def did_change(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    """Changes live state; instant."""
    uri = params.text_document.uri
    edits = session.documents.change(uri, params.text_document.version, changes(params))
    if edits is None:
        _log.debug("Ignored a change of a document that is not open.")
        return
    session.history.changed(uri, edits, session.documents.lines(uri))
    session.diagnostics.changed(uri, edits)
    _drop_requests(session, uri)  # their answers could only be null
    if session.documents.suspended(uri) is None:
        session.notices.resumed(uri)


def did_save(
    session: Session, configuration: Configuration, params: types.DidSaveTextDocumentParams
) -> Coroutine[Any, Any, None] | None:
    """Has the file indexed anew. Where options were saved: holds requests back now, changes
    settings later."""
    uri = params.text_document.uri
    on_disk_changed(session, uri)
    return configuration.files_changed() if configuration.reads(uri) else None


def did_close(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    """Changes live state; instant."""
    uri = params.text_document.uri
    if not session.documents.close(uri):
        return
    _drop_requests(session, uri)
    session.diagnostics.forget(uri)
    session.notices.resumed(uri)
    if session.engine is not None:
        session.engine.document_closed(uri)


def on_disk_changed(session: Session, uri: str) -> None:
    """A file was saved, or came or went."""
    if session.shown.saved(uri) and session.engine is not None:
        session.engine.elsewhere_changed()
    path = local_path(uri)
    if path is not None:
        session.indexes.changed(path)


async def _index(session: Session, folder: Path) -> None:
    await session.ready.wait()  # what is excluded has to be known first
    session.indexes.want(folder)


def _drop_requests(session: Session, uri: str) -> None:
    for feature in (types.TEXT_DOCUMENT_INLINE_COMPLETION, types.TEXT_DOCUMENT_COMPLETION):
        session.latest.drop((feature, uri))

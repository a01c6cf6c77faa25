"""`textDocument/didOpen`, `didChange`, `didSave`, `didClose`: the documents follow the editor."""

import logging
from collections.abc import Coroutine
from typing import Any

from lsprotocol import types

from aicopilot_lsp.lsp.configuration import Configuration
from aicopilot_lsp.lsp.convert import changes
from aicopilot_lsp.lsp.session import Session

_log = logging.getLogger(__name__)


def did_open(session: Session, params: types.DidOpenTextDocumentParams) -> None:
    """Changes live state; instant."""
    document = params.text_document
    session.documents.open(document.uri, str(document.language_id), document.version, document.text)
    session.history.opened(document.uri)
    session.notices.resumed(document.uri)


def did_change(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    """Changes live state; instant."""
    uri = params.text_document.uri
    edits = session.documents.change(uri, params.text_document.version, changes(params))
    if edits is None:
        _log.debug("Ignored a change of a document that is not open.")
        return
    session.history.changed(uri, edits, session.documents.lines(uri))
    _drop_requests(session, uri)  # their answers could only be null
    if session.documents.suspended(uri) is None:
        session.notices.resumed(uri)


def did_save(
    configuration: Configuration, params: types.DidSaveTextDocumentParams
) -> Coroutine[Any, Any, None] | None:
    """Where options were saved: holds requests back now, changes settings later."""
    uri = params.text_document.uri
    return configuration.files_changed() if configuration.reads(uri) else None


def did_close(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    """Changes live state; instant."""
    uri = params.text_document.uri
    if not session.documents.close(uri):
        return
    _drop_requests(session, uri)
    session.notices.resumed(uri)
    if session.engine is not None:
        session.engine.document_closed(uri)


def _drop_requests(session: Session, uri: str) -> None:
    for feature in (types.TEXT_DOCUMENT_INLINE_COMPLETION, types.TEXT_DOCUMENT_COMPLETION):
        session.latest.drop((feature, uri))

"""`textDocument/didOpen`, `didChange`, `didClose`: the live documents follow the editor."""

import logging

from lsprotocol import types

from aicopilot_lsp.lsp.convert import changes
from aicopilot_lsp.lsp.session import Session

_log = logging.getLogger(__name__)


def did_open(session: Session, params: types.DidOpenTextDocumentParams) -> None:
    """Changes live state; instant."""
    document = params.text_document
    session.documents.open(document.uri, str(document.language_id), document.version, document.text)
    session.notices.resumed(document.uri)


def did_change(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    """Changes live state; instant."""
    uri = params.text_document.uri
    if not session.documents.change(uri, params.text_document.version, changes(params)):
        _log.debug("Ignored a change of a document that is not open.")
    elif session.documents.suspended(uri) is None:
        session.notices.resumed(uri)


def did_close(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    """Changes live state; instant."""
    uri = params.text_document.uri
    if not session.documents.close(uri):
        return
    for feature in (types.TEXT_DOCUMENT_INLINE_COMPLETION, types.TEXT_DOCUMENT_COMPLETION):
        session.latest.drop((feature, uri))
    session.notices.resumed(uri)
    if session.engine is not None:
        session.engine.document_closed(uri)

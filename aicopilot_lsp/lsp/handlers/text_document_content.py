"""`workspace/textDocumentContent`: the text of a page of ours."""

from lsprotocol import types

from aicopilot_lsp.lsp.explain import page
from aicopilot_lsp.lsp.pages import document_of_page
from aicopilot_lsp.lsp.params import InvalidParamsError
from aicopilot_lsp.lsp.session import Session


def text_document_content(
    session: Session, params: types.TextDocumentContentParams
) -> types.TextDocumentContentResult:
    """Reads live state; instant."""
    uri = document_of_page(params.uri)
    if not uri:
        raise InvalidParamsError("not the URI of a page of this server")
    return types.TextDocumentContentResult(text=page(session, uri))

"""`textDocument/completion`: the same suggestions as items, for clients without ghost text."""

from collections.abc import Coroutine
from typing import Any

from lsprotocol import types

from aicopilot_lsp.lsp.convert import completion_item
from aicopilot_lsp.lsp.session import Session
from aicopilot_lsp.lsp.suggest import Asked, answer, prepare

Result = types.CompletionList | None


def completion(
    session: Session, params: types.CompletionParams
) -> Result | Coroutine[Any, Any, Result]:
    """Reads live state now, then a snapshot.

    The trigger is always automatic: editors say "invoked" for each key that is typed.
    """
    asked = prepare(
        session, types.TEXT_DOCUMENT_COMPLETION, params.text_document.uri, params.position
    )
    return _list([]) if asked is None else _answer(session, asked)


async def _answer(session: Session, asked: Asked) -> Result:
    found = await answer(session, asked, wanted=session.offers_items)
    if found is None:
        return None
    return _list(
        [
            completion_item(each, asked.document, session.client, model=found.model)
            for each in found.suggestions
        ]
    )


def _list(items: list[types.CompletionItem]) -> types.CompletionList:
    # Incomplete: the client asks again with the next key instead of filtering what it has.
    return types.CompletionList(is_incomplete=True, items=items)

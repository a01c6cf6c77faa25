"""`textDocument/inlineCompletion` (LSP 3.18): ghost text.

Answers: the items; an empty list when there is nothing to suggest; null when a newer request or a
newer text made this one pointless (Neovim hides its ghost text on an empty list, not on null).
"""

from collections.abc import Coroutine
from typing import Any

from lsprotocol import types

from aicopilot_lsp.completion.types import Trigger
from aicopilot_lsp.lsp.convert import inline_item
from aicopilot_lsp.lsp.session import Session
from aicopilot_lsp.lsp.suggest import Asked, answer, prepare

Result = types.InlineCompletionList | None


def inline_completion(
    session: Session, params: types.InlineCompletionParams
) -> Result | Coroutine[Any, Any, Result]:
    """Reads live state now, then a snapshot."""
    invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    asked = prepare(
        session,
        types.TEXT_DOCUMENT_INLINE_COMPLETION,
        params.text_document.uri,
        params.position,
        trigger=Trigger.INVOKED if invoked else Trigger.AUTOMATIC,
        selected=params.context.selected_completion_info,
    )
    if asked is None:
        return types.InlineCompletionList(items=[])
    return _answer(session, asked)


async def _answer(session: Session, asked: Asked) -> Result:
    found = await answer(session, asked)
    if found is None:
        return None
    encoding = session.client.encoding
    items = [inline_item(each, asked.document, encoding) for each in found.suggestions]
    return types.InlineCompletionList(items=items)

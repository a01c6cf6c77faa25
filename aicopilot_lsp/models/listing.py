"""One model among those that a server lists, in the form that OpenAI's `/models` has given many."""

from collections.abc import Mapping
from typing import Any

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.api import Ask
from aicopilot_lsp.models.wire import mapping


async def listed(ask: Ask, path: str, model: str) -> Mapping[str, Any] | None:
    """What the list at `path` says of `model`; None where it is not in it, or there is no list.

    Raises ModelError, for other reasons than NOT_FOUND.
    """
    try:
        answer = await ask(path)
    except ModelError as error:
        if error.kind is not ModelErrorKind.NOT_FOUND:
            raise
        return None
    entries = answer.get("data")
    for entry in map(mapping, entries if isinstance(entries, list) else []):
        aliases = entry.get("aliases")
        if entry.get("id") == model or (isinstance(aliases, list) and model in aliases):
            return entry
    return None

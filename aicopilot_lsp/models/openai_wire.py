"""What OpenAI's `/v1/completions` says in its events, at whatever server.

Wire facts are those of the OpenAI API reference (completions, legacy), of vLLM's "OpenAI-Compatible
Server" page and of llama.cpp's tools/server/README.md, whose `timings` are read where they come.
"""

from collections.abc import Mapping
from typing import Any

from aicopilot_lsp.models import failures, llamacpp_wire
from aicopilot_lsp.models.api import Piece
from aicopilot_lsp.models.http import json_object
from aicopilot_lsp.models.protocol import FinishReason, Usage
from aicopilot_lsp.models.sse import Event
from aicopilot_lsp.models.wire import count, first, mapping, text


class Chunks:
    """Reads the events of one answer. The cost comes last, in one without a choice.

    Parameters
    ----------
    stopped : FinishReason
        What "stop" means where the server does not say more: the end of the text and stop strings
        are called alike.
    """

    def __init__(self, stopped: FinishReason) -> None:
        self._stopped = stopped

    def read(self, event: Event, where: str) -> Piece | None:
        if event.data == "[DONE]":
            # Some servers say nothing else of the end; where one did, this counts for nothing.
            return Piece(finish=self._stopped)
        chunk = json_object(event.data, where)
        if event.name == "error" or chunk.get("object") == "error":
            raise failures.from_error_object(where, chunk.get("error", chunk))
        failures.raise_error_in(chunk, where)
        choice = first(chunk.get("choices"))
        piece, cost = text(choice.get("text"), where), usage(chunk)
        finish = self._finish(choice)
        if not (piece or finish or cost):
            return None
        return Piece(text=piece, usage=cost, finish=finish, usage_follows=True)

    def _finish(self, choice: Mapping[str, Any]) -> FinishReason | None:
        match choice.get("finish_reason"):
            case "stop":
                # vLLM tells: a stop string, the number of a stop token, or null for the end token.
                if "stop_reason" not in choice:
                    return self._stopped
                by_string = isinstance(choice["stop_reason"], str)
                return FinishReason.STOP if by_string else FinishReason.END
            case "length" | "content_filter" | "abort":
                return FinishReason.LIMIT  # what was cut off somewhere is not whole
            case str():
                return FinishReason.END
        return None


def usage(chunk: Mapping[str, Any]) -> Usage | None:
    """The cost so far, or None where the event tells none."""
    if "timings" in chunk or "prompt_progress" in chunk:
        return llamacpp_wire.usage(chunk)
    told = mapping(chunk.get("usage"))
    prompt = count(told.get("prompt_tokens"))
    if prompt is None:
        return None
    cached = count(mapping(told.get("prompt_tokens_details")).get("cached_tokens"))
    if cached is not None and cached > prompt:
        cached = None
    return Usage(
        prompt_tokens=prompt or None,
        cached_tokens=cached,
        evaluated_tokens=None if cached is None else prompt - cached,
        generated_tokens=count(told.get("completion_tokens")),
    )

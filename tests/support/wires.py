"""What a good answer looks like on each interface that a backend of ours speaks: enough of it to be
broken in every way (fault_server.py). How each API answers in full is played in services/."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aicopilot_lsp.models.api import Framing

_DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class Wire:
    """One interface's answers.

    Attributes
    ----------
    word : callable
        The JSON that carries a piece of text (which a broken server may give any type).
    end : tuple
        What follows the last piece, each as JSON; a plain string goes as it is.
    """

    framing: Framing
    word: Callable[[Any], Any]
    end: tuple[Any, ...] = ()

    @property
    def content_type(self) -> str:
        return f"content-type: {self.framing.value}"

    def framed(self, data: bytes) -> bytes:
        match self.framing:
            case Framing.SSE:
                return b"data: " + data + b"\n\n"
            case Framing.NDJSON:
                return data + b"\n"
            case Framing.JSON:
                return data

    def event(self, value: Any) -> bytes:
        return self.framed((value if isinstance(value, str) else json.dumps(value)).encode())


def _choice(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "finish_reason": None, **fields}]}


LLAMACPP = Wire(
    Framing.SSE,
    lambda text: {"content": text},
    ({"content": "", "stop": True, "stop_type": "eos"},),
)
COMPLETIONS = Wire(
    Framing.SSE, lambda text: _choice(text=text), (_choice(text="", finish_reason="stop"), _DONE)
)
CHAT_COMPLETIONS = Wire(
    Framing.SSE,
    lambda text: _choice(delta={"content": text}),
    (_choice(delta={}, finish_reason="stop"), _DONE),
)
RESPONSES = Wire(
    Framing.SSE,
    lambda text: {"type": "response.output_text.delta", "delta": text},
    ({"type": "response.completed", "response": {"status": "completed"}},),
)
MESSAGES = Wire(
    Framing.SSE,
    lambda text: {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": text},
    },
    (
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}},
        {"type": "message_stop"},
    ),
)
TGI = Wire(
    Framing.SSE,
    lambda text: {
        "token": {"id": 1, "text": text, "special": False},
        "generated_text": None,
        "details": None,
    },
    (
        {
            "token": {"id": 0, "text": "<|endoftext|>", "special": True},
            "generated_text": "",
            "details": {"finish_reason": "eos_token", "generated_tokens": 1},
        },
    ),
)
OLLAMA_GENERATE = Wire(
    Framing.NDJSON,
    lambda text: {"response": text, "done": False},
    ({"response": "", "done": True, "done_reason": "stop"},),
)
OLLAMA_CHAT = Wire(
    Framing.NDJSON,
    lambda text: {"message": {"role": "assistant", "content": text}, "done": False},
    ({"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"},),
)
TABBY = Wire(Framing.JSON, lambda text: {"id": "cmpl-1", "choices": [{"index": 0, "text": text}]})

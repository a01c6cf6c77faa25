"""Ollama's chat, as its docs/api.md has it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tests.support.scripted_llamacpp import tokens
from tests.support.services.base import Exchange, Refused, Service, Strict, limited

MODEL = "qwen2.5-coder:0.5b"


class _Message(Strict):
    role: Literal["system", "user", "assistant", "tool"]
    content: str


class _Options(Strict):
    num_ctx: Annotated[int, Field(ge=1)] | None = None
    num_predict: Annotated[int, Field(ge=-1)] | None = None
    temperature: Annotated[float, Field(ge=0)] | None = None
    stop: list[str] | None = None


class _Chat(Strict):
    model: str
    messages: Annotated[list[_Message], Field(min_length=1)]
    stream: Literal[True]  # the only way in which we ask
    think: bool | None = None
    keep_alive: str | int | None = None
    options: _Options = _Options()


def ollama_chat() -> Service:
    """The service; not running yet."""
    service = Service()

    @service.route("POST", "/api/chat")
    async def chat(exchange: Exchange) -> None:
        asked = exchange.parsed(_Chat)
        if asked.model != MODEL:
            raise Refused(404, {"error": f"model '{asked.model}' not found"})
        prompt = asked.messages[-1].content
        answer = service.answer_to(prompt)
        pieces, ended = limited(answer.text, asked.options.stop, asked.options.num_predict)
        async with exchange.stream("application/x-ndjson") as stream:
            async for piece in service.paced(exchange.request, pieces):
                await stream.event(_line(piece))
            if answer.cut:
                return stream.cut()
            if answer.error:
                await stream.event(answer.error)
            last = {
                "done": True,
                "done_reason": "length" if ended == "limit" else "stop",
                "prompt_eval_count": len(tokens(prompt)),
                "prompt_eval_duration": 3_000_000,
                "eval_count": len(pieces),
                "eval_duration": 5_000_000,
            }
            await stream.event(_line("") | last)
        return None

    return service


def _line(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"model": MODEL, "created_at": "2026-01-01T00:00:00Z", "message": message, "done": False}

"""OpenAI's chat completions, as the API reference has them (chat, create; models, list)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from tests.support.scripted_llamacpp import tokens
from tests.support.services.base import Exchange, Refused, Service, Strict, limited

MODELS = ("gpt-4.1-mini", "gpt-5-mini")
_PATH = "/v1/chat/completions"


class _Message(Strict):
    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str, Field(min_length=1)]


class _StreamOptions(Strict):
    include_usage: bool


class _Chat(Strict):
    model: str
    messages: Annotated[list[_Message], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    stream: Literal[True]  # the only way in which we ask
    stream_options: _StreamOptions | None = None

    @model_validator(mode="after")
    def check(self) -> "_Chat":
        roles = [message.role for message in self.messages]
        turns = [role for role in roles if role in ("user", "assistant")]
        assert roles[-len(turns) :] == turns, "the system speaks first"
        assert turns == [("user", "assistant")[i % 2] for i in range(len(turns))], "turns alternate"
        assert turns[-1] == "user", "the user speaks last"
        assert not (self.max_tokens and self.max_completion_tokens), "one limit"
        return self


def openai_chat(key: str | None = "canary-key-right", *, newer: bool = False) -> Service:
    """The service; not running yet. `newer`: its models refuse what the newer ones do."""
    unauthorized = error_body("Incorrect API key: canary-key-wrong", code="invalid_api_key")
    service = Service(key=key, unauthorized=unauthorized)

    @service.route("GET", "/v1/models")
    async def models(exchange: Exchange) -> None:
        cards = [{"id": name, "object": "model", "owned_by": "system"} for name in MODELS]
        await exchange.json({"object": "list", "data": cards})

    @service.route("POST", _PATH)
    async def chat(exchange: Exchange) -> None:
        asked = exchange.parsed(_Chat)
        if asked.model not in MODELS:
            raise Refused(404, error_body(f"no {asked.model}", code="model_not_found"))
        if newer:
            _refuse_as_newer_models(asked)
        prompt = asked.messages[-1].content
        answer = service.answer_to(prompt)
        limit = asked.max_completion_tokens or asked.max_tokens
        pieces, ended = limited(answer.text, None, limit)
        async with exchange.stream("text/event-stream") as stream:
            await stream.event(_chunk({"role": "assistant", "content": ""}))
            async for piece in service.paced(exchange.request, pieces):
                await stream.event(_chunk({"content": piece}))
            if answer.cut:
                return stream.cut()
            if answer.error:
                await stream.event(answer.error)
            await stream.event(_chunk({}, "length" if ended == "limit" else "stop"))
            if asked.stream_options and asked.stream_options.include_usage:
                read = sum(len(tokens(message.content)) for message in asked.messages)
                await stream.event(_usage(read, len(pieces)))
            await stream.event("[DONE]")
        return None

    return service


def error_body(message: str, *, code: str, param: str | None = None) -> dict[str, Any]:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return {"error": error}


def _refuse_as_newer_models(asked: _Chat) -> None:
    if asked.max_tokens is not None:
        param, code = "max_tokens", "unsupported_parameter"
    elif asked.stop is not None:
        param, code = "stop", "unsupported_parameter"
    elif asked.temperature not in (None, 1):
        param, code = "temperature", "unsupported_value"
    else:
        return
    raise Refused(400, error_body(f"Unsupported: {param}", code=code, param=param))


def _chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {"id": "c-1", "object": "chat.completion.chunk", "choices": [choice], "usage": None}


def _usage(prompt: int, completion: int) -> dict[str, Any]:
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0},
    }
    return {"id": "c-1", "object": "chat.completion.chunk", "choices": [], "usage": usage}

"""DeepSeek's FIM service, as its API documentation has it: "Create FIM Completion (Beta)", "Lists
Models", "Error Codes" and "Context Caching"."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from tests.support.scripted_llamacpp import tokens
from tests.support.services.base import Exchange, Refused, Service, Strict, limited

# What is listed, and what is served under an older name.
MODELS = ("deepseek-flash", "deepseek-v4-pro")
_SERVED = (*MODELS, "deepseek-v4-flash")
_FINISH = {"end": "stop", "stop": "stop", "limit": "length"}
# Only whole units of so many tokens are cached.
_CACHE_UNIT = 64


class _StreamOptions(Strict):
    include_usage: bool


class _Fim(Strict):
    model: str
    prompt: str
    suffix: str | None = None
    echo: bool | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=4096)] | None = None
    stop: str | Annotated[list[str], Field(max_length=16)] | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None

    @model_validator(mode="after")
    def _options_belong_to_streams(self) -> "_Fim":
        assert self.stream or self.stream_options is None
        return self


def deepseek(key: str | None = "canary-key-right", *, balance: float = 1.0) -> Service:
    """The service; not running yet."""
    service = Service(
        key=key,
        unauthorized=error_body(
            "Authentication Fails, Your api key: ****1234 is invalid", "authentication_error"
        ),
    )
    cached: list[str] = []

    @service.route("GET", "/models")
    async def models(exchange: Exchange) -> None:
        data = [{"id": name, "object": "model", "owned_by": "deepseek"} for name in MODELS]
        await exchange.json({"object": "list", "data": data})

    @service.route("POST", "/beta/completions")
    async def fim(exchange: Exchange) -> None:
        asked = exchange.parsed(_Fim)
        if asked.model not in _SERVED:
            raise Refused(400, error_body("Model Not Exist", "invalid_request_error"))
        if balance <= 0:
            raise Refused(402, error_body("Insufficient Balance", "unknown_error"))
        answer = service.answer_to(asked.prompt)
        stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop
        pieces, ended = limited(answer.text, stop, asked.max_tokens)
        whole = tokens(asked.prompt) + tokens(asked.suffix or "")
        hit = _shared(cached, whole)
        cached[:] = whole
        async with exchange.stream("text/event-stream") as stream:
            await stream.raw(b": keep-alive\n\n")
            async for piece in service.paced(exchange.request, pieces):
                await stream.event(_chunk(asked.model, [_choice(piece)]))
            if answer.cut:
                return stream.cut()
            if answer.error:
                await stream.event(answer.error)
            await stream.event(_chunk(asked.model, [_choice("", _FINISH[ended])]))
            if asked.stream_options is not None and asked.stream_options.include_usage:
                cost = {
                    "prompt_tokens": len(whole),
                    "completion_tokens": len(pieces),
                    "total_tokens": len(whole) + len(pieces),
                    "prompt_cache_hit_tokens": hit,
                    "prompt_cache_miss_tokens": len(whole) - hit,
                }
                await stream.event({**_chunk(asked.model, []), "usage": cost})
            await stream.event("[DONE]")
        return None

    return service


def error_body(message: str, kind: str) -> dict[str, Any]:
    error = {"message": message, "type": kind, "param": None, "code": "invalid_request_error"}
    return {"error": error}


def _shared(before: list[str], now: list[str]) -> int:
    same = 0
    while same < min(len(before), len(now)) and before[same] == now[same]:
        same += 1
    return same - same % _CACHE_UNIT


def _choice(text: str, finish: str | None = None) -> dict[str, Any]:
    return {"text": text, "index": 0, "logprobs": None, "finish_reason": finish}


def _chunk(model: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "1",
        "choices": choices,
        "created": 1,
        "model": model,
        "system_fingerprint": "fp",
        "object": "text_completion",
        "usage": None,
    }

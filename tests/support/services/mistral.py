"""Mistral's FIM service, as its API description has it: FIMCompletionStreamRequest,
CompletionChunk, UsageInfo, ModelList, HTTPValidationError; refusals in its gateway's own form."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from tests.support.scripted_llamacpp import tokens
from tests.support.services.base import Exchange, Refused, Service, Strict, limited

MODELS = ("codestral-2508", "codestral-latest", "mistral-small-latest")
_FILLING = MODELS[:2]
_FINISH = {"end": "stop", "stop": "stop", "limit": "length"}


class _Fim(Strict):
    model: str
    prompt: str
    suffix: str | None = None
    temperature: Annotated[float, Field(ge=0, le=1.5)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    max_tokens: Annotated[int, Field(ge=0)] | None = None
    min_tokens: Annotated[int, Field(ge=0)] | None = None
    stop: str | list[str] | None = None
    random_seed: Annotated[int, Field(ge=0)] | None = None
    metadata: dict[str, Any] | None = None
    stream: Literal[True]  # the only way in which we ask


def mistral(key: str | None = "canary-key-right") -> Service:
    """The service; not running yet."""
    service = Service(key=key, unauthorized={"detail": "Unauthorized"})

    @service.route("GET", "/v1/models")
    async def models(exchange: Exchange) -> None:
        await exchange.json({"object": "list", "data": [_card(name) for name in MODELS]})

    @service.route("POST", "/v1/fim/completions")
    async def fim(exchange: Exchange) -> None:
        try:
            asked = exchange.parsed(_Fim)
        except ValidationError as error:
            service.violations.append(f"POST /v1/fim/completions: {error}")
            raise Refused(422, {"detail": [{"type": "x", "loc": ["body"], "msg": "m"}]}) from error
        if asked.model not in _FILLING:
            raise Refused(400, error_body(f"Invalid model: {asked.model}", "invalid_model", "1500"))
        answer = service.answer_to(asked.prompt)
        stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop
        pieces, ended = limited(answer.text, stop, asked.max_tokens)
        async with exchange.stream("text/event-stream") as stream:
            await stream.event(_chunk(asked.model, {"role": "assistant", "content": ""}))
            async for piece in service.paced(exchange.request, pieces):
                await stream.event(_chunk(asked.model, {"content": piece}))
            if answer.cut:
                return stream.cut()
            if answer.error:
                await stream.event(answer.error)
            prompt = len(tokens(asked.prompt)) + len(tokens(asked.suffix or ""))
            cost = {
                "prompt_tokens": prompt,
                "completion_tokens": len(pieces),
                "total_tokens": prompt + len(pieces),
            }
            last = _chunk(asked.model, {"content": ""}, finish=_FINISH[ended])
            await stream.event({**last, "usage": cost})
            await stream.event("[DONE]")
        return None

    return service


def error_body(message: str, kind: str, code: str) -> dict[str, Any]:
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code}


def _card(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": 1,
        "owned_by": "mistralai",
        "capabilities": {"completion_chat": True, "completion_fim": name in _FILLING},
        "name": name,
        "max_context_length": 32768,
        "aliases": [],
    }


def _chunk(model: str, delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "cmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": model,
        "choices": [choice],
    }

"""Servers of OpenAI's `/v1/completions`, as their documentation has them: the OpenAI API reference
(completions, legacy) for all, vLLM's "OpenAI-Compatible Server" and llama.cpp's server README for
what these two add, take out and call otherwise.

Each refuses what it refuses in life, in its own words; what it would silently ignore is a violation
here, since a client that sends it is mistaken.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from tests.support.scripted_llamacpp import healed_literal, tokens
from tests.support.services.base import (
    Answer,
    Ended,
    Exchange,
    Refused,
    Service,
    Strict,
    limited,
    text_after,
)

MODEL = "qwen2.5-coder-7b"
KEY = "canary-key-right"
CONTEXT_TOKENS = 4096

# The expression that our healing makes: a literal, then anything.
_HEALING = re.compile(r"((?:[^\\.^$*+?()\[\]{}|]|\\[\\.^$*+?()\[\]{}|])+)\[\\s\\S\]\*", re.DOTALL)


class _StreamOptions(Strict):
    include_usage: bool


class _Completion(Strict):
    """What the OpenAI API reference lists."""

    model: str
    prompt: str
    suffix: str | None = None
    max_tokens: Annotated[int, Field(ge=1)] = 16
    temperature: Annotated[float, Field(ge=0, le=2)] = 1.0
    top_p: float = 1.0
    n: Literal[1] = 1
    stream: bool = False
    stream_options: _StreamOptions | None = None
    stop: Annotated[list[str], Field(max_length=4)] | str | None = None
    seed: int | None = None
    user: str | None = None

    @model_validator(mode="after")
    def _options_belong_to_streams(self) -> "_Completion":
        assert self.stream or self.stream_options is None
        return self

    @property
    def begins_with(self) -> str:
        return ""


class _VllmStreamOptions(_StreamOptions):
    continuous_usage_stats: bool = False


class _StructuredOutputs(Strict):
    regex: str


class _VllmCompletion(_Completion):
    """0.12 and later."""

    stream_options: _VllmStreamOptions | None = None
    skip_special_tokens: bool = True
    structured_outputs: _StructuredOutputs | None = None

    @property
    def begins_with(self) -> str:
        return literal(self.structured_outputs.regex) if self.structured_outputs else ""


class _OldVllmCompletion(_Completion):
    """Before 0.12."""

    stream_options: _VllmStreamOptions | None = None
    skip_special_tokens: bool = True
    guided_regex: str | None = None

    @property
    def begins_with(self) -> str:
        return literal(self.guided_regex) if self.guided_regex else ""


class _LlamaCppCompletion(_Completion):
    """It takes the options of its own `/completion` as well, and serves its model by any name."""

    model: str = ""
    suffix: None = None
    cache_prompt: bool = True
    timings_per_token: bool = False
    return_progress: bool = False
    grammar: str = ""

    @property
    def begins_with(self) -> str:
        return healed_literal({"grammar": self.grammar})


class _SglangCompletion(_Completion):
    regex: str | None = None

    @property
    def begins_with(self) -> str:
        return literal(self.regex) if self.regex else ""


class _VllmTokenize(Strict):
    model: str
    prompt: str
    add_special_tokens: bool = True
    return_token_strs: bool = False


class _LlamaCppTokenize(Strict):
    content: str
    add_special: bool = False
    parse_special: bool = True
    with_pieces: bool = False


def plain(*, key: str | None = KEY, owner: str = "organization_owner") -> Service:
    """A server that offers no more than OpenAI does, LM Studio for one."""
    service = _service(key, guarded="/")
    _list_models(service, {"owned_by": owner})

    @service.route("POST", "/v1/completions")
    async def completions(exchange: Exchange) -> None:
        asked = exchange.parsed(_Completion)
        _check_model(asked.model)
        await _answer(service, exchange, asked, Told())

    return service


def sglang() -> Service:
    service = _service(None, guarded="/")
    _list_models(service, {"owned_by": "sglang", "max_model_len": CONTEXT_TOKENS})

    @service.route("POST", "/v1/completions")
    async def completions(exchange: Exchange) -> None:
        asked = exchange.parsed(_SglangCompletion)
        _check_model(asked.model)
        await _answer(service, exchange, asked, Told())

    return service


def vllm(version: str = "0.12.0", *, key: str | None = KEY) -> Service:
    """vLLM, whose key guards /v1 only; tokens are named as byte-level BPE names them."""
    service = _service(key, guarded="/v1")
    _list_models(service, {"owned_by": "vllm", "max_model_len": CONTEXT_TOKENS})
    is_old = tuple(map(int, version.split(".")[:2])) < (0, 12)
    body: type[_VllmCompletion | _OldVllmCompletion]
    body = _OldVllmCompletion if is_old else _VllmCompletion

    @service.route("GET", "/version")
    async def version_(exchange: Exchange) -> None:
        await exchange.json({"version": version})

    @service.route("POST", "/v1/completions")
    async def completions(exchange: Exchange) -> None:
        asked = exchange.parsed(body)
        _check_model(asked.model)
        if asked.suffix is not None:
            raise Refused(400, _error("suffix is not currently supported", 400, "BadRequestError"))
        if len(tokens(asked.prompt)) + asked.max_tokens > CONTEXT_TOKENS:
            words = f"This model's maximum context length is {CONTEXT_TOKENS} tokens."
            raise Refused(400, _error(words, 400, "BadRequestError"))
        options = asked.stream_options
        running = options is not None and options.continuous_usage_stats
        await _answer(service, exchange, asked, Told(stop_reason=True, running_usage=running))

    @service.route("POST", "/tokenize")
    async def tokenize(exchange: Exchange) -> None:
        asked = exchange.parsed(_VllmTokenize)
        _check_model(asked.model)
        assert not asked.add_special_tokens, "a text in the middle of a prompt begins no sequence"
        found = tokens(asked.prompt)
        names = [byte_level(one) for one in found] if asked.return_token_strs else None
        await exchange.json(
            {
                "count": len(found),
                "max_model_len": CONTEXT_TOKENS,
                "tokens": list(range(len(found))),
                "token_strs": names,
            }
        )

    return service


def llamacpp() -> Service:
    service = _service(None, guarded="/")
    _list_models(service, {"owned_by": "llamacpp", "meta": {"n_ctx_train": 32768}})

    @service.route("GET", "/props")
    async def props(exchange: Exchange) -> None:
        settings = {"n_ctx": CONTEXT_TOKENS}
        found = {"default_generation_settings": settings, "model_alias": MODEL, "total_slots": 1}
        await exchange.json(found)

    @service.route("POST", "/v1/completions")
    async def completions(exchange: Exchange) -> None:
        asked = exchange.parsed(_LlamaCppCompletion)
        told = Told(timings=asked.timings_per_token, progress=asked.return_progress)
        await _answer(service, exchange, asked, told)

    @service.route("POST", "/tokenize")
    async def tokenize(exchange: Exchange) -> None:
        asked = exchange.parsed(_LlamaCppTokenize)
        assert asked.with_pieces
        found = [{"id": number, "piece": one} for number, one in enumerate(tokens(asked.content))]
        await exchange.json({"tokens": found})

    return service


class Told(Strict):
    """What a server says in its chunks beyond what all say."""

    stop_reason: bool = False
    running_usage: bool = False
    timings: bool = False
    progress: bool = False


def literal(regex: str) -> str:
    """The text that our healing's expression wants in front."""
    found = _HEALING.fullmatch(regex)
    assert found is not None, f"an expression of another form: {regex!r}"
    return re.sub(r"\\(.)", r"\1", found[1])


def byte_level(text: str) -> str:
    """A token's name in a vocabulary of byte-level BPE, for the characters that tests use."""
    printable = {**{chr(code): chr(0x100 + code) for code in range(0x21)}, "\x7f": "\u0121"}
    latin = text.encode("utf-8").decode("latin-1")
    # U+0080 to U+00A0 and U+00AD come behind those in the numbering of GPT-2's byte encoder.
    high = {chr(0x80 + number): chr(0x122 + number) for number in range(0x21)} | {"\xad": "\u0143"}
    return "".join((printable | high).get(char, char) for char in latin)


def _service(key: str | None, *, guarded: str) -> Service:
    return Service(
        key=key,
        guarded=guarded,
        unauthorized=_error("Unauthorized", 401, "invalid_request_error"),
    )


def _list_models(service: Service, fields: dict[str, Any]) -> None:
    @service.route("GET", "/v1/models")
    async def models(exchange: Exchange) -> None:
        entry = {"id": MODEL, "object": "model", "created": 1, **fields}
        await exchange.json({"object": "list", "data": [entry]})


def _check_model(name: str) -> None:
    if name != MODEL:
        raise Refused(404, _error(f"The model `{name}` does not exist.", 404, "NotFoundError"))


def _error(message: str, code: int, kind: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


async def _answer(service: Service, exchange: Exchange, asked: _Completion, told: Told) -> None:
    answer: Answer = service.answer_to(asked.prompt)
    assert asked.stream, "a completion that is not streamed can't be left"
    stop: Sequence[str] = [asked.stop] if isinstance(asked.stop, str) else asked.stop or ()
    text = text_after(answer, asked.begins_with)
    pieces, ended = limited(text, stop, asked.max_tokens)
    prompt = len(tokens(asked.prompt + (asked.suffix or "")))
    # llama.cpp leaves the cost to `timings` where it is asked for those.
    with_usage = asked.stream_options is not None and asked.stream_options.include_usage
    async with exchange.stream("text/event-stream") as stream:
        if told.progress:
            await stream.event(_progress(prompt))
        async for piece in service.paced(exchange.request, pieces):
            sent = exchange.request.tokens_sent + 1
            more: dict[str, Any] = _timings(prompt, sent) if told.timings else {}
            if told.running_usage:
                more["usage"] = _usage(prompt, sent)
            await stream.event(_chunk([_choice(piece)], more))
        if answer.cut:
            stream.cut()
            return
        if answer.error:
            await stream.event(answer.error)
        found = next((one for one in stop if one in text), None) if ended == "stop" else None
        reason = {"stop_reason": found} if told.stop_reason else {}
        more = _timings(prompt, len(pieces)) if told.timings else {}
        await stream.event(_chunk([_choice("", ended) | reason], more))
        if with_usage:
            await stream.event(_chunk([], {"usage": _usage(prompt, len(pieces))} | more))
        await stream.event("[DONE]")


def _choice(text: str, ended: Ended | None = None) -> dict[str, Any]:
    finish = {"end": "stop", "stop": "stop", "limit": "length"}[ended] if ended else None
    return {"index": 0, "text": text, "logprobs": None, "finish_reason": finish}


def _chunk(choices: list[dict[str, Any]], more: dict[str, Any]) -> dict[str, Any]:
    known = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": MODEL}
    return {**known, "choices": choices, **more}


def _usage(prompt: int, generated: int) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": generated,
        "total_tokens": prompt + generated,
        "prompt_tokens_details": {"cached_tokens": 1},
    }


def _timings(prompt: int, generated: int) -> dict[str, Any]:
    return {
        "timings": {
            "cache_n": 1,
            "prompt_n": prompt - 1,
            "prompt_ms": float(prompt - 1),
            "predicted_n": generated,
            "predicted_ms": 10.0 * generated,
        }
    }


def _progress(prompt: int) -> dict[str, Any]:
    done = {"total": prompt, "cache": 1, "processed": prompt, "time_ms": 0}
    return _chunk([_choice("")], {"prompt_progress": done} | _timings(prompt, 0))

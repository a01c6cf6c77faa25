"""Hugging Face's text-generation-inference, as its API description has it (GenerateRequest,
GenerateParameters, StreamResponse, Info, TokenizeResponse, ErrorResponse)."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tests.support.scripted_llamacpp import tokens
from tests.support.services.base import (
    Answer,
    Exchange,
    Refused,
    Service,
    Strict,
    limited,
    text_after,
)
from tests.support.services.openai import literal

MODEL = "bigcode/starcoder2-3b"
MAX_INPUT_TOKENS = 4095
_FINISH = {"end": "eos_token", "stop": "stop_sequence", "limit": "length"}


class _Grammar(Strict):
    type: Literal["regex"]
    value: str


class _Parameters(Strict):
    """What is left out here the client has no use for."""

    max_new_tokens: Annotated[int, Field(gt=0)] | None = None
    do_sample: bool = False
    temperature: Annotated[float, Field(gt=0)] | None = None
    top_p: Annotated[float, Field(gt=0, lt=1)] | None = None
    return_full_text: bool | None = None
    details: bool = False
    decoder_input_details: bool = False
    seed: int | None = None
    stop: list[str] | None = None
    grammar: _Grammar | None = None


class _Generate(Strict):
    inputs: str
    parameters: _Parameters = _Parameters()


def tgi(
    *,
    max_stops: int = 4,
    takes_grammars: bool = True,
    in_bytes: bool = False,
    key: str | None = None,
) -> Service:
    """The server. `in_bytes`: whether /tokenize counts bytes, and not characters."""
    service = Service(key=key)

    @service.route("GET", "/info")
    async def info(exchange: Exchange) -> None:
        await exchange.json(
            {
                "model_id": MODEL,
                "model_sha": "0",
                "max_concurrent_requests": 128,
                "max_best_of": 2,
                "max_stop_sequences": max_stops,
                "max_input_tokens": MAX_INPUT_TOKENS,
                "max_total_tokens": MAX_INPUT_TOKENS + 1,
                "validation_workers": 2,
                "max_client_batch_size": 4,
                "router": "text-generation-router",
                "version": "3.3.4",
            }
        )

    @service.route("POST", "/tokenize")
    async def tokenize(exchange: Exchange) -> None:
        text = exchange.parsed(_Generate).inputs
        # The token that begins every sequence stands nowhere.
        found = [{"id": 0, "text": "<s>", "start": 0, "stop": 0}]
        at = 0
        for number, token in enumerate(tokens(text)):
            size = len(token.encode()) if in_bytes else len(token)
            found.append({"id": number, "text": token, "start": at, "stop": at + size})
            at += size
        await exchange.json(found)

    @service.route("POST", "/generate_stream")
    async def generate(exchange: Exchange) -> None:
        asked = exchange.parsed(_Generate)
        options = asked.parameters
        assert options.do_sample or options.temperature is None
        try:
            _validate(asked, max_stops=max_stops, takes_grammars=takes_grammars)
            answer = service.answer_to(asked.inputs)
        except Refused as refusal:
            if refusal.status != 200:
                raise
            async with exchange.stream("text/event-stream") as stream:
                await stream.event(refusal.body)
            return
        await _answer(service, exchange, asked, answer)

    return service


def error_body(kind: str, message: str) -> dict[str, Any]:
    return {"error": message, "error_type": kind}


def _validate(asked: _Generate, *, max_stops: int, takes_grammars: bool) -> None:
    """Raises Refused with the status 200 that a stream has begun with."""
    options = asked.parameters
    if len(options.stop or ()) > max_stops:
        words = (
            f"`stop` supports up to {max_stops} stop sequences. Given: {len(options.stop or ())}"
        )
        raise Refused(200, error_body("validation", f"Input validation error: {words}"))
    if options.grammar is not None and not takes_grammars:
        raise Refused(
            200, error_body("validation", "Input validation error: grammar is not supported")
        )
    if (size := len(tokens(asked.inputs))) > MAX_INPUT_TOKENS:
        words = f"`inputs` must have less than {MAX_INPUT_TOKENS} tokens. Given: {size}"
        raise Refused(200, error_body("validation", f"Input validation error: {words}"))


async def _answer(service: Service, exchange: Exchange, asked: _Generate, answer: Answer) -> None:
    """Token by token; the last one of an answer that a stop string ended holds that string."""
    options = asked.parameters
    begin = literal(options.grammar.value) if options.grammar else ""
    text = text_after(answer, begin)
    pieces, ended = limited(text, options.stop, options.max_new_tokens)
    if ended == "stop":
        rest = text[len("".join(pieces)) :]
        pieces.append(next(one for one in options.stop or () if rest.startswith(one)))
    cost = {
        "finish_reason": _FINISH[ended],
        "generated_tokens": len(pieces),
        "input_length": len(tokens(asked.inputs)),
        "seed": None,
    }
    last = {"generated_text": "".join(pieces), "details": cost if options.details else None}
    async with exchange.stream("text/event-stream") as stream:
        # The end token comes with the details where it ends the answer, else the last of the text.
        shown = pieces if ended == "end" else pieces[:-1]
        async for piece in service.paced(exchange.request, shown):
            await stream.event(_event(piece))
        if answer.cut:
            stream.cut()
            return
        if answer.error:
            await stream.event(answer.error)
        if ended == "end":
            await stream.event(_event("<|endoftext|>", special=True) | last)
        else:
            await stream.event(_event(pieces[-1]) | last)


def _event(text: str, *, special: bool = False) -> dict[str, Any]:
    token = {"id": 1, "text": text, "logprob": -0.1, "special": special}
    return {"index": 1, "token": token, "generated_text": None, "details": None}

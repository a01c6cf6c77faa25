"""Anthropic's messages, as the API reference has them (messages; streaming; errors; models)."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from tests.support.scripted_llamacpp import tokens
from tests.support.services.base import Exchange, Refused, Service, Strict, limited

MODELS = ("claude-haiku-4-5", "claude-opus-4-7")
_SAMPLED = MODELS[:1]
_MAX_CACHE_MARKS = 4


class _CacheControl(Strict):
    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] | None = None


class _Block(Strict):
    type: Literal["text"]
    text: str
    cache_control: _CacheControl | None = None

    @field_validator("text")
    @classmethod
    def has_text(cls, text: str) -> str:
        assert text.strip(), "a block of nothing but blanks"
        return text


class _Message(Strict):
    role: Literal["user", "assistant"]
    content: str | Annotated[list[_Block], Field(min_length=1)]


class _Messages(Strict):
    model: str
    max_tokens: Annotated[int, Field(ge=1)]
    messages: Annotated[list[_Message], Field(min_length=1)]
    system: str | list[_Block] | None = None
    stop_sequences: list[str] | None = None
    temperature: Annotated[float, Field(ge=0, le=1)] | None = None
    stream: Literal[True]  # the only way in which we ask

    @model_validator(mode="after")
    def check(self) -> "_Messages":
        roles = [message.role for message in self.messages]
        assert roles == [("user", "assistant")[i % 2] for i in range(len(roles))], "turns alternate"
        assert all(one.strip() for one in self.stop_sequences or ()), "a stop of blanks"
        marks = [block for block in self.blocks() if block.cache_control is not None]
        assert len(marks) <= _MAX_CACHE_MARKS
        return self

    def blocks(self) -> list[_Block]:
        held = [self.system, *(message.content for message in self.messages)]
        return [block for one in held if isinstance(one, list) for block in one]

    def prompt(self) -> str:
        content = self.messages[-1].content
        return content if isinstance(content, str) else "".join(block.text for block in content)


def anthropic(key: str | None = "canary-key-right") -> Service:
    """The service; not running yet."""
    service = Service(
        key=key,
        key_header="x-api-key",
        unauthorized=error_body("authentication_error", "invalid x-api-key"),
        unknown=error_body("not_found_error", "Not Found"),
    )

    def check_version(exchange: Exchange) -> None:
        if exchange.request.headers.get("anthropic-version") != "2023-06-01":
            raise Refused(400, error_body("invalid_request_error", "anthropic-version: missing"))

    @service.route("GET", "/v1/models")
    async def models(exchange: Exchange) -> None:
        check_version(exchange)
        cards = [{"id": name, "type": "model", "max_input_tokens": 200_000} for name in MODELS]
        await exchange.json({"data": cards, "has_more": False})

    @service.route("POST", "/v1/messages")
    async def messages(exchange: Exchange) -> None:
        check_version(exchange)
        asked = exchange.parsed(_Messages)
        if asked.model not in MODELS:
            raise Refused(404, error_body("not_found_error", f"model: {asked.model}"))
        if asked.temperature is not None and asked.model not in _SAMPLED:
            said = "`temperature` is deprecated for this model."
            raise Refused(400, error_body("invalid_request_error", said))
        answer = service.answer_to(asked.prompt())
        pieces, ended = limited(answer.text, asked.stop_sequences, asked.max_tokens)
        reasons = {"end": "end_turn", "stop": "stop_sequence", "limit": "max_tokens"}
        async with exchange.stream("text/event-stream") as stream:

            async def send(kind: str, **fields: Any) -> None:
                await stream.event({"type": kind} | fields, name=kind)

            usage = {
                "input_tokens": len(tokens(asked.prompt())),
                "cache_creation_input_tokens": 3,
                "cache_read_input_tokens": 2,
                "output_tokens": 1,
            }
            await send("message_start", message={"id": "m-1", "content": [], "usage": usage})
            await send("content_block_start", index=0, content_block={"type": "text", "text": ""})
            await send("ping")
            async for piece in service.paced(exchange.request, pieces):
                delta = {"type": "text_delta", "text": piece}
                await send("content_block_delta", index=0, delta=delta)
            if answer.cut:
                return stream.cut()
            if answer.error:
                await stream.event(answer.error, name="error")
            await send("content_block_stop", index=0)
            ending = {"stop_reason": reasons[ended], "stop_sequence": None}
            await send("message_delta", delta=ending, usage={"output_tokens": len(pieces)})
            await send("message_stop")
        return None

    return service


def error_body(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "q-1"}

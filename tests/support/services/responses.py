"""OpenAI's responses, as the API reference has them (responses, create; streaming events)."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tests.support.scripted_llamacpp import tokens
from tests.support.services.base import Exchange, Refused, Service, Strict, limited
from tests.support.services.openai_chat import MODELS, error_body


class _Input(Strict):
    role: Literal["user", "assistant", "system", "developer"]
    content: Annotated[str, Field(min_length=1)]


class _Response(Strict):
    model: str
    instructions: str | None = None
    input: Annotated[list[_Input], Field(min_length=1)]
    max_output_tokens: Annotated[int, Field(ge=16)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    store: Literal[False]  # the service keeps what it is not told to forget
    stream: Literal[True]  # the only way in which we ask


def responses(key: str | None = "canary-key-right") -> Service:
    """The service; not running yet."""
    service = Service(key=key, unauthorized=error_body("wrong key", code="invalid_api_key"))

    @service.route("GET", "/v1/models")
    async def models(exchange: Exchange) -> None:
        cards = [{"id": name, "object": "model", "owned_by": "system"} for name in MODELS]
        await exchange.json({"object": "list", "data": cards})

    @service.route("POST", "/v1/responses")
    async def respond(exchange: Exchange) -> None:
        asked = exchange.parsed(_Response)
        if asked.model not in MODELS:
            raise Refused(404, error_body(f"no {asked.model}", code="model_not_found"))
        answer = service.answer_to(asked.input[-1].content)
        pieces, ended = limited(answer.text, None, asked.max_output_tokens)
        read = len(tokens((asked.instructions or "") + asked.input[-1].content))
        async with exchange.stream("text/event-stream") as stream:

            async def send(kind: str, **fields: Any) -> None:
                await stream.event({"type": kind, "sequence_number": 1} | fields, name=kind)

            await send("response.created", response={"id": "r-1", "status": "in_progress"})
            place = {"item_id": "m-1", "output_index": 0, "content_index": 0}
            async for piece in service.paced(exchange.request, pieces):
                await send("response.output_text.delta", delta=piece, **place)
            if answer.cut:
                return stream.cut()
            if answer.error:
                await send(answer.error["type"], **answer.error["fields"])
            await send("response.output_text.done", text="".join(pieces), **place)
            usage = {
                "input_tokens": read,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": len(pieces),
                "output_tokens_details": {"reasoning_tokens": 0},
            }
            if ended == "limit":
                why = {"reason": "max_output_tokens"}
                last = {"status": "incomplete", "incomplete_details": why, "usage": usage}
                await send("response.incomplete", response=last)
            else:
                await send("response.completed", response={"status": "completed", "usage": usage})
        return None

    return service

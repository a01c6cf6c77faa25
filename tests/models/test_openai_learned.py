"""What a server behind `/v1/completions` is found to be, and to take."""

import asyncio
from collections.abc import Callable

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.protocol import Healing
from tests.models.contract import answered, collect, ready_request, text_of
from tests.models.openai_asked import PATH, asked
from tests.support.services import openai
from tests.support.services.base import Exchange, Service


@pytest.mark.parametrize(
    ("make", "healing"),
    [
        (openai.plain, Healing.CHECKED),
        (lambda: openai.plain(owner="library"), Healing.CHECKED),
        (openai.vllm, Healing.CONSTRAINED),
        (lambda: openai.vllm("0.9.0.1"), Healing.CONSTRAINED),
        (openai.sglang, Healing.CONSTRAINED),
        (openai.llamacpp, Healing.CONSTRAINED),
    ],
)
async def test_healing_is_settled_by_what_the_server_says_it_is(
    make: Callable[[], Service], healing: Healing
) -> None:
    async with asked(make()) as backend:
        assert backend.prompting.healing is Healing.CHECKED
        await backend.prepare()
        assert backend.prompting.healing is healing


async def test_a_server_is_asked_once_what_it_is_however_many_wait() -> None:
    async with asked(service := openai.vllm()) as backend:
        await asyncio.gather(*(backend.prepare() for _ in range(3)))
        await backend.prepare()
    assert [one.path for one in service.requests] == ["/v1/models", "/version"]


async def test_a_caller_that_leaves_does_not_make_the_next_one_begin_anew() -> None:
    async with asked(service := openai.vllm()) as backend:
        leaving = asyncio.create_task(backend.prepare())
        await service.next_request("/v1/models")
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        await backend.prepare()
    assert [one.path for one in service.requests] == ["/v1/models", "/version"]


async def test_another_server_that_comes_up_at_the_address_is_noticed() -> None:
    other = openai.llamacpp()
    async with asked(service := openai.vllm()) as backend:
        request = await ready_request(backend, must_begin_with="x")
        await service.__aexit__(None)
        with pytest.raises(ModelError) as caught:
            await collect(backend, request)
        assert caught.value.kind is ModelErrorKind.UNREACHABLE
        with pytest.raises(ModelError) as caught:
            await backend.prepare()
        assert caught.value.kind is ModelErrorKind.UNREACHABLE
        other.url = service.url
        async with other:
            await backend.prepare()
            assert text_of(await collect(backend, request)).startswith("x")
        await service.__aenter__()
    assert "grammar" in other.asked(PATH)[0].body


async def test_a_server_without_a_list_of_models_is_asked_as_any() -> None:
    service = openai.plain()
    service.without("GET", "/v1/models")
    async with asked(service) as backend:
        assert text_of(await answered(backend, max_tokens=32)) == "a + b  # sum"
        assert backend.prompting.healing is Healing.CHECKED
        assert (await backend.describe()).model == openai.MODEL


async def test_a_list_of_models_that_fails_does_not_keep_from_completing() -> None:
    service = openai.plain()

    @service.route("GET", "/v1/models")
    async def models(exchange: Exchange) -> None:
        await exchange.json({"error": {"message": "x"}}, status=500)

    async with asked(service) as backend:
        for _ in range(3):
            await backend.prepare()
        assert len(service.asked("/v1/models")) == 1
        assert text_of(await answered(backend, max_tokens=32)) == "a + b  # sum"


async def test_a_vllm_that_hides_its_version_is_not_constrained_by_a_guess() -> None:
    service = openai.vllm()
    service.without("GET", "/version")
    async with asked(service) as backend:
        await answered(backend, must_begin_with="x")
    assert "structured_outputs" not in service.asked(PATH)[0].body


async def test_a_server_that_refuses_to_constrain_is_not_asked_to_again() -> None:
    async with asked(service := openai.vllm()) as backend:
        words = "Structured outputs are not supported with this engine."
        error = {"message": words, "type": "BadRequestError", "code": 400}
        service.answer(status=400, error={"error": error})
        with pytest.raises(ModelError, match="done without from now on"):
            await answered(backend, must_begin_with="x")
        service.answer("a + b")
        assert text_of(await answered(backend, must_begin_with="x")) == "a + b"
        assert backend.prompting.healing is Healing.CHECKED
        assert await backend.tokenize("a b") == ("a", " ", "b")


async def test_the_only_model_of_a_server_is_asked_for_where_none_is_named() -> None:
    async with asked(service := openai.vllm(), model=None) as backend:
        await answered(backend)
    assert service.asked(PATH)[0].body["model"] == openai.MODEL


async def test_which_of_several_models_is_meant_has_to_be_said() -> None:
    service = openai.plain()

    @service.route("GET", "/v1/models")
    async def models(exchange: Exchange) -> None:
        await exchange.json({"data": [{"id": "a"}, {"id": "b"}]})

    @service.route("POST", PATH)
    async def completions(exchange: Exchange) -> None:
        assert "model" not in exchange.request.body
        error = {"message": "you must provide a model parameter", "type": "invalid_request_error"}
        await exchange.json({"error": error}, status=400)

    async with asked(service, model=None) as backend:
        with pytest.raises(ModelError, match="which of its models to ask") as caught:
            await answered(backend)
        assert "is not set (`model`)" in (await backend.describe()).details
    assert caught.value.kind is ModelErrorKind.NOT_FOUND


@pytest.mark.parametrize(
    ("make", "details"),
    [
        (openai.vllm, "vLLM 0.12.0"),
        (openai.plain, "OpenAI-compatible"),
        (openai.llamacpp, "1 slot, through /v1/completions"),
    ],
)
async def test_tells_what_server_and_model_it_is(make: Callable[[], Service], details: str) -> None:
    async with asked(make()) as backend:
        info = await backend.describe()
    assert (info.model, info.details) == (openai.MODEL, details)
    assert info.context_tokens == (None if make is openai.plain else openai.CONTEXT_TOKENS)

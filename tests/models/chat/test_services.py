"""The chat backends against servers that keep to the API descriptions.

`UPDATE_GOLDEN=1 python -m pytest tests/models/chat/test_services.py` writes the golden requests
anew; reading what changed in them is the review of a changed prompt.
"""

import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings, Secret
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models import hosted
from aicopilot_lsp.models.chat import anthropic as anthropic_api
from aicopilot_lsp.models.chat import openai as openai_api
from aicopilot_lsp.models.chat import responses as responses_api
from aicopilot_lsp.models.chat.api import ChatApi, openai_reason
from aicopilot_lsp.models.chat.ollama import OllamaChat
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.protocol import (
    Finished,
    FinishReason,
    Healing,
    Hole,
    Layout,
    Mode,
    Snippet,
)
from aicopilot_lsp.plugins import BackendContext
from tests.models.contract import BackendContract, answered, text_of
from tests.support.services.anthropic import anthropic
from tests.support.services.base import Service
from tests.support.services.ollama_chat import MODEL, ollama_chat
from tests.support.services.openai_chat import openai_chat
from tests.support.services.responses import responses

_CANARY = "canary = 'the source of a user'"
_ANSWER = "```python\na + b  # the sum\n```"
_MANY = "```python\n" + "a + " * 80 + "b\n```"
_HOLE = Hole(
    prefix="def add(a, b):\n    return ",
    suffix="\n",
    file_name="add.py",
    language_id="python",
    snippets=(Snippet("lib.py", "def sub(a, b): ..."),),
)


def _ollama(settings: ModelSettings, context: BackendContext) -> HttpBackend:
    api = ChatApi(settings.model or "", OllamaChat(settings.model or "", context_tokens=2048))
    return hosted.make(settings, context, api, server="Ollama", usual_url="http://127.0.0.1:11434")


@dataclass(frozen=True)
class Kind:
    """One provider: how it is made, what it talks to, where, and with which model."""

    create: Callable[[ModelSettings, BackendContext], HttpBackend]
    service: Callable[[], Service]
    model: str
    path: str


KINDS = {
    "openai-chat": Kind(openai_api.create, openai_chat, "gpt-4.1-mini", "/v1/chat/completions"),
    "openai-responses": Kind(responses_api.create, responses, "gpt-4.1-mini", "/v1/responses"),
    "anthropic": Kind(anthropic_api.create, anthropic, "claude-haiku-4-5", "/v1/messages"),
    "ollama": Kind(_ollama, ollama_chat, MODEL, "/api/chat"),
}
_HOSTED = [name for name in KINDS if name != "ollama"]


@pytest.fixture
def kind(provider: str) -> Kind:
    return KINDS[provider]


@pytest.fixture
async def server(kind: Kind) -> AsyncIterator[Service]:
    async with kind.service() as server:
        server.answer(_ANSWER)
        yield server


@pytest.fixture
async def backend(provider: str, server: Service, tmp_path: Path) -> AsyncIterator[HttpBackend]:
    backend = _made(provider, tmp_path, url=server.url)
    yield backend
    await backend.aclose()


def _made(provider: str, path: Path, **fields: Any) -> HttpBackend:
    kind = KINDS[provider]
    known: dict[str, Any] = {
        "name": "m",
        "provider": provider,
        "model": kind.model,
        "api_key": Secret("canary-key-right"),
    }
    context = BackendContext(embedded=EmbeddedSettings(), state_dir=path, cache_dir=path)
    return kind.create(ModelSettings(**(known | fields)), context)


@pytest.mark.parametrize("provider", KINDS)
class TestContract(BackendContract):
    """They keep the contract; their limit leaves room for a fence, see below."""

    takes_limit = False


@pytest.mark.parametrize("provider", KINDS)
def test_a_chat_is_asked_in_the_standard_layout_and_heals_nothing(backend: HttpBackend) -> None:
    prompting = backend.prompting
    assert prompting.mode is Mode.CHAT
    assert (prompting.layout, prompting.healing) == (Layout.STANDARD, Healing.NONE)


@pytest.mark.parametrize("provider", KINDS)
def test_a_layout_that_a_chat_has_not_is_refused(provider: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'layout = "frozen".* no place for text'):
        _made(provider, tmp_path, url="http://h.example", fim_format="chat", layout="frozen")


@pytest.mark.parametrize("provider", KINDS)
async def test_only_the_insertion_comes_through_with_its_cost(
    backend: HttpBackend, server: Service
) -> None:
    server.answer("Sure! Here is the code:\n```python\n    return a + b\n```\nIt adds them.")
    events = await answered(backend, max_tokens=64)
    assert text_of(events) == "a + b"
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.END


@pytest.mark.parametrize("provider", KINDS)
async def test_an_answer_that_was_cut_is_told_from_one_that_ended(
    backend: HttpBackend, server: Service
) -> None:
    server.answer(_MANY)
    last = (await answered(backend, max_tokens=8))[-1]
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.LIMIT
    assert last.usage.prompt_tokens
    assert last.usage.generated_tokens == 8 + 32 + 3  # the head's eleven characters


@pytest.mark.parametrize("provider", KINDS)
async def test_prose_alone_is_no_insertion(backend: HttpBackend, server: Service) -> None:
    server.answer("I'm sorry, but there is nothing to insert here.")
    assert text_of(await answered(backend, max_tokens=64)) == ""


@pytest.mark.parametrize("provider", KINDS)
async def test_a_request_is_these_bytes(
    provider: str, backend: HttpBackend, server: Service, kind: Kind
) -> None:
    await answered(backend, hole=_HOLE, stop=("\n\n",), temperature=0.2)
    (request,) = server.asked(kind.path)
    golden = Path(__file__).parent / "golden" / f"{provider}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(request.raw + b"\n")
    assert request.raw + b"\n" == golden.read_bytes()


@pytest.mark.parametrize("provider", _HOSTED)
async def test_a_wrong_key_is_an_auth_failure_that_does_not_show_it(
    provider: str, server: Service, tmp_path: Path
) -> None:
    backend = _made(provider, tmp_path, url=server.url, api_key=Secret("canary-key-wrong"))
    with pytest.raises(ModelError) as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.AUTH
    assert "canary-key-wrong" not in str(caught.value)
    await backend.aclose()


@pytest.mark.parametrize("provider", _HOSTED)
async def test_without_a_key_the_service_is_not_asked(provider: str, tmp_path: Path) -> None:
    backend = _made(provider, tmp_path, api_key=None)
    assert "key" in (await backend.readiness() or "")
    await backend.aclose()


@pytest.mark.parametrize("provider", _HOSTED)
def test_a_model_has_to_be_named(provider: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="set model = "):
        _made(provider, tmp_path, model=None)


@pytest.mark.parametrize("provider", _HOSTED)
async def test_an_unknown_model_is_not_found_and_an_address_may_end_in_its_version(
    provider: str, server: Service, tmp_path: Path
) -> None:
    backend = _made(provider, tmp_path, url=server.url + "/v1", model="another")
    with pytest.raises(ModelError, match="Check the model's name") as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.NOT_FOUND
    assert (await backend.describe()).details == "not among the models listed there"
    await backend.aclose()


def _openai_error(**fields: Any) -> dict[str, Any]:
    return {"error": {"message": _CANARY, "type": "x", "param": None, "code": None} | fields}


def _anthropic_error(kind: str, message: str = _CANARY) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


_TOO_LONG = f"prompt is too long: {_CANARY}"
_NO_CREDIT = f"Your credit balance is too low {_CANARY}"
_REFUSALS = [
    ("openai-chat", 400, _openai_error(code="context_length_exceeded"), "REJECTED", "context"),
    ("openai-chat", 429, _openai_error(code="insufficient_quota"), "AUTH", "payment"),
    ("openai-chat", 429, _openai_error(code="rate_limit_exceeded"), "BUSY", "fewer"),
    (
        "openai-responses",
        400,
        _openai_error(code="unsupported_value", param="temperature"),
        "REJECTED",
        "'temperature'",
    ),
    ("openai-responses", 400, _openai_error(param=_CANARY), "REJECTED", "rejected"),
    ("anthropic", 529, _anthropic_error("overloaded_error"), "BUSY", "overloaded"),
    ("anthropic", 504, _anthropic_error("timeout_error"), "TIMEOUT", "waiting"),
    ("anthropic", 429, _anthropic_error("rate_limit_error"), "BUSY", "fewer"),
    ("anthropic", 413, _anthropic_error("request_too_large"), "REJECTED", "large"),
    ("anthropic", 403, _anthropic_error("permission_error"), "AUTH", "key"),
    ("anthropic", 402, _anthropic_error("billing_error"), "AUTH", "payment"),
    ("anthropic", 500, _anthropic_error("api_error"), "SERVER", "failed"),
    ("anthropic", 400, _anthropic_error("invalid_request_error", _TOO_LONG), "REJECTED", "context"),
    ("anthropic", 400, _anthropic_error("invalid_request_error", _NO_CREDIT), "AUTH", "payment"),
    ("ollama", 500, {"error": _CANARY}, "SERVER", "failed"),
]


@pytest.mark.parametrize(("provider", "status", "error", "failure", "words"), _REFUSALS)
async def test_refusals_are_told_in_our_words(
    backend: HttpBackend, server: Service, status: int, error: Any, failure: str, words: str
) -> None:
    server.answer(status=status, error=error, headers={"retry-after": "7"})
    with pytest.raises(ModelError, match=words) as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind[failure]
    assert caught.value.retry_after_s == 7
    assert "canary" not in str(caught.value)


_IN_STREAM = [
    ("openai-chat", _openai_error(code="context_length_exceeded"), "REJECTED"),
    ("openai-chat", _openai_error(code=500), "SERVER"),
    (
        "openai-responses",
        {"type": "error", "fields": {"code": "rate_limit_exceeded", "message": _CANARY}},
        "BUSY",
    ),
    (
        "openai-responses",
        {
            "type": "response.failed",
            "fields": {"response": {"error": {"code": "server_error", "message": _CANARY}}},
        },
        "SERVER",
    ),
    ("anthropic", _anthropic_error("overloaded_error"), "BUSY"),
    ("anthropic", _anthropic_error("api_error"), "SERVER"),
    ("ollama", {"error": _CANARY}, "SERVER"),
]


@pytest.mark.parametrize(("provider", "error", "failure"), _IN_STREAM)
async def test_an_error_in_the_stream_is_told_in_our_words(
    backend: HttpBackend, server: Service, error: Any, failure: str
) -> None:
    server.answer("```\na", error=error)
    with pytest.raises(ModelError) as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind[failure]
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("provider", KINDS)
async def test_an_answer_that_breaks_off_is_no_answer(
    backend: HttpBackend, server: Service
) -> None:
    server.answer("```\na + b", cut=True)
    with pytest.raises(ModelError) as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.INTERRUPTED


@pytest.mark.parametrize("provider", ["openai-chat"])
async def test_newer_models_of_the_service_get_no_field_that_they_refuse(
    tmp_path: Path, provider: str
) -> None:
    settings = ModelSettings(name="m", provider=provider, model="gpt-5-mini")
    fields = openai_api.fields_at(settings, "gpt-5-mini")
    create = partial(openai_api.OpenAiChat, "gpt-5-mini")
    context = BackendContext(embedded=EmbeddedSettings(), state_dir=tmp_path, cache_dir=tmp_path)
    async with openai_chat(newer=True) as server:
        server.answer(_ANSWER)
        settings = ModelSettings(
            name="m", provider=provider, url=server.url, api_key=Secret("canary-key-right")
        )
        for dialect, is_refused in ((create(fields=fields), False), (create(), True)):
            backend = hosted.make(
                settings,
                context,
                ChatApi("gpt-5-mini", dialect),
                server="OpenAI",
                usual_url="",
                explain=openai_reason,
            )
            if is_refused:
                with pytest.raises(ModelError, match="does not take the field 'max_tokens'"):
                    await answered(backend)
            else:
                assert text_of(await answered(backend)) == "a + b  # the sum"
            await backend.aclose()


def test_the_temperature_is_told_where_the_service_takes_one() -> None:
    settings = ModelSettings(name="m", provider="openai-chat")
    assert openai_api.fields_at(settings, "gpt-4.1-mini") == openai_api.Fields(
        limit="max_completion_tokens", temperature=True
    )
    assert not openai_api.fields_at(settings, "a-model-to-come").temperature


@pytest.mark.parametrize("provider", ["anthropic"])
async def test_what_the_cache_had_counts_as_cached(backend: HttpBackend) -> None:
    last = (await answered(backend, max_tokens=64))[-1]
    assert isinstance(last, Finished)
    usage = last.usage
    assert (usage.cached_tokens, usage.prompt_tokens) == (2, 2 + (usage.evaluated_tokens or 0))


@pytest.mark.parametrize("provider", ["anthropic"])
async def test_models_are_described_from_the_list(backend: HttpBackend) -> None:
    info = await backend.describe()
    assert (info.model, info.context_tokens) == ("claude-haiku-4-5", 200_000)

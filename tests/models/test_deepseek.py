"""The DeepSeek backend against a server that keeps to DeepSeek's API documentation."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings, Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.deepseek import create
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.protocol import Finished, FinishReason, Hole, Snippet
from aicopilot_lsp.plugins import BackendContext
from tests.models.contract import BackendContract, answered, text_of
from tests.support.services.base import Service
from tests.support.services.deepseek import deepseek, error_body

_PATH = "/beta/completions"
_CANARY = "canary = 'the source of a user'"


@pytest.fixture
async def server() -> AsyncIterator[Service]:
    async with deepseek() as server:
        server.answer("a + b  # sum")
        yield server


def _made(server: Service, tmp_path: Path, **fields: Any) -> HttpBackend:
    known: dict[str, Any] = {"url": server.url, "api_key": Secret("canary-key-right")}
    settings = ModelSettings(name="m", provider="deepseek", **(known | fields))
    return create(settings, _context(tmp_path))


def _context(path: Path) -> BackendContext:
    return BackendContext(embedded=EmbeddedSettings(), state_dir=path, cache_dir=path)


@pytest.fixture
async def backend(server: Service, tmp_path: Path) -> AsyncIterator[HttpBackend]:
    backend = _made(server, tmp_path)
    yield backend
    await backend.aclose()


class TestContract(BackendContract):
    """It keeps the contract."""


async def test_a_request_is_these_bytes(backend: HttpBackend, server: Service) -> None:
    await answered(backend, stop=("\n\n",))
    (request,) = server.asked(_PATH)
    assert request.raw == (
        b'{"model":"deepseek-flash","prompt":"def add(a, b):\\n    return ","suffix":"\\n",'
        b'"max_tokens":8,"temperature":0.0,"stream":true,'
        b'"stream_options":{"include_usage":true},"stop":["\\n\\n"]}'
    )
    assert request.headers["authorization"] == "Bearer canary-key-right"


async def test_never_asks_for_more_than_the_service_takes(
    backend: HttpBackend, server: Service
) -> None:
    server.answer("x 19 y")
    stops = tuple(str(number) for number in range(100, 116))
    events = await answered(backend, max_tokens=9_999, stop=(*stops, "19"))
    body = server.asked(_PATH)[0].body
    assert body["max_tokens"] == 4096
    assert body["stop"] == list(stops)
    # The one that the service has no room for is kept to all the same.
    assert text_of(events) == "x "


async def test_other_files_stand_before_the_hole_under_their_paths(
    backend: HttpBackend, server: Service
) -> None:
    hole = Hole(
        prefix="x", middle=" = ", suffix="", file_name="b.py", snippets=(Snippet("a.py", "A = 1"),)
    )
    await answered(backend, hole=hole)
    assert server.asked(_PATH)[0].body["prompt"] == "#a.py\nA = 1\n#b.py\nx = "


async def test_tells_what_the_cache_saved(backend: HttpBackend) -> None:
    prefix = "a b " * 50
    for hit in (0, 192):
        last = (await answered(backend, prefix))[-1]
        assert isinstance(last, Finished)
        assert last.reason is FinishReason.LIMIT
        usage = last.usage
        assert usage.cached_tokens == hit
        assert (usage.cached_tokens or 0) + (usage.evaluated_tokens or 0) == usage.prompt_tokens
        assert usage.generated_tokens == 8


async def test_says_how_an_answer_ended(backend: HttpBackend, server: Service) -> None:
    last = (await answered(backend, max_tokens=64))[-1]
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.END


def _ends(reason: str) -> dict[str, Any]:
    return {"choices": [{"text": "", "index": 0, "finish_reason": reason}]}


async def test_a_filtered_answer_is_not_taken_for_a_whole_one(
    backend: HttpBackend, server: Service
) -> None:
    server.answer("a", error=_ends("content_filter"))
    last = (await answered(backend))[-1]
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.LIMIT


async def test_running_out_of_resources_in_the_middle_is_being_busy(
    backend: HttpBackend, server: Service
) -> None:
    server.answer("a", error=_ends("insufficient_system_resource"))
    with pytest.raises(ModelError) as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.BUSY


async def test_an_empty_account_is_said_in_our_words(tmp_path: Path) -> None:
    async with deepseek(balance=0.0) as server:
        backend = _made(server, tmp_path)
        with pytest.raises(ModelError, match=r"no balance left \(402\)\. Top it up") as caught:
            await answered(backend)
        assert caught.value.kind is ModelErrorKind.AUTH
        await backend.aclose()


async def test_a_model_that_it_has_not_is_named(server: Service, tmp_path: Path) -> None:
    backend = _made(server, tmp_path, model="deepseek-coder")
    with pytest.raises(ModelError, match=r"no model 'deepseek-coder'.*deepseek-flash") as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.NOT_FOUND
    await backend.aclose()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, ModelErrorKind.REJECTED, "400"),
        (401, ModelErrorKind.AUTH, "Check the model's key"),
        (402, ModelErrorKind.AUTH, "402"),
        (404, ModelErrorKind.NOT_FOUND, "404"),
        (422, ModelErrorKind.REJECTED, "422"),
        (429, ModelErrorKind.BUSY, "fewer requests"),
        (500, ModelErrorKind.SERVER, "500"),
        (503, ModelErrorKind.BUSY, "overloaded"),
    ],
)
async def test_refusals_are_told_in_our_words(
    backend: HttpBackend, server: Service, status: int, kind: ModelErrorKind, words: str
) -> None:
    server.answer(status=status, error=error_body(_CANARY, "invalid_request_error"))
    with pytest.raises(ModelError, match=words) as caught:
        await answered(backend)
    assert caught.value.kind is kind
    assert "canary" not in str(caught.value)


async def test_an_error_in_the_stream_is_told_in_our_words(
    backend: HttpBackend, server: Service
) -> None:
    server.answer("a", error=error_body(_CANARY, "server_error"))
    with pytest.raises(ModelError) as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.SERVER
    assert "canary" not in str(caught.value)


async def test_a_wrong_key_is_an_auth_failure_that_does_not_show_it(
    server: Service, tmp_path: Path
) -> None:
    backend = _made(server, tmp_path, api_key=Secret("canary-key-wrong"))
    with pytest.raises(ModelError) as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.AUTH
    assert "canary" not in str(caught.value)
    await backend.aclose()


async def test_without_a_key_nobody_is_asked_and_the_reason_is_told(tmp_path: Path) -> None:
    backend = create(ModelSettings(name="ds", provider="deepseek"), _context(tmp_path))
    assert "`aicopilot key set ds`" in str(await backend.readiness())
    with pytest.raises(ModelError, match="DeepSeek serves nobody without one"):
        await answered(backend)
    assert backend.contacted() == ()
    await backend.aclose()


@pytest.mark.parametrize(
    ("model", "details"),
    [("deepseek-flash", ""), ("deepseek-v4-flash", "not among the models listed there")],
)
async def test_describes_whether_the_model_is_listed(
    server: Service, tmp_path: Path, model: str, details: str
) -> None:
    backend = _made(server, tmp_path, model=model)
    info = await backend.describe()
    assert (info.model, info.details) == (model, details)
    await backend.aclose()


@pytest.mark.parametrize("end", ["/beta", "/v1", ""])
async def test_an_address_may_end_as_those_in_its_documentation_do(
    server: Service, tmp_path: Path, end: str
) -> None:
    backend = _made(server, tmp_path, url=server.url + end)
    assert text_of(await answered(backend))
    await backend.aclose()

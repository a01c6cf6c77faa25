"""The Tabby backend against a server that keeps to Tabby's API description."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings, Secret
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.protocol import Finished, FinishReason, Hole, Snippet, Usage
from aicopilot_lsp.models.tabby import create
from aicopilot_lsp.plugins import BackendContext
from tests.models.contract import BackendContract, answered, text_of
from tests.support.services.base import Exchange, Service
from tests.support.services.tabby import tabby

_PATH = "/v1/completions"


@pytest.fixture
async def server() -> AsyncIterator[Service]:
    async with tabby() as server:
        server.answer("a + b  # sum")
        yield server


def _made(server: Service, tmp_path: Path, **fields: Any) -> HttpBackend:
    known: dict[str, Any] = {"url": server.url, "api_key": Secret("canary-key-right")}
    settings = ModelSettings(name="m", provider="tabby", **(known | fields))
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
    snippets = (Snippet("a.py", "A = 1"), Snippet("b.py", "B = 2"))
    hole = Hole(
        prefix="x",
        middle=" = ",
        suffix="\n",
        file_name="c.py",
        language_id="python",
        snippets=snippets,
    )
    await answered(backend, hole=hole)
    (request,) = server.asked(_PATH)
    assert request.raw == (
        b'{"segments":{"prefix":"x = ","suffix":"\\n","filepath":"c.py",'
        b'"relevant_snippets_from_recently_opened_files":['
        b'{"filepath":"b.py","body":"B = 2","score":1.0},'
        b'{"filepath":"a.py","body":"A = 1","score":0.5}]},'
        b'"temperature":0.0,"language":"python"}'
    )
    assert request.headers["authorization"] == "Bearer canary-key-right"


async def test_what_is_not_known_is_not_sent(backend: HttpBackend, server: Service) -> None:
    await answered(backend, hole=Hole(prefix="x", suffix=""))
    assert server.asked(_PATH)[0].body == {
        "segments": {"prefix": "x", "suffix": ""},
        "temperature": 0.0,
    }


@pytest.mark.parametrize(
    ("language_id", "name"),
    [
        ("typescriptreact", "typescriptreact"),
        ("shellscript", "shellscript"),
        ("bash", "shellscript"),
        ("sh", "shellscript"),
        ("latex", "tex"),
        ("plaintext", "txt"),
        ("cs", "csharp"),
    ],
)
async def test_languages_go_by_tabbys_names(
    backend: HttpBackend, server: Service, language_id: str, name: str
) -> None:
    await answered(backend, hole=Hole(prefix="x", suffix="", language_id=language_id))
    assert server.asked(_PATH)[0].body["language"] == name


async def test_a_limit_that_the_server_can_not_be_told_is_kept_to(
    backend: HttpBackend, server: Service
) -> None:
    server.answer("return self.a + 1")
    events = await answered(backend, max_tokens=4)
    assert text_of(events) == "return self.a"
    assert isinstance(events[-1], Finished)
    assert events[-1].reason is FinishReason.LIMIT


async def test_an_answer_that_may_have_been_cut_is_not_taken_for_a_whole_one(
    backend: HttpBackend, server: Service
) -> None:
    reasons = []
    for text in ("x = 1\n", "x = 1\n" * 20):
        server.answer(text)
        last = (await answered(backend, max_tokens=1_000))[-1]
        assert isinstance(last, Finished)
        reasons.append(last.reason)
    assert reasons == [FinishReason.END, FinishReason.LIMIT]


async def test_says_nothing_of_costs_that_it_is_not_told(backend: HttpBackend) -> None:
    last = (await answered(backend))[-1]
    assert isinstance(last, Finished)
    assert last.usage == Usage()


async def test_an_answer_without_a_choice_is_an_empty_one(
    backend: HttpBackend, server: Service
) -> None:
    @server.route("POST", _PATH)
    async def nothing(exchange: Exchange) -> None:
        await exchange.json({"id": "cmpl-1", "choices": []})

    assert text_of(await answered(backend)) == ""


@pytest.mark.parametrize("answer", [{}, {"choices": "x"}, {"choices": [{"text": 1}]}])
async def test_an_answer_of_another_form_is_none_of_tabbys(
    backend: HttpBackend, server: Service, answer: dict[str, Any]
) -> None:
    @server.route("POST", _PATH)
    async def other(exchange: Exchange) -> None:
        await exchange.json(answer)

    with pytest.raises(ModelError) as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.PROTOCOL


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, ModelErrorKind.REJECTED, "400"),
        (401, ModelErrorKind.AUTH, "Check the model's key"),
        (404, ModelErrorKind.NOT_FOUND, "not look like a Tabby server"),
        (422, ModelErrorKind.REJECTED, "422"),
        (500, ModelErrorKind.SERVER, "500"),
        (501, ModelErrorKind.NOT_FOUND, "without a model for completions"),
    ],
)
async def test_refusals_are_told_in_our_words(
    backend: HttpBackend, server: Service, status: int, kind: ModelErrorKind, words: str
) -> None:
    server.answer(status=status, error={"message": "canary"})
    with pytest.raises(ModelError, match=words) as caught:
        await answered(backend)
    assert caught.value.kind is kind
    assert "canary" not in str(caught.value)


async def test_a_wrong_token_is_an_auth_failure(server: Service, tmp_path: Path) -> None:
    backend = _made(server, tmp_path, api_key=Secret("canary-key-wrong"))
    with pytest.raises(ModelError) as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.AUTH
    assert "canary" not in str(caught.value)
    await backend.aclose()


async def test_a_server_without_accounts_needs_no_key(tmp_path: Path) -> None:
    async with tabby(key=None) as server:
        backend = _made(server, tmp_path, api_key=None)
        assert await backend.readiness() is None
        assert text_of(await answered(backend))
        await backend.aclose()


async def test_describes_model_device_and_version(backend: HttpBackend) -> None:
    info = await backend.describe()
    assert (info.model, info.details) == ("StarCoder-1B", "cuda, Tabby v0.32.0")


def test_has_to_be_told_where_the_server_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'usually have url = "http://127\.0\.0\.1:8080"'):
        create(ModelSettings(name="m", provider="tabby"), _context(tmp_path))


@pytest.mark.parametrize("end", ["/v1/", ""])
async def test_an_address_may_end_as_those_in_its_documentation_do(
    server: Service, tmp_path: Path, end: str
) -> None:
    backend = _made(server, tmp_path, url=server.url + end)
    assert text_of(await answered(backend))
    await backend.aclose()

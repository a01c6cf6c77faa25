"""The Mistral backend against a server that keeps to Mistral's API description."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings, Secret
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.mistral import create
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
from tests.support.services.base import Service
from tests.support.services.mistral import error_body, mistral

_PATH = "/v1/fim/completions"
_CANARY = "canary = 'the source of a user'"


@pytest.fixture
async def server() -> AsyncIterator[Service]:
    async with mistral() as server:
        server.answer("a + b  # sum")
        yield server


def _made(server: Service, tmp_path: Path, **fields: Any) -> HttpBackend:
    known: dict[str, Any] = {"url": server.url, "api_key": Secret("canary-key-right")}
    settings = ModelSettings(name="m", provider="mistral", **(known | fields))
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


def test_fills_holes_by_itself_and_answers_are_checked(backend: HttpBackend) -> None:
    prompting = backend.prompting
    assert (prompting.mode, prompting.layout, prompting.healing) == (
        Mode.NATIVE,
        Layout.STANDARD,
        Healing.CHECKED,
    )


async def test_a_request_is_these_bytes(backend: HttpBackend, server: Service) -> None:
    await answered(backend, stop=("\n\n",), temperature=0.2)
    (request,) = server.asked(_PATH)
    assert request.raw == (
        b'{"model":"codestral-latest","prompt":"def add(a, b):\\n    return ","suffix":"\\n",'
        b'"max_tokens":8,"temperature":0.2,"stream":true,"stop":["\\n\\n"]}'
    )
    assert request.headers["authorization"] == "Bearer canary-key-right"


async def test_a_hole_at_the_end_of_a_file_has_a_line_break_behind_it(
    backend: HttpBackend, server: Service
) -> None:
    await answered(backend, hole=Hole(prefix="x = ", suffix=""))
    (request,) = server.asked(_PATH)
    assert (request.body["prompt"], request.body["suffix"]) == ("x = ", "\n")


async def test_what_is_there_of_the_middle_ends_the_prompt(
    backend: HttpBackend, server: Service
) -> None:
    await answered(backend, hole=Hole(prefix="x = ", middle="1 + ", suffix="\n"))
    assert server.asked(_PATH)[0].body["prompt"] == "x = 1 + "


async def test_other_files_stand_before_the_hole_in_codestrals_form(
    backend: HttpBackend, server: Service
) -> None:
    server.answer("1\n+++++ other.py\ny = 2")
    snippets = (Snippet("a.py", "A = 1"), Snippet("b.py", "B = 2"))
    hole = Hole(prefix="x = ", suffix="\n", file_name="c.py", snippets=snippets)
    events = await answered(backend, hole=hole, max_tokens=64)
    assert server.asked(_PATH)[0].body["prompt"] == (
        "+++++ a.py\nA = 1\n\n+++++ b.py\nB = 2\n\n+++++ c.py\nx = "
    )
    assert text_of(events) == "1"  # it may go on to write another file


async def test_an_ended_text_is_told_from_one_that_was_cut(
    backend: HttpBackend, server: Service
) -> None:
    last = (await answered(backend, max_tokens=100))[-1]
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.END
    assert last.usage.prompt_tokens
    assert last.usage.generated_tokens == 9  # blanks count in the scripted tokenizer
    assert last.usage.evaluated_tokens is None


@pytest.mark.parametrize(
    "content",
    [None, "b", [{"type": "text", "text": "b"}, {"type": "reference", "reference_ids": [1]}]],
)
async def test_text_may_come_as_a_list_of_chunks_or_not_at_all(
    backend: HttpBackend, server: Service, content: object
) -> None:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None}
    server.answer("a", error={"choices": [choice]})
    assert text_of(await answered(backend)) == ("a" if content is None else "ab")


async def test_an_answer_that_ends_in_an_error_is_a_failure_of_the_server(
    backend: HttpBackend, server: Service
) -> None:
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
    server.answer("a", error={"choices": [choice]})
    with pytest.raises(ModelError) as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.SERVER


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (429, error_body(_CANARY, "rate_limited", "1300"), ModelErrorKind.BUSY, "fewer requests"),
        (401, {"detail": _CANARY}, ModelErrorKind.AUTH, "Check the model's key"),
        (402, error_body(_CANARY, "x", "1"), ModelErrorKind.AUTH, "nothing left"),
        (422, {"detail": [{"msg": _CANARY}]}, ModelErrorKind.REJECTED, "422"),
        (422, {"detail": {"x": _CANARY}}, ModelErrorKind.REJECTED, "422"),
        (400, error_body(_CANARY, "invalid_request_error", "3"), ModelErrorKind.REJECTED, "400"),
        (404, {"message": _CANARY}, ModelErrorKind.NOT_FOUND, "not look like a Mistral server"),
        (500, error_body(_CANARY, "internal_server_error", "1"), ModelErrorKind.SERVER, "500"),
        (503, error_body(_CANARY, "unavailable", "1"), ModelErrorKind.BUSY, "overloaded"),
    ],
)
async def test_refusals_are_told_in_our_words(
    backend: HttpBackend,
    server: Service,
    *,
    status: int,
    body: dict[str, Any],
    kind: ModelErrorKind,
    words: str,
) -> None:
    server.answer(status=status, error=body, headers={"retry-after": "7"})
    with pytest.raises(ModelError, match=words) as caught:
        await answered(backend)
    assert caught.value.kind is kind
    assert caught.value.retry_after_s == 7.0
    assert "canary" not in str(caught.value)


async def test_an_error_in_the_stream_is_told_in_our_words(
    backend: HttpBackend, server: Service
) -> None:
    server.answer("a", error=error_body(_CANARY, "internal_server_error", "1"))
    with pytest.raises(ModelError) as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.SERVER
    assert "canary" not in str(caught.value)


async def test_a_model_that_it_has_not_is_named(server: Service, tmp_path: Path) -> None:
    backend = _made(server, tmp_path, model="mistral-small-latest")
    with pytest.raises(ModelError, match=r"no model 'mistral-small-latest'.*codestral") as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.NOT_FOUND
    await backend.aclose()


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
    backend = create(ModelSettings(name="codestral", provider="mistral"), _context(tmp_path))
    told = str(await backend.readiness())
    assert "api_key_env" in told
    assert "`aicopilot key set codestral`" in told
    with pytest.raises(ModelError, match="Mistral serves nobody without one") as caught:
        await answered(backend)
    assert caught.value.kind is ModelErrorKind.AUTH
    assert backend.contacted() == ()
    await backend.aclose()


async def test_a_key_in_a_header_is_a_key(tmp_path: Path) -> None:
    headers = {"Authorization": Secret("Bearer canary-key-right")}
    settings = ModelSettings(name="m", provider="mistral", headers=headers)
    backend = create(settings, _context(tmp_path))
    assert await backend.readiness() is None
    await backend.aclose()


async def test_a_gateway_on_this_machine_may_have_the_key(tmp_path: Path) -> None:
    async with mistral(key=None) as gateway:
        backend = _made(gateway, tmp_path, api_key=None)
        assert await backend.readiness() is None
        assert text_of(await answered(backend))
        await backend.aclose()


async def test_describes_the_model_from_the_list(backend: HttpBackend) -> None:
    info = await backend.describe()
    assert (info.model, info.context_tokens, info.details) == ("codestral-latest", 32768, "")


@pytest.mark.parametrize(
    ("model", "details"),
    [
        ("mistral-small-latest", "does not fill holes"),
        ("nope", "not among the models listed there"),
    ],
)
async def test_describes_what_is_wrong_with_a_model(
    server: Service, tmp_path: Path, model: str, details: str
) -> None:
    backend = _made(server, tmp_path, model=model)
    assert (await backend.describe()).details == details
    await backend.aclose()


async def test_a_host_without_a_list_of_models_is_described_all_the_same(
    backend: HttpBackend, server: Service
) -> None:
    server.without("GET", "/v1/models")
    assert (await backend.describe()).model == "codestral-latest"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"fim_format": "qwen2.5-coder"}, 'offers "native"'),
        ({"fim_format": "chat"}, 'offers "native"'),
        ({"layout": "frozen"}, "no place for text"),
    ],
)
def test_settings_that_it_has_no_use_for_are_refused(
    server: Service, tmp_path: Path, fields: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        _made(server, tmp_path, **fields)


@pytest.mark.parametrize("end", ["/v1", "/v1/", "/"])
async def test_an_address_may_end_as_those_in_its_documentation_do(
    server: Service, tmp_path: Path, end: str
) -> None:
    backend = _made(server, tmp_path, url=server.url + end)
    assert text_of(await answered(backend))
    await backend.aclose()

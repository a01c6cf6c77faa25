"""The Ollama backend against a server that keeps to Ollama's API."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models.fim import format_for
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.ollama import create
from aicopilot_lsp.models.ollama_wire import facts
from aicopilot_lsp.models.protocol import Finished, FinishReason, Healing, Hole, Usage
from aicopilot_lsp.plugins import BackendContext
from tests.models.contract import BackendContract, answered, text_of
from tests.support.services.base import Answer, Service
from tests.support.services.ollama import Model, ollama
from tests.support.toy_fim import ToyModel

_PATH = "/api/generate"
_CANARY = "canary = 'the source of a user'"


@pytest.fixture
def pulled() -> Model:
    return Model()


@pytest.fixture
async def server(pulled: Model) -> AsyncIterator[Service]:
    async with ollama(pulled) as server:
        server.answer("a + b  # sum")
        yield server


def _made(server: Service, tmp_path: Path, **fields: Any) -> HttpBackend:
    known: dict[str, Any] = {
        "url": server.url,
        "model": "qwen2.5-coder",
        "fim_format": "qwen2.5-coder",
    }
    settings = ModelSettings(name="m", provider="ollama", **(known | fields))
    return create(settings, _context(tmp_path))


def _context(path: Path) -> BackendContext:
    return BackendContext(embedded=EmbeddedSettings(), state_dir=path, cache_dir=path)


@pytest.fixture
async def raw(server: Service, tmp_path: Path) -> AsyncIterator[HttpBackend]:
    backend = _made(server, tmp_path)
    yield backend
    await backend.aclose()


@pytest.fixture
async def native(server: Service, tmp_path: Path) -> AsyncIterator[HttpBackend]:
    backend = _made(server, tmp_path, fim_format="native")
    yield backend
    await backend.aclose()


@pytest.fixture
async def chat(server: Service, tmp_path: Path) -> AsyncIterator[HttpBackend]:
    backend = _made(server, tmp_path, fim_format="chat")
    yield backend
    await backend.aclose()


class TestRawContract(BackendContract):
    """It keeps the contract with prompts of ours."""

    @pytest.fixture
    async def backend(self, raw: HttpBackend) -> HttpBackend:
        return raw


class TestNativeContract(BackendContract):
    """It keeps the contract where the server writes the prompt."""

    @pytest.fixture
    async def backend(self, native: HttpBackend) -> HttpBackend:
        return native


class TestChatContract(BackendContract):
    """It keeps the contract where a chat model is told to fill the hole."""

    takes_limit = False  # a chat says more than what is inserted, and gets room for it

    @pytest.fixture
    async def backend(self, chat: HttpBackend) -> HttpBackend:
        return chat


async def test_a_chat_has_the_same_window(
    chat: HttpBackend, server: Service, pulled: Model
) -> None:
    pulled.parameters = "num_ctx 16384"
    assert text_of(await answered(chat))
    body = server.asked("/api/chat")[0].body
    assert body["options"]["num_ctx"] == 16384


async def test_a_request_with_a_prompt_of_ours_is_these_bytes(
    raw: HttpBackend, server: Service
) -> None:
    await answered(raw, "x = ", stop=("<|file_sep|>",))
    (request,) = server.asked(_PATH)
    assert request.raw == (
        b'{"model":"qwen2.5-coder",'
        b'"prompt":"<|fim_prefix|>x = <|fim_suffix|>\\n<|fim_middle|>","raw":true,'
        b'"options":{"num_ctx":8192,"num_predict":8,"temperature":0.0,"stop":["<|file_sep|>"]},'
        b'"truncate":false,"stream":true}'
    )
    assert "authorization" not in request.headers


async def test_a_request_with_prefix_and_suffix_is_these_bytes(
    native: HttpBackend, server: Service
) -> None:
    await answered(native, hole=Hole(prefix="x", middle=" = ", suffix="\ny = 2\n"))
    (request,) = server.asked(_PATH)
    assert request.raw == (
        b'{"model":"qwen2.5-coder","prompt":"x = ","suffix":"\\ny = 2\\n",'
        b'"options":{"num_ctx":8192,"num_predict":8,"temperature":0.0},'
        b'"truncate":false,"stream":true}'
    )


async def test_an_answer_can_be_checked_but_not_constrained(raw: HttpBackend) -> None:
    await raw.prepare()
    assert raw.prompting.healing is Healing.CHECKED
    assert await raw.tokenize("x = 1") is None


@pytest.mark.parametrize("hole", [Hole(prefix="x = ", suffix=""), Hole(prefix="", suffix="\nx")])
async def test_a_hole_at_an_end_of_the_file_is_not_taken_for_a_chat(
    native: HttpBackend, server: Service, hole: Hole
) -> None:
    assert text_of(await answered(native, hole=hole)).startswith("a + b")
    body = server.asked(_PATH)[0].body
    assert (body["prompt"], body["suffix"]) == (hole.prefix or "\n", hole.suffix or "\n")


async def test_a_model_that_reasons_is_told_not_to(
    native: HttpBackend, server: Service, pulled: Model
) -> None:
    pulled.capabilities = ("completion", "insert", "thinking")
    await answered(native)
    assert server.asked(_PATH)[0].body["think"] is False


async def test_the_window_never_changes_so_the_model_is_loaded_once(
    raw: HttpBackend, pulled: Model
) -> None:
    for prefix in ("x = ", "x = 1\n" * 500, "x = "):
        await answered(raw, prefix)
    assert pulled.loads == 1


@pytest.mark.parametrize(
    ("fields", "window"),
    [
        ({}, 8192),
        ({"context_length": 2048}, 2048),
        ({"loaded_tokens": 32768}, 32768),  # loading it anew for less helps nobody
        ({"loaded_tokens": 4096}, 8192),
        ({"parameters": "stop  x\nnum_ctx    4096\n"}, 4096),  # somebody chose it
        ({"parameters": "num_ctx 65536"}, 32768),
    ],
)
async def test_the_window_is_one_that_the_model_has(
    raw: HttpBackend, server: Service, pulled: Model, fields: dict[str, Any], window: int
) -> None:
    for name, value in fields.items():
        setattr(pulled, name, value)
    assert (await raw.describe()).context_tokens == window
    await answered(raw)
    assert server.asked(_PATH)[0].body["options"]["num_ctx"] == window


async def test_a_prompt_that_is_too_long_is_an_error_with_its_size(
    raw: HttpBackend, pulled: Model
) -> None:
    pulled.parameters = "num_ctx 16"
    with pytest.raises(ModelError, match=r"too small a window for the prompt's \d\d tokens \(16\)"):
        await answered(raw, "x = 1\n" * 8)


async def test_tells_cached_and_evaluated_tokens(raw: HttpBackend) -> None:
    first, second = [(await answered(raw, "a b c "))[-1] for _ in range(2)]
    assert isinstance(first, Finished)
    assert isinstance(second, Finished)
    assert first.usage.cached_tokens == 0
    assert second.usage.evaluated_tokens == 1
    assert second.usage.cached_tokens == (second.usage.prompt_tokens or 0) - 1
    assert (second.usage.prefill_ms, second.usage.decode_ms) == (1.0, 8.0)


async def test_says_nothing_of_reading_where_the_server_hides_what_was_cached(
    raw: HttpBackend, pulled: Model
) -> None:
    pulled.tells_cached = False
    last = (await answered(raw))[-1]
    assert isinstance(last, Finished)
    usage = last.usage
    assert usage.prompt_tokens
    assert (usage.cached_tokens, usage.evaluated_tokens, usage.prefill_ms) == (None, None, None)
    assert usage.generated_tokens == 8


@pytest.mark.parametrize(
    "cost",
    [
        {},
        {"prompt_eval_count": 0, "prompt_eval_cached_count": 0},
        {"prompt_eval_count": -1, "prompt_eval_cached_count": "x"},
    ],
)
async def test_costs_that_can_not_be_are_not_passed_on(
    raw: HttpBackend, server: Service, cost: dict[str, Any]
) -> None:
    server.answer("a", error={"response": "", "done": True, "done_reason": "stop", **cost})
    last = (await answered(raw))[-1]
    assert last == Finished(FinishReason.END, Usage())


async def test_a_server_that_lists_no_running_models_is_asked_all_the_same(
    raw: HttpBackend, server: Service
) -> None:
    server.without("GET", "/api/ps")
    assert text_of(await answered(raw))


@pytest.mark.parametrize(
    ("shown", "fills"),
    [
        ({"capabilities": ["completion", "insert"]}, True),
        ({"capabilities": ["completion"], "template": "{{ .Suffix }}"}, False),
        ({"template": "{{ .Prompt }}{{ .Suffix }}"}, True),
        ({"template": "{{ .Prompt }}"}, False),
        ({"capabilities": "insert", "template": 1, "parameters": 2, "model_info": []}, False),
    ],
)
def test_knows_which_models_fill_holes_by_themselves(shown: dict[str, Any], *, fills: bool) -> None:
    assert facts(shown).fills_holes is fills


async def test_a_model_that_was_not_pulled_is_named_with_what_to_do(
    server: Service, tmp_path: Path
) -> None:
    backend = _made(server, tmp_path, model="codellama:7b-code")
    for ask in (lambda: answered(backend), backend.describe):
        with pytest.raises(ModelError, match="`ollama pull codellama:7b-code`") as caught:
            await ask()
        assert caught.value.kind is ModelErrorKind.NOT_FOUND
    await backend.aclose()


async def test_a_model_that_is_there_after_all_is_used_at_once(
    raw: HttpBackend, pulled: Model
) -> None:
    name, pulled.name = pulled.name, "other:latest"
    with pytest.raises(ModelError):
        await answered(raw)
    pulled.name = name
    assert text_of(await answered(raw))


async def test_a_model_without_a_place_for_a_suffix_is_refused_with_the_fix(
    native: HttpBackend, pulled: Model
) -> None:
    pulled.capabilities = ("completion",)
    with pytest.raises(ModelError, match='Remove fim_format = "native"') as caught:
        await answered(native)
    assert caught.value.kind is ModelErrorKind.REJECTED


@pytest.mark.parametrize(
    ("status", "said", "kind", "words"),
    [
        (400, f'"{_CANARY}" does not support generate', ModelErrorKind.REJECTED, "no model that"),
        (400, _CANARY, ModelErrorKind.REJECTED, "400"),
        (401, "unauthorized", ModelErrorKind.AUTH, "ollama signin"),
        (404, _CANARY, ModelErrorKind.NOT_FOUND, "404"),
        (
            412,
            "this model may require a newer version of Ollama",
            ModelErrorKind.REJECTED,
            "Update Ollama",
        ),
        (
            500,
            "model requires more system memory (9 GiB) than is available (1 GiB)",
            ModelErrorKind.SERVER,
            "not enough memory",
        ),
        (500, f"llama runner process has terminated: {_CANARY}", ModelErrorKind.SERVER, "500"),
        (503, "server busy, please try again", ModelErrorKind.BUSY, "too many requests waiting"),
    ],
)
@pytest.mark.parametrize("in_stream", [False, True])
async def test_errors_are_told_in_our_words(
    raw: HttpBackend,
    server: Service,
    *,
    status: int,
    said: str,
    kind: ModelErrorKind,
    words: str,
    in_stream: bool,
) -> None:
    if in_stream:
        server.answer("a", error={"error": said, "status": status})
    else:
        server.answer(status=status, error={"error": said})
    with pytest.raises(ModelError, match=words) as caught:
        await answered(raw)
    assert caught.value.kind is kind
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("error", [{"error": _CANARY}, {"error": 1}, {"error": {"x": _CANARY}}])
async def test_an_error_in_mid_stream_without_a_status_is_the_servers(
    raw: HttpBackend, server: Service, error: dict[str, Any]
) -> None:
    server.answer("a", error=error)
    with pytest.raises(ModelError) as caught:
        await answered(raw)
    assert caught.value.kind is ModelErrorKind.SERVER
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("form", ["starcoder2", None])
async def test_how_a_model_wants_to_be_asked_is_found_out(
    server: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str | None
) -> None:
    toy = ToyModel(format=format_for(form) if form else None, tokenizes=False)
    suffixes = {known.hole.before: known.hole.suffix for known in toy.holes}

    def answer_to(prompt: str) -> Answer:
        if form is None and prompt in suffixes:  # with a suffix of its own
            return Answer(text=toy.fill(prompt, suffixes[prompt]))
        return Answer(text=toy.complete(prompt))

    monkeypatch.setattr(server, "answer_to", answer_to)
    backend = _made(server, tmp_path, fim_format=None)
    await backend.prepare()
    assert backend.prompting.name == (form or "native")
    assert backend.prompting.healing is Healing.CHECKED
    await backend.aclose()


async def test_describes_the_model_and_the_server(raw: HttpBackend) -> None:
    info = await raw.describe()
    assert info.model == "qwen2.5-coder"
    assert info.details == "7.6B, Q4_K_M, fills holes by itself, Ollama 0.40.12"


def test_has_to_be_told_which_model(server: Service, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`ollama list`"):
        _made(server, tmp_path, model=None)


async def test_without_a_url_it_is_the_one_on_this_machine(tmp_path: Path) -> None:
    settings = ModelSettings(name="m", provider="ollama", model="x", fim_format="native")
    backend = create(settings, _context(tmp_path))
    assert await backend.readiness() is None
    assert backend.contacted() == ()
    await backend.aclose()


@pytest.mark.parametrize("end", ["/api", "/v1/", "/"])
async def test_an_address_may_end_as_those_in_its_documentation_do(
    server: Service, tmp_path: Path, end: str
) -> None:
    backend = _made(server, tmp_path, url=server.url + end)
    assert text_of(await answered(backend))
    await backend.aclose()

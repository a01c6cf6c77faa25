"""An Ollama server, as its docs/api.md, api/types.go and server/routes.go have it: `/api/show`,
`/api/ps`, `/api/version` and `/api/generate`."""

from dataclasses import dataclass, field
from typing import Any, Literal

from tests.support.scripted_llamacpp import tokens
from tests.support.services.base import Exchange, Refused, Service, Strict, limited

_FINISH = {"end": "stop", "stop": "stop", "limit": "length"}
_NS_PER_TOKEN = 1_000_000


@dataclass(kw_only=True)
class Model:
    """A model that was pulled.

    Attributes
    ----------
    parameters : str
        Those of its file, one a line.
    loaded_tokens : int
        The window that it is loaded with; 0 while it is not.
    loads : int
        How often it has been loaded.
    tells_cached : bool
        As versions from August 2026 on do.
    """

    name: str = "qwen2.5-coder:latest"
    capabilities: tuple[str, ...] | None = ("completion", "insert")
    template: str = "{{ .Prompt }}{{ .Suffix }}"
    parameters: str = ""
    context_length: int = 32_768
    loaded_tokens: int = 0
    loads: int = 0
    tells_cached: bool = True
    cached: list[str] = field(default_factory=list)


class _Options(Strict):
    num_ctx: int
    num_predict: int
    temperature: float
    stop: list[str] | None = None


class _Generate(Strict):
    model: str
    prompt: str = ""
    suffix: str = ""
    raw: bool = False
    think: bool | None = None
    truncate: bool | None = None
    shift: bool | None = None
    keep_alive: str | float | None = None
    options: _Options
    stream: Literal[True]


class _Show(Strict):
    model: str
    verbose: bool = False


def ollama(*models: Model) -> Service:
    """The server, with `models` pulled; not running yet. It has no keys."""
    service = Service()
    pulled = models or (Model(),)

    def named(name: str) -> Model:
        full = name if ":" in name else f"{name}:latest"
        for model in pulled:
            if model.name == full:
                return model
        raise Refused(404, {"error": f"model '{name}' not found"})

    @service.route("GET", "/api/version")
    async def version(exchange: Exchange) -> None:
        await exchange.json({"version": "0.40.12"})

    @service.route("GET", "/api/ps")
    async def running(exchange: Exchange) -> None:
        loaded = [model for model in pulled if model.loaded_tokens]
        await exchange.json({"models": [_running(model) for model in loaded]})

    @service.route("POST", "/api/show")
    async def show(exchange: Exchange) -> None:
        await exchange.json(_shown(named(exchange.parsed(_Show).model)))

    @service.route("POST", "/api/generate")
    async def generate(exchange: Exchange) -> None:
        asked = exchange.parsed(_Generate)
        model = named(asked.model)
        _check_can(model, asked)
        assert asked.raw or asked.suffix, "without a suffix the prompt is taken for a chat message"
        assert asked.prompt, "without a prompt the model is loaded and nothing else"
        if model.loaded_tokens != asked.options.num_ctx:
            model.loaded_tokens, model.loads, model.cached = (
                asked.options.num_ctx,
                model.loads + 1,
                [],
            )
        whole = tokens(asked.prompt) + tokens(asked.suffix)
        _check_fits(len(whole), asked)
        answer = service.answer_to(asked.prompt)
        pieces, ended = limited(answer.text, asked.options.stop, asked.options.num_predict)
        hit = _shared(model.cached, whole)
        model.cached = whole
        async with exchange.stream("application/x-ndjson") as stream:
            async for piece in service.paced(exchange.request, pieces):
                await stream.event(_line(asked.model, piece))
            if answer.cut:
                return stream.cut()
            if answer.error:
                await stream.event(answer.error)
                return None
            last = {"done": True, "done_reason": _FINISH[ended], "total_duration": 1}
            cost = _cost(len(whole), hit, len(pieces), tells_cached=model.tells_cached)
            await stream.event(_line(asked.model, "") | last | cost)
        return None

    return service


def _check_can(model: Model, asked: _Generate) -> None:
    can = model.capabilities
    if asked.suffix and not ("insert" in can if can else ".Suffix" in model.template):
        raise Refused(
            400, {"error": f"registry.ollama.ai/library/{model.name} does not support insert"}
        )
    if can is not None and "completion" not in can:
        raise Refused(400, {"error": f'"{model.name}" does not support generate'})
    thinks = can is not None and "thinking" in can
    assert asked.raw or not thinks or asked.think is False, "the model would reason first"


def _check_fits(prompt_tokens: int, asked: _Generate) -> None:
    window = asked.options.num_ctx
    if prompt_tokens < window:
        return
    assert asked.truncate is False, "the server would cut the prompt without a word"
    said = (
        '{"error":{"code":400,"message":"request exceeds the available context size",'
        '"type":"exceed_context_size_error",'
        f'"n_prompt_tokens":{prompt_tokens},"n_ctx":{window}}}}}'
    )
    raise Refused(400, {"error": said})


def _shown(model: Model) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "modelfile": "FROM x",
        "parameters": model.parameters,
        "template": model.template,
        "details": {
            "format": "gguf",
            "family": "qwen2",
            "families": ["qwen2"],
            "parameter_size": "7.6B",
            "quantization_level": "Q4_K_M",
        },
        "model_info": {
            "general.architecture": "qwen2",
            "qwen2.context_length": model.context_length,
            "qwen2.block_count": 28,
        },
    }
    if model.capabilities is not None:
        shown["capabilities"] = list(model.capabilities)
    return shown


def _running(model: Model) -> dict[str, Any]:
    return {
        "name": model.name,
        "model": model.name,
        "size": 1,
        "expires_at": "2026-01-01T00:00:00Z",
        "context_length": model.loaded_tokens,
    }


def _line(model: str, text: str) -> dict[str, Any]:
    return {"model": model, "created_at": "2026-01-01T00:00:00Z", "response": text, "done": False}


def _cost(prompt: int, hit: int, generated: int, *, tells_cached: bool) -> dict[str, Any]:
    cost = {
        "load_duration": 1,
        "prompt_eval_count": prompt,
        "prompt_eval_duration": (prompt - hit) * _NS_PER_TOKEN,
        "eval_count": generated,
        "eval_duration": generated * _NS_PER_TOKEN,
    }
    return cost | ({"prompt_eval_cached_count": hit} if tells_cached else {})


def _shared(before: list[str], now: list[str]) -> int:
    """Tokens that need not be evaluated again; one always is."""
    same = 0
    while same < min(len(before), len(now) - 1) and before[same] == now[same]:
        same += 1
    return same

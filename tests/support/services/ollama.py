"""An Ollama server, as its docs/api.md, api/types.go and server/routes.go have it: `/api/show`,
`/api/ps`, `/api/version`, `/api/generate` and `/api/chat`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.support.scripted_llamacpp import tokens
from tests.support.services.base import Answer, Exchange, Refused, Service, Strict, limited

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


class _Message(Strict):
    role: Literal["system", "user", "assistant"]
    content: str


class _Chat(Strict):
    model: str
    messages: list[_Message]
    think: bool | None = None
    truncate: bool | None = None
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
        whole = tokens(asked.prompt) + tokens(asked.suffix)
        _check_fits(len(whole), asked)
        hit = _read(model, whole, asked.options.num_ctx)
        answer = service.answer_to(asked.prompt)
        lines = _Lines(
            options=asked.options,
            answer=answer,
            prompt_tokens=len(whole),
            cached_tokens=hit,
            tells_cached=model.tells_cached,
        )
        await lines.send(service, exchange, lambda text: {"response": text})

    @service.route("POST", "/api/chat")
    async def chat(exchange: Exchange) -> None:
        asked = exchange.parsed(_Chat)
        model = named(asked.model)
        whole = [token for message in asked.messages for token in tokens(message.content)]
        hit = _read(model, whole, asked.options.num_ctx)
        answer = service.answer_to(asked.messages[-1].content)
        lines = _Lines(
            options=asked.options,
            answer=answer,
            prompt_tokens=len(whole),
            cached_tokens=hit,
            tells_cached=model.tells_cached,
        )
        await lines.send(
            service, exchange, lambda text: {"message": {"role": "assistant", "content": text}}
        )

    return service


@dataclass(kw_only=True)
class _Lines:
    """The lines of one answer."""

    options: _Options
    answer: Answer
    prompt_tokens: int
    cached_tokens: int
    tells_cached: bool

    async def send(
        self, service: Service, exchange: Exchange, worded: Callable[[str], dict[str, Any]]
    ) -> None:
        head = {"model": "m", "created_at": "2026-01-01T00:00:00Z"}
        pieces, ended = limited(self.answer.text, self.options.stop, self.options.num_predict)
        async with exchange.stream("application/x-ndjson") as stream:
            async for piece in service.paced(exchange.request, pieces):
                await stream.event(head | worded(piece) | {"done": False})
            if self.answer.cut:
                stream.cut()
            elif self.answer.error:
                await stream.event(self.answer.error)
            else:
                last = {"done": True, "done_reason": _FINISH[ended], "total_duration": 1}
                await stream.event(head | worded("") | last | self._cost(len(pieces)))

    def _cost(self, generated: int) -> dict[str, Any]:
        cost = {
            "load_duration": 1,
            "prompt_eval_count": self.prompt_tokens,
            "prompt_eval_duration": (self.prompt_tokens - self.cached_tokens) * _NS_PER_TOKEN,
            "eval_count": generated,
            "eval_duration": generated * _NS_PER_TOKEN,
        }
        return cost | (
            {"prompt_eval_cached_count": self.cached_tokens} if self.tells_cached else {}
        )


def _read(model: Model, prompt: list[str], window_tokens: int) -> int:
    """Load `model` with that window, if it is loaded with another or not at all, and let it read
    `prompt`. Returns how many tokens were cached: one always has to be evaluated."""
    if model.loaded_tokens != window_tokens:
        model.loaded_tokens, model.cached = window_tokens, []
        model.loads += 1
    same = 0
    while same < min(len(model.cached), len(prompt) - 1) and model.cached[same] == prompt[same]:
        same += 1
    model.cached = prompt
    return same


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

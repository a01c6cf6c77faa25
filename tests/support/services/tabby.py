"""A Tabby server, as its API description has it: CompletionRequest, Segments, CompletionResponse
and HealthState. What is wrong with a request it says by the status alone."""

from typing import Annotated

from pydantic import Field

from tests.support.services.base import Exchange, Refused, Service, Strict, limited

# Tabby's own default; no request can change it.
_MAX_DECODING_TOKENS = 64
# The names in Tabby's languages.toml.
_LANGUAGES = """
    c cpp csharp css dart dockerfile elixir gdscript go haskell html java javascript
    javascriptreact javascript-typescript julia kotlin lua makefile markdown ocaml perl php
    powershell python r ruby rust scala shellscript solidity sql tex txt typescript
    typescriptreact vb
"""
LANGUAGES = frozenset(_LANGUAGES.split())


class _Snippet(Strict):
    filepath: str
    body: str
    score: float


class _Declaration(Strict):
    filepath: str
    body: str


class _Segments(Strict):
    prefix: str
    suffix: str | None = None
    filepath: str | None = None
    git_url: str | None = None
    declarations: list[_Declaration] | None = None
    relevant_snippets_from_changed_files: list[_Snippet] | None = None
    relevant_snippets_from_recently_opened_files: list[_Snippet] | None = None
    clipboard: str | None = None


class _Completion(Strict):
    language: str | None = None
    segments: _Segments | None = None
    user: str | None = None
    temperature: float | None = None
    seed: Annotated[int, Field(ge=0)] | None = None


def tabby(key: str | None = "canary-key-right") -> Service:
    """The server; not running yet."""
    service = Service(key=key, unauthorized={})

    @service.route("GET", "/v1/health")
    async def health(exchange: Exchange) -> None:
        await exchange.json(
            {
                "model": "StarCoder-1B",
                "device": "cuda",
                "arch": "x86_64",
                "cpu_info": "a CPU",
                "cpu_count": 16,
                "cuda_devices": ["a GPU"],
                "version": {
                    "build_date": "2026-01-01",
                    "build_timestamp": "2026-01-01T00:00:00Z",
                    "git_sha": "0" * 40,
                    "git_describe": "v0.32.0",
                },
            }
        )

    @service.route("POST", "/v1/completions")
    async def completions(exchange: Exchange) -> None:
        assert exchange.request.headers.get("user-agent"), "Tabby wants a User-Agent"
        asked = exchange.parsed(_Completion)
        assert asked.language is None or asked.language in LANGUAGES, asked.language
        if asked.segments is None:
            raise Refused(400, {})
        _check_order(asked.segments.relevant_snippets_from_recently_opened_files)
        answer = service.answer_to(asked.segments.prefix)
        pieces, _ = limited(answer.text, (), _MAX_DECODING_TOKENS)
        text = "".join([piece async for piece in service.paced(exchange.request, pieces)])
        await exchange.json({"id": "cmpl-1", "choices": [{"index": 0, "text": text}]})

    return service


def _check_order(snippets: list[_Snippet] | None) -> None:
    scores = [snippet.score for snippet in snippets or ()]
    assert scores == sorted(scores, reverse=True), "snippets come in descending order of score"

"""A package of one's own: a backend that always says the same, and a filter that dislikes "foo"."""

from collections.abc import AsyncGenerator

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.filters.protocol import Action, Candidate, Verdict
from aicopilot_lsp.models.protocol import (
    BackendInfo,
    Finished,
    FinishReason,
    GenerateRequest,
    Mode,
    Prompting,
    Site,
    StreamEvent,
    TextChunk,
    Usage,
)
from aicopilot_lsp.plugins import BackendContext


class SampleBackend:
    """Says its model's name."""

    starting = False
    prompting = Prompting(mode=Mode.NATIVE)
    site = Site()

    def __init__(self, settings: ModelSettings) -> None:
        self.model = settings.model or "nothing"

    async def prepare(self) -> None:
        return None

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent, None]:
        yield TextChunk(request.must_begin_with + self.model)
        yield Finished(FinishReason.END, Usage())

    async def tokenize(self, text: str) -> tuple[str, ...] | None:
        return None

    async def describe(self) -> BackendInfo:
        return BackendInfo(model=self.model)

    async def readiness(self) -> str | None:
        return None

    async def aclose(self) -> None:
        return None


def create(settings: ModelSettings, context: BackendContext) -> SampleBackend:
    return SampleBackend(settings)


class NoFoo:
    rule = "no-foo"

    def check(self, candidate: Candidate) -> Verdict:
        if "foo" in candidate.text:
            return Verdict(rule=self.rule, action=Action.BLOCK, text="", reason="says foo")
        return Verdict(rule=self.rule, action=Action.PASS, text=candidate.text)


def no_foo() -> NoFoo:
    return NoFoo()

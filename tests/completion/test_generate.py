"""What a call shows of the model's speed, by a clock that only the stream moves."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from aicopilot_lsp.completion.generate import Generation, generate
from aicopilot_lsp.completion.stop import Surroundings
from aicopilot_lsp.completion.trigger import Extent
from aicopilot_lsp.models.healing import Healed
from aicopilot_lsp.models.protocol import GenerateRequest, StreamEvent, TextChunk, Usage
from aicopilot_lsp.text.languages import language_for
from tests.support.scripted_backend import ScriptedBackend

REQUEST = GenerateRequest(prompt="p", max_tokens=64, deadline_s=10.0)
AROUND = Surroundings(
    extent=Extent.LINE,
    language=language_for("python", "a.py"),
    head="x = ",
    below=None,
    floor=0,
    max_lines=12,
)


@dataclass
class Timed(ScriptedBackend):
    """Streams `events`, each after as many seconds on `now_s`."""

    events: tuple[tuple[float, TextChunk], ...] = ()
    now_s: float = field(default=100.0)

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent, None]:
        for after_s, event in self.events:
            self.now_s += after_s
            yield event


async def carried(backend: Timed) -> Generation:
    into = Generation()
    healed = Healed(middle="x = ")
    await generate(backend, REQUEST, healed, AROUND, into, clock=lambda: backend.now_s)
    return into


async def test_the_first_text_and_the_writing_are_timed_by_the_clock() -> None:
    reading = TextChunk("", Usage(prompt_tokens=700, evaluated_tokens=512, prefill_ms=400.0))
    pieces = [(0.05, TextChunk(f"{n}, ")) for n in range(9)]
    backend = Timed(
        events=((0.4, reading), (0.1, TextChunk("f(")), *pieces, (0.5, TextChunk("\n")))
    )
    sample = (await carried(backend)).sample(2_800, cold=True)
    assert sample.first_text_ms is not None
    assert round(sample.first_text_ms) == 500
    assert round(sample.writing_ms) == 950
    assert sample.pieces == 11
    assert (sample.prompt_chars, sample.cold) == (2_800, True)
    assert sample.usage == reading.usage


async def test_a_call_without_text_or_figures_was_silent() -> None:
    assert (await carried(Timed())).silent
    read = TextChunk("", Usage(prefill_ms=400.0))
    assert not (await carried(Timed(events=((1.0, read),)))).silent
    assert not (await carried(Timed(events=((1.0, TextChunk("y")),)))).silent

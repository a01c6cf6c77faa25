"""One streaming call: ask, heal, and stop as soon as the suggestion is complete.

Leaving the stream early closes the connection, which frees the model. Next: judge.py.
"""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from aicopilot_lsp.completion.speed import Sample
from aicopilot_lsp.completion.stop import Surroundings, find_stop
from aicopilot_lsp.models.healing import Healed
from aicopilot_lsp.models.protocol import (
    Backend,
    Finished,
    FinishReason,
    GenerateRequest,
    TextChunk,
    Usage,
)


@dataclass(slots=True)
class Generation:
    """What has come so far; grows while the call runs, so that a deadline can use what is there.

    `text` is to be inserted at the cursor. `complete` says whether it ended where it should.
    `mismatch`: the answer does not go in at the cursor, since it did not begin with the healed
    token, or (`left`) is indented less than the cursor. The times are in seconds on the clock that
    `generate` was given: when the model was asked, and when the first and the latest text came.
    """

    text: str = ""
    complete: bool = False
    mismatch: bool = False
    left: bool = False
    usage: Usage = Usage()
    chunks: int = 0
    asked_s: float = 0.0
    first_text_s: float | None = None
    last_text_s: float = 0.0

    @property
    def silent(self) -> bool:
        """Whether nothing came by which to tell how fast the model reads."""
        return self.first_text_s is None and self.usage.prefill_ms is None

    def sample(self, prompt_chars: int, *, cold: bool) -> Sample:
        """What it shows of the model's speed."""
        first_s = self.first_text_s
        return Sample(
            usage=self.usage,
            prompt_chars=prompt_chars,
            cold=cold,
            first_text_ms=None if first_s is None else 1000 * (first_s - self.asked_s),
            writing_ms=0.0 if first_s is None else 1000 * (self.last_text_s - first_s),
            pieces=self.chunks,
        )


async def generate(
    backend: Backend,
    request: GenerateRequest,
    healed: Healed,
    around: Surroundings,
    into: Generation,
    *,
    clock: Callable[[], float],
) -> None:
    """Stream the answer into `into`; returns when it is complete.

    Raises ModelError. On cancellation `into` keeps what had come.
    """
    answer, into.asked_s = "", clock()
    async with aclosing(backend.generate(request)) as stream:
        async for event in stream:
            match event:
                case TextChunk(text, usage):
                    answer += text
                    if text:  # some only tell how far the prompt is read
                        into.chunks += 1
                        into.last_text_s = clock()
                        if into.first_text_s is None:
                            into.first_text_s = into.last_text_s
                    into.usage = usage or into.usage
                    if text and _take(answer, healed, around, into):
                        return
                case Finished(reason, usage):
                    into.usage = usage
                    if reason is not FinishReason.LIMIT:
                        _take_last(healed.inserted(answer), around, into)


def _take_last(inserted: str | None, around: Surroundings, into: Generation) -> None:
    """The model has ended the text, so its last line is whole and can be judged as the others."""
    if inserted is not None:
        into.text = inserted[: find_stop(inserted + "\n", around)]
        into.complete = True


def _take(answer: str, healed: Healed, around: Surroundings, into: Generation) -> bool:
    """Put `answer` into `into`; True when no more is needed."""
    inserted = healed.inserted(answer)
    if inserted is None:
        into.mismatch, into.left = True, healed.realign
        return True
    stop = find_stop(inserted, around)
    into.text = inserted if stop is None else inserted[:stop]
    into.complete = stop is not None
    return into.complete

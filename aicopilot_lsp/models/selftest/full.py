"""The whole test of one model, as `aicopilot model test` and the benchmark run it: what answers,
how it wants to be asked and why, which layout is better, how fast it is, and what it fills in.

The same for every backend; one whose format is declared is tested in that format.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.models.embedded.backend import EmbeddedBackend
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.protocol import Backend, BackendInfo, Layout, Prompting
from aicopilot_lsp.models.selftest.asking import AsConfigured, Subject
from aicopilot_lsp.models.selftest.candidates import unknown_markers
from aicopilot_lsp.models.selftest.layouts import Attempt, Score, better, possible, score
from aicopilot_lsp.models.selftest.prove import Prover, described, layouts_of
from aicopilot_lsp.models.selftest.speed import Speed, measure
from aicopilot_lsp.models.selftest.store import Result
from aicopilot_lsp.models.selftest.stored import STORED
from aicopilot_lsp.models.selftest.trial import Trial, try_out

Say = Callable[[str], None]
"""Told what is being done now."""

_SHOWN = (0, 5, 11)  # of the stored holes: Python, TypeScript, Rust
# The 0.5B has 9 to 11 of 12 lines exact where it fills in the middle, 2 or 3 as a chat model.
_FEW = 1 / 3


class Origin(StrEnum):
    """Who says how a model is asked."""

    TESTED = "tested"
    DECLARED = "declared"  # the configuration
    CATALOGUE = "catalogue"  # of embedded models, pinned by their hash
    PROVIDER = "provider"  # offers one way only


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a test found.

    Attributes
    ----------
    trials : tuple of Trial
        Ways that were tried, in order.
    unknown_markers : tuple of str
        Markers of a declared format that are no single tokens of this model.
    ruled_out : tuple of str
        Formats whose markers its tokenizer does not know.
    scores : tuple of Score
        One for each layout that is possible.
    """

    settings: ModelSettings
    info: BackendInfo
    prompting: Prompting
    origin: Origin
    trials: tuple[Trial, ...]
    scores: tuple[Score, ...]
    speed: Speed
    unknown_markers: tuple[str, ...] = ()
    ruled_out: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether completion works as it is set up."""
        return self._trial.passed and not self.unknown_markers

    @property
    def _trial(self) -> Trial:
        return next(one for one in self.trials if one.name == self.prompting.name)

    @property
    def verdict(self) -> str:
        return self._trial.verdict

    @property
    def better_layout(self) -> Layout:
        return better(self.scores, self.prompting.healing)

    @property
    def best(self) -> Score:
        """Of the better layout."""
        return next(one for one in self.scores if one.layout is self.better_layout)

    @property
    def few_right(self) -> bool:
        """Whether so few of the stored holes come out right, in any layout, that suggestions are of
        little use."""
        return self.best.exact < _FEW * len(self.best.attempts)

    @property
    def shown(self) -> tuple[Attempt, ...]:
        """Three filled holes, as they come in the layout in use."""
        layout = self.prompting.layout
        used = next((one for one in self.scores if one.layout is layout), self.scores[0])
        return tuple(used.attempts[n] for n in _SHOWN if n < len(used.attempts))


async def run(backend: Backend, settings: ModelSettings, say: Say) -> Report:
    """Test the model behind `backend`, and keep what was found out.

    Raises
    ------
    ModelError
        NOT_SUITABLE: it can't be used for completion; says why. Else it can't be asked.
    """
    subject = subject_of(backend)
    if isinstance(backend, HttpBackend) and isinstance(backend.prove, Prover):
        return await _tested(backend, backend.prove, settings, say)
    say("waiting for the model to be ready")
    await backend.prepare()
    info = await _info(subject)
    prompting = backend.prompting
    say(f"asking it in this way: {prompting.name}")
    trial = await try_out(subject, prompting)
    if trial.error is not None:
        raise trial.error
    fmt = prompting.format
    layouts = (
        layouts_of(backend.api, prompting)
        if isinstance(backend, HttpBackend)
        else possible(prompting, takes_middle=False)
    )
    unknown = () if fmt is None else await unknown_markers(subject, fmt)
    scores = await _scores(subject, prompting, layouts, say)
    say("measuring its speed")
    return Report(
        settings=settings,
        info=info,
        prompting=prompting,
        origin=origin_of(backend, settings),
        trials=(trial,),
        unknown_markers=unknown,
        scores=scores,
        speed=await measure(subject, prompting),
    )


def subject_of(backend: Backend) -> Subject:
    """What can be asked in several ways, as it is; else one that has only the configured way."""
    ours = isinstance(backend, HttpBackend | EmbeddedBackend)
    return cast("Subject", backend) if ours else AsConfigured(backend)


def origin_of(backend: Backend, settings: ModelSettings) -> Origin:
    """Who says how the model behind `backend` is asked."""
    if isinstance(backend, HttpBackend) and backend.prove is not None:
        return Origin.TESTED
    if settings.fim_format is not None:
        return Origin.DECLARED
    return Origin.CATALOGUE if settings.provider == "embedded" else Origin.PROVIDER


def kept_result(backend: Backend) -> Result | None:
    """The test's result that is in force; None where how to ask needs no test."""
    if isinstance(backend, HttpBackend) and isinstance(backend.prove, Prover):
        return backend.prove.result
    return None


async def _tested(
    backend: HttpBackend, prover: Prover, settings: ModelSettings, say: Say
) -> Report:
    say("finding out how it wants to be asked")
    await backend.reach()
    proof = await prover.proof(
        backend, anew=True, trying=lambda name: say(f"asking it in this way: {name}")
    )
    layouts = layouts_of(backend.api, proof.prompting)
    scores = await _scores(backend, proof.prompting, layouts, say)
    prompting = await prover.prefer(better(scores, proof.prompting.healing), proof)
    say("measuring its speed")
    return Report(
        settings=settings,
        info=proof.info,
        prompting=prompting,
        origin=Origin.TESTED,
        trials=proof.trials,
        ruled_out=tuple(form.name for form in proof.foreign),
        scores=scores,
        speed=await measure(backend, prompting),
    )


async def _info(subject: Subject) -> BackendInfo:
    info, _ = await described(subject, "")
    return info


async def _scores(
    subject: Subject, prompting: Prompting, layouts: Sequence[Layout], say: Say
) -> tuple[Score, ...]:
    found = []
    for layout in layouts:
        say(f"filling {len(STORED)} holes in the layout {layout.value}")
        found.append(await score(subject, prompting, layout))
    return tuple(found)

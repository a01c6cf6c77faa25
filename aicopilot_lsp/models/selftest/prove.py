"""How a model wants to be asked, found out: the FIM formats it may know, then the server's own FIM,
then as a chat model, else it is refused.

`Prover` is what a backend whose format nobody has declared is given (`prove` of HttpBackend). A
user's request waits for it, so it takes seconds: it settles the format, and of the layout what is
usually better. Its result is kept (store.py), and so is a refusal, for a while.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.config.urls import under_public_name
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models.api import Api
from aicopilot_lsp.models.fim import FimFormat
from aicopilot_lsp.models.protocol import BackendInfo, Healing, Layout, Mode, Prompting
from aicopilot_lsp.models.selftest import store
from aicopilot_lsp.models.selftest.asking import Subject
from aicopilot_lsp.models.selftest.behind import Shared, compare, is_fast
from aicopilot_lsp.models.selftest.candidates import own_formats
from aicopilot_lsp.models.selftest.layouts import possible
from aicopilot_lsp.models.selftest.refusal import not_suitable
from aicopilot_lsp.models.selftest.trial import Trial, try_out


class Provable(Shared, Protocol):
    """A Subject that can be asked in several ways; HttpBackend is one."""

    @property
    def api(self) -> Api: ...


Declare = Callable[[str], Prompting]
"""How to ask in the format, or the mode, of that name; raises ConfigError (hosted.declared_as)."""
Trying = Callable[[str], object]
"""Told the format, or the mode, that is tried next."""

_FIRST_REST_S = 60.0
_LONGEST_REST_S = 600.0
# The server does not say what it serves; it may serve all the same.
_TELLS_NOTHING = frozenset(
    (ModelErrorKind.NOT_FOUND, ModelErrorKind.REJECTED, ModelErrorKind.SERVER)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found out.

    Attributes
    ----------
    trials : tuple of Trial
        In the order that they were made; empty where an earlier result still holds.
    foreign : tuple of FimFormat
        Formats that the model's tokenizer rules out.
    """

    prompting: Prompting
    result: store.Result
    info: BackendInfo
    of: store.Identity
    trials: tuple[Trial, ...] = ()
    foreign: tuple[FimFormat, ...] = ()


class Prover:
    """Settles one backend's prompting; see HttpBackend's `prove`.

    Parameters
    ----------
    declare : callable
        See Declare.
    where : str
        Scheme, host and port of the server.
    clock : callable
        Seconds, monotonic.

    Attributes
    ----------
    result : Result or None
        What is in force; None before the first proof.
    """

    def __init__(
        self,
        settings: ModelSettings,
        state_dir: Path,
        declare: Declare,
        *,
        where: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._state_dir = state_dir
        self._declare = declare
        self._where = where
        self._clock = clock
        self.result: store.Result | None = None
        self._refusal = ""
        self._rest_s, self._rests_until = 0.0, 0.0

    async def __call__(self, backend: Provable) -> Prompting:
        """See `proof`; a model that was refused is not tried again for a while."""
        if self._refusal and self._clock() < self._rests_until:
            raise ModelError(self._refusal, kind=ModelErrorKind.NOT_SUITABLE)
        try:
            found = await self.proof(backend)
        except ModelError as error:
            if error.kind is ModelErrorKind.NOT_SUITABLE:
                self._rest(str(error))
            raise
        self._refusal, self._rest_s = "", 0.0
        self._compare_behind(backend, found)
        return found.prompting

    def _compare_behind(self, backend: Provable, found: Proof) -> None:
        """Look for the better layout, where nobody has said or found it and it costs neither time
        nor, as far as can be seen, money or somebody's allowance of requests."""
        layouts = layouts_of(backend.api, found.prompting)
        if self._settings.layout is not None or found.result.layout is not None:
            return
        if under_public_name(self._where):
            return
        winner = next((one for one in found.trials if one.name == found.result.name), None)
        if len(layouts) > 1 and winner and is_fast(winner.hole_s, len(layouts)):
            backend.run_behind(
                compare(backend, found.prompting, layouts, lambda best: self.prefer(best, found))
            )

    async def proof(
        self, backend: Provable, *, anew: bool = False, trying: Trying = lambda _: None
    ) -> Proof:
        """The stored result if it still holds, unless a test `anew` is wanted; else test the model,
        and store what comes of it. `trying` hears of each trial before it is made.

        Raises
        ------
        ModelError
            NOT_SUITABLE: it can't be used. Any other kind: it could not be tested.
        """
        info, why = await described(backend, self._where)
        of = store.identity(self._settings.provider, self._settings.model or "", info)
        if not anew:
            kept = await asyncio.to_thread(store.load, self._state_dir, of)
            if kept is not None and (prompting := self._as_kept(kept)) is not None:
                self.result = kept
                return Proof(prompting=prompting, result=kept, info=info, of=of)
        found = await self._tested(backend, info, of, why, trying)
        self.result = found.result
        await asyncio.to_thread(store.save, self._state_dir, of, found.result)
        return found

    async def prefer(self, layout: Layout, found: Proof) -> Prompting:
        """How to ask now that `layout` has shown to be the better one; keeps that. The settings'
        own word counts more."""
        if self._settings.layout is not None:
            return found.prompting
        result = replace(found.result, layout=layout)
        await asyncio.to_thread(store.save, self._state_dir, found.of, result)
        return replace(found.prompting, layout=layout)

    def _as_kept(self, kept: store.Result) -> Prompting | None:
        """None where the result is of no use any more, as after an update that renames a format."""
        prompting = self._usable(kept.name)
        if prompting is None or kept.layout is None or self._settings.layout is not None:
            return prompting
        return replace(prompting, layout=kept.layout)

    def _usable(self, name: str) -> Prompting | None:
        """How to ask so; None where the server has no place for it."""
        try:
            prompting = self._declare(name)
        except ConfigError:
            return None
        if self._settings.layout is None and prompting.healing is not Healing.CONSTRAINED:
            # Text behind the middle token that ends inside a token does harm: not unmeasured.
            return replace(prompting, layout=Layout.STANDARD)
        return prompting

    async def _tested(
        self,
        backend: Provable,
        info: BackendInfo,
        of: store.Identity,
        why: ModelError | None,
        trying: Trying,
    ) -> Proof:
        trials: list[Trial] = []
        formats, foreign = await self._formats(backend)
        names = [form.name for form in formats]
        for ways in (names, [Mode.NATIVE.value], [Mode.CHAT.value]):
            best = await self._best(backend, ways, trials, trying)
            if best is not None:
                prompting, trial = best
                result = store.Result(
                    name=trial.name,
                    verdict=trial.verdict,
                    tested_on=datetime.now(UTC).date().isoformat(),
                )
                return Proof(
                    prompting=prompting,
                    result=result,
                    info=info,
                    of=of,
                    trials=tuple(trials),
                    foreign=tuple(foreign),
                )
        ruled_out = bool(foreign) and not formats
        answered = ruled_out or any(trial.error is None for trial in trials)
        if not answered and (error := why or next((t.error for t in trials if t.error), None)):
            # Nothing was ever answered: that is no matter of formats.
            raise error
        raise not_suitable(self._settings, trials, foreign)

    async def _formats(self, backend: Provable) -> tuple[list[FimFormat], list[FimFormat]]:
        if Mode.RAW not in backend.api.dialects:
            return [], []
        return await own_formats(backend)

    async def _best(
        self, backend: Provable, names: list[str], trials: list[Trial], trying: Trying
    ) -> tuple[Prompting, Trial] | None:
        """The first of `names` that passes. Where another has the same tokens in another order,
        that one is heard as well: models fill easy holes in either."""
        best: tuple[Prompting, Trial] | None = None
        for name in names:
            prompting = self._usable(name)
            if prompting is None:
                continue
            if best is not None and not _sibling(prompting.format, best[0].format):
                continue
            trying(name)
            trial = await try_out(backend, prompting)
            trials.append(trial)
            if trial.passed and (best is None or _merit(trial) > _merit(best[1])):
                best = (prompting, trial)
        return best

    def _rest(self, refusal: str) -> None:
        self._rest_s = min(max(_FIRST_REST_S, 2 * self._rest_s), _LONGEST_REST_S)
        self._rests_until = self._clock() + self._rest_s
        self._refusal = refusal


def layouts_of(api: Api, prompting: Prompting) -> tuple[Layout, ...]:
    """Those between which there is a choice."""
    native = prompting.mode is Mode.NATIVE
    return possible(prompting, takes_middle=native and api.dialects[prompting.mode].takes_middle)


async def described(backend: Subject, where: str) -> tuple[BackendInfo, ModelError | None]:
    """What the server says of itself; where it says nothing, why. Raises ModelError when it can't
    be reached."""
    try:
        return await backend.describe(), None
    except ModelError as error:
        if error.kind not in _TELLS_NOTHING:
            raise
        return BackendInfo(model=backend.model, endpoint=where), error


def _merit(trial: Trial) -> tuple[int, int]:
    return trial.filled, trial.stopped


def _sibling(one: FimFormat | None, other: FimFormat | None) -> bool:
    if one is None or other is None or one.order is other.order:
        return False
    return {one.prefix, one.suffix} == {other.prefix, other.suffix}

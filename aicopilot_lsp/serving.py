"""The models of a session at work: made when they are first asked for, guarded against what has
failed (models/guarded.py), shown no file that a route keeps from them, and replaced when settings
change.

It connects to nothing and starts nothing; the first request does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aicopilot_lsp import plugins, routing
from aicopilot_lsp.completion.types import Snapshot, Trigger
from aicopilot_lsp.config.settings import ModelSettings, Settings
from aicopilot_lsp.errors import AicopilotError, ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.text.languages import language_id_for

if TYPE_CHECKING:
    from aicopilot_lsp.completion.failover import Choice
    from aicopilot_lsp.models.guarded import Served
    from aicopilot_lsp.models.protocol import Backend

ROLE = "autocomplete"


class Models:
    """Those that the settings name. Owned by one event loop.

    Parameters
    ----------
    state_dir, cache_dir : Path
        Where the model process keeps its address and where model files are.
    clock : callable
        Seconds, monotonic.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        state_dir: Path,
        cache_dir: Path,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._state_dir, self._cache_dir = state_dir, cache_dir
        self._clock = clock
        self._served: dict[str, Served] = {}  # by name
        self._retiring: set[asyncio.Task[None]] = set()

    def choice(self, snapshot: Snapshot) -> "Choice":
        """The models that a snapshot may be shown to. Raises ModelError when none is configured."""
        from aicopilot_lsp.completion.failover import Choice, NamedModel

        self._completing()
        place = routing.Place(snapshot.path, snapshot.document.language_id, snapshot.aliases)
        routed = routing.route(self._settings, ROLE, place)
        on_purpose, settings = snapshot.trigger is Trigger.INVOKED, self._settings
        served = self._served  # as long as this request lasts, whatever the settings say then

        def opened(model: ModelSettings) -> "Callable[[], Awaitable[Backend]]":
            async def backend() -> "Backend":
                try:
                    return self._serve(model, served).guarded(on_purpose=on_purpose)
                except ConfigError as error:
                    said = str(error)
                    known = repr(model.name) in said
                    text = said if known else f"The model {model.name!r} can't be used. {said}"
                    raise ModelError(text, kind=ModelErrorKind.NOT_CONFIGURED) from error

            return backend

        def may_show(model: ModelSettings) -> "Callable[[str], bool]":
            def shows(path: str) -> bool:
                whole = f"{snapshot.around.root}/{path}"
                other = routing.Place(path, language_id_for(path), (whole,))
                return routing.may_see(settings, model, other)

            return shows

        models = tuple(
            NamedModel(model.name, opened(model), may_show(model)) for model in routed.models
        )
        return Choice(models, routed.refusal)

    def backend(self, model: ModelSettings | None = None) -> "Backend":
        """The backend of `model`, by default of the first for completion, made when first asked
        for, without what guards it in requests: for commands that look at a model.

        Raises ModelError (NOT_CONFIGURED) when no model serves completion, ConfigError when its
        provider is unknown.
        """
        return self._serve(model or self._completing()[0], self._served).backend

    @property
    def starting(self) -> bool:
        """Whether a model is being started or loaded at this moment."""
        return any(served.backend.starting for served in self._served.values())

    async def readiness(self) -> str | None:
        """None when a model is configured and present, else what to do about the first (for a
        person). Starts nothing and connects to nothing."""
        first: str | None = None
        try:
            models = self._completing()
        except ModelError as error:
            return str(error)
        for model in models:
            try:
                advice = await self._serve(model, self._served).backend.readiness()
            except AicopilotError as error:
                advice = str(error)
            if advice is None:
                return None
            first = first or advice
        return first

    def reconfigure(self, settings: Settings, requests: Collection[asyncio.Task[object]]) -> None:
        """Take over new settings; `requests` are in flight and end with the old ones."""
        old, self._settings = self._settings, settings
        if (old.models, old.embedded) == (settings.models, settings.embedded):
            # With new breakers: what was wrong may have been mended by what has changed.
            for name, one in self._served.items():
                self._served[name] = one.anew(self._clock)
            return
        # What a request in flight opens from now on is put into the old ones, and closed with them.
        served, self._served = self._served, {}
        closing = asyncio.create_task(_close_after(served, set(requests)))
        self._retiring.add(closing)
        closing.add_done_callback(self._retiring.discard)

    async def aclose(self) -> None:
        """End model calls and connections; the embedded model's process stays for other editors."""
        served, self._served = self._served, {}
        for one in served.values():
            await one.aclose()
        await asyncio.gather(*self._retiring)

    def _completing(self) -> tuple[ModelSettings, ...]:
        models = self._settings.models_for(ROLE)
        if not models:
            raise ModelError(
                "No model is configured for completion. Add a [[models]] table with the role"
                f' "{ROLE}"; `aicopilot config path` says where.',
                kind=ModelErrorKind.NOT_CONFIGURED,
            )
        return models

    def _serve(self, model: ModelSettings, all_served: "dict[str, Served]") -> "Served":
        """The model at work, made when it is not yet among `all_served`. Raises ConfigError when
        its provider is unknown or its settings can't be used."""
        from aicopilot_lsp.models.breaker import Breaker
        from aicopilot_lsp.models.guarded import Served

        found = all_served.get(model.name)
        if found is None:
            context = plugins.BackendContext(
                embedded=self._settings.embedded,
                state_dir=self._state_dir,
                cache_dir=self._cache_dir,
            )
            backend = plugins.backend_factory(model.provider)(model, context)
            found = all_served[model.name] = Served(model.name, backend, Breaker(self._clock))
        return found


async def _close_after(served: "Mapping[str, Served]", requests: set[asyncio.Task[object]]) -> None:
    """Close backends that are not used any more, once the requests that use them have ended."""
    if requests:
        await asyncio.wait(requests)
    for one in served.values():
        await one.aclose()

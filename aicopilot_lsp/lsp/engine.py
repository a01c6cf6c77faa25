"""What this room needs of the engine (assembly.Engine), as a protocol, and how one is made.

The real engine and all it stands on are imported here when settings are known and not before
(INV-11), in a thread, so that the first messages are not held up by it.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from aicopilot_lsp.completion.types import Outcome, OutcomeKind, Snapshot
from aicopilot_lsp.config import paths
from aicopilot_lsp.errors import ConfigError

if TYPE_CHECKING:
    from aicopilot_lsp.config.settings import Settings
    from aicopilot_lsp.context.index.services import IndexServices

SUPERSEDED = "superseded"  # what assembly.SUPERSEDED says; importing it would import everything


class Engine(Protocol):
    """See assembly.Engine for what each promises."""

    @property
    def starting(self) -> bool: ...
    async def complete(self, snapshot: Snapshot) -> Outcome: ...
    def note(self, uri: str, kind: OutcomeKind, reason: str | None = None) -> None: ...
    async def readiness(self) -> str | None: ...
    async def reconfigure(self, settings: "Settings") -> None: ...
    def document_closed(self, uri: str) -> None: ...
    def folder_removed(self, root: Path) -> None: ...
    def elsewhere_changed(self) -> None: ...
    def accepted(self, suggestion_id: str) -> None: ...
    def last_outcome(self, uri: str) -> Outcome | None: ...
    def last_asked(self, uri: str) -> Outcome | None: ...
    async def aclose(self) -> None: ...


EngineFactory = Callable[["Settings"], Engine]


def make_engine(settings: "Settings", indexes: "IndexServices | None" = None) -> Engine:
    """The real one, over these indexes. Opens no connection and starts no process."""
    from aicopilot_lsp.assembly import Engine as RealEngine
    from aicopilot_lsp.assembly import context_engine

    return RealEngine(
        settings,
        state_dir=paths.state_dir(),
        cache_dir=paths.cache_dir(),
        context=context_engine(settings, paths.state_dir() / "index", indexes=indexes),
    )


def import_engine(settings: "Settings") -> None:
    """Import what the first request will need: 0.2 s that are not to be spent on the event loop."""
    from aicopilot_lsp import assembly, plugins, serving, speed_store  # noqa: F401 - to be imported
    from aicopilot_lsp.completion import pipeline, warming  # noqa: F401 - likewise
    from aicopilot_lsp.context import engine  # noqa: F401 - likewise

    plugins.filters()
    plugins.sources(settings.context.unasked_sources)
    for model in settings.models_for(serving.ROLE):
        with contextlib.suppress(ConfigError):  # told when the engine says so, too
            plugins.backend_factory(model.provider)

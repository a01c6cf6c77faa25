"""The composition root: settings in, a working Engine out. What lsp/ and cli/ are built on.

It alone joins the rooms: it picks the backend the settings name, the filters the catalogue holds,
and hands them to the pipeline. It opens no connection and starts no process; the first request does.
"""

from collections.abc import Callable
from pathlib import Path

from aicopilot_lsp.completion.types import Outcome, Snapshot
from aicopilot_lsp.config.settings import Settings


class Engine:
    """Everything behind the faces. Owned by one event loop."""

    def __init__(
        self,
        settings: Settings,
        *,
        state_dir: Path,
        cache_dir: Path,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.settings = settings

    async def complete(self, snapshot: Snapshot) -> Outcome:
        """Carry one request through the pipeline. Never raises for a model's or a filter's fault;
        cancelling the task that awaits it closes the model call."""
        raise NotImplementedError

    async def readiness(self) -> str | None:
        """None when a model is configured and present, else what to do about it (for a person).
        Starts nothing and connects to nothing."""
        raise NotImplementedError

    async def reconfigure(self, settings: Settings) -> None:
        """Take over new settings; requests in flight end with the old ones."""
        raise NotImplementedError

    def document_closed(self, uri: str) -> None:
        """Forget what was remembered for `uri`."""

    def accepted(self, suggestion_id: str) -> None:
        """The editor's user accepted this suggestion."""

    def last_outcome(self, uri: str) -> Outcome | None:
        """The latest outcome for `uri`, for "Why no suggestion here?"."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """End model calls and connections; the embedded model's process stays for other editors."""

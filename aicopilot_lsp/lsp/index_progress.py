"""Progress in the editor while a folder is indexed for the first time, where that takes over a
second: how many files of how many, at most once a second."""

from pathlib import Path

from lsprotocol import types

from aicopilot_lsp.context.index.service import State, Status
from aicopilot_lsp.lsp.progress import PATIENCE_S, Progress

_EVERY_S = 1.0


class IndexProgress:
    """Owned by the event loop."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._latest: dict[Path, Status] = {}  # of the folders that are watched

    def changed(self, status: Status) -> None:
        """A folder's index is doing otherwise than before."""
        if status.root in self._latest:
            self._latest[status.root] = status
        elif status.state is State.SCANNING:
            self._latest[status.root] = status
            self._progress.in_background(self._watch(status.root))

    async def _watch(self, root: Path) -> None:
        try:
            await self._progress.sleep(PATIENCE_S)
            if self._scans(root):
                await self._report(root)
        finally:
            del self._latest[root]

    async def _report(self, root: Path) -> None:
        title = f"aicopilot: indexing {root.name}"
        said = self._latest[root]
        begin = types.WorkDoneProgressBegin(
            title=title, percentage=_percentage(said), message=_message(said)
        )
        async with self._progress.shown(begin) as say:
            while say is not None and self._scans(root):
                await self._progress.sleep(_EVERY_S)
                now = self._latest[root]
                if now != said and self._scans(root):
                    said = now
                    say(
                        types.WorkDoneProgressReport(
                            percentage=_percentage(said), message=_message(said)
                        )
                    )

    def _scans(self, root: Path) -> bool:
        return self._latest[root].state is State.SCANNING


def _percentage(status: Status) -> int:
    return 100 * status.done // status.total if status.total else 0


def _message(status: Status) -> str | None:
    return f"{status.done:,} of {status.total:,} files" if status.total else None

"""Where the imports lead that somebody has just typed: the index knows those of saved files only.

Asked in the index's thread. What there is in the workspace is read from the index when it is first
needed, and again after a while: a file whose imports are all saved needs none of it.
"""

import time
from collections.abc import Callable

from aicopilot_lsp.context.index.modules import CONFIG_NAMES, Known, resolve
from aicopilot_lsp.store.index.reader import IndexReader

_KEPT_S = 30.0
# Some 600 bytes each, and 1 s for 500,000. Of a larger workspace none is known, rather than some:
# the wrong one of two files is worse than neither.
_MOST_PATHS = 50_000
_MOST_CONFIGS = 256
_MOST_CONFIG_LINES = 20_000


class UnsavedImports:
    """A `Resolve` (local.py) over the paths that `reader` knows."""

    def __init__(self, reader: IndexReader, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._reader = reader
        self._clock = clock
        self._known: Known | None = None
        self._read_s = 0.0

    def __call__(self, path: str, language: str, module: str, name: str) -> str:
        """The path of the file that is meant, or ""."""
        now_s = self._clock()
        if self._known is None or now_s - self._read_s > _KEPT_S:
            self._known, self._read_s = self._read(), now_s
        return resolve(self._known, path, language, module, name)

    def _read(self) -> Known:
        paths = self._reader.paths("*", limit=_MOST_PATHS + 1)
        if len(paths) > _MOST_PATHS:
            return Known()
        configs = [path for path in paths if path.rpartition("/")[2] in CONFIG_NAMES]
        texts = {
            path: self._reader.lines(path, 0, _MOST_CONFIG_LINES)
            for path in configs[:_MOST_CONFIGS]
        }
        return Known(paths, texts)

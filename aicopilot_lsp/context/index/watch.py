"""Hearing of changed files, by watchfiles.

On Linux each folder that a scan has looked into is watched by itself: a recursive watch would take
one of the system's few watches for each folder of node_modules, and follow links out of the root.
Elsewhere the system watches whole trees at no such price. What is heard are paths, no verdicts:
build.py asks the rules about each. Where watching fails, `lost` says why and the worker scans by
the clock instead.
"""

import os
import sys
import threading
from collections.abc import Callable, Collection

from watchfiles import watch

from aicopilot_lsp.context.index.ignore import IGNORE_FILES
from aicopilot_lsp.context.index.names import refused_folder, refused_name
from aicopilot_lsp.context.index.refusal import Refusal

# watchfiles looks every `step` for news and hands them on after a step without any: half the time
# until a change is heard of, and 25 wake-ups a second at rest.
_STEP_MS = 40
_DEBOUNCE_MS = 400
_STOP_LOOK_MS = 1000
# Each has a thread and an inotify instance, of which a user has 128: then all are joined in one.
_MAX_WATCHES = 4
# Temporary files of editors and compilers come and go by the hundred. A secret's name is passed on:
# a file that is renamed to it has to go.
_NEVER = (Refusal.BINARY,)


class Watch:
    """The watches of one root. Owned by one thread; the callables are called in others.

    Parameters
    ----------
    root : str
        Its real path.
    heard : callable
        Gets paths relative to the root, with "/".
    lost : callable
        Gets why nothing will be heard any more, as a clause for a person. Called once at most
        until `begin` is called again.
    """

    def __init__(
        self,
        root: str,
        heard: Callable[[tuple[str, ...]], None],
        lost: Callable[[str], None],
    ) -> None:
        self._root = root
        self._heard = heard
        self._lost = lost
        self._folders: set[str] = set()
        self._watches: list[_One] = []

    def begin(self, folders: Collection[str]) -> None:
        """Watch these folders ("" is the root), and none that were watched before."""
        if set(folders) == self._folders and all(one.is_alive() for one in self._watches):
            return
        before, self._watches = self._watches, []
        self._folders = set()
        self.extend(folders)
        for one in before:  # now, so that nothing is missed between
            one.stop()

    def extend(self, folders: Collection[str]) -> None:
        """Watch these folders, too."""
        new = set(folders) - self._folders
        if not new:
            return
        self._folders |= new
        if len(self._watches) >= _MAX_WATCHES:
            self.begin(self._folders | {""})
            return
        if not _watches_trees() or not self._watches:
            self._watches.append(_One(self._root, new, self._heard, self._lost))

    def stop(self) -> None:
        for one in self._watches:
            one.stop()
        self._watches = []
        self._folders = set()


class _One:
    """One thread that listens to the system."""

    def __init__(
        self,
        root: str,
        folders: Collection[str],
        heard: Callable[[tuple[str, ...]], None],
        lost: Callable[[str], None],
    ) -> None:
        self._root = root
        self._heard = heard
        self._lost = lost
        self._stopping = threading.Event()
        recursive = _watches_trees()
        paths = [root] if recursive else [os.path.join(root, one) for one in folders]  # noqa: PTH118
        self._thread = threading.Thread(
            target=self._run, args=(paths, recursive), name="watch", daemon=True
        )
        self._thread.start()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Nothing is heard after the next look at this, which is soon; not waited for."""
        self._stopping.set()

    def _run(self, paths: list[str], recursive: bool) -> None:  # noqa: FBT001
        # A folder may have gone since it was walked, and takes all others with it.
        there = paths if recursive else [one for one in paths if os.path.isdir(one)]  # noqa: PTH112
        if not there:
            return
        try:
            for changes in watch(
                *there,
                watch_filter=None,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                rust_timeout=_STOP_LOOK_MS,
                stop_event=self._stopping,
                raise_interrupt=False,
                recursive=recursive,
                ignore_permission_denied=True,
            ):
                paths_heard = (path for _, path in changes)
                heard = tuple(one for path in paths_heard if (one := self._relative(path)))
                if heard and not self._stopping.is_set():
                    self._heard(heard)
        except Exception as error:  # noqa: BLE001 - watchfiles raises errors of Rust as they come
            if not self._stopping.is_set():
                self._lost(_why(error))

    def _relative(self, path: str) -> str:
        """The path below the root, "" for what none of our rules would let through anyway."""
        relative = os.path.relpath(path, self._root).replace(os.sep, "/")
        parts = relative.split("/")
        if parts[0] in ("..", "."):
            return ""
        if parts[-1] in IGNORE_FILES or relative == ".git/info/exclude":
            return relative
        if any(map(refused_folder, parts)):
            return ""
        return "" if refused_name(parts[-1]) in _NEVER else relative


def _watches_trees() -> bool:
    return sys.platform in ("win32", "darwin")


def _why(error: Exception) -> str:
    text = str(error)
    if "limit" in text.lower() or "No space left" in text:
        return "the system watches no more files (fs.inotify.max_user_watches)"
    return f"the system does not watch files here ({type(error).__name__})"

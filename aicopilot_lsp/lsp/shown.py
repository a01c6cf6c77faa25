"""Which documents may be shown to a model along with another one, and under what path.

What is open in an editor is not for that reason fit for a prompt: a `.env` with keys in it, a file
that `.gitignore` or the configuration names. The rules are those of the index, so that a file that
is not read from disk does not come in through the editor; and a file that a route forbids by what
its shown path does not tell is not shown at all. Finding out asks the disk: it is done in a thread
(shown_rules.py), waited for a moment only, and kept until something may have changed it.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.lsp.client import Folder
from aicopilot_lsp.lsp.files import Places, local_path, roots

# What is not known by then is known for the next request. It takes 1 ms a file where disks are
# local.
PATIENCE_S = 0.02
_MAX_ANSWERS = 512
_IGNORE_FILES = (".gitignore", ".aicopilotignore")


@dataclass(frozen=True, slots=True)
class Beside:
    """What an answer depends on: the document of the request, and the folders that there were."""

    uri: str
    folders: tuple[Folder, ...]


class Shown:
    """Owned by the event loop."""

    def __init__(self, places: Places, *, patience_s: float = PATIENCE_S) -> None:
        self._places = places
        self._patience_s = patience_s
        self._asked: dict[tuple[str, str, Beside], asyncio.Task[str]] = {}
        self._reading = asyncio.Lock()

    def forget(self) -> None:
        """There may be other settings, folders or ignore files than before."""
        self._asked = {}

    def saved(self, uri: str) -> bool:
        """A document was saved; whether it is one that says what is ignored."""
        says_so = PurePosixPath(uri).name in _IGNORE_FILES
        if says_so:
            self.forget()
        return says_so

    async def paths_of(
        self, languages: Mapping[str, str], beside: Beside, settings: Settings
    ) -> dict[str, str]:
        """The paths under which documents may be shown beside another; those that may not be, or of
        which it is not known yet, are left out.

        Within the folder that holds both it is the path there. Elsewhere it begins with "../": with
        the name of the workspace folder that holds it, if one does, and no other folder's, for
        those may say who somebody is.

        Parameters
        ----------
        languages : mapping of str to str
            The documents' URIs, and their language ids, "" where they are not known.
        """
        asked = {
            uri: self._ask(uri, language_id, beside, settings)
            for uri, language_id in languages.items()
        }
        waited_for = {task for task in asked.values() if not task.done()}
        if waited_for:
            await asyncio.wait(waited_for, timeout=self._patience_s)
        return {uri: task.result() for uri, task in asked.items() if task.done() and task.result()}

    def _ask(
        self, uri: str, language_id: str, beside: Beside, settings: Settings
    ) -> asyncio.Task[str]:
        key = (uri, language_id, beside)
        task = self._asked.get(key)
        if task is None:
            if len(self._asked) >= _MAX_ANSWERS:
                self.forget()
            work = self._path_of(uri, language_id, beside, settings)
            task = self._asked[key] = asyncio.get_running_loop().create_task(work)
        return task

    async def _path_of(self, uri: str, language_id: str, beside: Beside, settings: Settings) -> str:
        from aicopilot_lsp.lsp import shown_rules

        file = local_path(uri)
        if file is None:
            return ""
        paths = await self._places.paths_of(uri, beside.folders)
        folder = holder(beside.uri, beside.folders)
        shown = shown_path(file, paths[0], folder, holder(uri, beside.folders))
        document = shown_rules.Document(file, paths, language_id, shown, folder)
        async with self._reading:
            refused = await asyncio.to_thread(
                shown_rules.is_refused, document, roots(beside.folders), settings
            )
        return "" if refused else shown


def holder(uri: str, folders: Iterable[Folder]) -> Path | None:
    """The innermost folder that holds a document, as the editor writes both."""
    path = local_path(uri)
    if path is None:
        return None
    holding = [root for root in roots(folders) if path.is_relative_to(root)]
    return max(holding, key=lambda root: len(root.parts), default=None)


def shown_path(file: Path, path: str, beside: Path | None, holding: Path | None) -> str:
    """Of a file that is `path` in its folder `holding`, beside a document of `beside`."""
    if holding is None:
        return f"../{file.name}"
    return path if holding == beside else f"../{holding.name}/{path}"

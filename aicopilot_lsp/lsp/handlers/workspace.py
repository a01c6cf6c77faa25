"""`initialized`, and what the workspace and its configuration become afterwards."""

from collections.abc import Coroutine, Iterator, Mapping
from typing import Any

from lsprotocol import types

from aicopilot_lsp.lsp.client import Folder
from aicopilot_lsp.lsp.configuration import Configuration
from aicopilot_lsp.lsp.files import local_path
from aicopilot_lsp.lsp.handlers.text_sync import on_disk_changed
from aicopilot_lsp.lsp.session import Session
from aicopilot_lsp.lsp.shown import holder


def initialized(configuration: Configuration, _: Any) -> Coroutine[Any, Any, None]:
    """Holds requests back now; asks the client, and changes settings later."""
    return configuration.initialized()


def did_change_configuration(
    configuration: Configuration, params: Any
) -> Coroutine[Any, Any, None]:
    """Holds requests back now; asks the client, and changes settings later."""
    pushed = params.get("settings") if isinstance(params, Mapping) else None
    return configuration.changed(pushed)


def did_change_folders(
    session: Session, configuration: Configuration, params: types.DidChangeWorkspaceFoldersParams
) -> Coroutine[Any, Any, None]:
    """Changes live state and holds requests back now; changes settings later."""
    for folder in params.event.removed:
        session.folders.pop(folder.uri, None)
        path = local_path(folder.uri)
        if path is not None:
            session.indexes.drop(path)  # also where there is no engine yet
            if session.engine is not None:
                session.engine.folder_removed(path)
    for folder in params.event.added:
        session.folders[folder.uri] = Folder(uri=folder.uri, name=folder.name)
    return _folders_changed(session, configuration.files_changed())


async def _folders_changed(session: Session, configured: Coroutine[Any, Any, None]) -> None:
    await configured
    opened = [uri for uri in session.history.uris() if uri in session.documents]
    for path in {holder(uri, session.folders.values()) for uri in opened} - {None}:
        assert path is not None  # noqa: S101 - for the type checker
        session.indexes.want(path)


def did_change_files(
    session: Session, configuration: Configuration, params: Any
) -> Coroutine[Any, Any, None] | None:
    """Has files indexed anew. Where options changed: holds requests back now, changes settings
    later. Only the files of options are asked for, but clients may watch others too."""
    uris = list(_changed_files(params))
    for uri in uris:
        on_disk_changed(session, uri)
    if uris and not any(configuration.reads(uri) for uri in uris):
        return None
    return configuration.files_changed()


def _changed_files(params: Any) -> Iterator[str]:
    changes = params.get("changes") if isinstance(params, Mapping) else None
    for change in changes if isinstance(changes, list) else ():
        uri = change.get("uri") if isinstance(change, Mapping) else None
        if isinstance(uri, str):
            yield uri


def read_anything(params: Any) -> Any:
    """These are taken as they come: clients disagree about them, and nothing hangs on it."""
    return params

"""`initialized`, and what the workspace and its configuration become afterwards."""

from collections.abc import Coroutine, Mapping
from typing import Any

from lsprotocol import types

from aicopilot_lsp.lsp.client import Folder
from aicopilot_lsp.lsp.configuration import Configuration
from aicopilot_lsp.lsp.session import Session


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
    for folder in params.event.added:
        session.folders[folder.uri] = Folder(uri=folder.uri, name=folder.name)
    return configuration.files_changed()


def did_change_files(configuration: Configuration, _: Any) -> Coroutine[Any, Any, None]:
    """Holds requests back now; changes settings later. Only files that we read are watched."""
    return configuration.files_changed()


def read_anything(params: Any) -> Any:
    """These are taken as they come: clients disagree about them, and nothing hangs on it."""
    return params

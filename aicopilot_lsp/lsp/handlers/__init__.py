"""One file for each thing an editor can ask; `table` is the list of them all.

A handler is called in the turn in which its message was read and takes what it needs of the live
state there and then. Where there is more to do, it returns a coroutine that looks at frozen things
only (dispatch.py).
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import cattrs
from lsprotocol import types

from aicopilot_lsp.lsp.configuration import Configuration
from aicopilot_lsp.lsp.diagnostics import METHOD as DID_CHANGE_DIAGNOSTICS
from aicopilot_lsp.lsp.dispatch import Handler
from aicopilot_lsp.lsp.handlers.completion import completion
from aicopilot_lsp.lsp.handlers.diagnostics import did_change_diagnostics
from aicopilot_lsp.lsp.handlers.execute_command import execute_command
from aicopilot_lsp.lsp.handlers.initialize import initialize, read_initialize
from aicopilot_lsp.lsp.handlers.inline_completion import inline_completion
from aicopilot_lsp.lsp.handlers.text_document_content import text_document_content
from aicopilot_lsp.lsp.handlers.text_sync import did_change, did_close, did_open, did_save
from aicopilot_lsp.lsp.handlers.workspace import (
    did_change_configuration,
    did_change_files,
    did_change_folders,
    initialized,
    read_anything,
)
from aicopilot_lsp.lsp.params import structure
from aicopilot_lsp.lsp.session import Session

Run = Callable[..., Any]


def table(
    session: Session,
    configuration: Configuration,
    converter: cattrs.Converter,
    begin: Callable[[], None],
) -> Mapping[str, Handler]:
    """Every method that is handled; `begin` is called when `initialize` has been read."""

    def typed(params_type: type[Any], run: Run, *state: Any, request_only: bool = False) -> Handler:
        return Handler(
            run=partial(run, *state),
            read=lambda params: structure(converter, params, params_type),
            request_only=request_only,
        )

    request = partial(typed, request_only=True)
    return {
        types.INITIALIZE: Handler(
            partial(initialize, session, begin), read_initialize, request_only=True
        ),
        types.INITIALIZED: Handler(partial(initialized, configuration), read_anything),
        types.TEXT_DOCUMENT_DID_OPEN: typed(types.DidOpenTextDocumentParams, did_open, session),
        types.TEXT_DOCUMENT_DID_CHANGE: typed(
            types.DidChangeTextDocumentParams, did_change, session
        ),
        types.TEXT_DOCUMENT_DID_SAVE: typed(
            types.DidSaveTextDocumentParams, did_save, session, configuration
        ),
        types.TEXT_DOCUMENT_DID_CLOSE: typed(types.DidCloseTextDocumentParams, did_close, session),
        DID_CHANGE_DIAGNOSTICS: Handler(partial(did_change_diagnostics, session), read_anything),
        types.TEXT_DOCUMENT_INLINE_COMPLETION: request(
            types.InlineCompletionParams, inline_completion, session
        ),
        types.TEXT_DOCUMENT_COMPLETION: request(types.CompletionParams, completion, session),
        types.WORKSPACE_EXECUTE_COMMAND: request(
            types.ExecuteCommandParams, execute_command, session
        ),
        types.WORKSPACE_TEXT_DOCUMENT_CONTENT: request(
            types.TextDocumentContentParams, text_document_content, session
        ),
        types.WORKSPACE_DID_CHANGE_CONFIGURATION: Handler(
            partial(did_change_configuration, configuration), read_anything
        ),
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES: Handler(
            partial(did_change_files, session, configuration), read_anything
        ),
        types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: typed(
            types.DidChangeWorkspaceFoldersParams, did_change_folders, session, configuration
        ),
        # Sent by clients without being asked, and of no use to us.
        **dict.fromkeys(_IGNORED, Handler(run=_ignore, read=_ignore)),
    }


_IGNORED = (
    types.SET_TRACE,
    types.WINDOW_WORK_DONE_PROGRESS_CANCEL,
)


def _ignore(_: Any) -> None:
    """Nothing to do."""

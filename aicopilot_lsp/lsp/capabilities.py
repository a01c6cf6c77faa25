"""What we tell the client we can do: one page, fixed but for what the client itself declared."""

from collections.abc import Mapping
from typing import Any

from lsprotocol import types

from aicopilot_lsp import __version__
from aicopilot_lsp.config.editor_json import snake_case, unwrapped
from aicopilot_lsp.lsp.client import Client

ACCEPT_COMMAND = "aicopilot.accept"
WHY_NOTHING_COMMAND = "aicopilot.whyNothing"
EXPLAIN_COMMAND = "aicopilot.explain"
# Of the documents that are ours: read by `workspace/textDocumentContent` (pages.py).
SCHEME = "aicopilot"


def initialize_result(client: Client) -> types.InitializeResult:
    """The answer to `initialize`."""
    return types.InitializeResult(
        capabilities=_capabilities(client),
        server_info=types.ServerInfo(name="aicopilot-lsp", version=__version__),
    )


def completion_options() -> types.CompletionOptions:
    # No trigger characters: editors ask while a word is typed, and on demand.
    return types.CompletionOptions()


def _capabilities(client: Client) -> types.ServerCapabilities:
    return types.ServerCapabilities(
        position_encoding=client.encoding.value,
        text_document_sync=types.TextDocumentSyncOptions(
            open_close=True,
            change=types.TextDocumentSyncKind.Incremental,
            save=types.SaveOptions(include_text=False),
        ),
        inline_completion_provider=types.InlineCompletionOptions(),
        completion_provider=completion_options() if _offers_items(client) else None,
        execute_command_provider=types.ExecuteCommandOptions(
            commands=[ACCEPT_COMMAND, WHY_NOTHING_COMMAND, EXPLAIN_COMMAND]
        ),
        workspace=types.WorkspaceOptions(
            workspace_folders=types.WorkspaceFoldersServerCapabilities(
                supported=True, change_notifications=True
            ),
            text_document_content=(
                types.TextDocumentContentOptions(schemes=[SCHEME]) if client.reads_content else None
            ),
        ),
        experimental={"aicopilot": {"diagnostics": True}},  # may be told to us (diagnostics.py)
    )


def _offers_items(client: Client) -> bool:
    """Whether to advertise completion items before any configuration has been read.

    A client with ghost text is not asked twice for each key. Where the user's file wants items all
    the same, they are registered once it has been read (configuration.py).
    """
    wanted = _option(_option(unwrapped(client.options), "completion"), "completion_items")
    if wanted in ("always", "never"):
        return bool(wanted == "always")
    return not client.inline_completion


def _option(table: object, name: str) -> Any:
    """The value of an option in an editor's JSON; the last, should it be there in two spellings."""
    items = table.items() if isinstance(table, Mapping) else ()
    return next(
        (value for key, value in reversed(list(items)) if snake_case(str(key)) == name), None
    )

"""The same session as three real clients would have it, each with and without ghost text."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from tests.support.rpc_client import ROOT, SCRIPTED

CLIENTS = ["neovim", "visual-studio-code", "emacs"]
URI = "file:///w/a.py"


@pytest_lsp.fixture(  # type: ignore[untyped-decorator]
    params=[(name, ghost) for name in CLIENTS for ghost in (True, False)],
    ids=lambda param: f"{param[0]}-{'ghost' if param[1] else 'items'}",
    config=ClientServerConfig(
        server_command=[sys.executable, "-m", SCRIPTED[-1]],
        server_env={"PYTHONPATH": str(ROOT)},
    ),
)
async def client(lsp_client: LanguageClient, request: pytest.FixtureRequest) -> AsyncIterator[None]:
    name, ghost = request.param
    capabilities = client_capabilities(name)
    if ghost:
        assert capabilities.text_document is not None
        capabilities.text_document.inline_completion = types.InlineCompletionClientCapabilities()
    lsp_client.set_configuration({"aicopilot": {"completion": {"enabled": True}}})
    lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda params: None)
    lsp_client.ghost = ghost  # type: ignore[attr-defined]
    await lsp_client.initialize_session(
        types.InitializeParams(
            process_id=None, root_uri=None, capabilities=capabilities, workspace_folders=[]
        )
    )
    yield
    await lsp_client.shutdown_session()


def open_document(client: Any, text: str) -> types.TextDocumentIdentifier:
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(
            text_document=types.TextDocumentItem(
                uri=URI, language_id="python", version=1, text=text
            )
        )
    )
    return types.TextDocumentIdentifier(uri=URI)


async def test_a_suggestion_is_shown_and_accepted(client: Any) -> None:
    document = open_document(client, "#! say (one,\\n    two)\nx = f\n")
    position = types.Position(line=1, character=5)
    if client.ghost:
        found = await client.text_document_inline_completion_async(
            types.InlineCompletionParams(
                context=types.InlineCompletionContext(
                    trigger_kind=types.InlineCompletionTriggerKind.Automatic
                ),
                text_document=document,
                position=position,
            )
        )
        assert found.items[0].insert_text == "(one,\n    two)"
    else:
        found = await client.text_document_completion_async(
            types.CompletionParams(text_document=document, position=position)
        )
        assert found.items[0].label == "f(one,"
    command = found.items[0].command
    accepted = await client.workspace_execute_command_async(
        types.ExecuteCommandParams(command=command.command, arguments=command.arguments)
    )
    assert accepted is None
    assert client.messages == []


async def test_what_the_client_cancels_is_answered_as_cancelled(client: Any) -> None:
    document = open_document(client, "#! hold x\n")
    position = types.Position(line=1, character=0)
    invoked = types.InlineCompletionContext(trigger_kind=types.InlineCompletionTriggerKind.Invoked)
    method, params = (
        (
            types.TEXT_DOCUMENT_INLINE_COMPLETION,
            types.InlineCompletionParams(
                context=invoked, text_document=document, position=position
            ),
        )
        if client.ghost
        else (
            types.TEXT_DOCUMENT_COMPLETION,
            types.CompletionParams(text_document=document, position=position),
        )
    )
    future = client.protocol.send_request(method, params, msg_id="c1")
    client.cancel_request(types.CancelParams(id="c1"))
    with pytest.raises(JsonRpcException) as cancelled:
        await asyncio.wrap_future(future)
    assert cancelled.value.code == -32800


@pytest.fixture(autouse=True)
def private_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any) -> None:
    monkeypatch.setenv("AICOPILOT_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setenv("AICOPILOT_CONFIG", str(Path("/nonexistent")))

"""How a page about a document is shown: the one that explains its last request (explain.py).

A client that reads documents from its server gets it as one, under a URI of ours; another that can
open files gets a file, private to the user, in the state directory. The page holds source text: it
goes to the client or into that file, and into no log and no message (INV-7).
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote

from lsprotocol import types

from aicopilot_lsp.config.paths import ensure_private_dir
from aicopilot_lsp.lsp.capabilities import SCHEME
from aicopilot_lsp.lsp.client import Client
from aicopilot_lsp.lsp.protocol import ClientError

_FILE_NAME = "explanation.md"
_PREFIX = f"{SCHEME}:/{_FILE_NAME}?"
_ANSWER_TIMEOUT_S = 30.0


class Asks(Protocol):
    """What is needed of the protocol object."""

    async def ask(self, method: str, params: Any, *, timeout_s: float) -> Any: ...


def uri_of_page(uri: str) -> str:
    """Where a client can read the page about a document."""
    return _PREFIX + quote(uri, safe="")


def document_of_page(uri: str) -> str | None:
    """The document that the page at `uri` is about; None where there is no page of ours."""
    return unquote(uri.removeprefix(_PREFIX)) if uri.startswith(_PREFIX) else None


class Pages:
    """Has pages shown. Owned by the event loop.

    Parameters
    ----------
    in_background : callable
        Runs a coroutine until the server ends.
    directory : Path
        For the file; made when there is one to be written.
    """

    def __init__(self, peer: Asks, in_background: Callable[[Any], None], directory: Path) -> None:
        self._peer = peer
        self._in_background = in_background
        self._directory = directory

    def show(self, client: Client, uri: str, text: str, failed: Callable[[], None]) -> None:
        """Have the page `text` about the document at `uri` shown; `failed` is called where the
        client can't, or does not."""

        async def until_shown() -> None:
            if not await self._is_shown(client, uri, text):
                failed()

        self._in_background(until_shown())

    async def _is_shown(self, client: Client, uri: str, text: str) -> bool:
        if not client.shows_documents:
            return False
        if client.reads_content and await self._opens(uri_of_page(uri)):
            # It may have been open already, with what was there to read then.
            with contextlib.suppress(ClientError):
                await self._ask(
                    types.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH,
                    types.TextDocumentContentRefreshParams(uri=uri_of_page(uri)),
                )
            return True
        try:
            path = await asyncio.to_thread(_write_private, self._directory, text)
        except OSError:
            return False
        return await self._opens(path.as_uri())

    async def _opens(self, uri: str) -> bool:
        wanted = types.ShowDocumentParams(uri=uri, take_focus=True)
        try:
            answer = await self._ask(types.WINDOW_SHOW_DOCUMENT, wanted)
        except ClientError:
            return False
        return isinstance(answer, dict) and answer.get("success") is True

    async def _ask(self, method: str, params: Any) -> Any:
        return await self._peer.ask(method, params, timeout_s=_ANSWER_TIMEOUT_S)


def _write_private(directory: Path, text: str) -> Path:
    """The one file, readable by its owner only from the first byte on, and never half written."""
    path = ensure_private_dir(directory) / _FILE_NAME
    fd, name = tempfile.mkstemp(dir=directory)  # 0600
    written = Path(name)
    try:
        # A lone surrogate, which JSON can carry and UTF-8 can't, is no reason to show nothing.
        with os.fdopen(fd, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        return written.replace(path)
    finally:
        written.unlink(missing_ok=True)  # where it could not take its place

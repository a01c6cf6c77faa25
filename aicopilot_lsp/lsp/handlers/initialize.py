"""`initialize`: answered at once, with no file, model or network looked at (INV-9)."""

from collections.abc import Callable, Mapping
from typing import Any

from lsprotocol import types

from aicopilot_lsp.lsp.capabilities import initialize_result
from aicopilot_lsp.lsp.client import Client
from aicopilot_lsp.lsp.params import InvalidParamsError
from aicopilot_lsp.lsp.session import Session


def initialize(
    session: Session, begin: Callable[[], None], params: Mapping[str, Any]
) -> types.InitializeResult:
    """Take note of the client, and begin the session."""
    session.begin(Client.from_initialize(params))
    begin()
    return initialize_result(session.client)


def read_initialize(params: Any) -> Mapping[str, Any]:
    """Any object will do: see client.py."""
    if not isinstance(params, Mapping):
        raise InvalidParamsError("not an object")
    return params

"""pygls's protocol with its incoming half taken out: what goes from us to the client.

pygls 2.1 leaves damaged requests unanswered, shows its own errors to the user, logs message bodies
and lets a cancelled command run on. Reading, dispatch and lifecycle are therefore ours
(dispatch.py); of pygls remain the types, the typed calls to the client and their bookkeeping.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import cattrs
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from aicopilot_lsp.lsp.framing import encode_frame
from aicopilot_lsp.lsp.messages import Response, encode

_log = logging.getLogger(__name__)


class ClientError(Exception):
    """The client answered one of our requests with an error, or not in time."""


class Protocol(LanguageServerProtocol):
    """What pygls's LanguageServer sends with."""

    def __init__(self, server: LanguageServer, converter: cattrs.Converter) -> None:
        super().__init__(server, converter)
        self.send_bytes: Callable[[bytes], None] = _nowhere

    def _register_builtin_features(self) -> None:
        """None: every message is handled by handlers/."""

    def send_body(self, body: bytes) -> None:
        """Send one message."""
        self.send_bytes(encode_frame(body))

    def plain(self, value: Any) -> Any:
        """A result as plain JSON."""
        return self._converter.unstructure(value)

    async def ask(self, method: str, params: Any, *, timeout_s: float) -> Any:
        """Ask the client and wait for its result (plain JSON).

        Raises
        ------
        ClientError
            It answered with an error, or not within `timeout_s`: some clients never answer.
        """
        future = self.send_request(method, params)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), timeout_s)
        except TimeoutError:
            raise ClientError(f"no answer to {method} within {timeout_s} s") from None
        finally:
            for message_id, waiting in list(self._request_futures.items()):
                if waiting is future:
                    del self._request_futures[message_id]
                    self._result_types.pop(message_id, None)

    def settle(self, response: Response) -> None:
        """Hand the client's answer to whoever asked; an answer to nothing is dropped."""
        if not isinstance(response.id, str):
            return  # ours are strings
        future = self._request_futures.pop(response.id, None)
        self._result_types.pop(response.id, None)
        if future is None or future.done():
            _log.debug("The client answered a request that does not wait for it.")
        elif response.error_code is not None:
            future.set_exception(ClientError(f"the client answered with {response.error_code}"))
        else:
            future.set_result(response.result)

    def _send_data(self, data: Any) -> None:
        # In place of pygls's, which logs what it sends and reports a failed write by writing.
        self.send_body(encode(self.plain(data)))


def _nowhere(_: bytes) -> None:
    """Before the transport is connected, and after it broke."""

"""From a message's bytes to what it is in JSON-RPC 2.0: a request, a notification, an answer.

Only the envelope is looked at here; `params` stay plain JSON until dispatch knows the method. What
is wrong with an envelope is a value too (Invalid), because it has to be answered like any other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

MessageId = str | int | float | None


@dataclass(frozen=True, slots=True)
class Request:
    id: MessageId
    method: str
    params: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Notification:
    method: str
    params: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """The client's answer to one of our requests; `error_code` is None when it succeeded."""

    id: MessageId
    result: Any = field(default=None, repr=False)
    error_code: int | None = None


@dataclass(frozen=True, slots=True)
class Invalid:
    """Not a request object; `id` is None where none could be made out.

    `may_be_edit` says that it was meant to be a notification about a document, as far as can be
    seen; `params` are then what they were.
    """

    id: MessageId
    reason: str
    may_be_edit: bool = False
    params: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """Several messages in one array. LSP has no use for it, JSON-RPC does; its answers go back in
    one array, too."""

    items: tuple[Request | Notification | Response | Invalid, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes that were no message; `reason` says why and holds nothing of them (INV-7)."""

    reason: str


# What is handled one at a time.
Message = Request | Notification | Response | Invalid | Unreadable

_EDITS = "textDocument/did"


class ParseError(ValueError):
    """A body that is not JSON in UTF-8; holds no word of it (INV-7)."""


def decode(body: bytes) -> Message | Batch:
    """What `body` is.

    Raises
    ------
    ParseError
        Not UTF-8, not JSON (NaN and Infinity are not), or nested too deeply to be read.
    """
    try:
        # Decoded first: json.loads would guess UTF-16 and UTF-32, too.
        value = json.loads(
            body.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite_float
        )
    except RecursionError:
        raise ParseError("nested too deeply") from None
    except UnicodeDecodeError:
        raise ParseError("not UTF-8") from None
    except ValueError:
        raise ParseError("not JSON") from None
    if not isinstance(value, list):
        return _classify(value)
    # An empty array is one invalid request, says JSON-RPC.
    return Batch(tuple(map(_classify, value))) if value else Invalid(None, "an empty batch")


def encode(payload: Mapping[str, Any]) -> bytes:
    """`payload` as compact ASCII JSON.

    Raises
    ------
    TypeError, ValueError
        It holds something that JSON does not know.
    """
    # ASCII: lone surrogates survive the trip, and no client stumbles over U+2028.
    return json.dumps(payload, separators=(",", ":"), allow_nan=False).encode("ascii")


def is_edit(method: object) -> bool:
    """Whether a method tells of a change to a document: to lose one is to lose the text."""
    return isinstance(method, str) and method.startswith(_EDITS)


def _classify(value: object) -> Request | Notification | Response | Invalid:
    if not isinstance(value, dict):
        return Invalid(None, "not an object")
    has_id = "id" in value
    message_id = value.get("id")
    if isinstance(message_id, bool) or not isinstance(message_id, str | int | float | None):
        return _invalid(value, None, "the id is neither a string nor a number")
    if value.get("jsonrpc") != "2.0":
        return _invalid(value, message_id, "jsonrpc is not 2.0")
    method = value.get("method")
    if isinstance(method, str):
        params = value.get("params")
        return Request(message_id, method, params) if has_id else Notification(method, params)
    if "method" in value:
        return _invalid(value, message_id, "the method is not a string")
    if has_id and ("result" in value or "error" in value):
        return Response(message_id, value.get("result"), _error_code(value.get("error")))
    return _invalid(value, message_id, "no method")


def _invalid(value: Mapping[str, Any], message_id: MessageId, reason: str) -> Invalid:
    method = value.get("method")
    # Without a method that can be read, a message without an id may have been anything.
    may_be_edit = is_edit(method) or not (isinstance(method, str) or "id" in value)
    return Invalid(message_id, reason, may_be_edit, value.get("params"))


def _error_code(error: object) -> int | None:
    if error is None:
        return None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else 0


def _no_constant(_: str) -> NoReturn:
    raise ValueError


def _finite_float(text: str) -> float:
    # 1e999 reads as infinity, which could not be sent back as an id.
    value = float(text)
    if value - value != 0:
        raise ValueError
    return value

"""What went wrong with a call, in the terms of our error tree and in plain words.

Nothing that a server wrote is repeated: its error texts quote what was sent to it, which is the
user's source (INV-7). Where the words matter they are recognised, and said in our own.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from aicopilot_lsp.errors import ModelError, ModelErrorKind

_Kind = ModelErrorKind
_STILL = "Editing is not affected."
_CHECK_IT = "Check that it runs and that the model's url is right."
_MAX_RETRY_AFTER_S = 3_600.0
# llama.cpp has our paths and says with an error object what else it does not have.
_STATUSES_OF_OTHER_SERVERS = frozenset((404, 405, 501))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a server refused; `words` follow "The model server at ... ", without a full stop."""

    kind: ModelErrorKind
    words: str


Explain = Callable[[int, Mapping[str, Any]], Reason | None]
"""What a status and the JSON object that came with it ({} for none) tell, where one kind of server
says it in its own way; None leaves it to `from_status`. Repeats nothing of the object."""


def refused(where: str, reason: Reason, retry_after: str | None = None) -> ModelError:
    return ModelError(
        f"The model server at {where} {reason.words}. {_STILL}",
        kind=reason.kind,
        retry_after_s=parse_retry_after(retry_after),
    )


def connection_failed(where: str, why: str = "", advice: str = _CHECK_IT) -> ModelError:
    because = f" ({why})" if why else ""
    return ModelError(
        f"The model server at {where} can't be reached{because}. {_STILL} {advice}",
        kind=_Kind.UNREACHABLE,
    )


def hung_up(where: str, why: str) -> ModelError:
    """For a server that ends a connection before it answers, as one does that expects TLS."""
    if where.startswith("http://"):
        return connection_failed(
            where,
            why,
            "Check that it runs, and the model's url: the port, and whether it should begin with"
            " https://.",
        )
    return connection_failed(where, why)


def timed_out(where: str, deadline_s: float) -> ModelError:
    return ModelError(
        f"The model server at {where} had not finished after {deadline_s:g} s. {_STILL} "
        "Check that it is not stuck; a smaller model or a longer deadline may help.",
        kind=_Kind.TIMEOUT,
    )


def broke_off(where: str) -> ModelError:
    return ModelError(
        f"The answer of the model server at {where} broke off in the middle. {_STILL} Ask again; "
        "if it happens often, look at the server's log.",
        kind=_Kind.INTERRUPTED,
    )


def bad_answer(where: str, what: str) -> ModelError:
    return ModelError(
        f"The model server at {where} gave an answer that can't be used: {what}. {_STILL} "
        "Check that the model's provider fits what runs there.",
        kind=_Kind.PROTOCOL,
    )


def too_large(where: str, limit_bytes: int) -> ModelError:
    return ModelError(
        f"The answer of the model server at {where} passed {limit_bytes:,} bytes; "
        f"the call was ended. {_STILL}",
        kind=_Kind.TOO_LARGE,
    )


def closed() -> ModelError:
    return ModelError(
        "This model's connections were closed, since the settings changed or the server is "
        "ending. Ask again.",
        kind=_Kind.UNREACHABLE,
    )


def not_tested_yet(where: str) -> ModelError:
    return ModelError(
        f"The model at {where} has not been tested yet; suggestions begin when it has.",
        kind=_Kind.STARTING,
    )


def still_loading() -> ModelError:
    return ModelError(
        "The embedded model is still being loaded; suggestions begin when it is.",
        kind=_Kind.STARTING,
    )


def process_broke_down(log: str) -> ModelError:
    return ModelError(
        f"The embedded model's process broke down. {_STILL} It is started again by itself. "
        f"Its log is {log}.",
        kind=_Kind.INTERRUPTED,
    )


def process_stopped() -> ModelError:
    return ModelError(
        f"The embedded model was stopped in the middle of its answer. {_STILL} The next request "
        "starts it again.",
        kind=_Kind.INTERRUPTED,
    )


def embedded_broke_off(log: str) -> ModelError:
    return ModelError(
        f"The embedded model's answer broke off in the middle. {_STILL} Ask again; its log is "
        f"{log}.",
        kind=_Kind.INTERRUPTED,
    )


def of_embedded(error: ModelError, where: str) -> ModelError:
    """`error`, which says "the model server at `where`", in words about the embedded model."""
    text = str(error).replace(f"model server at {where}", "embedded model")
    if text == str(error):
        return error
    return ModelError(text, kind=error.kind, retry_after_s=error.retry_after_s)


def process_rests(wait_s: float, log: str) -> ModelError:
    return ModelError(
        f"The embedded model broke down; it is started again in {wait_s:.0f} s. {_STILL} "
        f"Its log is {log}.",
        kind=_Kind.STARTING,
        retry_after_s=wait_s,
    )


def other_model(model: str) -> ModelError:
    return ModelError(
        f"The embedded model is {model} now, which wants another prompt. Ask again.",
        kind=_Kind.STARTING,
    )


def from_status(
    where: str,
    status: int,
    retry_after: str | None = None,
    error: Mapping[str, Any] | None = None,
    server: str = "llama.cpp",
) -> ModelError:
    """For an HTTP status that is no success, or the code in an error object.

    Parameters
    ----------
    where : str
        Scheme, host and port.
    retry_after : str or None
        The header's value, as it came.
    error : mapping or None
        The `error` object of the body, if there was one.
    server : str
        What kind of server it should be.
    """
    kind, words = _by_status(status)
    if not error and status in _STATUSES_OF_OTHER_SERVERS:
        words = (
            f"does not look like a {server} server (it answers with {status})."
            " Check the model's url, and provider"
        )
    error = error or {}
    match error.get("type"):
        case "exceed_context_size_error":
            kind, words = _Kind.REJECTED, _too_long_prompt(error)
        case "unavailable_error" if error.get("message") == "Loading model":
            kind, words = _Kind.STARTING, "is still loading its model. Ask again in a moment"
    return refused(where, Reason(kind, words), retry_after)


def from_error_object(where: str, error: Any) -> ModelError:
    """For an `error` inside an answer whose status was a success."""
    if not isinstance(error, Mapping):
        error = {}
    code = error.get("code")
    if isinstance(code, int) and 300 <= code <= 599:
        return from_status(where, code, error=error)
    by_type = {
        "authentication_error": 401,
        "permission_error": 403,
        "not_found_error": 404,
        "invalid_request_error": 400,
        "exceed_context_size_error": 400,
        "unavailable_error": 503,
    }
    kind_name = error.get("type")
    status = by_type.get(kind_name, 500) if isinstance(kind_name, str) else 500
    return from_status(where, status, error=error)


def raise_error_in(answer: Mapping[str, Any], where: str) -> None:
    """Raise what the `error` of an answer tells, if it has one."""
    if answer.get("error") is not None:
        raise from_error_object(where, answer["error"])


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait, from a Retry-After header in either form; at most an hour."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    if math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), _MAX_RETRY_AFTER_S)


def _by_status(status: int) -> tuple[ModelErrorKind, str]:
    match status:
        case 401 | 403:
            return _Kind.AUTH, f"refused the key or found none ({status}). Check the model's key"
        case 402:
            return _Kind.AUTH, (
                "wants payment: the account behind the key has nothing left (402). Top it up"
            )
        case 404:
            return _Kind.NOT_FOUND, (
                "knows no such path or model (404). Check the model's url, provider and name"
            )
        case 408:
            return _Kind.TIMEOUT, "gave up waiting (408)"
        case 413:
            return _Kind.REJECTED, (
                "says that the request is too large (413). Lower max_prompt_tokens"
            )
        case 429:
            return _Kind.BUSY, "asks for fewer requests (429)"
        case 503:
            return _Kind.BUSY, "is overloaded or not ready (503)"
        case _ if 300 <= status < 400:
            return _Kind.REDIRECT, (
                f"points elsewhere ({status}); redirects are not followed. "
                "Put the final address in the model's url"
            )
        case _ if 400 <= status < 500:
            return _Kind.REJECTED, (
                f"rejected the request ({status}). Check the model's provider, name and fim_format"
            )
        case _ if 500 <= status < 600:
            return _Kind.SERVER, f"failed ({status}). Look at its log"
    return _Kind.PROTOCOL, f"answered with the unexpected status {status}"


def _too_long_prompt(error: Mapping[str, Any]) -> str:
    prompt, context = error.get("n_prompt_tokens"), error.get("n_ctx")
    if isinstance(prompt, int) and isinstance(context, int):
        return (
            f"has room for {context:,} tokens and the prompt has {prompt:,}. "
            "Lower max_prompt_tokens or give the server a larger context"
        )
    return "has too small a context for the prompt. Lower max_prompt_tokens"

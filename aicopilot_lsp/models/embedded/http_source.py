"""A model file over HTTP: continued where it was cut off, redirects followed with care.

The hub answers with a redirect to a content network, so redirects are followed here, unlike for
models: over https only (plain http on this machine alone), with no key to send on, since none is
ever sent. What is trusted is the SHA-256 of the whole, not the host. Proxy variables of the
environment are used: a pull is the user's own command, not something a workspace can cause.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from aicopilot_lsp.errors import ModelFileError
from aicopilot_lsp.models import certificates
from aicopilot_lsp.models.embedded.partial import PartialFile
from aicopilot_lsp.models.failures import parse_retry_after

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT_S = 15.0
READ_TIMEOUT_S = 60.0
MAX_REDIRECTS = 5
MAX_ATTEMPTS_WITHOUT_PROGRESS = 3
# Between attempts that bring nothing new; a server may ask for more, within reason.
FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 60.0
_SYNC_EVERY_BYTES = 64 << 20
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class _CutOffError(Exception):
    """The connection failed; what came before is kept and another attempt continues it."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


def fetch_url(
    url: str,
    partial: PartialFile,
    size_bytes: int,
    on_bytes: Callable[[int], None],
    label: str,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Append what `url` has after `partial.size_bytes`, until `size_bytes` are there.

    Parameters
    ----------
    on_bytes : callable
        Told the size so far after each block.
    label : str
        What the source is called in messages.

    Raises
    ------
    ModelFileError
        It can't be had here: unreachable, not found, another file, an unsafe redirect.
    OSError
        The disk.
    """
    without_progress = 0
    # Not what the last attempt began with: a server that makes us begin anew each time and sends a
    # little would be asked for ever.
    furthest = partial.size_bytes
    while partial.size_bytes < size_bytes:
        try:
            _attempt(url, partial, size_bytes, on_bytes, label)
        except _CutOffError as cut:
            without_progress = 0 if partial.size_bytes > furthest else without_progress + 1
            furthest = max(furthest, partial.size_bytes)
            pause_s = _pause_s(without_progress, cut.retry_after_s)
            if without_progress >= MAX_ATTEMPTS_WITHOUT_PROGRESS or pause_s > MAX_PAUSE_S:
                kept = "; what was fetched is kept" if partial.size_bytes else ""
                raise ModelFileError(f"{label}: {cut}{kept}") from cut
            if pause_s:
                sleep(pause_s)


def _pause_s(without_progress: int, retry_after_s: float | None) -> float:
    """A connection that broke off is continued at once; one that brought nothing is not."""
    backoff_s = FIRST_PAUSE_S * 2 ** (without_progress - 1) if without_progress else 0.0
    return max(backoff_s, retry_after_s or 0.0)


def _attempt(
    url: str, partial: PartialFile, size_bytes: int, on_bytes: Callable[[int], None], label: str
) -> None:
    import httpx

    try:
        with _get(url, _resume_headers(url, partial), label) as response:
            _prepare(response, partial, size_bytes, label)
            partial.save_notes(url_sha256=_url_sha256(url), validator=_validator(response))
            unsynced = 0
            # As they come: gathered into larger blocks, a cut would lose the last one.
            for block in response.iter_raw():
                if partial.size_bytes + len(block) > size_bytes:
                    raise ModelFileError(f"{label}: it sent more bytes than the model has")
                partial.append(block)
                on_bytes(partial.size_bytes)
                unsynced += len(block)
                if unsynced >= _SYNC_EVERY_BYTES:
                    partial.save_notes(**partial.notes)
                    unsynced = 0
    except httpx.TimeoutException as error:
        raise _CutOffError("no answer in time") from error
    except httpx.TransportError as error:
        raise _CutOffError("it can't be reached or the connection broke off") from error
    if partial.size_bytes < size_bytes:
        raise _CutOffError("the answer ended early")


def _resume_headers(url: str, partial: PartialFile) -> dict[str, str]:
    # identity: a decoded length would not be the file's.
    headers = {"Accept-Encoding": "identity", "User-Agent": "aicopilot-lsp"}
    if partial.size_bytes:
        headers["Range"] = f"bytes={partial.size_bytes}-"
        validator = partial.notes.get("validator")
        same_url = partial.notes.get("url_sha256") == _url_sha256(url)
        if same_url and isinstance(validator, str) and validator:
            headers["If-Range"] = validator
    return headers


def _url_sha256(url: str) -> str:
    """What a URL is known by on disk: the address itself may be signed, which makes it a key."""
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()


def _validator(response: "httpx.Response") -> str:
    etag: str = response.headers.get("ETag", "")
    return "" if etag.startswith("W/") else etag  # a weak one can't be used for ranges


def _prepare(response: "httpx.Response", partial: PartialFile, size_bytes: int, label: str) -> None:
    """Bring `partial` to where this answer's body begins, or say why the answer is of no use."""
    status = response.status_code
    if status == 206:
        first, total = _content_range(response.headers.get("Content-Range", ""))
        if first != partial.size_bytes or total not in (None, size_bytes):
            partial.discard()
            raise _CutOffError("it sent another part than was asked for")
    elif status == 200:  # no ranges here, or the file changed since: from the beginning
        partial.discard()
        length = response.headers.get("Content-Length", "")
        if length.isdigit() and int(length) != size_bytes:
            raise ModelFileError(
                f"{label}: the file there has {int(length):,} bytes, the model has {size_bytes:,}"
            )
    elif status == 416:  # shorter than what we have: not our file, or it changed
        partial.discard()
        raise _CutOffError("it has no such part of the file")
    elif status in (429, 500, 502, 503, 504):
        raise _not_now(status, parse_retry_after(response.headers.get("Retry-After")))
    elif status in (401, 403):
        raise ModelFileError(f"{label}: access was refused (HTTP {status})")
    elif status in (404, 410):
        raise ModelFileError(f"{label}: it does not have the file (HTTP {status})")
    else:
        raise ModelFileError(f"{label}: unexpected answer (HTTP {status})")


def _not_now(status: int, retry_after_s: float | None) -> _CutOffError:
    later = f", and asks to come back in {retry_after_s:.0f} s" if retry_after_s else ""
    message = f"it is not able to answer now (HTTP {status}){later}"
    return _CutOffError(message, retry_after_s=retry_after_s)


def _content_range(value: str) -> tuple[int | None, int | None]:
    """First byte and total size of "bytes FIRST-LAST/TOTAL"; None for what it does not say."""
    unit, _, rest = value.partition(" ")
    span, _, total = rest.partition("/")
    first = span.partition("-")[0]
    if unit != "bytes" or not first.isdigit():
        return None, None
    return int(first), int(total) if total.isdigit() else None


@contextmanager
def _get(url: str, headers: dict[str, str], label: str) -> "Iterator[httpx.Response]":
    """The answer at the end of the redirects."""
    import httpx

    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    trusted = certificates.context_for(None, label)
    with httpx.Client(timeout=timeout, follow_redirects=False, verify=trusted) as client:
        for _ in range(MAX_REDIRECTS + 1):
            _require_safe(url, label)
            with client.stream("GET", url, headers=headers) as response:
                location = response.headers.get("Location")
                if not (response.is_redirect and location):
                    yield response
                    return
                url = urljoin(url, location)
    raise ModelFileError(f"{label}: more than {MAX_REDIRECTS} redirects")


def _require_safe(url: str, label: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise ModelFileError(f"{label}: that is not a URL") from error
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "http" and host in _LOOPBACK:
        return
    raise ModelFileError(
        f"{label}: only https:// addresses are used (http:// on this machine), and one is not"
    )

"""Where a model is reached: address, key, headers; and the rules an address must keep.

An address comes from the user's own settings only (the config room sees to that). Here it is made
sure that it says what it seems to say: plain host and port, nothing hidden in it, no key in it.
Nothing is connected to here; http.py does that.
"""

import ipaddress
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

from aicopilot_lsp.config.settings import ModelSettings, Secret
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind

_HOST = re.compile(
    r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?"
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
# They decide where a message goes, where it ends and how it is packed; http.py sets them itself.
_OUR_HEADERS = frozenset(
    (
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "accept-encoding",
        "te",
        "upgrade",
    )
)
_MAX_KEY_FILE_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """How to reach one server.

    Attributes
    ----------
    base_url : str
        As `checked_url` returns it.
    uds : Path or None
        A Unix-domain socket to connect to in place of the host in `base_url`.
    key : Secret or None
        Sent as `Authorization: Bearer`.
    headers : mapping
        More headers; `Authorization` among them wins over `key`.
    """

    base_url: str
    uds: Path | None = None
    key: Secret | None = None
    headers: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def display(self) -> str:
        """Scheme, host and port, for people."""
        if self.uds is not None:
            return f"unix:{self.uds}"
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"


def checked_url(url: str) -> str:
    """`url` without a trailing slash, if it is a plain http(s) address.

    Raises
    ------
    ConfigError
        Says what is wrong; does not repeat the address, which may hold a password.
    """
    parts = _split(url)
    if parts.scheme not in ("http", "https"):
        raise ConfigError("The address of a model must begin with http:// or https://.")
    if "@" in parts.netloc:
        raise ConfigError(
            "The address of a model can't hold a user name or password (user@host); "
            "use api_key_env or api_key_file."
        )
    if "?" in url or "#" in url:
        raise ConfigError(
            'The address of a model can\'t hold "?" or "#"; '
            "keys belong in api_key_env or api_key_file."
        )
    if not _is_host(parts):
        raise ConfigError(
            "The address of a model needs a host name, such as http://127.0.0.1:8080; "
            "write names outside ASCII in their xn-- form."
        )
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def plain_key_warning(url: str, *, has_key: bool) -> str | None:
    """What to tell the user when a key would cross a network unencrypted, else None."""
    parts = urlsplit(url)
    if not has_key or parts.scheme != "http" or is_loopback(parts.hostname or ""):
        return None
    return (
        f"The key for {parts.hostname} is sent over plain http: anyone on the way can read it. "
        "Use https, or a tunnel that ends at 127.0.0.1."
    )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its name alone; nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_headers(headers: Mapping[str, Secret]) -> Mapping[str, Secret]:
    """`headers`, if they can be sent. Raises ConfigError, which names the header, not its value."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OUR_HEADERS:
            raise ConfigError(f"The header {name!r} can't be set.")
        if not _HEADER_VALUE.fullmatch(value.reveal()):
            raise ConfigError(
                f"The value of the header {name!r} can't be sent: plain ASCII on one line is."
            )
    return headers


def read_key(settings: ModelSettings) -> Secret | None:
    """The key that `settings` name, or None where they name none. Reads a file: not on the loop.

    Raises
    ------
    ModelError
        AUTH: a key is named and isn't there, or can't be sent.
    """
    if settings.api_key is not None:
        origin, text = "api_key", settings.api_key.reveal()
    elif settings.api_key_env is not None:
        origin = f"the environment variable {settings.api_key_env}"
        text = os.environ.get(settings.api_key_env, "")
    elif settings.api_key_file is not None:
        origin = f"the file {settings.api_key_file}"
        text = _key_file_text(settings.api_key_file)
    else:
        return None
    text = text.strip()
    if not text:
        raise _no_key(settings.name, f"{origin} is not set, missing or empty")
    if " " in text or not _HEADER_VALUE.fullmatch(text):
        raise _no_key(settings.name, f"{origin} holds more than one plain ASCII word")
    return Secret(text)


def _key_file_text(path: Path) -> str:
    try:
        path = path.expanduser()
        # Opening a pipe or a device could wait for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            return ""
        with path.open("rb") as file:
            return file.read(_MAX_KEY_FILE_BYTES).decode("utf-8-sig", "replace")
    except (OSError, RuntimeError, ValueError):
        return ""


def _no_key(name: str, why: str) -> ModelError:
    return ModelError(
        f"There is no usable key for the model {name!r}: {why}. "
        "Editing is not affected; set the key and ask again.",
        kind=ModelErrorKind.AUTH,
    )


def _split(url: str) -> SplitResult:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ConfigError(
            "The address of a model can't hold blanks, backslashes, control characters or "
            "characters outside ASCII."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigError(
            "The address of a model can't be read; it looks like http://127.0.0.1:8080."
        ) from None
    if port == 0 or parts.netloc.endswith(":"):
        raise ConfigError("The port in the address of a model must be from 1 to 65535.")
    return parts


def _is_host(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if "[" not in parts.netloc:
        return len(host) <= 253 and _HOST.fullmatch(host) is not None
    try:
        return ipaddress.IPv6Address(host).scope_id is None
    except ValueError:
        return False

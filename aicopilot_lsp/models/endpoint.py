"""Where a model is reached: address, key, headers; and where the key is read.

An address comes from the user's own settings only, and keeps the rules of config/urls.py. Nothing
is connected to here; http.py does that.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from aicopilot_lsp.config.settings import ModelSettings, Secret
from aicopilot_lsp.config.urls import header_value_fault
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.failures import Explain

BEARER = "authorization"
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
    headers : mapping
        More headers; what is among them wins over `key`.
    server : str
        What kind of server it should be, for messages.
    key_header : str
        Where the key is sent; in BEARER as `Bearer KEY`, in any other as it is.
    explain : callable or None
        What such a server's refusals mean, where it has a way of its own to word them.
    ca_file : Path or None
        The authorities to trust over https in place of the system's (PEM).
    proxy : str or None
        URL of the http:// proxy to go through.
    """

    base_url: str
    uds: Path | None = None
    key: Secret | None = None
    headers: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}))
    server: str = "llama.cpp"
    key_header: str = BEARER
    explain: Explain | None = None
    ca_file: Path | None = None
    proxy: str | None = None

    @property
    def display(self) -> str:
        """Scheme, host and port, for people."""
        if self.uds is not None:
            return f"unix:{self.uds}"
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"


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
        raise _no_key(settings.name, f"{origin} is {_why_empty(settings)}")
    if " " in text or header_value_fault(text):
        raise _no_key(settings.name, f"{origin} holds more than one plain ASCII word")
    return Secret(text)


def _why_empty(settings: ModelSettings) -> str:
    if settings.api_key is not None:
        return "empty"
    if settings.api_key_env is not None:
        return "empty" if settings.api_key_env in os.environ else "not set"
    path = settings.api_key_file or Path()
    try:
        found = path.expanduser().stat()
    except FileNotFoundError:
        return "not there"
    except (OSError, RuntimeError, ValueError):
        return "one that can't be read"
    if not stat.S_ISREG(found.st_mode):
        return "no plain file"
    return "empty" if not found.st_size else "empty, or can't be read"


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

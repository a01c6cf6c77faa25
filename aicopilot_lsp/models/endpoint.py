"""Where a model is reached: address, key, headers, and whom to trust there.

An address comes from the user's own settings only, and keeps the rules of config/urls.py. Nothing
is read or connected to here: keys.py and http.py do that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.models.failures import Explain

BEARER = "authorization"


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
    key_refused : callable or None
        Told when the server has refused the key.
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
    key_refused: Callable[[], None] | None = None

    @property
    def display(self) -> str:
        """Scheme, host and port, for people."""
        if self.uds is not None:
            return f"unix:{self.uds}"
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

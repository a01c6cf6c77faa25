"""The rules that a model's address and headers must keep, for the configuration and for backends.

An address has to say what it seems to say: plain host and port, nothing hidden in it, no key in it.
A fault is told as words that follow the name of what is wrong ("must ..."), and never repeats the
text, which may hold a password. Nothing is looked up or connected to here.
"""

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ConfigError

_HOST = re.compile(
    r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?"
)
# Names that no public resolver knows (RFC 6762, RFC 8375, and what routers and companies use).
_PRIVATE_DOMAINS = (".local", ".localhost", ".lan", ".home", ".home.arpa", ".internal", ".intranet")
# Resolvers read a name whose last part is a number as an address: 2130706433, 0x7f.1, 0177.0.0.1
# and 127.1 are all 127.0.0.1 to them.
_NUMERIC_END = re.compile(r"(^|\.)([0-9]+|0x[0-9a-f]*)\.?$")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,8190}[\x21-\x7e])?")
# They decide where a message goes, where it ends and how it is packed: ours to set.
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


def checked_url(url: str) -> str:
    """`url` in one spelling and without a trailing slash. Raises ConfigError if it has a fault."""
    if fault := url_fault(url):
        raise ConfigError(f"The address of a model {fault}.")
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def without_end(url: str | None, *ends: str) -> str | None:
    """`url` without that of `ends` ("/v1") which it ends in: for interfaces whose paths hold it,
    and whose addresses are often given with it."""
    root = (url or "").rstrip("/")
    return next((root.removesuffix(end) for end in ends if root.endswith(end)), url)


def url_fault(url: str) -> str | None:
    """Why `url` is no plain http(s) address, or None if it is one."""
    if not re.fullmatch(r"[!-~]*", url) or "\\" in url:
        return (
            "must be plain ASCII with no spaces or backslashes; "
            "names outside ASCII have an xn-- form"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "must be a URL that can be read, such as http://127.0.0.1:8080"
    if parts.scheme not in ("http", "https"):
        return "must begin with http:// or https://"
    if "@" in parts.netloc:
        return "must hold no user name or password (user@host); use api_key_env or api_key_file"
    if "?" in url or "#" in url:
        return "must end with the path: no ? and no #; keys belong in api_key_env or api_key_file"
    if port == 0 or parts.netloc.endswith(":"):
        return "must have a port from 1 to 65535, or none"
    host = parts.hostname or ""
    if "[" not in parts.netloc and _NUMERIC_END.search(host) and not _is_ipv4(host):
        return "must write an IPv4 address as four decimal numbers, such as http://127.0.0.1:8080"
    return None if _is_host(parts) else "must have a host, such as http://127.0.0.1:8080"


def proxy_fault(url: str) -> str | None:
    """Why `url` is no address of a proxy that we can use, or None if it is one."""
    if fault := url_fault(url):
        return fault
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.path not in ("", "/"):
        return "must be an http:// URL with no path, such as http://proxy.example:3128"
    return None


def plain_key_warning(url: str) -> str | None:
    """What to say where a key goes along to `url` and would cross a network unencrypted."""
    parts = urlsplit(url)
    if parts.scheme != "http" or is_loopback(parts.hostname or ""):
        return None
    return (
        "the key travels unencrypted; use https:// where you can, or a tunnel that ends at"
        " 127.0.0.1"
    )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its name alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def under_public_name(url: str) -> bool:
    """Whether the host of `url` has a name or an address of the public Internet, by its looks
    alone; "" and what is no URL have not."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE_DOMAINS)


def checked_headers(headers: Mapping[str, Secret]) -> Mapping[str, Secret]:
    """`headers`, if they can be sent. Raises ConfigError, which names the header, not its value."""
    for name, value in headers.items():
        fault = header_name_fault(name) or header_value_fault(value.reveal())
        if fault:
            raise ConfigError(f"The header {name!r} {fault}.")
    return headers


def header_name_fault(name: str) -> str | None:
    if not _HEADER_NAME.fullmatch(name):
        return "is not a name of an HTTP header"
    return "is set by aicopilot-lsp itself" if name.lower() in _OUR_HEADERS else None


def header_value_fault(value: str) -> str | None:
    if _HEADER_VALUE.fullmatch(value):
        return None
    return "must be printable ASCII text with no space at its ends"


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _is_host(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if "[" not in parts.netloc:
        return len(host) <= 253 and _HOST.fullmatch(host) is not None
    if not re.fullmatch(r"\[[^\[\]]+\](:[0-9]+)?", parts.netloc):
        return False
    try:
        return ipaddress.IPv6Address(host).scope_id is None
    except ValueError:
        return False

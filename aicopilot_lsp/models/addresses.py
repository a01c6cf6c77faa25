"""Which addresses a model's host may stand for. Names are looked up once; what was checked is what
is connected to.

A resolver is not believed more than the user: "localhost" is this machine whatever it says, since
code that may not leave the machine goes there (RFC 6761, section 6.3), and no name may lead to the
addresses where clouds hand out credentials to whoever asks from the inside. An address that the
user wrote as such is taken as it is.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable

from aicopilot_lsp.models import failures

_LOOPBACK = ("127.0.0.1", "::1")
_LINK_LOCAL = "it leads to a link-local address, where clouds keep credentials"
_NO_HOST = "it leads to an address that is no single machine's"
# Metadata services that lie outside the link-local ranges: AWS and Google Cloud over IPv6, Alibaba.
_METADATA = frozenset(
    map(ipaddress.ip_address, ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200"))
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


async def addresses_of(host: str, port: int, where: str) -> tuple[str, ...]:
    """The addresses to connect to for `host`, best first. Looks a name up, in a thread.

    Raises
    ------
    ModelError
        UNREACHABLE: the name is not known, or leads only where none may lead.
    """
    if host == "localhost":
        return _LOOPBACK
    if _parsed(host) is not None:
        return (host,)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise failures.connection_failed(where, "its name is not known") from error
    return _allowed((str(one[4][0]) for one in found), where)


def fault_of(address: str) -> str | None:
    """Why no name may stand for `address`; None where one may."""
    parsed = _parsed(address)
    if parsed is None:
        return _NO_HOST
    inner = _embedded(parsed)
    if inner.is_link_local or inner in _METADATA:
        return _LINK_LOCAL
    if (
        inner.is_unspecified
        or inner.is_multicast
        or inner == ipaddress.ip_address("255.255.255.255")
    ):
        return _NO_HOST
    return None


def _allowed(found: Iterable[str], where: str) -> tuple[str, ...]:
    distinct = tuple(dict.fromkeys(found))
    faults = {address: fault_of(address) for address in distinct}
    allowed = tuple(address for address in distinct if faults[address] is None)
    if not allowed:
        why = next(iter(faults.values()), None) or "its name is not known"
        raise failures.connection_failed(
            where, why, "If this is meant, write the address itself in the model's url."
        )
    return allowed


def _parsed(address: str) -> _Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def _embedded(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 one leads to, where it does: mapped, or translated (NAT64)."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address

"""Whose certificates are trusted over https, and in plain words why one is not.

By default those that the operating system trusts: a company's own authority, installed there once,
works here as it does in a browser. A model's `ca_file` takes their place: that server is then
trusted by that file alone. The words are ours throughout: what a certificate says was written by
whoever made it.
"""

import os
import ssl
import sys
from functools import lru_cache
from pathlib import Path

from aicopilot_lsp.errors import ModelError
from aicopilot_lsp.models import failures

# Where distributions keep what they trust, for a Python whose OpenSSL was built to look elsewhere
# (standalone builds): Fedora and Alpine, Fedora before, Debian, SUSE.
_SYSTEM_FILES = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)
_NAME_IT = "name the certificate of the authority that signed it with the model's `ca_file`"

# OpenSSL, x509_vfy.h: X509_V_ERR_...
_NOT_YET_VALID = 9
_HAS_EXPIRED = 10
_SIGNED_BY_ITSELF = 18
_UNKNOWN_AUTHORITY = frozenset((2, 19, 20, 21))
_OTHER_NAME = frozenset((62, 64))


def context_for(ca_file: Path | None, where: str) -> ssl.SSLContext:
    """The context for https, which checks names and certificates. Reads files: not on the loop
    (70 ms for the authorities of a Linux distribution; remembered until a file changes).

    Raises
    ------
    ModelError
        UNREACHABLE: `ca_file` can't be read.
    """
    if ca_file is None:
        return _system()
    try:
        stamp = ca_file.stat()
        return _of_file(ca_file, stamp.st_mtime_ns, stamp.st_size)
    except ssl.SSLError as error:
        raise failures.connection_failed(
            where, f"there is no certificate in {ca_file}", "`ca_file` has to be a PEM file."
        ) from error
    except OSError as error:
        raise failures.connection_failed(
            where, f"{ca_file} can't be read", "Check the model's `ca_file`."
        ) from error


def plain_context() -> ssl.SSLContext:
    """For plain http, where none is looked at; it would trust nobody."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def untrusted(where: str, error: ssl.SSLCertVerificationError, ca_file: Path | None) -> ModelError:
    """What to say of a certificate that was refused. Nothing but the handshake was sent."""
    why, advice = _words(error.verify_code, ca_file)
    return failures.connection_failed(
        where, why, f"Nothing was sent. To use this server, {advice}."
    )


def no_tls(where: str, error: ssl.SSLError) -> ModelError:
    """What to say when there was no TLS at all, or none that both sides know."""
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        return failures.connection_failed(
            where,
            "it does not speak https there",
            "Check the model's url: the port, and whether it should begin with http://.",
        )
    return failures.connection_failed(where, "no secure connection could be made")


def _words(code: int | None, ca_file: Path | None) -> tuple[str, str]:
    if code == _HAS_EXPIRED:
        return "its certificate has expired", "have it renewed by those who run it"
    if code == _NOT_YET_VALID:
        return "its certificate is not valid yet", "check this machine's clock"
    if code in _OTHER_NAME:
        return (
            "its certificate is for another host name",
            "put the name that the certificate is for in the model's url",
        )
    if ca_file is not None:
        return f"its certificate is not signed by an authority in {ca_file}", "check that `ca_file`"
    if code == _SIGNED_BY_ITSELF:
        return (
            "its certificate is signed by itself",
            "name that certificate with the model's `ca_file`",
        )
    if code in _UNKNOWN_AUTHORITY:
        return (
            "its certificate is signed by an authority that this machine does not trust",
            _NAME_IT,
        )
    return "its certificate is not trusted", _NAME_IT


@lru_cache(maxsize=1)
def _system() -> ssl.SSLContext:
    if sys.platform in ("win32", "darwin"):
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Here truststore would read the same files, but once more for each connection: 65 ms each, and
    # a keystroke that cancels a request costs a connection.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and any(Path(paths.capath).glob("*.0"))):
        context.set_default_verify_paths()
    else:
        found = next(filter(os.path.isfile, _SYSTEM_FILES), None)
        if found is not None:
            context.load_verify_locations(found)
    return context


@lru_cache(maxsize=16)
def _of_file(ca_file: Path, _mtime_ns: int, _size_bytes: int) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca_file)
    # The file may also hold the server's own certificate, or that of an authority between.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context

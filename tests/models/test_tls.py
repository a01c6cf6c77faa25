"""Over https: who is trusted, what is said of who is not, and that nothing is sent to them."""

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models import certificates
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.http import Deadline, Transport
from tests.support import tls_server
from tests.support.canary import new_key
from tests.support.scripted_llamacpp import ScriptedLlamaCpp
from tests.support.tls_server import NAME, TlsServer, context_of


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@asynccontextmanager
async def transport() -> AsyncIterator[Transport]:
    made = Transport()
    yield made
    await made.aclose()


async def ask(url: str, ca_file: Path | None, key: Secret) -> dict[str, object]:
    async with transport() as made:
        endpoint = Endpoint(base_url=url, key=key, ca_file=ca_file)
        return await made.fetch_json(endpoint, "/x", deadline=Deadline(20))


async def refusal(url: str, ca_file: Path | None) -> str:
    """The message of a call that has to fail because of the certificate."""
    with pytest.raises(ModelError) as caught:
        await ask(url, ca_file, Secret(new_key()))
    assert caught.value.kind is ModelErrorKind.UNREACHABLE
    return str(caught.value)


async def test_a_certificate_of_an_authority_in_ca_file_is_trusted(
    authority: trustme.CA, ca_file: Path
) -> None:
    key = new_key()
    async with TlsServer(context_of(authority.issue_cert(NAME))) as server:
        assert await ask(server.url, ca_file, Secret(key)) == {"ok": True}
        assert server.requests[0].headers["authorization"] == f"Bearer {key}"
        assert server.requests[0].headers["host"] == f"{NAME}:{server.port}"


_BAD: dict[str, tuple[Callable[[trustme.CA], trustme.LeafCert], str, str]] = {
    "expired": (tls_server.expired, "has expired", "renewed"),
    "not valid yet": (tls_server.not_valid_yet, "is not valid yet", "clock"),
    "another name": (
        lambda authority: authority.issue_cert("models.example"),
        "is for another host name",
        "put the name",
    ),
    "unknown authority": (
        lambda _: trustme.CA().issue_cert(NAME),
        "is not signed by an authority in",
        "ca_file",
    ),
}


@pytest.mark.parametrize("fault", _BAD)
async def test_a_bad_certificate_is_refused_before_anything_is_sent_and_the_user_told_why(
    authority: trustme.CA, ca_file: Path, fault: str
) -> None:
    issue, why, advice = _BAD[fault]
    async with TlsServer(context_of(issue(authority))) as server:
        said = await refusal(server.url, ca_file)
        assert why in said
        assert advice in said
        assert "Nothing was sent" in said
        assert server.requests == []


async def test_an_authority_that_the_system_does_not_trust_is_told_with_what_to_do(
    authority: trustme.CA,
) -> None:
    async with TlsServer(context_of(authority.issue_cert(NAME))) as server:
        said = await refusal(server.url, None)
        assert "an authority that this machine does not trust" in said
        assert "`ca_file`" in said
        assert server.requests == []


async def test_a_certificate_that_signed_itself_is_refused_unless_ca_file_names_it(
    tmp_path: Path,
) -> None:
    context, file = tls_server.self_signed(tmp_path)
    async with TlsServer(context) as server:
        said = await refusal(server.url, None)
        assert "is signed by itself" in said
        assert "`ca_file`" in said
        assert server.requests == []
        assert await ask(server.url, file, Secret(new_key())) == {"ok": True}


async def test_ca_file_takes_the_place_of_what_the_system_trusts(
    authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    certificates._system.cache_clear()
    try:
        async with TlsServer(context_of(authority.issue_cert(NAME))) as server:
            if sys.platform == "linux":
                assert await ask(server.url, None, Secret(new_key())) == {"ok": True}
            assert "not signed by an authority in" in await refusal(server.url, other)
    finally:
        certificates._system.cache_clear()


async def test_a_ca_file_that_was_mended_counts_at_the_next_call(
    authority: trustme.CA, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    async with TlsServer(context_of(authority.issue_cert(NAME))) as server, transport() as made:
        endpoint = Endpoint(base_url=server.url, ca_file=file)

        async def said() -> str:
            with pytest.raises(ModelError) as caught:
                await made.fetch_json(endpoint, "/x", deadline=Deadline(20))
            assert caught.value.kind is ModelErrorKind.UNREACHABLE
            return str(caught.value)

        assert f"{file} can't be read" in await said()
        file.write_text("no certificate")
        assert f"there is no certificate in {file}" in await said()
        trustme.CA().cert_pem.write_to_path(str(file))
        assert "not signed by an authority in" in await said()
        authority.cert_pem.write_to_path(str(file))
        answer = await made.fetch_json(endpoint, "/x", deadline=Deadline(20))
        assert answer == {"ok": True}


async def test_https_to_a_server_that_speaks_plain_http_is_told() -> None:
    received = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(65_536))
        writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    key = new_key()
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ModelError, match="does not speak https there") as caught:
            await ask(f"https://127.0.0.1:{port}", None, Secret(key))
    assert caught.value.kind is ModelErrorKind.UNREACHABLE
    assert key.encode() not in b"".join(received)


async def test_certificates_are_read_once_and_over_plain_http_never(
    authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    original = ssl.SSLContext.load_verify_locations

    def counted(self: ssl.SSLContext, *args: object, **more: object) -> None:
        read.append(args)
        original(self, *args, **more)  # type: ignore[arg-type]

    certificates._of_file.cache_clear()
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counted)
    async with ScriptedLlamaCpp() as plain, transport() as made:
        await made.fetch_json(Endpoint(base_url=plain.url), "/props", deadline=Deadline(20))
    assert read == []
    async with TlsServer(context_of(authority.issue_cert(NAME))) as server:
        before = len(read)  # its own
        for _ in range(3):
            await ask(server.url, ca_file, Secret(new_key()))
        assert len(read) == before + 1
        assert server.connections == 3

"""An address means what it says, a key never leaves by accident, and neither shows in a message."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aicopilot_lsp.config.settings import ModelSettings, Secret
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models.endpoint import (
    Endpoint,
    checked_headers,
    checked_url,
    is_loopback,
    plain_key_warning,
    read_key,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("HTTPS://Models.Example.ORG/v1/", "https://models.example.org/v1"),
        ("http://[::1]:8080/api", "http://[::1]:8080/api"),
        ("http://gpu_box:1", "http://gpu_box:1"),
        ("http://xn--bcher-kva.example", "http://xn--bcher-kva.example"),
        ("http://169.254.169.254", "http://169.254.169.254"),
    ],
)
def test_plain_addresses_pass(url: str, expected: str) -> None:
    assert checked_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "localhost",
        "//h",
        "http:",
        "http:/h",
        "http://",
        "http:///v1",
        "http://:8080",
        "file:///etc/passwd",
        "ftp://h",
        "gopher://h",
        "unix:///run/s",
        "javascript:alert(1)",
        "data:text/plain,x",
        "http+unix://h",
        "http://canary@h",
        "http://user:canary@h:1",
        "http://h:1@canary.example",
        "http://127.0.0.1\\@canary.example",
        "http://h?key=canary",
        "http://h/?",
        "http://h#canary",
        "http://h/#",
        "http://h:0",
        "http://h:65536",
        "http://h:-1",
        "http://h:x",
        "http://h:",
        "http://h:8080:8081",
        "http://h h",
        " http://h",
        "http://h\n",
        "http://h\r\nhost: canary",
        "http://h\t",
        "http://h\0",
        "http://h%00",
        "http://h%2ecanary",
        "http://bücher.example",
        "http://h。example",
        "http://\u202eelpmaxe",
        "http://[::1",
        "http://::1",
        "http://[::1%25eth0]",
        "http://[fe80::1%eth0]",
        "http://[127.0.0.1]",
        "http://[canary]",
        "http://-h",
        "http://h..example",
        "http://.h",
        "http://" + "a" * 64 + ".example",
        "http://" + "a." * 130 + "example",
        "http://h\\path",
        "http://h/pä",
    ],
)
def test_other_addresses_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked_url(url)
    assert "canary" not in str(caught.value)


@hypothesis_settings(deadline=None)
@given(url=st.one_of(st.text(), st.text(alphabet="htps:/@?#[]%.1a\\ ").map("http://".__add__)))
def test_any_text_is_an_address_or_a_config_error(url: str) -> None:
    try:
        good = checked_url(url)
    except ConfigError:
        return
    assert checked_url(good) == good
    assert good.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("2130706433", False),
        ("0.0.0.0", False),
        ("192.168.0.1", False),
    ],
)
def test_loopback_is_told_by_the_name_alone(host: str, local: bool) -> None:
    assert is_loopback(host) is local


@pytest.mark.parametrize(
    ("url", "has_key", "warns"),
    [
        ("http://gpu.example:8080", True, True),
        ("http://gpu.example:8080", False, False),
        ("https://gpu.example", True, False),
        ("http://127.0.0.1:8080", True, False),
        ("http://[::1]:8080", True, False),
    ],
)
def test_a_key_over_plain_http_is_pointed_out(url: str, has_key: bool, warns: bool) -> None:
    assert (plain_key_warning(url, has_key=has_key) is not None) is warns


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "accept-encoding",
        "a b",
        "a:",
        "",
        "ä",
        "x\ny",
    ],
)
def test_headers_that_would_change_the_message_are_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        checked_headers({name: Secret("v")})


@pytest.mark.parametrize("value", ["", "canary\r\nx: y", "canary\n", " canary", "canaryé", "a\0"])
def test_header_values_that_cannot_be_sent_are_refused_and_not_shown(value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked_headers({"x-team": Secret(value)})
    assert "canary" not in str(caught.value)


def settings(**fields: object) -> ModelSettings:
    return ModelSettings(name="m", provider="p", **fields)  # type: ignore[arg-type]


def test_a_key_is_read_from_settings_then_environment_then_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"\xef\xbb\xbf from-file \r\n")
    monkeypatch.setenv("AICOPILOT_TEST_KEY", "from-env")
    places: dict[str, object] = {
        "api_key": Secret("given"),
        "api_key_env": "AICOPILOT_TEST_KEY",
        "api_key_file": file,
    }
    for expected in ("given", "from-env", "from-file"):
        key = read_key(settings(**places))
        assert key is not None
        assert key.reveal() == expected
        places.pop(next(iter(places)))
    assert read_key(settings()) is None


@pytest.mark.parametrize("content", [None, b"", b" \n", b"two canary", b"canary\nx", b"\xff"])
def test_a_key_that_cannot_be_used_is_an_auth_failure_that_names_its_place(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_key(settings(api_key_file=file))
    assert caught.value.kind is ModelErrorKind.AUTH
    assert str(file) in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_directory_or_device_is_not_read_for_a_key(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(ModelError, match="not set, missing or empty"):
            read_key(settings(api_key_file=path))


def test_an_endpoint_shows_scheme_host_and_port_only() -> None:
    endpoint = Endpoint(base_url="https://h:1/secret-path", key=Secret("canary"))
    assert endpoint.display == "https://h:1"
    assert "canary" not in repr(endpoint)
    assert Endpoint(base_url="http://localhost", uds=Path("/s")).display == "unix:/s"

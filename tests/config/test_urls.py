"""What a model's address and headers may be."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.config.urls import (
    checked_headers,
    checked_url,
    is_loopback,
    plain_key_warning,
    proxy_fault,
)
from aicopilot_lsp.errors import ConfigError


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
        ("http://0.0.0.0:8000", "http://0.0.0.0:8000"),
        ("http://1.example", "http://1.example"),
        ("http://0x.example:1", "http://0x.example:1"),
        ("http://host1", "http://host1"),
        ("http://[::ffff:127.0.0.1]", "http://[::ffff:127.0.0.1]"),
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
        # Addresses that resolvers know and people do not.
        "http://2130706433",
        "http://2130706433:8080/v1",
        "http://2852039166",
        "http://017700000001",
        "http://0x7f000001",
        "http://0x7f.0.0.1",
        "http://0x7f.1",
        "http://0177.0.0.1",
        "http://127.1",
        "http://127.0.1",
        "http://10.0.0.010",
        "http://127.0.0.1.",
        "http://127.0.0.256",
        "http://1.2.3.4.5",
        "http://0",
        "http://0x",
        "http://canary.1",
        "http://canary.0x1",
        # A host within the host.
        "http://user@",
        "http://@h",
        "http://canary%40h",
        "http://h%00.canary.example",
        "http://h%0d%0ahost:canary",
        "http://h%2fcanary",
        "http://h%5ccanary",
        "http://h%3acanary",
        "http://h\x7f",
        "http://h\xa0",
        "http://h\u2028",
        "http://h\ufeff",
        "http://h,canary",
        "http://h;canary",
        "http://h'canary",
        'http://h"canary',
        "http://h<canary>",
        "http://h|canary",
        "http://h^canary",
        "http://h`canary",
        "http://h{canary}",
        "http://$(canary)",
        "http://h!",
        "http://h*",
        "http://*.example",
        "http://h=canary",
        "http://h+canary",
        "http://h~canary",
        "http://(h)",
        # Look-alikes, which IDNA would fold to letters, dots and slashes.
        "http://\u0430pi.example",
        "http://ap\u0131.example",
        "http://exam\u200bple.org",
        "http://exam\u00adple.org",
        "http://ⓔxample.org",
        "http://127。0。0。1",
        "http://\uff11\uff12\uff17.0.0.1",
        "http://①②⑦.0.0.1",
        "http://example.org\u2044canary",
        "http://example.org\uff0fcanary",
        "http://\ufe64h",
        # Brackets.
        "http://[]",
        "http://[:",
        "http://]",
        "http://[::1]]",
        "http://[[::1]]",
        "http://[::1]canary",
        "http://[::1]:",
        "http://[::1]:0",
        "http://[::1%0]",
        "http://[::1]@canary",
        "http://canary@[::1]",
        "http://[v1.canary]",
        "http://[::ffff:1.2.3]",
        "http://[1::2::3]",
        "http://[0:0:0:0:0:0:0:0:1]",
        # Ports and schemes.
        "http://h:08080x",
        "http://h:+80",
        "http://h:8_0",
        "http://h: 80",
        "http://h:٨٠",
        "http://h:99999999999999999999",
        "https:h",
        "https:///h",
        "http:\\\\h",
        "http:/\\h",
        "\\\\h",
        "https//h",
        "ws://h",
        "wss://h",
        "socks5://h",
        "httpx://h",
        "http ://h",
        "h\nttp://h",
        "blob:http://h",
        "view-source:http://h",
        "http://h-.example",
        "http://h.-example",
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


def test_a_proxy_is_a_plain_http_address_without_a_path() -> None:
    assert proxy_fault("http://proxy.example:3128") is None
    for url in ("https://proxy.example", "http://user@proxy.example", "http://p/x", "socks5://p"):
        assert proxy_fault(url) is not None


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
    ("url", "warns"),
    [
        ("http://gpu.example:8080", True),
        ("http://192.168.1.20:8080", True),
        ("https://gpu.example", False),
        ("http://127.0.0.1:8080", False),
        ("http://[::1]:8080", False),
    ],
)
def test_a_key_over_plain_http_is_pointed_out(url: str, warns: bool) -> None:
    assert (plain_key_warning(url) is not None) is warns


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

"""An address means what it says, a key never leaves by accident, and neither shows in a message."""

from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import ModelSettings, Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.endpoint import (
    Endpoint,
    read_key,
)


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
        with pytest.raises(ModelError, match="is no plain file"):
            read_key(settings(api_key_file=path))


def test_a_key_that_is_not_there_is_told_from_one_that_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    with pytest.raises(ModelError, match="key is not there"):
        read_key(settings(api_key_file=file))
    file.write_bytes(b"")
    with pytest.raises(ModelError, match="key is empty"):
        read_key(settings(api_key_file=file))
    monkeypatch.delenv("AICOPILOT_TEST_KEY", raising=False)
    with pytest.raises(ModelError, match="AICOPILOT_TEST_KEY is not set"):
        read_key(settings(api_key_env="AICOPILOT_TEST_KEY"))
    monkeypatch.setenv("AICOPILOT_TEST_KEY", " ")
    with pytest.raises(ModelError, match="AICOPILOT_TEST_KEY is empty"):
        read_key(settings(api_key_env="AICOPILOT_TEST_KEY"))


def test_an_endpoint_shows_scheme_host_and_port_only() -> None:
    endpoint = Endpoint(base_url="https://h:1/secret-path", key=Secret("canary"))
    assert endpoint.display == "https://h:1"
    assert "canary" not in repr(endpoint)
    assert Endpoint(base_url="http://localhost", uds=Path("/s")).display == "unix:/s"

"""A key goes to the origin it was set for and nowhere else, and only a private one is read."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.errors import KeyringLocked, NoKeyringError

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings, Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.keys import read_key
from aicopilot_lsp.models.keystore import KeyStore, Place, origin_of
from aicopilot_lsp.models.llamacpp import create
from aicopilot_lsp.models.oskeyring import OsKeyring
from aicopilot_lsp.plugins import BackendContext
from tests.models.contract import collect, request_for, text_of
from tests.support.canary import new_key
from tests.support.fake_keyring import FakeKeyring
from tests.support.scripted_llamacpp import ScriptedLlamaCpp

URL = "https://models.example/v1"
ORIGIN = "https://models.example:443"


@pytest.fixture
def fake() -> Iterator[FakeKeyring]:
    before = keyring.get_keyring()
    made = FakeKeyring()
    keyring.set_keyring(made)
    yield made
    made.unlock()
    keyring.set_keyring(before)


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys")


def settings(**fields: object) -> ModelSettings:
    return ModelSettings(name="m", provider="p", **fields)  # type: ignore[arg-type]


def key_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def revealed(key: Secret | None) -> str | None:
    return key.reveal() if key else None


def test_a_key_is_read_from_settings_then_environment_then_file_then_what_was_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: KeyStore
) -> None:
    given, env, file, stored = (new_key() for _ in range(4))
    monkeypatch.setenv("AICOPILOT_TEST_KEY", env)
    store.put(ORIGIN, "m", Secret(stored), Place.FILE)
    places: dict[str, object] = {
        "api_key": Secret(given),
        "api_key_env": "AICOPILOT_TEST_KEY",
        "api_key_file": key_file(tmp_path, b"\xef\xbb\xbf " + file.encode() + b" \r\n"),
    }
    for expected in (given, env, file):
        assert revealed(read_key(settings(**places), URL, store)) == expected
        places.pop(next(iter(places)))
    assert revealed(read_key(settings(), URL, store)) == stored
    assert read_key(settings(), "https://other.example", KeyStore(tmp_path / "none")) is None


@pytest.mark.parametrize("content", [None, b"", b" \n", b"two words", b"word\nx", b"\xff"])
def test_a_key_that_cannot_be_used_is_an_auth_failure_that_names_its_place(
    tmp_path: Path, store: KeyStore, content: bytes | None
) -> None:
    file = tmp_path / "key" if content is None else key_file(tmp_path, content)
    with pytest.raises(ModelError) as caught:
        read_key(settings(api_key_file=file), URL, store)
    assert caught.value.kind is ModelErrorKind.AUTH
    assert str(file) in str(caught.value)
    assert "word\n" not in str(caught.value)
    assert "two words" not in str(caught.value)


def test_a_directory_a_device_or_a_pipe_is_not_read_for_a_key(
    tmp_path: Path, store: KeyStore
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path in (tmp_path, Path("/dev/zero"), pipe):
        with pytest.raises(ModelError, match="is no plain file"):
            read_key(settings(api_key_file=path), URL, store)


def test_a_key_that_is_not_there_is_told_from_one_that_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: KeyStore
) -> None:
    with pytest.raises(ModelError, match="key is not there"):
        read_key(settings(api_key_file=tmp_path / "key"), URL, store)
    with pytest.raises(ModelError, match="key is empty"):
        read_key(settings(api_key_file=key_file(tmp_path, b"")), URL, store)
    monkeypatch.delenv("AICOPILOT_TEST_KEY", raising=False)
    with pytest.raises(ModelError, match="AICOPILOT_TEST_KEY is not set"):
        read_key(settings(api_key_env="AICOPILOT_TEST_KEY"), URL, store)
    monkeypatch.setenv("AICOPILOT_TEST_KEY", " ")
    with pytest.raises(ModelError, match="AICOPILOT_TEST_KEY is empty"):
        read_key(settings(api_key_env="AICOPILOT_TEST_KEY"), URL, store)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_private_key_file_is_read(tmp_path: Path, store: KeyStore, mode: int) -> None:
    key = new_key()
    file = key_file(tmp_path, key.encode(), mode)
    assert revealed(read_key(settings(api_key_file=file), URL, store)) == key


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o640, 0o644, 0o660, 0o666, 0o444])
def test_a_key_file_that_others_can_read_or_write_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, store: KeyStore, mode: int
) -> None:
    file = key_file(tmp_path, new_key().encode(), mode)
    with pytest.raises(ModelError, match=f"run chmod 600 {file}") as caught:
        read_key(settings(api_key_file=file), URL, store)
    assert caught.value.kind is ModelErrorKind.AUTH
    file.chmod(0o600)
    assert read_key(settings(api_key_file=file), URL, store)


def test_a_key_file_of_another_user_is_refused(
    tmp_path: Path, store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = key_file(tmp_path, new_key().encode())
    someone_else = os.geteuid() + 1
    monkeypatch.setattr("os.geteuid", lambda: someone_else)
    with pytest.raises(ModelError, match="is another user's"):
        read_key(settings(api_key_file=file), URL, store)


def test_a_link_to_a_key_file_is_followed_and_the_file_at_its_end_is_what_counts(
    tmp_path: Path, store: KeyStore
) -> None:
    key = new_key()
    file = key_file(tmp_path, key.encode())
    link = tmp_path / "link"
    link.symlink_to(file)
    assert revealed(read_key(settings(api_key_file=link), URL, store)) == key
    file.chmod(0o644)
    with pytest.raises(ModelError, match="open to others"):
        read_key(settings(api_key_file=link), URL, store)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://h", "https://h:443"),
        ("https://h:443/v1", "https://h:443"),
        ("http://h/v1", "http://h:80"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_origin_has_one_spelling(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize("place", list(Place))
@pytest.mark.parametrize(
    "url",
    [
        "http://models.example/v1",
        "https://models.example:8443/v1",
        "https://models.example.evil.example/v1",
        "https://example/v1",
    ],
)
def test_a_stored_key_goes_to_no_other_origin_and_the_user_is_told(
    store: KeyStore, fake: FakeKeyring, place: Place, url: str
) -> None:
    key = new_key()
    store.put(ORIGIN, "m", Secret(key), place)
    assert revealed(read_key(settings(), URL, store)) == key
    assert revealed(read_key(settings(), "https://models.example:443/other", store)) == key
    with pytest.raises(ModelError) as caught:
        read_key(settings(), url, store)
    assert caught.value.kind is ModelErrorKind.AUTH
    for words in (ORIGIN, origin_of(url), "is not sent there", "aicopilot key set m"):
        assert words in str(caught.value)
    # Another model there, which never had a key, and a server on this machine, are just asked.
    other = ModelSettings(name="n", provider="p")
    assert read_key(other, url, store) is None
    assert read_key(settings(), "http://127.0.0.1:8080", store) is None


def test_an_entry_that_was_copied_to_another_origin_is_not_believed(store: KeyStore) -> None:
    entry = store.put(ORIGIN, "m", Secret(new_key()), Place.FILE)
    other = store.put("https://evil.example:443", "n", Secret(new_key()), Place.FILE)
    other.path.write_text(entry.path.read_text())
    with pytest.raises(ModelError, match="is no entry for https://evil"):
        store.key("https://evil.example:443")
    assert [found.origin for found in store.entries()] == [ORIGIN]


def test_the_keyring_is_not_touched_for_an_origin_that_has_no_key_in_it(
    store: KeyStore, fake: FakeKeyring
) -> None:
    fake.raises = AssertionError("asked")
    store.put("https://a.example:443", "a", Secret(new_key()), Place.FILE)
    for url in ("http://127.0.0.1:8080", URL, "https://a.example"):
        read_key(settings(), url, store)
    assert fake.asked == []


def test_nothing_of_the_keyring_is_loaded_before_a_key_in_it_is_needed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from aicopilot_lsp.config.settings import ModelSettings\n"
        "from aicopilot_lsp.models.keys import read_key\n"
        "from aicopilot_lsp.models.keystore import KeyStore\n"
        "model = ModelSettings(name='m', provider='p')\n"
        f"assert read_key(model, {URL!r}, KeyStore(Path({str(tmp_path)!r}))) is None\n"
        "sys.exit('keyring' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_the_keyring_said_is_remembered_until_it_was_refused_or_set_anew(
    store: KeyStore, fake: FakeKeyring
) -> None:
    store.put(ORIGIN, "m", Secret(new_key()), Place.KEYRING)
    fake.asked.clear()
    for _ in range(3):
        store.key(ORIGIN)
    assert fake.asked == [ORIGIN]
    second = new_key()
    fake.entries["aicopilot-lsp", ORIGIN] = second
    store.forget()
    assert revealed(store.key(ORIGIN)) == second
    third = new_key()
    store.put(ORIGIN, "m", Secret(third), Place.KEYRING)
    assert revealed(store.key(ORIGIN)) == third


def test_a_keyring_that_waits_holds_nobody_up_and_counts_once_it_answers(
    tmp_path: Path, fake: FakeKeyring
) -> None:
    key = new_key()
    store = KeyStore(tmp_path, OsKeyring(answer_s=0.05))
    store.put(ORIGIN, "m", Secret(key), Place.KEYRING)
    fake.lock()
    fake.asked.clear()
    threads_before = threading.active_count()
    for _ in range(3):
        with pytest.raises(ModelError, match="does not answer; it may be waiting") as caught:
            store.key(ORIGIN)
        assert caught.value.kind is ModelErrorKind.AUTH
    assert fake.asked == [ORIGIN]  # one question, however often it was needed
    waiting = [one for one in threading.enumerate() if one.name == "keyring"]
    assert len(waiting) == 1
    assert threading.active_count() == threads_before + 1
    fake.unlock()
    waiting[0].join()
    assert revealed(store.key(ORIGIN)) == key
    assert fake.asked == [ORIGIN]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NoKeyringError(), "is not there"),
        (KeyringLocked(), "is locked; unlock it"),
        (RuntimeError, "can't be used"),
    ],
)
def test_a_keyring_that_fails_is_told_in_our_own_words_with_the_way_around(
    store: KeyStore, fake: FakeKeyring, error: object, words: str
) -> None:
    key = new_key()
    store.put(ORIGIN, "m", Secret(key), Place.KEYRING)
    fake.raises = RuntimeError(f"quotes {key}") if error is RuntimeError else error  # type: ignore[assignment]
    with pytest.raises(ModelError) as caught:
        store.key(ORIGIN)
    assert caught.value.kind is ModelErrorKind.AUTH
    assert words in str(caught.value)
    assert "--file" in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_keyring_that_forgets_at_once_is_found_out(store: KeyStore, fake: FakeKeyring) -> None:
    fake.keeps = False
    with pytest.raises(ModelError, match="did not keep the key"):
        store.put(ORIGIN, "m", Secret(new_key()), Place.KEYRING)
    assert list(store.entries()) == []


def test_a_key_that_is_gone_from_the_keyring_is_asked_for(
    store: KeyStore, fake: FakeKeyring
) -> None:
    store.put(ORIGIN, "m", Secret(new_key()), Place.KEYRING)
    fake.entries.clear()
    store.forget()
    with pytest.raises(ModelError, match=r"has no key for .* any more.*aicopilot key set m"):
        store.key(ORIGIN)


def test_a_key_in_a_file_is_private_whole_and_alone(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "keys"
    store = KeyStore(folder)
    before = os.umask(0)
    try:
        for _ in range(2):
            entry = store.put(ORIGIN, "m", Secret(new_key()), Place.FILE)
    finally:
        os.umask(before)
    assert entry.path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.iterdir()) == [entry.path]
    entry.path.chmod(0o640)
    with pytest.raises(ModelError, match="open to others"):
        store.key(ORIGIN)


def test_a_key_that_moves_to_a_file_leaves_the_keyring_and_removing_it_leaves_nothing(
    store: KeyStore, fake: FakeKeyring
) -> None:
    store.put(ORIGIN, "m", Secret(new_key()), Place.KEYRING)
    key = new_key()
    entry = store.put(ORIGIN, "n", Secret(key), Place.FILE)
    assert entry.models == ("m", "n")
    assert fake.entries == {}
    assert revealed(store.key(ORIGIN)) == key
    for place in Place:
        store.remove(store.put(ORIGIN, "m", Secret(new_key()), place))
        assert fake.entries == {}
        assert store.entry(ORIGIN) is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"origin": 1, "models": []}', "[" * 9999]
)
def test_an_entry_that_is_damaged_is_told_and_not_listed(store: KeyStore, content: str) -> None:
    entry = store.put(ORIGIN, "m", Secret(new_key()), Place.FILE)
    entry.path.write_text(content)
    with pytest.raises(ModelError, match="aicopilot key set"):
        store.key(ORIGIN)
    assert list(store.entries()) == []


async def test_a_key_that_the_server_refused_is_read_from_the_keyring_again(
    tmp_path: Path, fake: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICOPILOT_CONFIG", str(tmp_path / "config.toml"))
    right, wrong = new_key(), new_key()
    async with ScriptedLlamaCpp(key=right) as server:
        KeyStore(tmp_path / "keys").put(origin_of(server.url), "m", Secret(wrong), Place.KEYRING)
        model = ModelSettings(
            name="m", provider="llama.cpp", url=server.url, fim_format="qwen2.5-coder"
        )
        context = BackendContext(
            embedded=EmbeddedSettings(), state_dir=tmp_path, cache_dir=tmp_path
        )
        backend = create(model, context)
        with pytest.raises(ModelError) as caught:
            await collect(backend, request_for())
        assert caught.value.kind is ModelErrorKind.AUTH
        # The user mends it with another program, which tells us nothing.
        fake.entries["aicopilot-lsp", origin_of(server.url)] = right
        assert text_of(await collect(backend, request_for()))
        fake.asked.clear()
        assert text_of(await collect(backend, request_for()))
        assert fake.asked == []
        await backend.aclose()

"""Only the pinned bytes are loaded: a file is hashed once for each state that it is in."""

import os
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
from aicopilot_lsp.errors import ModelError, ModelErrorKind, ModelFileError
from aicopilot_lsp.models.embedded import backend, catalogue, pull, store, verified
from aicopilot_lsp.models.embedded.catalogue import CatalogueEntry
from aicopilot_lsp.models.embedded.sources import LocalFile
from aicopilot_lsp.plugins import BackendContext
from tests.models.embedded.files import CONTENT, entry_of

WRONG = b"x" + CONTENT[1:]


@pytest.fixture
def entry(tmp_path: Path) -> CatalogueEntry:
    (tmp_path / "source").write_bytes(CONTENT)
    return entry_of(LocalFile(tmp_path / "source"))


@pytest.fixture
def path(entry: CatalogueEntry, tmp_path: Path) -> Path:
    """The model's file, as a pull has put it there."""
    return pull.pull(entry, store.store_dir(tmp_path))


def no_hashing(*_: object) -> None:
    pytest.fail("the file was hashed")


def test_what_was_pulled_is_not_hashed_again(
    entry: CatalogueEntry, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hashlib.file_digest", no_hashing)
    store.require_sound(entry, tmp_path)
    assert verified.stamp_path(path).stat().st_mode & 0o777 == 0o600


def test_a_file_that_came_by_itself_is_hashed_once(
    entry: CatalogueEntry, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified.stamp_path(path).unlink()
    store.require_sound(entry, tmp_path)
    monkeypatch.setattr("hashlib.file_digest", no_hashing)
    store.require_sound(entry, tmp_path)


@pytest.mark.parametrize("content", [WRONG, CONTENT[:-1], b""])
def test_a_changed_file_is_refused_and_then_known_to_be_damaged(
    entry: CatalogueEntry, path: Path, tmp_path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="is damaged: run `aicopilot model pull tiny`"):
        store.require_sound(entry, tmp_path)
    assert store.is_damaged(entry, tmp_path)
    assert not store.is_installed(entry, tmp_path)


@pytest.mark.parametrize("stamp", ["", "{", "[]", "3", '{"size": 1}'])
def test_a_damaged_stamp_is_none(
    entry: CatalogueEntry, path: Path, tmp_path: Path, stamp: str
) -> None:
    verified.stamp_path(path).write_text(stamp)
    store.require_sound(entry, tmp_path)
    path.write_bytes(WRONG)
    verified.stamp_path(path).write_text(stamp)
    with pytest.raises(ModelFileError):
        store.require_sound(entry, tmp_path)


def test_a_pull_replaces_a_damaged_file_whatever_its_stamp_says(
    entry: CatalogueEntry, path: Path, tmp_path: Path
) -> None:
    state = path.stat()
    with path.open("r+b") as file:
        file.write(b"x")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    notes: list[str] = []
    pull.pull(entry, path.parent, progress=lambda progress: notes.append(progress.note))
    assert path.read_bytes() == CONTENT
    assert any("damaged" in note for note in notes)
    store.require_sound(entry, tmp_path)


async def test_a_damaged_file_is_not_loaded(
    entry: CatalogueEntry, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "CATALOGUE", (entry,))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    path.write_bytes(WRONG)  # noqa: ASYNC240 - nothing else runs
    context = BackendContext(
        embedded=EmbeddedSettings(), state_dir=tmp_path / "state", cache_dir=tmp_path
    )
    settings = ModelSettings(name="embedded", provider="embedded", model="tiny")
    made = backend.create(settings, context)
    with pytest.raises(ModelError, match="is damaged") as caught:
        await made.prepare()
    assert caught.value.kind is ModelErrorKind.NOT_INSTALLED
    assert "is damaged" in (await made.readiness() or "")
    assert not (tmp_path / "state").exists()
    await made.aclose()

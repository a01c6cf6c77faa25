"""The model directory: full disks, files of one's own, the choice, and the default."""

import errno
import os
from pathlib import Path

import pytest

from aicopilot_lsp.errors import ModelFileError
from aicopilot_lsp.models.embedded import catalogue, partial, pull, store
from aicopilot_lsp.models.embedded.catalogue import CATALOGUE, GIB, default_model, entry_named
from aicopilot_lsp.models.embedded.sources import Url, sources_from
from tests.models.embedded.files import CONTENT, entry_of
from tests.support.file_server import Script, file_server


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A catalogue of one tiny model, and a file that is it."""
    entries = (entry_of(), *CATALOGUE)
    for module in (catalogue, pull, store):
        monkeypatch.setattr(module, "CATALOGUE", entries)
    path = tmp_path / "mine.gguf"
    path.write_bytes(CONTENT)
    return path


def test_a_disk_that_is_too_small_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    script = Script(CONTENT)
    with file_server(script) as url, pytest.raises(ModelFileError, match="no room") as caught:
        pull.pull(entry_of(Url(f"{url}/m")), tmp_path, free_bytes=lambda path: 1000)
    assert script.requests == []
    assert "model rm tiny" in str(caught.value)


def test_a_disk_that_fills_up_keeps_what_was_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullAfterAWhile(partial.PartialFile):
        def append(self, block: bytes) -> None:
            super().append(block[:100_000])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with file_server(Script(CONTENT)) as url:
        entry = entry_of(Url(f"{url}/m"))
        with monkeypatch.context() as patch:
            patch.setattr(pull, "PartialFile", FullAfterAWhile)
            with pytest.raises(ModelFileError, match="is kept"):
                pull.pull(entry, tmp_path)
        assert (tmp_path / "tiny.gguf.part").stat().st_size > 0
        assert pull.pull(entry, tmp_path).read_bytes() == CONTENT


def test_a_directory_that_is_a_file_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("")
    with pytest.raises(ModelFileError, match="can't be stored"):
        pull.pull(entry_of(), tmp_path / "models")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_permission_is_one_message(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ModelFileError, match="can't be stored"):
        pull.pull(entry_of(), tmp_path / "models")


def test_a_file_of_ones_own_is_recognised_and_copied(tiny: Path, tmp_path: Path) -> None:
    entry = pull.add_file(tiny, tmp_path / "models")
    assert entry.name == "tiny"
    tiny.write_bytes(b"changed later")
    assert (tmp_path / "models" / "tiny.gguf").read_bytes() == CONTENT


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT[:-1] + b"x"])
def test_another_file_is_not_taken(tiny: Path, tmp_path: Path, content: bytes) -> None:
    tiny.write_bytes(content)
    with pytest.raises(ModelFileError, match="not any model"):
        pull.add_file(tiny, tmp_path / "models")
    assert not list((tmp_path / "models").glob("*.gguf"))


def test_a_file_that_is_another_model_than_named_is_not_taken(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="not qwen"):
        pull.add_file(tiny, tmp_path / "models", name="qwen2.5-coder-0.5b")


def test_the_choice_is_kept_and_settings_go_before_it(tmp_path: Path) -> None:
    def selected(name: str | None) -> tuple[str, str]:
        found = store.selected_model(name, cache_dir=tmp_path, state_dir=tmp_path / "s")
        return found.entry.name, found.origin

    store.choose("qwen2.5-coder-1.5b", tmp_path / "s")
    assert (tmp_path / "s" / "model.json").stat().st_mode & 0o777 == 0o600
    assert selected(None) == ("qwen2.5-coder-1.5b", "use")
    assert selected("qwen2.5-coder-0.5b") == ("qwen2.5-coder-0.5b", "settings")
    with pytest.raises(ModelFileError, match="It has: qwen"):
        selected("gpt")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"model": "gone"}', '{"model": 3}'])
def test_a_damaged_choice_falls_back_to_the_default(tmp_path: Path, content: str) -> None:
    (tmp_path / "model.json").write_text(content)
    found = store.selected_model(None, cache_dir=tmp_path, state_dir=tmp_path)
    assert found.origin == "default"


def test_removing_frees_the_file_and_what_a_pull_left(tmp_path: Path) -> None:
    entry = entry_named("qwen2.5-coder-0.5b")
    target = store.model_path(entry, tmp_path)
    target.parent.mkdir()
    target.write_bytes(b"12345")
    for path in partial.partial_paths(target):
        path.write_bytes(b"12345")
    assert store.remove(entry, tmp_path) == 15
    assert store.remove(entry, tmp_path) == 0


def test_a_half_file_is_not_installed(tmp_path: Path) -> None:
    entry = entry_named("qwen2.5-coder-0.5b")
    target = store.model_path(entry, tmp_path)
    target.parent.mkdir()
    target.write_bytes(b"12345")
    assert not store.is_installed(entry, tmp_path)


@pytest.mark.parametrize(
    ("ram_gib", "cores", "size"),
    [(4, 8, "0.5b"), (16, 2, "0.5b"), (8, 4, "1.5b"), (64, 32, "1.5b")],
)
def test_the_larger_model_is_the_default_where_it_fits(ram_gib: int, cores: int, size: str) -> None:
    assert default_model(ram_gib * GIB, cores).name.endswith(size)


def test_from_names_a_kind_a_url_or_a_file(tmp_path: Path) -> None:
    catalogued = entry_named("qwen2.5-coder-0.5b").sources
    assert sources_from(None, catalogued) == catalogued
    assert sources_from("hub", catalogued) == catalogued[:1]
    assert sources_from("index", catalogued) == catalogued[1:]
    assert sources_from("https://host/m", catalogued) == (Url("https://host/m"),)
    with pytest.raises(ModelFileError, match="neither a file nor a URL"):
        sources_from(str(tmp_path / "none"), catalogued)


def test_every_entry_is_pinned_in_full() -> None:
    for entry in CATALOGUE:
        assert len(bytes.fromhex(entry.sha256)) == 32
        assert entry.sources
        assert Path(entry.file_name).name == entry.file_name

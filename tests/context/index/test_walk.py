"""Finding and opening files of a workspace that may be hostile, and may change meanwhile."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from aicopilot_lsp.context.index.ignore import IgnoreRules, read_rules
from aicopilot_lsp.context.index.opening import Content, Root, Stamp
from aicopilot_lsp.context.index.refusal import Refusal
from aicopilot_lsp.context.index.walk import Found, Walked, by_use, refusal, walk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes, links and deep paths")

MAX_BYTES = 1 << 20


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Root]:
    (tmp_path / "root").mkdir()
    root = Root(str(tmp_path / "root"))
    yield root
    root.close()


def make(root: Root, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = Path(root.path) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def rules_of(root: Root) -> IgnoreRules:
    return IgnoreRules(partial(read_rules, root), root=root.path)


def walked(root: Root, *, max_files: int = 1000) -> Walked:
    return walk(root, rules_of(root), max_bytes=MAX_BYTES, max_files=max_files)


def paths(found: Walked) -> list[str]:
    return [one.path for one in found.files]


def test_files_are_found_the_shallow_ones_first_and_ignored_folders_are_not_entered(
    root: Root,
) -> None:
    make(root, {"b/c/d.py": "", "a.py": "", "b/x.py": "", "gen/y.py": "", ".gitignore": "gen\n"})
    make(root, {"node_modules/z/index.js": "", ".env": "KEY=1"})
    found = walked(root)
    assert paths(found) == [".gitignore", "a.py", "b/x.py", "b/c/d.py"]
    assert found.folders == ["", "b", "b/c"]
    assert found.left_out == {Refusal.GITIGNORE: 1, Refusal.FOLDER: 1, Refusal.SECRET: 1}


def test_a_folder_that_tools_have_marked_as_theirs_is_left_out(root: Root) -> None:
    make(root, {"env3/pyvenv.cfg": "", "env3/lib/a.py": "", "target/CACHEDIR.TAG": ""})
    make(root, {"target/debug/a.rs": "", "vendor/modules.txt": "", "vendor/x/a.go": ""})
    make(root, {"text/modules.txt": "", "text/a.py": ""})
    assert paths(walked(root)) == ["text/a.py", "text/modules.txt"]
    assert refusal(root, rules_of(root), "env3/lib/a.py") is Refusal.FOLDER
    assert refusal(root, rules_of(root), "text/a.py") is None


def test_no_link_is_followed_wherever_it_leads(root: Root, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.py").write_text("KEY = 1")
    make(root, {"a/real.py": "x = 1"})
    inside = Path(root.path)
    (inside / "loop").symlink_to(".")
    (inside / "a" / "up").symlink_to("..")
    (inside / "out").symlink_to(tmp_path / "outside")
    (inside / "file.py").symlink_to(tmp_path / "outside" / "secret.py")
    (inside / "alias.py").symlink_to("a/real.py")
    (inside / "broken.py").symlink_to("nowhere")
    found = walked(root)
    assert paths(found) == ["a/real.py"]
    assert found.left_out == {Refusal.LINK: 6}
    for path in ("file.py", "alias.py", "out/secret.py", "loop/a/real.py", "a/up/a/real.py"):
        assert root.read(path, MAX_BYTES) is Refusal.LINK
        assert root.stamp(path) is Refusal.LINK


def test_a_folder_that_becomes_a_link_after_it_was_found_is_not_left_through_it(
    root: Root, tmp_path: Path
) -> None:
    make(root, {"a/x.py": "x = 1"})
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.py").write_text("KEY = 1")
    assert paths(walked(root)) == ["a/x.py"]
    (Path(root.path) / "a").rename(Path(root.path) / "b")
    (Path(root.path) / "a").symlink_to(tmp_path / "outside")
    assert root.read("a/x.py", MAX_BYTES) is Refusal.LINK
    assert isinstance(root.read("b/x.py", MAX_BYTES), Content)


def test_pipes_sockets_and_devices_are_never_opened(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(Path(root.path) / "pipe.py")
    monkeypatch.chdir(root.path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.py")
        found = walked(root)
        assert paths(found) == []
        assert found.left_out == {Refusal.NOT_A_FILE: 2}
        assert root.read("pipe.py", MAX_BYTES) is Refusal.NOT_A_FILE
        assert root.read("socket.py", MAX_BYTES) is Refusal.NOT_A_FILE


def test_a_pipe_that_takes_the_place_of_a_file_does_not_block(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(root, {"a.py": "x = 1"})
    before = (Path(root.path) / "a.py").stat()
    (Path(root.path) / "a.py").unlink()
    os.mkfifo(Path(root.path) / "a.py")
    monkeypatch.setattr("os.stat", lambda *_args, **_named: before)  # it was a file when asked
    assert root.read("a.py", MAX_BYTES) is Refusal.NOT_A_FILE


def test_a_file_of_a_gigabyte_is_told_by_its_size(root: Root) -> None:
    with (Path(root.path) / "big.py").open("wb") as file:
        file.truncate(1 << 30)
    assert walked(root).left_out == {Refusal.TOO_LARGE: 1}
    assert root.read("big.py", MAX_BYTES) is Refusal.TOO_LARGE


def test_ten_thousand_folders_in_each_other_are_left_at_some_depth(root: Root) -> None:
    make(root, {"a.py": "x = 1"})
    descriptor = os.open(root.path, os.O_RDONLY)
    for _ in range(10_000):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(os.open("deep.py", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
    os.close(descriptor)
    try:
        found = walked(root)
        assert paths(found) == ["a.py"]
        assert found.left_out == {Refusal.TOO_DEEP: 1}
        deep = "d/" * 10_000 + "deep.py"
        assert refusal(root, rules_of(root), deep) is Refusal.TOO_DEEP
        assert isinstance(root.read(deep, MAX_BYTES), Content)  # opened step by step
    finally:
        subprocess.run(["rm", "-rf", f"{root.path}/d"], check=True)  # rmtree would recurse


def test_a_folder_that_may_not_be_read_costs_only_itself(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(root, {"a.py": "", "closed/b.py": "", "open/c.py": ""})
    really = os.open

    def denied(path: str, *args: int, **named: int) -> int:
        if path == "closed":
            raise PermissionError(13, "Permission denied")
        return really(path, *args, **named)

    monkeypatch.setattr("os.open", denied)  # rights do not hold root, whom some tests run as
    found = walked(root)
    assert paths(found) == ["a.py", "open/c.py"]
    assert found.left_out == {Refusal.UNREADABLE: 1}
    assert root.read("closed/b.py", MAX_BYTES) is Refusal.UNREADABLE


def test_an_ignore_file_that_can_not_be_read_hides_all_that_it_stands_beside(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(root, {"a.py": "", "x/b.py": "", "x/.gitignore": "c.py", "y/b.py": "", "y/rules": "c.py"})
    (Path(root.path) / "y" / ".aicopilotignore").symlink_to("rules")
    really = os.open

    def denied(path: str, *args: int, **named: int) -> int:
        if path == ".gitignore":
            raise PermissionError(13, "Permission denied")
        return really(path, *args, **named)

    monkeypatch.setattr("os.open", denied)
    assert paths(walked(root)) == ["a.py"]


def test_names_that_are_no_utf8_are_left_out(root: Root) -> None:
    make(root, {os.fsdecode(name): "" for name in (b"bad\xff/a.py", b"x\xfe.py")})
    make(root, {"é/ü.py": ""})
    found = walked(root)
    assert paths(found) == ["é/ü.py"]
    assert found.left_out == {Refusal.NAME: 2}


def test_what_vanishes_while_it_is_walked_is_no_error(root: Root) -> None:
    make(root, {"a/x.py": "", "b/y.py": "", "b/c/z.py": ""})

    def read_text(path: str) -> str | None:
        if path == "a/.gitignore":  # asked between the listings of a and b
            subprocess.run(["rm", "-rf", f"{root.path}/b"], check=True)
        return None

    found = walk(root, IgnoreRules(read_text), max_bytes=MAX_BYTES, max_files=10)
    assert paths(found) == ["a/x.py"]
    assert root.read("b/y.py", MAX_BYTES) is Refusal.NOT_A_FILE


def test_of_too_many_files_the_shallow_ones_are_taken(root: Root) -> None:
    make(root, {f"d{n}/e/f{n}.py": "" for n in range(20)} | {f"g{n}.py": "" for n in range(5)})
    found = walked(root, max_files=8)
    assert len(found.files) == 8
    assert paths(found)[:5] == [f"g{n}.py" for n in range(5)]
    assert found.left_out[Refusal.TOO_MANY] == 17


def test_a_walk_ends_when_it_is_told_to(root: Root) -> None:
    make(root, {f"d{n}/a.py": "" for n in range(9)})
    answers = iter([False, False, True])
    found = walk(root, rules_of(root), max_bytes=1, max_files=99, stopped=lambda: next(answers))
    assert found.folders == ["", "d0"]


def test_files_changed_lately_come_first_then_shallow_ones() -> None:
    day = 86_400 * 10**9
    old = [Found("x/y/deep.py", Stamp(1, 0)), Found("top.py", Stamp(1, 0))]
    new = [Found("x/y/z/new.py", Stamp(1, 400 * day))]
    ordered = [one.path for one in by_use([*old, *new], now_ns=400 * day + day // 2)]
    assert ordered == ["x/y/z/new.py", "top.py", "x/y/deep.py"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/b.py", "a/b.py"),
        ("./a//b.py", "a/b.py"),
        ("../b.py", None),
        ("a/../../b.py", None),
        ("/etc/passwd", None),
        ("a\0b", None),
        ("", None),
        (".", None),
    ],
)
def test_only_paths_below_the_root_are_taken(root: Root, path: str, expected: str | None) -> None:
    assert root.relative(path) == expected


@pytest.mark.parametrize(
    "path", ["../x.py", "a/../../x.py", "/etc/hostname", "", "a//b.py", "./a.py", "a\0.py", ".."]
)
def test_no_path_that_might_lead_out_is_opened(root: Root, tmp_path: Path, path: str) -> None:
    (tmp_path / "x.py").write_text("KEY = 1")
    make(root, {"a/b.py": "", "a.py": ""})
    assert isinstance(root.read(path, MAX_BYTES), Refusal)
    assert isinstance(root.stamp(path), Refusal)
    assert not root.is_folder("../" + Path(root.path).name)


def test_absolute_paths_below_the_root_are_taken(root: Root) -> None:
    assert root.relative(f"{root.path}/a/b.py") == "a/b.py"
    assert root.relative(f"{root.path}x/a.py") is None

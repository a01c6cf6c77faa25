"""Which folders are worth an index: projects, and not a home directory that happens to be open.

An editor takes whatever folder it is started in for a workspace. Reading through a home directory
takes minutes, shows what nobody meant to show, and is what users of indexing tools complain about
first. So a folder needs a mark of a project, in it or around it.
"""

import os
from collections.abc import Iterable
from pathlib import Path

# No `.aicopilot.toml`: that is about this program, and may well lie in a folder of all sorts.
MARKS = (  # noqa: SIM905 - a line each would be fifty
    ".git .hg .svn .jj .bzr .gitignore .editorconfig .aicopilotignore .vscode .idea"
    " pyproject.toml setup.py setup.cfg requirements.txt Pipfile package.json deno.json"
    " tsconfig.json jsconfig.json Cargo.toml go.mod go.work pom.xml build.gradle build.gradle.kts"
    " settings.gradle settings.gradle.kts build.sbt CMakeLists.txt Makefile GNUmakefile makefile"
    " meson.build configure.ac WORKSPACE MODULE.bazel BUILD.bazel composer.json Gemfile mix.exs"
    " Package.swift build.zig rebar.config dune-project stack.yaml flake.nix justfile"
).split()

_HOME = (
    "It is your home directory or lies around it, and not indexed for that reason. If it should be,"
    " name it in `context.index_folders` of your configuration."
)
_NO_PROJECT = (
    "Nothing in it or around it marks a project (a `.git`, a `pyproject.toml`, a `package.json` or"
    " the like), so it is not indexed. If it should be, name it in `context.index_folders` of your"
    " configuration."
)


def why_not(root: Path, wanted: Iterable[str], *, home: Path | None = None) -> str:
    """Why the folder `root` is not indexed, for a person; "" where it is. Asks the disk.

    Parameters
    ----------
    root : Path
        Absolute, links resolved.
    wanted : iterable of str
        Folders that the user wants indexed whatever they are (`context.index_folders`).
    home : Path or None
        Stands in for the user's.
    """
    if any(_real(one) == root for one in wanted):
        return ""
    home = _real(home or "~")
    if home.is_relative_to(root):
        return _HOME
    for folder in (root, *root.parents):
        if home.is_relative_to(folder):  # those around a home are nobody's project
            break
        if _is_marked(folder):
            return ""
    return _NO_PROJECT


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(os.path.expanduser(path)))  # noqa: PTH111 - Path's raises


def _is_marked(folder: Path) -> bool:
    # Path.exists raises where a folder around the project may not be looked into.
    return any(os.path.exists(folder / mark) for mark in MARKS)  # noqa: PTH110

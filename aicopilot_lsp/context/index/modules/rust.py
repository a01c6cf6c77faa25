"""Modules of Rust: paths from the crate, from the module itself, and from other crates of the
workspace."""

import tomllib
from collections.abc import Mapping, Sequence

from aicopilot_lsp.context.index.modules.known import Known, folder_of, outwards

_ROOT_FILES = ("src/lib.rs", "src/main.rs", "lib.rs", "main.rs")
# Files whose submodules lie beside them, not in a folder of their name.
_FOLDER_FILES = frozenset(("mod.rs", "lib.rs", "main.rs", "build.rs"))


def rust(known: Known, path: str, module: str, name: str) -> str:
    """The module that the path leads to; where its last parts are items, the module they are in.
    `mod x;` comes as a module "x" or "self::x"."""
    parts = [part for part in module.split("::") if part]
    if name and name not in ("*", "self"):
        parts.append(name)
    if not parts:
        return ""
    crate = _crate_of(known, path)
    if parts[0] == "crate":
        return _follow(known, _source_folder(known, crate), parts[1:]) or _root_file(known, crate)
    if parts[0] in ("self", "super"):
        return _from_here(known, path, parts)
    found = _follow(known, _module_folder(path), parts)
    if found:
        return found
    named = _crates(known).get(parts[0])
    if named is None:
        return ""
    return _follow(known, _source_folder(known, named), parts[1:]) or _root_file(known, named)


def _from_here(known: Known, path: str, parts: Sequence[str]) -> str:
    folder = _module_folder(path)
    rest = list(parts)
    while rest and rest[0] in ("self", "super"):
        if rest.pop(0) == "super":
            folder = folder_of(folder)
    return _follow(known, folder, rest) or known.first(_files_of(folder))


def _follow(known: Known, folder: str, parts: Sequence[str]) -> str:
    """The file of the longest leading part of a module path below `folder`; "" if even the first
    is none."""
    for length in range(len(parts), 0, -1):
        base = "/".join([folder, *parts[:length]]).lstrip("/")
        found = known.first((f"{base}.rs", f"{base}/mod.rs"))
        if found:
            return found
    return ""


def _files_of(folder: str) -> tuple[str, ...]:
    """The files that the module whose submodules lie in `folder` may be in."""
    names = ("mod.rs", "lib.rs", "main.rs")
    return (f"{folder}.rs", *(f"{folder}/{name}".lstrip("/") for name in names))


def _module_folder(path: str) -> str:
    """Where the submodules of a file lie."""
    folder, _, name = path.rpartition("/")
    return folder if name in _FOLDER_FILES else path.removesuffix(".rs")


def _crate_of(known: Known, path: str) -> str:
    """The folder of the crate that a file is in: the next Cargo.toml outwards."""
    for folder in outwards(folder_of(path)):
        if f"{folder}/Cargo.toml".lstrip("/") in known.configs:
            return folder
    return ""


def _source_folder(known: Known, crate: str) -> str:
    return folder_of(_root_file(known, crate)) or f"{crate}/src".lstrip("/")


def _root_file(known: Known, crate: str) -> str:
    return known.first(f"{crate}/{name}".lstrip("/") for name in _ROOT_FILES)


def _crates(known: Known) -> Mapping[str, str]:
    """Folders of the workspace's own crates, by the name that code has for them."""
    key = "crates of Rust"
    if key not in known.derived:
        known.derived[key] = {
            name.replace("-", "_"): folder_of(path)
            for path, text in known.configs.items()
            if path.rpartition("/")[2] == "Cargo.toml" and (name := _crate_name(text))
        }
    made = known.derived[key]
    assert isinstance(made, dict)  # noqa: S101 - by its key
    return made


def _crate_name(text: str) -> str:
    try:
        package = tomllib.loads(text).get("package")
    except (tomllib.TOMLDecodeError, RecursionError):
        return ""
    name = package.get("name") if isinstance(package, dict) else None
    return name if isinstance(name, str) else ""

"""Modules of Python: relative ones by their dots, absolute ones from any source root."""

from collections.abc import Iterator

from aicopilot_lsp.context.index.modules.known import Known, closest, folder_of, outwards

_INIT = ("/__init__.py", "/__init__.pyi")
_SUFFIXES = (".py", ".pyi", *_INIT)
_SOURCE_FOLDERS = frozenset(("src", "lib", "python", "source"))


def python(known: Known, path: str, module: str, name: str) -> str:
    """`from pkg import part` is the submodule if there is one, else the package."""
    parts = module.lstrip(".")
    dots = len(module) - len(parts)
    stem = parts.replace(".", "/")
    with_name = f"{stem}/{name}".strip("/") if name and name != "*" else ""
    if dots:
        return _relative(known, path, dots, with_name) or _relative(known, path, dots, stem)
    return _absolute(known, path, with_name) or _absolute(known, path, stem)


def _relative(known: Known, path: str, dots: int, stem: str) -> str:
    folder = folder_of(path)
    for _ in range(dots - 1):
        if not folder:
            return ""
        folder = folder_of(folder)
    base = "/".join(part for part in (folder, stem) if part)
    return known.first(_files(base) if stem else (base + init for init in _INIT))


def _files(base: str) -> Iterator[str]:
    return (base + suffix for suffix in _SUFFIXES)


def _absolute(known: Known, path: str, stem: str) -> str:
    if not stem or not known.may_have(stem.partition("/")[0]):
        return ""
    # The folder of the file and those around it are where most imports begin.
    for folder in outwards(folder_of(path)):
        prefix = f"{folder}/" if folder else ""
        if _is_package(known, folder):
            continue
        found = known.first(_files(prefix + stem)) or known.first(_files(f"{prefix}src/{stem}"))
        if found:
            return found
    return closest(_elsewhere(known, stem), path)


def _elsewhere(known: Known, stem: str) -> Iterator[str]:
    """Under other source roots: one that is no package, and for a module of one part, whose name
    may be that of any library, one that looks like a source root."""
    for suffix in _SUFFIXES:
        for found in known.ending(stem + suffix):
            source_root = found[: -len(stem + suffix)].rstrip("/")
            if _is_package(known, source_root):
                continue
            if "/" in stem or source_root.rpartition("/")[2] in _SOURCE_FOLDERS:
                yield found


def _is_package(known: Known, folder: str) -> bool:
    return bool(folder) and f"{folder}/__init__.py" in known

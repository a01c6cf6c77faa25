"""Modules of languages in which a path is all there is to know."""

import re
from collections.abc import Iterable, Mapping

from aicopilot_lsp.context.index.modules.known import Known, closest, folder_of, join, outwards

_GO_MODULE = re.compile(r"^\s*module\s+\"?([^\s\"]+)", re.MULTILINE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CLASS_SUFFIXES = (".java", ".kt", ".scala", ".cs")


def by_relative_path(known: Known, path: str, module: str, name: str) -> str:
    """Bash, Zig, HTML, Markdown, ...: a path from the file's folder, else from the root."""
    del name
    bare = module.partition("#")[0].partition("?")[0]
    return known.first(_from_folder_or_root(path, bare))


def _from_folder_or_root(path: str, module: str) -> Iterable[str]:
    for folder in (folder_of(path), ""):
        joined = join(folder, module.lstrip("/") if not folder else module)
        if joined:
            yield joined


def c(known: Known, path: str, module: str, name: str) -> str:
    """An include: beside the file, in an include folder around it, else the nearest such path."""
    del name
    for folder in outwards(folder_of(path)):
        for inner in ("", "include", "src", "inc"):
            joined = join(f"{folder}/{inner}".strip("/"), module)
            if joined and joined in known:
                return joined
    clean = join("", module.lstrip("./"))
    return known.nearest(clean, path) if clean else ""


def go(known: Known, path: str, module: str, name: str) -> str:
    """A package is a folder; of its files the one named as it, else the first that is no test."""
    del name, path
    for prefix, folder in _go_modules(known).items():
        if module == prefix or module.startswith(prefix + "/"):
            package = f"{folder}/{module[len(prefix) + 1 :]}".strip("/")
            return _go_file(known, package)
    return ""


def _go_file(known: Known, package: str) -> str:
    name = package.rpartition("/")[2]
    inside = (one for one in known.in_folder(package) if one.endswith(".go"))
    sources = sorted(one for one in inside if not one.endswith("_test.go"))
    own = f"{package}/{name}.go"
    return own if own in sources else next(iter(sources), "")


def _go_modules(known: Known) -> Mapping[str, str]:
    """Folders of the workspace's Go modules by module path, the longest first."""
    key = "modules of Go"
    if key not in known.derived:
        found = {
            named[1]: folder_of(path)
            for path, text in known.configs.items()
            if path.rpartition("/")[2] == "go.mod" and (named := _GO_MODULE.search(text))
        }
        known.derived[key] = dict(sorted(found.items(), key=lambda item: -len(item[0])))
    made = known.derived[key]
    assert isinstance(made, dict)  # noqa: S101 - by its key
    return made


def dotted_class(known: Known, path: str, module: str, name: str) -> str:
    """Java, Kotlin, Scala, C#: a class by its package and name; of a static import or an inner
    class, the class around it."""
    parts = [part for part in module.split(".") if part]
    if name and name != "*":
        parts.append(name)
    for length in range(len(parts), max(len(parts) - 2, 1), -1):
        stem = "/".join(parts[:length])
        found = closest((one for end in _CLASS_SUFFIXES for one in known.ending(stem + end)), path)
        if found:
            return found
    # C# leaves the first parts of a namespace out of its folders.
    if path.endswith(".cs") and len(parts) > 2:
        return known.nearest("/".join(parts[-2:]) + ".cs", path)
    return ""


def ruby(known: Known, path: str, module: str, name: str) -> str:
    del name
    file = module if module.endswith(".rb") else module + ".rb"
    relative = join(folder_of(path), file)
    if relative and relative in known:
        return relative
    return _source_file(known, path, file.lstrip("./"), ("lib", "app", "spec", "test", ""))


def lua(known: Known, path: str, module: str, name: str) -> str:
    del name
    stem = module.removesuffix(".lua").replace(".", "/")
    for file in (f"{stem}.lua", f"{stem}/init.lua"):
        found = _source_file(known, path, file, ("lua", "src", "lib", ""))
        if found:
            return found
    return ""


def elixir(known: Known, path: str, module: str, name: str) -> str:
    del name
    parts = [_CAMEL.sub("_", part).lower() for part in module.split(".")]
    for suffix in (".ex", ".exs"):
        found = _source_file(known, path, "/".join(parts) + suffix, ("lib", "test/support", ""))
        if found:
            return found
    return ""


def _source_file(known: Known, path: str, file: str, folders: Iterable[str]) -> str:
    """Below one of the usual folders of sources around the file, then anywhere, unless the name
    has one part only, as those of libraries have."""
    for outer in outwards(folder_of(path)):
        for inner in folders:
            found = join(f"{outer}/{inner}".strip("/"), file)
            if found and found in known:
                return found
    return known.nearest(file, path) if "/" in file else ""


def php(known: Known, path: str, module: str, name: str) -> str:
    """A class by as many last parts of its namespace as lead to a file (PSR-4 maps the first parts
    to any folder); or a path that is included."""
    if module.endswith(".php"):
        return by_relative_path(known, path, module, "")
    parts = [part for part in module.split("\\") if part]
    if name and name != "*":
        parts.append(name)
    for start in range(max(len(parts) - 1, 0)):
        found = known.nearest("/".join(parts[start:]) + ".php", path)
        if found:
            return found
    return ""


def stylesheet(known: Known, path: str, module: str, name: str) -> str:
    del name
    joined = join(folder_of(path), module)
    if joined is None:
        return ""
    folder, _, file = joined.rpartition("/")
    partial = f"{folder}/_{file}".lstrip("/")
    ends = ("", ".css", ".scss", ".sass", ".less")
    return known.first(base + end for end in ends for base in (joined, partial))

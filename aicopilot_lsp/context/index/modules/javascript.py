"""Modules of JavaScript and TypeScript: relative ones, aliases of tsconfig.json, and the names of
the workspace's own packages."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aicopilot_lsp.context.index.modules.known import Known, folder_of, join, outwards

_EXTENSIONS = (".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_OTHERS = (".vue", ".svelte", ".json", ".css", ".scss")
# What TypeScript sources import under the name that they are compiled to.
_COMPILED = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
_CONFIGS = ("tsconfig.json", "jsconfig.json")
_MAX_EXTENDS = 4
_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_STRING_OR_COMMA = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])')


def javascript(known: Known, path: str, module: str, name: str) -> str:
    del name
    module = module.partition("?")[0]
    folder = folder_of(path)
    if module.startswith("."):
        return _file(known, join(folder, module))
    found = _by_alias(known, folder, module) or _by_package(known, module)
    if found or not module.startswith(("@/", "~/")):
        return found
    # What most bundlers' templates mean by it.
    for outer in outwards(folder):
        for source in ("src/", ""):
            found = _file(known, join(outer, source + module[2:]))
            if found:
                return found
    return ""


def _file(known: Known, base: str | None) -> str:
    """The file that `base` means, with the extension or the index that is left out."""
    return "" if base is None else known.first(_candidates(base))


def _candidates(base: str) -> Iterator[str]:
    if base:
        yield base
        stem, dot, extension = base.rpartition(".")
        for compiled in _COMPILED.get(dot + extension, ()):
            yield stem + compiled
        for extension in (*_EXTENSIONS, *_OTHERS):
            yield base + extension
    prefix = f"{base}/" if base else ""
    for extension in _EXTENSIONS:
        yield f"{prefix}index{extension}"


def _by_alias(known: Known, folder: str, module: str) -> str:
    for outer in outwards(folder):
        for name in _CONFIGS:
            config = f"{outer}/{name}".lstrip("/")
            if config in known.configs:
                found = _through(known, _aliases(known, config), module)
                if found:
                    return found
    return ""


@dataclass(frozen=True, slots=True)
class _Aliases:
    """`paths` of a tsconfig.json; each pattern with the bases that it may stand for."""

    base: str | None = None
    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _through(known: Known, aliases: _Aliases, module: str) -> str:
    for pattern, targets in aliases.patterns.items():
        before, star, after = pattern.partition("*")
        if not (module.startswith(before) and module.endswith(after)):
            continue
        if not star and module != pattern:
            continue
        middle = module[len(before) : len(module) - len(after)]
        for target in targets:
            found = _file(known, target.replace("*", middle, 1))
            if found:
                return found
    return "" if aliases.base is None else _file(known, join(aliases.base, module))


def _aliases(known: Known, config: str) -> _Aliases:
    key = f"aliases of {config}"
    if key not in known.derived:
        known.derived[key] = _read_aliases(known, config, _MAX_EXTENDS)
    made = known.derived[key]
    assert isinstance(made, _Aliases)  # noqa: S101 - by its key
    return made


def _read_aliases(known: Known, config: str, depth: int) -> _Aliases:
    raw = _json(known.configs.get(config, ""))
    folder = folder_of(config)
    options = raw.get("compilerOptions")
    options = options if isinstance(options, dict) else {}
    inherited = _Aliases()
    extends = raw.get("extends")
    if depth > 0 and isinstance(extends, str) and extends.startswith("."):
        outer = join(folder, extends if extends.endswith(".json") else extends + ".json")
        if outer is not None:
            inherited = _read_aliases(known, outer, depth - 1)
    base_url = options.get("baseUrl")
    base = join(folder, base_url) if isinstance(base_url, str) else inherited.base
    paths = options.get("paths")
    if not isinstance(paths, dict):
        return _Aliases(base, inherited.patterns)
    start = base if base is not None else folder
    patterns = {
        pattern: tuple(
            joined
            for target in targets
            if isinstance(target, str) and (joined := join(start, target)) is not None
        )
        for pattern, targets in paths.items()
        if isinstance(targets, list)
    }
    return _Aliases(base, patterns)


def _by_package(known: Known, module: str) -> str:
    parts = module.split("/")
    length = 2 if module.startswith("@") else 1
    folder = _packages(known).get("/".join(parts[:length]))
    if folder is None:
        return ""
    inner = "/".join(parts[length:])
    if inner:
        return _file(known, join(folder, inner)) or _file(known, join(folder, f"src/{inner}"))
    return _entry(known, folder)


def _entry(known: Known, folder: str) -> str:
    """The source of a package's main file: what it names is often built and not there."""
    raw = _json(known.configs.get(f"{folder}/package.json".lstrip("/"), ""))
    named = (raw.get(key) for key in ("source", "types", "module", "main"))
    written = [one for one in named if isinstance(one, str)]
    for base in (*written, "src/index", "index", "src/main", "lib/index"):
        found = _file(known, join(folder, base)) if base else ""
        if found:
            return found
    return ""


def _packages(known: Known) -> Mapping[str, str]:
    """Folders of the workspace's own packages, by name."""
    key = "packages of JavaScript"
    if key not in known.derived:
        known.derived[key] = {
            name: folder_of(path)
            for path, text in known.configs.items()
            if path.rpartition("/")[2] == "package.json"
            and isinstance(name := _json(text).get("name"), str)
        }
    made = known.derived[key]
    assert isinstance(made, dict)  # noqa: S101 - by its key
    return made


def _json(text: str) -> dict[str, Any]:
    """An object of JSON with comments and trailing commas; {} for what is none."""
    text = _STRING_OR_COMMENT.sub(_strings_only, text)
    try:
        raw = json.loads(_STRING_OR_COMMA.sub(_strings_only, text))
    except (ValueError, RecursionError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _strings_only(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('"') else ""

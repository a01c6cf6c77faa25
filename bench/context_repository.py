"""Repositories for bench/context.py: read once with the real outline, kept in a temporary folder.

What is kept is thrown away when the code that makes it has changed.
"""

import hashlib
import pickle
import tempfile
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from aicopilot_lsp.context.index.modules import CONFIG_NAMES, Known
from aicopilot_lsp.store.index.types import FileRow
from aicopilot_lsp.text.languages import language_id_for
from aicopilot_lsp.text.syntax.words import identifiers
from tests.support.memory_index import MemoryIndex, read_row

_MAX_BYTES = 512_000
_SKIPPED = frozenset({"node_modules", ".git", "dist", "build", "__pycache__", ".venv"})
_ROOT = Path(__file__).parent.parent


class Repository:
    """One release, as an index and as text."""

    def __init__(self, files: Mapping[str, FileRow], configs: Mapping[str, str]) -> None:
        self.index = MemoryIndex(files.values())
        self._known = Known(files, configs)
        self._windows: dict[str, list[tuple[frozenset[str], str]]] | None = None

    def file_row(self, path: str, text: str) -> FileRow:
        return read_row(path, text, self._known)

    @cached_property
    def chunks(self) -> list[tuple[str, str]]:
        return [(f.path, chunk.text) for f in self.index.files.values() for chunk in f.chunks]

    def windows(self, lines: int, step: int) -> Mapping[str, list[tuple[frozenset[str], str]]]:
        if self._windows is None:
            self._windows = {
                path: list(_windows(file.text, lines, step))
                for path, file in self.index.files.items()
            }
        return self._windows


def _windows(text: str, count: int, step: int) -> Iterable[tuple[frozenset[str], str]]:
    lines = text.splitlines(keepends=True)
    for first in range(0, max(len(lines) - count, 0) + step, step):
        window = "".join(lines[first : first + count])
        if window.strip():
            yield frozenset(identifiers(window)), window


def repositories(
    cache: Path, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Repository]:
    """All releases that are asked for, by (name, version)."""
    kept = Path(tempfile.gettempdir()) / f"aicopilot-bench-context-{_fingerprint()}"
    kept.mkdir(exist_ok=True)
    found = {}
    for name, version in sorted(wanted):
        folder = cache / "src" / name.replace("@", "").replace("/", "-") / version
        file = kept / f"{folder.parent.name}-{version}.pickle"
        if not file.exists():
            start = time.perf_counter()
            file.write_bytes(pickle.dumps(_read(folder)))
            print(f"read {name} in {time.perf_counter() - start:.1f} s", flush=True)
        found[name, version] = Repository(*pickle.loads(file.read_bytes()))  # noqa: S301 - ours
    return found


def _read(folder: Path) -> tuple[dict[str, FileRow], dict[str, str]]:
    texts: dict[str, str] = {}
    configs: dict[str, str] = {}
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        if not file.is_file() or _SKIPPED.intersection(path.parts):
            continue
        known_language = language_id_for(path.as_posix()) != "plaintext"
        if not known_language or file.stat().st_size > _MAX_BYTES:
            continue
        texts[path.as_posix()] = file.read_bytes().decode("utf-8", "replace")
        if path.name in CONFIG_NAMES:
            configs[path.as_posix()] = texts[path.as_posix()]
    known = Known(texts, configs)
    return {path: read_row(path, text, known) for path, text in texts.items()}, configs


def _fingerprint() -> str:
    sources = [Path(__file__), *_ROOT.glob("aicopilot_lsp/text/syntax/*.py")]
    sources += [*_ROOT.glob("aicopilot_lsp/context/index/modules/*.py")]
    sources += [_ROOT / "aicopilot_lsp/context/index/rows.py"]
    sources += [*_ROOT.glob("grammars/*/queries/*.scm"), *_ROOT.glob("grammars/*/language.toml")]
    digest = hashlib.sha256()
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]

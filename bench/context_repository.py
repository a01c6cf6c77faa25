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

from aicopilot_lsp.context.index.modules import CONFIG_NAMES, Known, resolve
from aicopilot_lsp.store.index.types import ChunkRow, FileRow, ImportRow, Symbol
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.languages import language_for, language_id_for
from aicopilot_lsp.text.syntax.outline import Definition, Outline
from aicopilot_lsp.text.syntax.read import outline
from aicopilot_lsp.text.syntax.words import identifiers
from tests.support.memory_index import MemoryIndex

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
        return file_row(path, text, self._known)

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
    return {path: file_row(path, text, known) for path, text in texts.items()}, configs


def file_row(path: str, text: str, known: Known) -> FileRow:
    document = DocumentSnapshot.from_text(text, language_id=language_id_for(path))
    language = language_for(document.language_id, path)
    found = outline(document, language)
    return FileRow(
        path=path,
        language=language.name,
        digest=b"",
        size_bytes=len(text),
        modified_ns=0,
        text=text,
        symbols=tuple(_symbol(document, definition) for definition in found.definitions),
        imports=_imports(known, path, language.name, found),
        chunks=tuple(
            ChunkRow(
                first=chunk.first,
                last=chunk.last,
                text="".join(document.lines[chunk.first : chunk.last]),
            )
            for chunk in found.chunks
        ),
    )


def _symbol(document: DocumentSnapshot, definition: Definition) -> Symbol:
    end = definition.body or definition.end
    doc = ""
    if definition.doc:
        doc = " ".join(_between(document, *definition.doc).strip("\"'/*#! \n").split())
        doc = doc.partition(". ")[0][:200]
    signature = " ".join(_between(document, definition.head, end).split())[:400]
    return Symbol(
        name=definition.name,
        kind=definition.kind.value,
        parent=definition.parent,
        first=definition.start.line,
        last=definition.end.line + (definition.end.column > 0),
        signature=signature,
        doc=doc,
        bases=definition.bases,
        result=definition.result,
    )


def _between(document: DocumentSnapshot, start: Point, end: Point) -> str:
    return document.after(start, document.offset_at(end) - document.offset_at(start))


def _imports(known: Known, path: str, language: str, found: Outline) -> tuple[ImportRow, ...]:
    return tuple(
        ImportRow(
            module=one.module,
            name=one.name,
            alias=one.alias,
            target=resolve(known, path, language, one.module, one.name),
        )
        for one in found.imports
    )


def _fingerprint() -> str:
    sources = [Path(__file__), *_ROOT.glob("aicopilot_lsp/text/syntax/*.py")]
    sources += [*_ROOT.glob("aicopilot_lsp/context/index/modules/*.py")]
    sources += [*_ROOT.glob("grammars/*/queries/*.scm"), *_ROOT.glob("grammars/*/language.toml")]
    digest = hashlib.sha256()
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]

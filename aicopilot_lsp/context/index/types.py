"""What the builder of an index is given, and what it tells."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aicopilot_lsp.context.index.parsing import SourceText
from aicopilot_lsp.context.index.refusal import Refusal
from aicopilot_lsp.store.index.types import FileRow, LooseImport
from aicopilot_lsp.store.index.types import Known as Indexed


class Writer(Protocol):
    """What is needed of store/index/writer.py."""

    def known(self) -> Mapping[str, Indexed]: ...
    def put(self, rows: Sequence[FileRow]) -> None: ...
    def remove(self, paths: Collection[str]) -> None: ...
    def touch(self, path: str, *, size_bytes: int, modified_ns: int) -> None: ...
    def get_state(self, key: str) -> str: ...
    def set_state(self, key: str, value: str) -> None: ...
    def loose_imports(self) -> Iterable[LooseImport]: ...
    def set_targets(self, targets: Sequence[tuple[int, str]]) -> None: ...


class Pool(Protocol):
    """What is needed of parse_pool.py."""

    @property
    def pending(self) -> int: ...
    @property
    def is_full(self) -> bool: ...
    def submit(self, source: SourceText) -> None: ...
    def take(self) -> tuple[SourceText, FileRow | Refusal]: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    max_file_bytes: int = 1 << 20
    max_files: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """After one file of a scan: `done` of `total` that had to be looked at."""

    done: int
    total: int
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What single changes came to.

    Attributes
    ----------
    stale : bool
        An ignore file is among them: only a scan can tell what they mean.
    folders : tuple of str
        Folders that were not looked into before.
    """

    changed: int = 0
    removed: int = 0
    stale: bool = False
    folders: tuple[str, ...] = ()

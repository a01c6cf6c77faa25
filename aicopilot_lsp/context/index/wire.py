"""What the index's worker and its parent say to each other: JSON lines over stdin and stdout.

The parent starts `command()` with the database's directory as working directory, writes one Job,
then Commands; the worker answers with Events until it ends. It ends when its stdin does, so it
can't outlive who started it. No source text goes either way (INV-7): who wants rows asks the store.
"""

import json
import sys
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

WORKER_MODULE = "aicopilot_lsp.context.index.worker"
# A worker that ends by itself with this one found something that starting it again won't mend.
EXIT_UNUSABLE = 3


def command() -> list[str]:
    """How a worker is started. -P, and a working directory of ours (the database's): no folder of
    the workspace must be able to lend us modules (INV-6)."""
    return [sys.executable, "-P", "-m", WORKER_MODULE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one worker keeps true.

    Attributes
    ----------
    root : str
        Absolute path of the one folder that is read.
    database : str
        Absolute path of the index's file; its directory exists and is ours.
    exclude : tuple of tuple of str
        gitignore-style lists (`completion.exclude`, `context.exclude`): a file that one of them
        means is not read.
    max_file_bytes, max_index_bytes : int
    max_files : int
        Of more, the shallowest and most recently changed are taken.
    watch : bool
        False: the worker ends when the index is up to date.
    """

    root: str
    database: str
    exclude: tuple[tuple[str, ...], ...] = ()
    max_file_bytes: int = 1 << 20
    max_index_bytes: int = 500_000_000
    max_files: int = 200_000
    watch: bool = True

    def to_line(self) -> bytes:
        return _line(asdict(self))

    @classmethod
    def from_line(cls, line: bytes) -> "Job":
        raw = json.loads(line)
        raw["exclude"] = tuple(tuple(patterns) for patterns in raw["exclude"])
        return cls(**raw)


class Do(StrEnum):
    """What a worker can be told."""

    SCAN = "scan"  # look whether any file has changed
    REBUILD = "rebuild"  # forget everything, then scan
    CHANGED = "changed"  # these paths may have changed, come or gone
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`paths` are relative to the root, with "/"; those of CHANGED may be folders too."""

    do: Do
    paths: tuple[str, ...] = ()

    def to_line(self) -> bytes:
        return _line(asdict(self))

    @classmethod
    def from_line(cls, line: bytes) -> "Command":
        raw = json.loads(line)
        return cls(do=Do(raw["do"]), paths=tuple(raw.get("paths", ())))


class Say(StrEnum):
    """What a worker tells."""

    WAITING = "waiting"  # another worker keeps this index; this one takes over when it ends
    STARTED = "started"  # the index is ours to write
    PROGRESS = "progress"  # `done` of `total` files that a scan has to look at
    FINISHED = "finished"  # a scan is through
    UPDATED = "updated"  # single files were indexed anew (`changed`) or are gone (`removed`)
    TROUBLE = "trouble"  # `message`: what happened, what still works, what to do
    STUCK = "stuck"  # because of that, nothing more is done for a while


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a worker tells.

    Attributes
    ----------
    files : int
        With FINISHED: how many the index holds.
    left_out : dict of str to int
        With FINISHED: how many files and folders were not read, by reason (refusal.py).
    """

    say: Say
    done: int = 0
    total: int = 0
    files: int = 0
    changed: int = 0
    removed: int = 0
    left_out: dict[str, int] | None = None
    spent_s: float = 0.0
    message: str = ""

    def to_line(self) -> bytes:
        return _line({key: value for key, value in asdict(self).items() if value})

    @classmethod
    def from_line(cls, line: bytes) -> "Event":
        """Raises ValueError or TypeError for what no worker of this version says."""
        raw = json.loads(line)
        return cls(**{**raw, "say": Say(raw["say"])})


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"

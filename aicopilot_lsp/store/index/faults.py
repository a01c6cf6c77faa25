"""What SQLite's errors mean, and what to tell a person of them."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aicopilot_lsp.errors import StoreError, StoreErrorKind
from aicopilot_lsp.store.index.layout import DamagedError

_KINDS = {
    sqlite3.SQLITE_BUSY: StoreErrorKind.BUSY,
    sqlite3.SQLITE_LOCKED: StoreErrorKind.BUSY,
    sqlite3.SQLITE_FULL: StoreErrorKind.FULL,
    sqlite3.SQLITE_READONLY: StoreErrorKind.DENIED,
    sqlite3.SQLITE_CANTOPEN: StoreErrorKind.DENIED,
    sqlite3.SQLITE_PERM: StoreErrorKind.DENIED,
    sqlite3.SQLITE_AUTH: StoreErrorKind.DENIED,
    sqlite3.SQLITE_CORRUPT: StoreErrorKind.DAMAGED,
    sqlite3.SQLITE_NOTADB: StoreErrorKind.DAMAGED,
    sqlite3.SQLITE_FORMAT: StoreErrorKind.DAMAGED,
    # The statements and the tables are always the same: what does not fit them is no longer ours.
    sqlite3.SQLITE_ERROR: StoreErrorKind.DAMAGED,
    sqlite3.SQLITE_SCHEMA: StoreErrorKind.DAMAGED,
    sqlite3.SQLITE_CONSTRAINT: StoreErrorKind.DAMAGED,
    sqlite3.SQLITE_MISMATCH: StoreErrorKind.DAMAGED,
}

# Completions work in all of these cases; what is missing is what other files could add.
_MESSAGES = {
    StoreErrorKind.BUSY: (
        "The index of this workspace is being written by another process."
        " It can be searched meanwhile; there is nothing to do."
    ),
    StoreErrorKind.FULL: (
        "The disk is full, so the index of this workspace can't grow."
        " What was indexed before is still used. Free some room, or lower `context.max_index_mb`."
    ),
    StoreErrorKind.DENIED: (
        "The index of this workspace can't be written: {path}."
        " Completions go on without other files. Make the folder writable for you alone."
    ),
    StoreErrorKind.DAMAGED: (
        "The index of this workspace was damaged and is being built anew."
        " Nothing else is lost, and there is nothing to do."
    ),
    StoreErrorKind.UNSUITABLE: (
        "This Python's SQLite ({version}) can't hold an index: 3.24 or newer with FTS5 is needed."
        " Completions go on without other files. Install a newer Python."
    ),
    StoreErrorKind.FAILED: (
        "The index of this workspace can't be used ({cause}): {path}."
        " Completions go on without other files. Delete that file to have it built anew."
    ),
}


def kind_of(error: BaseException) -> StoreErrorKind:
    """What an error of SQLite or of the operating system means for an index."""
    # The names in a damaged file may be no UTF-8, and so the messages that have them.
    if isinstance(error, DamagedError | UnicodeDecodeError):
        return StoreErrorKind.DAMAGED
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # raised by Python's module, as for a text that is no UTF-8
            is_data = isinstance(error, sqlite3.OperationalError | sqlite3.DataError)
            return StoreErrorKind.DAMAGED if is_data else StoreErrorKind.FAILED
        return _KINDS.get(code & 0xFF, StoreErrorKind.FAILED)
    if isinstance(error, OSError):
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return StoreErrorKind.FULL
        return StoreErrorKind.DENIED
    return StoreErrorKind.FAILED


def store_error(kind: StoreErrorKind, path: Path, cause: str = "") -> StoreError:
    """The error that says it to a person."""
    message = _MESSAGES[kind].format(path=path, cause=cause, version=sqlite3.sqlite_version)
    return StoreError(message, kind=kind)


@contextmanager
def as_store_error(path: Path) -> Iterator[None]:
    """Raise StoreError for what SQLite or the operating system says."""
    try:
        yield
    except (sqlite3.Error, OSError, DamagedError, UnicodeDecodeError) as error:
        cause = getattr(error, "sqlite_errorname", "") or type(error).__name__
        raise store_error(kind_of(error), path, cause) from error

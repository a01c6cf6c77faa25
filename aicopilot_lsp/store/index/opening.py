"""Opening an index to write it: one writer at a time, and a file that is not as it must be gives
way to a new one.

What is ours and damaged, or of another version, is deleted: it can be built again. What was never
ours is set aside under another name. A reader that has the old file open goes on reading it, and
finds the new one when it asks again (reader.py).
"""

import os
import secrets
import sqlite3
import stat
from pathlib import Path

from aicopilot_lsp.config.paths import ensure_private_dir
from aicopilot_lsp.errors import StoreErrorKind
from aicopilot_lsp.store.index.faults import as_store_error, kind_of, store_error
from aicopilot_lsp.store.index.layout import APPLICATION_ID, OLDEST_SQLITE, VERSION

BUSY_TIMEOUT_S = 5.0
_COMPANIONS = ("-wal", "-shm", "-journal")

NEW = ""
ANOTHER_VERSION = "it was written by another version of this program"
DAMAGED = "it was damaged"
FOREIGN = "it was no index"
ASKED = "that was asked for"


def take_lock(path: Path) -> sqlite3.Connection:
    """Become the one who writes the index at `path`, until the returned connection is closed or
    the process ends, however it ends.

    An exclusive transaction of a database of its own: a lock that SQLite has for every platform.
    Raises StoreError, BUSY at once where somebody else has it.
    """
    with as_store_error(path):
        ensure_private_dir(path.parent)
        beside = path.with_name(f"{path.name}.lock")
        try:
            return _exclusive(beside)
        except sqlite3.DatabaseError as error:
            if kind_of(error) is not StoreErrorKind.DAMAGED:
                raise
        os.truncate(beside, 0)  # nothing of ours is ever in it
        return _exclusive(beside)


def open_sound(path: Path, *, anew: bool) -> tuple[sqlite3.Connection, str]:
    """A connection to the index at `path`, to be called with the lock, and why it was begun anew.

    Returns
    -------
    connection, reason
        The reason is "" where there was none to give up: it is sound, or there was none yet.
    """
    require_features(path)
    with as_store_error(path):
        reason = ASKED if anew and os.path.lexists(path) else _unlike_a_file(path)
        if reason:
            _give_up(path, reason)
        connection, fault = _try(path)
        if connection is None:
            reason = fault
            _give_up(path, reason)
            connection, fault = _try(path)
        if connection is None:
            raise store_error(StoreErrorKind.FAILED, path, fault)
    return connection, reason


def require_features(path: Path) -> None:
    """Raise StoreError, UNSUITABLE where this SQLite can't hold an index."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise store_error(StoreErrorKind.UNSUITABLE, path)
    memory = sqlite3.connect(":memory:")
    try:
        memory.execute("CREATE VIRTUAL TABLE probe USING fts5(terms, detail=none)")
    except sqlite3.OperationalError as error:
        raise store_error(StoreErrorKind.UNSUITABLE, path) from error
    finally:
        memory.close()


def remove(path: Path) -> None:
    """Delete an index and what SQLite keeps beside it. The file itself goes first: who opens the
    path from then on finds none, and not one with another one's log."""
    path.unlink(missing_ok=True)
    for suffix in _COMPANIONS:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _exclusive(path: Path) -> sqlite3.Connection:
    _ensure_private_file(path)
    lock = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        lock.execute("PRAGMA journal_mode = OFF")
        lock.execute("BEGIN EXCLUSIVE")
    except BaseException:
        lock.close()
        raise
    return lock


def _try(path: Path) -> tuple[sqlite3.Connection | None, str]:
    """A connection to a sound index, made where there was no file; or why it is none."""
    _ensure_private_file(path)
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        fault = _fault(connection)
        if not fault:
            _set_up(connection)
            return connection, NEW
    except (sqlite3.Error, UnicodeDecodeError) as error:
        connection.close()
        if kind_of(error) is not StoreErrorKind.DAMAGED:
            raise
        code = getattr(error, "sqlite_errorcode", None)
        return None, FOREIGN if code == sqlite3.SQLITE_NOTADB else DAMAGED
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None, fault


def _fault(connection: sqlite3.Connection) -> str:
    """What is wrong with the file; an empty one is made an index."""
    version = _pragma(connection, "user_version")
    application = _pragma(connection, "application_id")
    is_empty = not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    if is_empty and not version and not application:
        from aicopilot_lsp.store.index.schema import create  # loads numpy

        create(connection)
        return ""
    if application != APPLICATION_ID:
        return FOREIGN
    if version != VERSION:
        return ANOTHER_VERSION
    # 0.1 s for the index of 10,000 files; it finds what is torn, not each flipped bit.
    found = connection.execute("PRAGMA quick_check(1)").fetchone()
    return "" if found == ("ok",) else DAMAGED


def _set_up(connection: sqlite3.Connection) -> None:
    # Another process that reads may be about to recover the log.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -16000")  # KiB
    connection.execute("PRAGMA journal_size_limit = 16777216")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def _ensure_private_file(path: Path) -> None:
    # SQLite gives its companions the mode of the file.
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        if os.name == "posix":
            path.chmod(0o600)


def _unlike_a_file(path: Path) -> str:
    """FOREIGN where something is at `path` that is no plain file."""
    try:
        return "" if stat.S_ISREG(path.lstat().st_mode) else FOREIGN
    except FileNotFoundError:
        return ""


def _give_up(path: Path, reason: str) -> None:
    """Make room for a new file."""
    if reason == FOREIGN or _unlike_a_file(path):
        aside = path.with_name(f"{path.name}.aside")
        if aside.is_dir() or path.is_dir():
            aside = path.with_name(f"{path.name}.aside-{secrets.token_hex(4)}")
        path.replace(aside)
    remove(path)

"""The tables of an index, made through sqlite-utils.

Only the writer imports this, and only when it makes a new file: sqlite-utils loads numpy (165 ms,
26 MB). Its plug-ins are not run: an index is ours alone.
"""

import sqlite3

from sqlite_utils import Database

from aicopilot_lsp.store.index.layout import APPLICATION_ID, VERSION


def create(connection: sqlite3.Connection) -> None:
    """Make all tables and set the version, in one transaction; the file has to be empty."""
    # Before the first table: room that is free again can be given back in steps.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    database = Database(connection, execute_plugins=False)
    with database.atomic():
        _files(database)
        _symbols(database)
        _imports(database)
        _chunks(database)
        _bookkeeping(database)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _files(database: Database) -> None:
    columns = {
        "id": int,
        "path": str,
        "language": str,
        "digest": bytes,
        "size_bytes": int,
        "modified_ns": int,
        "note": str,
    }
    files = database.create_table("files", columns, pk="id", not_null=set(columns) - {"id"})
    files.create_index(["path"], unique=True)
    # Apart from `files`, which is read as a whole when a workspace is opened.
    database.create_table("texts", {"file": int, "text": bytes, "terms": bytes}, pk="file")


def _symbols(database: Database) -> None:
    texts = ("name", "kind", "parent", "owner", "signature", "doc", "bases", "result")
    numbers = ("rank", "first", "last")
    columns = {"id": int} | dict.fromkeys(texts, str) | dict.fromkeys(numbers, int)
    symbols = database.create_table("symbols", columns, pk="id", not_null={*texts, *numbers})
    symbols.create_index(["name", "rank"])
    database.execute("CREATE INDEX symbols_owner ON symbols (owner) WHERE owner <> ''")


def _imports(database: Database) -> None:
    texts = ("module", "name", "alias", "target")
    columns = {"id": int} | dict.fromkeys(texts, str)
    database.create_table("imports", columns, pk="id", not_null=set(texts))
    database.execute("CREATE INDEX imports_target ON imports (target) WHERE target <> ''")


def _chunks(database: Database) -> None:
    columns = {"id": int, "file": int, "first": int, "last": int, "terms": int}
    chunks = database.create_table("chunks", columns, pk="id", not_null=set(columns) - {"id"})
    chunks.create_index(["file"])
    database.execute(
        "CREATE VIRTUAL TABLE postings USING fts5(terms, content='', detail=none, columnsize=0,"
        " tokenize=\"ascii tokenchars '_'\")"
    )
    # sqlite-utils has no tables without rowids; these are asked by their key only.
    database.execute("CREATE TABLE terms (term TEXT PRIMARY KEY, chunks INTEGER) WITHOUT ROWID")


def _bookkeeping(database: Database) -> None:
    database.execute("CREATE TABLE totals (name TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID")
    names = ("files", "symbols", "chunks", "postings", "gone", "source_bytes")
    database.conn.executemany("INSERT INTO totals VALUES (?, 0)", [(name,) for name in names])
    database.execute("INSERT INTO totals VALUES ('bound', -1)")  # room.py
    database.execute("CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")

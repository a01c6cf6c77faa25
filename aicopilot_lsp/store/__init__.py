"""What is kept in SQLite. The only room that knows sqlite3 and sqlite_utils."""

"""The log file of one server: readable by its owner only, and without a word of source (INV-7).

Ours is one file a process (several editors run several servers), in logs/ of the state directory;
the oldest are removed. A message of another package keeps its format string and loses its
arguments; an exception keeps its type and where it was raised, and loses its text, which may quote
what was being worked on. Standard error gets nothing.
"""

import logging
import logging.handlers
import os
import sys
import time
from pathlib import Path
from types import TracebackType

from aicopilot_lsp.config.paths import ensure_private_dir

PACKAGE = "aicopilot_lsp"
LEVELS = ("debug", "info", "warning", "error")
_MAX_FILE_BYTES = 2 * 1024 * 1024
_KEPT_FILES = 10
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def set_up(logs_dir: Path, level: str) -> Path | None:
    """Send all logging to a new file in `logs_dir`; its path, or None where none can be written
    (the server works without)."""
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    logging.raiseExceptions = False  # it would print records to standard error
    root.setLevel(logging.WARNING)  # other packages
    set_level(level)
    try:
        ensure_private_dir(logs_dir)
        _prune(logs_dir)
        path = logs_dir / f"lsp-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
        handler: logging.Handler = _PrivateFileHandler(path)
    except OSError:
        root.addHandler(logging.NullHandler())
        return None
    handler.addFilter(_withhold)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    return path


def set_level(level: str) -> None:
    """The level of our own messages; those of other packages stay at warning."""
    known = level.upper() if level in LEVELS else "INFO"
    logging.getLogger(PACKAGE).setLevel(known)


class _PrivateFileHandler(logging.handlers.RotatingFileHandler):
    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_MAX_FILE_BYTES, backupCount=1, encoding="utf-8")

    def _open(self):  # type: ignore[no-untyped-def]  # the base class has no types to copy
        def private(name: str, flags: int) -> int:
            return os.open(name, flags, 0o600)

        return open(
            self.baseFilename,
            self.mode,
            encoding="utf-8",
            errors="backslashreplace",
            opener=private,
        )


class _Formatter(logging.Formatter):
    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - logging's name
        lines = []
        error: BaseException | None = ei[1]
        while error is not None:
            lines.append(f"  {type(error).__module__}.{type(error).__qualname__}, raised in")
            lines += _places(error.__traceback__)
            error = error.__cause__
        return "\n".join(lines)


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"    {code.co_filename}:{trace.tb_lineno} {code.co_qualname}")
        trace = trace.tb_next
    return places


def _withhold(record: logging.LogRecord) -> bool:
    """Take from a record what may be source text, a prompt or a key."""
    record.exc_text = None  # formatted by someone else, with the exception's text
    if record.name != PACKAGE and not record.name.startswith(PACKAGE + "."):
        # Without arguments the text is complete, and nobody knows of what.
        kept = record.msg if record.args and isinstance(record.msg, str) else "(text withheld)"
        record.msg, record.args = f"{kept} [{Path(record.pathname).name}:{record.lineno}]", None
    return True


def _prune(logs_dir: Path) -> None:
    found = sorted(logs_dir.glob("lsp-*.log*"), key=lambda path: path.name)
    for path in found[: -_KEPT_FILES + 1]:
        path.unlink(missing_ok=True)


def say_fatal(text: str) -> None:
    """The one use of standard error: the server can't start, and this is why."""
    sys.stderr.write(f"aicopilot: {text}\n")

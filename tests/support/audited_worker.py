"""The index's worker, with a list of every file and folder that it opens once it has started.

Its first argument is the list's path. What is opened relative to a folder is listed by where it
really is, as the system says after the fact.
"""

import os
import sys
from pathlib import Path
from typing import Any

from aicopilot_lsp.context.index import wire, worker

_really_open = os.open
_listing = False


def main() -> int:
    path = os.environ["AUDIT_LIST"]
    target = _really_open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(opened: object) -> None:
        if _listing:
            os.write(target, os.fsencode(str(opened)) + b"\n")

    def audited_open(name: Any, *arguments: Any, **named: Any) -> int:
        descriptor = _really_open(name, *arguments, **named)
        note(Path(f"/proc/self/fd/{descriptor}").readlink())
        return descriptor

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("open", "os.scandir", "os.listdir", "sqlite3.connect"):
            name = arguments[0]
            if isinstance(name, int):
                name = str(Path(f"/proc/self/fd/{name}").readlink())
            # Names without a folder are those of audited_open.
            if isinstance(name, str | bytes) and os.fsdecode(name).startswith("/"):
                note(os.path.realpath(os.fsdecode(name)))
        elif event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "socket.connect"):
            note(f"/{event}")

    os.open = audited_open  # type: ignore[assignment]
    sys.addaudithook(hook)
    began = wire.Event.to_line

    def to_line(event: wire.Event) -> bytes:
        global _listing  # noqa: PLW0603 - of this process alone
        _listing = _listing or event.say is wire.Say.STARTED
        return began(event)

    wire.Event.to_line = to_line  # type: ignore[method-assign, assignment]
    return worker.main()


if __name__ == "__main__":
    sys.exit(main())

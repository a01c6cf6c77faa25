"""Resolves hostile workspaces under an audit hook and prints all that Python was asked to do.

Run as a process of its own, since a hook can't be taken off:
`python -m tests.support.audited_resolve DIR`.
It makes the workspaces under DIR first. What resolving needs is imported before the hook is set, so
that an import is an event too.
"""

import difflib
import importlib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import pathspec

import aicopilot_lsp.config.merge
from aicopilot_lsp.config.load import resolve
from tests.support.hostile_workspaces import BUILDERS, HOSTILE, write_hostile

IMPORTED_BEFORE = (difflib, tomllib, pathspec, aicopilot_lsp.config.merge)

CLIENT_SETTINGS = {
    "models": [
        {"provider": "llama.cpp", "url": "http://evil.example", "apiKeyFile": "/etc/passwd"}
    ],
    "completion": {"exclude": ["!x", "*a*a*a*"], "maxLines": 500},
    "command": ["sh", "-c", "id"],
    "trusted": True,
}


def main(directory: Path) -> None:
    roots = []
    for number, (text, build) in enumerate(
        [
            *((text, None) for text in HOSTILE.values()),
            *((None, make) for make in BUILDERS.values()),
        ]
    ):
        root = directory / f"workspace {number}"
        root.mkdir()
        roots.append(root)
        if build:
            build(root / ".aicopilot.toml")
        elif text is not None:
            write_hostile(root, text)
    # Encodings are looked up on first use.
    for encoding in ("utf-8-sig", "unicode_escape", "ascii"):
        importlib.import_module("encodings." + encoding.replace("-", "_"))
        "".encode(encoding)
    user_file = directory / "user.toml"
    user_file.write_text("[completion]\nexclude = ['secrets/']\n")
    events: list[tuple[str, list[str]]] = []
    recording = True

    def record(event: str, arguments: tuple[Any, ...]) -> None:
        if recording:
            events.append((event, [repr(argument) for argument in arguments]))

    sys.addaudithook(record)
    problems = 0
    for trusted in (False, True):
        for root in roots:
            resolved = resolve(
                config_file=user_file,
                client_settings=CLIENT_SETTINGS,
                workspace_roots=[root],
                trusted=trusted,
            )
            problems += len(resolved.problems)
    recording = False
    json.dump({"workspaces": len(roots), "problems": problems, "events": events}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""What tests found out, kept for the next start: a file for each server and model, in the state
directory under selftest/.

A result holds for one identity: the server's address, and what it says of its model (name, context,
size or digest, build). When that has changed the result is thrown away. A file that is damaged,
of another version or gone only costs a new test (INV-8). Nothing but figures is in it (INV-7).
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aicopilot_lsp.config.paths import ensure_private_dir
from aicopilot_lsp.models.protocol import BackendInfo, Layout

_VERSION = 1
_FOLDER = "selftest"
_MAX_BYTES = 65_536
_MAX_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which model at which server: `described` is what the server says of it, which another model
    would say otherwise."""

    provider: str
    endpoint: str
    model: str
    described: str

    @property
    def _key(self) -> str:
        """Of all but what the server says: so a new result takes the place of an outdated one."""
        known = json.dumps([self.provider, self.endpoint, self.model])
        return hashlib.sha256(known.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a test found out.

    Attributes
    ----------
    name : str
        The format, or the mode, as `fim_format` would say it.
    layout : Layout or None
        The better one; None where they were not compared.
    verdict : str
        How the holes went, for people.
    tested_on : str
        The day, as 2026-11-22.
    """

    name: str
    verdict: str
    tested_on: str
    layout: Layout | None = None


def identity(provider: str, model: str, info: BackendInfo) -> Identity:
    """Of what `describe` returned."""
    described = f"{info.model}, {info.context_tokens or '?'} tokens, {info.details}"
    return Identity(provider=provider, endpoint=info.endpoint, model=model, described=described)


def load(state_dir: Path, of: Identity) -> Result | None:
    """The result that holds for `of`, if there is one. Reads a file: not on an event loop."""
    try:
        with _path(state_dir, of).open("rb") as file:
            found = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("version") != _VERSION:
        return None
    if found.get("identity") != asdict(of):
        return None
    return _result(found.get("result"))


def save(state_dir: Path, of: Identity, result: Result) -> bool:
    """Keep `result`; False where that can't be done, which costs a test at the next start. Writes a
    file: not on an event loop."""
    content = {"version": _VERSION, "identity": asdict(of), "result": asdict(result)}
    path = _path(state_dir, of)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        ensure_private_dir(state_dir)
        ensure_private_dir(path.parent)
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
        part.replace(path)
    except OSError:
        return False
    return True


def _path(state_dir: Path, of: Identity) -> Path:
    return state_dir / _FOLDER / f"{of._key}.json"


def _result(found: object) -> Result | None:
    if not isinstance(found, Mapping):
        return None
    name, verdict, day = (_text(found, key) for key in ("name", "verdict", "tested_on"))
    if name is None or verdict is None or day is None:
        return None
    layout = found.get("layout")
    if layout is not None and layout not in tuple(Layout):
        return None
    return Result(
        name=name, verdict=verdict, tested_on=day, layout=None if layout is None else Layout(layout)
    )


def _text(found: Mapping[str, Any], key: str) -> str | None:
    value = found.get(key)
    return value if isinstance(value, str) and len(value) <= _MAX_TEXT else None

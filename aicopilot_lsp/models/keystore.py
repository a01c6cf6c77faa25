"""The keys that `aicopilot key set` stored, one for each origin: scheme, host and port.

An entry is a JSON file in keys/ beside the user's configuration file. It says for which models the
key was set and holds the key itself, unless the operating system's keyring does. So a key can go to
no other origin than its own, and the keyring, which may ask its user something, is touched only for
origins that have a key there. Reads files: not for the event loop.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.oskeyring import OsKeyring
from aicopilot_lsp.models.private_file import Unusable, read_private, write_private

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Place(StrEnum):
    """Where a key lies."""

    KEYRING = "keyring"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is stored for one origin.

    Attributes
    ----------
    models : tuple of str
        Those it was set for, by the names they had.
    key : Secret or None
        None where the keyring has it.
    path : Path
        The entry's file.
    """

    origin: str
    models: tuple[str, ...]
    key: Secret | None
    path: Path

    @property
    def place(self) -> Place:
        return Place.KEYRING if self.key is None else Place.FILE


def origin_of(url: str) -> str:
    """Scheme, host and port of a checked URL, in one spelling."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


class KeyStore:
    """The entries in `folder`. Remembers what the keyring said, until `forget`."""

    def __init__(self, folder: Path, keyring: OsKeyring | None = None) -> None:
        self._folder = folder
        self._keyring = keyring or OsKeyring()
        self._known: dict[tuple[str, int], Secret] = {}

    def key(self, origin: str) -> Secret | None:
        """The key for `origin`; None where none was set.

        Raises
        ------
        ModelError
            AUTH: one was set, and can't be read.
        """
        entry = self.entry(origin)
        if entry is None or entry.key is not None:
            return entry.key if entry else None
        try:
            written = (origin, entry.path.stat().st_mtime_ns)
        except OSError:
            return None  # removed in this moment
        if written not in self._known:
            found = self._keyring.get(origin)
            if found is None:
                raise _unusable(
                    f"The operating system's keyring has no key for {origin} any more", entry.models
                )
            self._known = {written: found}
        return self._known[written]

    def forget(self) -> None:
        """Ask the keyring again at the next call: what it said was refused."""
        self._known = {}

    def entry(self, origin: str) -> Entry | None:
        """What is stored for `origin`. Raises ModelError AUTH when its file can't be used."""
        path = self._path(origin)
        text = read_private(path)
        if isinstance(text, Unusable):
            if text.missing:
                return None
            raise _unusable(f"The file {path}, which has the key for {origin}, is {text.why}")
        entry = _parsed(text, path)
        # By its own word, and not by its name alone: a file may have been copied.
        if entry is None or entry.origin != origin:
            raise _unusable(f"The file {path} is no entry for {origin}")
        return entry

    def entries(self) -> Iterator[Entry]:
        """All that can be read, by origin."""
        found = []
        for path in self._folder.glob("*.json"):
            text = read_private(path)
            entry = None if isinstance(text, Unusable) else _parsed(text, path)
            if entry is not None and self._path(entry.origin) == path:
                found.append(entry)
        yield from sorted(found, key=lambda entry: entry.origin)

    def set_for(self, model: str) -> tuple[Entry, ...]:
        """The entries that were set for a model of that name."""
        return tuple(entry for entry in self.entries() if model in entry.models)

    def put(self, origin: str, model: str, key: Secret, place: Place) -> Entry:
        """Store `key` for `origin`, in place of what was there. Raises ModelError, OSError."""
        before = next((entry for entry in self.entries() if entry.origin == origin), None)
        models = sorted({model, *(before.models if before else ())})
        if place is Place.KEYRING:
            self._keyring.set(origin, key)
        elif before is not None and before.place is Place.KEYRING:
            self._keyring.remove(origin)
        content: dict[str, Any] = {"origin": origin, "models": models}
        if place is Place.FILE:
            content["key"] = key.reveal()
        path = self._path(origin)
        write_private(path, json.dumps(content, indent=1) + "\n")
        kept = key if place is Place.FILE else None
        return Entry(origin=origin, models=tuple(models), key=kept, path=path)

    def remove(self, entry: Entry) -> None:
        """Remove an entry and its key. Raises ModelError when the keyring can't; the entry then
        stays."""
        if entry.place is Place.KEYRING:
            self._keyring.remove(entry.origin)
        entry.path.unlink(missing_ok=True)
        self.forget()

    def _path(self, origin: str) -> Path:
        # Readable for people, and one file for each origin whatever is left out.
        readable = re.sub(r"[^a-z0-9.-]+", "_", origin.partition("://")[2])[:100]
        digest = hashlib.sha256(origin.encode()).hexdigest()[:12]
        return self._folder / f"{readable}-{digest}.json"


def _parsed(text: str, path: Path) -> Entry | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    match content:
        case {"origin": str(origin), "models": [*models]}:
            key = content.get("key")
            names = tuple(str(model) for model in models)
            secret = Secret(key) if isinstance(key, str) else None
            return Entry(origin=origin, models=names, key=secret, path=path)
    return None


def _unusable(what: str, models: tuple[str, ...] = ()) -> ModelError:
    name = models[0] if models else "MODEL"
    return ModelError(
        f"{what}. Editing is not affected; set it again with `aicopilot key set {name}`.",
        kind=ModelErrorKind.AUTH,
    )

"""Keyrings of our own: for `keyring.set_keyring`, and for other processes, which are told of theirs
by PYTHON_KEYRING_BACKEND."""

import json
import os
import threading
from pathlib import Path

from keyring.backend import KeyringBackend

FILE_VARIABLE = "AICOPILOT_TEST_KEYRING"


class FakeKeyring(KeyringBackend):
    """In memory. `raises` makes every question fail; `locked` makes it wait until `unlock`."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}
        self.asked: list[str] = []
        self.raises: Exception | None = None
        self.keeps = True
        self._open = threading.Event()
        self._open.set()

    def lock(self) -> None:
        self._open.clear()

    def unlock(self) -> None:
        self._open.set()

    def get_password(self, service: str, username: str) -> str | None:
        self._answer(username)
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._answer(username)
        if self.keeps:
            self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._answer(username)
        del self.entries[service, username]

    def _answer(self, username: str) -> None:
        self.asked.append(username)
        self._open.wait()
        if self.raises is not None:
            raise self.raises


class FileKeyring(KeyringBackend):
    """In the file that FILE_VARIABLE names, so that processes share it."""

    priority = 1.0

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._read(), f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        entries = self._read()
        del entries[f"{service} {username}"]
        self._write(entries)

    def _read(self) -> dict[str, str]:
        path = Path(os.environ[FILE_VARIABLE])
        found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def _write(self, entries: dict[str, str]) -> None:
        Path(os.environ[FILE_VARIABLE]).write_text(json.dumps(entries))

"""What was measured of models, kept from one session to the next: `speeds.json` in the state
directory.

With it the first prompt of a session already has the size that fits the machine. It holds names of
models, addresses of servers and figures. It may be deleted at any time (INV-8); what is wrong in it
is passed over, entry by entry, and a file that can't be written costs nothing but the memory. The
share of prompts that is read anew is not kept: it is a matter of how one types, not of the model.
"""

import asyncio
import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from aicopilot_lsp.completion.speed import POSSIBLE, Speed, Speeds
from aicopilot_lsp.models.private_file import Unusable, read_private, write_private

_log = logging.getLogger(__name__)
_FILE_NAME = "speeds.json"
_VERSION = 1
# Measured again in a minute, whatever is lost when a session ends by force.
_EVERY_S = 60.0
_MAX_NAME_CHARS = 1_000
_COUNTS = ("readings", "writings")
_MAX_COUNT = 10**9
_KEPT = frozenset((*POSSIBLE, *_COUNTS))


class SpeedStore:
    """The file, read once and written now and then, off the event loop.

    Parameters
    ----------
    clock : callable
        Seconds, monotonic.
    """

    def __init__(self, state_dir: Path, clock: Callable[[], float]) -> None:
        self._path = state_dir / _FILE_NAME
        self._clock = clock
        self._due_s = -math.inf
        self._kept: Mapping[str, Speed] = {}
        self._saving: asyncio.Task[None] | None = None

    async def load(self) -> Speeds:
        """What the last session left, or nothing."""
        text = await asyncio.to_thread(read_private, self._path)
        self._due_s = self._clock() + _EVERY_S
        self._kept = {} if isinstance(text, Unusable) else speeds_from(text)
        return Speeds(self._kept)

    def keep(self, speeds: Speeds) -> None:
        """Write what has changed, at most once a minute, in the background."""
        if self._clock() < self._due_s or (self._saving and not self._saving.done()):
            return
        self._due_s = self._clock() + _EVERY_S
        self._saving = asyncio.create_task(self.save(speeds))

    async def save(self, speeds: Speeds) -> None:
        """Write what has changed."""
        known = speeds.all()
        if known == self._kept:
            return
        try:
            await asyncio.to_thread(write_private, self._path, text_of(known))
            self._kept = known
        except OSError as error:
            _log.debug("measured speeds can't be kept: %s", type(error).__name__)

    async def aclose(self, speeds: Speeds) -> None:
        if self._saving is not None:
            await self._saving
        await self.save(speeds)


def text_of(known: Mapping[str, Speed]) -> str:
    """The file's content."""
    models = {
        name: {key: value for key, value in asdict(speed).items() if key in _KEPT}
        for name, speed in known.items()
    }
    return json.dumps({"version": _VERSION, "models": models}, indent=1) + "\n"


def speeds_from(text: str) -> Mapping[str, Speed]:
    """The entries of a file's content that are as they must be."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or found.get("version") != _VERSION:
        return {}
    models = found.get("models")
    if not isinstance(models, dict):
        return {}
    read = {name: _speed(entry) for name, entry in models.items() if len(name) <= _MAX_NAME_CHARS}
    return {name: speed for name, speed in read.items() if speed is not None}


def _speed(entry: object) -> Speed | None:
    if not isinstance(entry, dict) or set(entry) != _KEPT:
        return None
    if not all(_is_within(entry[key], *bounds) for key, bounds in POSSIBLE.items()):
        return None
    counts = [entry[key] for key in _COUNTS]
    if not all(isinstance(count, int) and _is_within(count, 0, _MAX_COUNT) for count in counts):
        return None
    return Speed(**entry)


def _is_within(value: object, least: float, most: float) -> bool:
    """Whether it is a number, and one that can be."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return least <= value <= most

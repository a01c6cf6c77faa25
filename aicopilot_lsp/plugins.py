"""The catalogue of extension points: everything that can be replaced, on one page.

A package extends aicopilot-lsp by an entry point; ours are registered in the same way, so a part of
ours has no right that yours lacks. Only packages installed in the server's own environment count: a
workspace can add nothing (INV-6). `aicopilot plugins` lists what is active and where it came from.

| group                     | an entry is a callable                   | protocol               |
|---------------------------|------------------------------------------|------------------------|
| `aicopilot_lsp.backends`  | `(ModelSettings, BackendContext)`        | models/protocol.py     |
|                           | `-> Backend`                             | `Backend`              |
| `aicopilot_lsp.filters`   | `() -> Filter`                           | filters/protocol.py    |
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from aicopilot_lsp.errors import ConfigError

if TYPE_CHECKING:
    from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
    from aicopilot_lsp.filters.protocol import Filter
    from aicopilot_lsp.models.protocol import Backend

BACKENDS = "aicopilot_lsp.backends"
FILTERS = "aicopilot_lsp.filters"
GROUPS = (BACKENDS, FILTERS)
_OWN_DISTRIBUTION = "aicopilot-lsp"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendContext:
    """What a backend may use besides its own settings."""

    embedded: "EmbeddedSettings"
    state_dir: Path  # created on demand, 0700
    cache_dir: Path  # model files


class BackendFactory(Protocol):
    def __call__(self, settings: "ModelSettings", context: BackendContext, /) -> "Backend": ...


@dataclass(frozen=True, slots=True)
class Plugin:
    """One registered part: its name, its group, and the distribution it came with."""

    group: str
    name: str
    distribution: str
    version: str
    target: str

    @property
    def is_ours(self) -> bool:
        return self.distribution == _OWN_DISTRIBUTION


def installed() -> Iterator[Plugin]:
    """All registered parts, ours first, then by name; nothing is imported."""
    found = [_plugin(entry) for group in GROUPS for entry in entry_points(group=group)]
    yield from sorted(found, key=lambda plugin: (plugin.group, not plugin.is_ours, plugin.name))


def backend_factory(provider: str) -> BackendFactory:
    """The factory registered for `provider`.

    Raises
    ------
    ConfigError
        Nothing is registered under that name, or it can't be imported; says what is there.
    """
    entry = _one(BACKENDS, provider)
    return _load(entry)  # type: ignore[no-any-return]


def filters() -> "list[Filter]":
    """One instance of every registered filter that can be loaded, ours first."""
    entries = sorted(
        entry_points(group=FILTERS), key=lambda entry: (not _plugin(entry).is_ours, entry.name)
    )
    return [_load(entry)() for entry in entries]


def _one(group: str, name: str) -> EntryPoint:
    entries = entry_points(group=group, name=name)
    if not entries:
        known = ", ".join(sorted({entry.name for entry in entry_points(group=group)})) or "none"
        raise ConfigError(f"There is no provider {name!r}. Installed: {known}.")
    # A name of ours can't be taken over by another package.
    return min(entries, key=lambda entry: (not _plugin(entry).is_ours, _plugin(entry).distribution))


def _load(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except Exception as error:
        origin = _plugin(entry)
        raise ConfigError(
            f"The plug-in {origin.name!r} of {origin.distribution} can't be loaded: {error}"
        ) from error


def _plugin(entry: EntryPoint) -> Plugin:
    dist = entry.dist
    return Plugin(
        group=entry.group,
        name=entry.name,
        distribution=dist.name if dist else "?",
        version=dist.version if dist else "?",
        target=entry.value,
    )

"""The catalogue of extension points: everything that can be replaced, on one page.

A package extends aicopilot-lsp by an entry point; ours are registered in the same way, so a part of
ours has no right that yours lacks. Only packages installed in the server's own environment count: a
workspace can add nothing (INV-6). `aicopilot plugins` lists what is active and where it came from.

| group                     | an entry is a callable                   | protocol               |
|---------------------------|------------------------------------------|------------------------|
| `aicopilot_lsp.backends`  | `(ModelSettings, BackendContext)`        | models/protocol.py     |
|                           | `-> Backend`                             | `Backend`              |
| `aicopilot_lsp.filters`   | `() -> Filter`                           | filters/protocol.py    |
| `aicopilot_lsp.sources`   | `() -> Source`                           | context/protocol.py    |
"""

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from aicopilot_lsp.config.likely import did_you_mean
from aicopilot_lsp.errors import ConfigError

if TYPE_CHECKING:
    from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
    from aicopilot_lsp.context.protocol import Source
    from aicopilot_lsp.filters.protocol import Filter
    from aicopilot_lsp.models.protocol import Backend

BACKENDS = "aicopilot_lsp.backends"
FILTERS = "aicopilot_lsp.filters"
SOURCES = "aicopilot_lsp.sources"
GROUPS = (BACKENDS, FILTERS, SOURCES)
_log = logging.getLogger(__name__)
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
    """All registered parts, ours first, then by name; nothing is imported.

    Of those with one group and name the first counts: a name of ours can't be taken over.
    """
    found = [_plugin(entry) for group in GROUPS for entry in entry_points(group=group)]
    yield from sorted(found, key=_place)


def backend_factory(provider: str) -> BackendFactory:
    """The factory registered for `provider`.

    Raises
    ------
    ConfigError
        Nothing is registered under that name, or it can't be imported; says what is there, and
        what may be meant.
    """
    entry = _one(BACKENDS, provider)
    return _load(entry)  # type: ignore[no-any-return]


def filters() -> "list[Filter]":
    """One instance of every registered filter, ours first; of those with one name, the first.

    One that can't be made is stood in for by one that blocks everything under its name: what was to
    be judged and can't be is not shown, and the user is told which filter to mend or switch off.
    """
    return [_filter(entry) for entry in _firsts(FILTERS)]


def sources(disabled: Collection[str] = ()) -> "list[Source]":
    """One instance of every registered source of context, ours first, but those named `disabled`.

    One that can't be made, or goes by another name than it is registered under, is left out, and
    the log says so: a suggestion does without it.
    """
    made: list[Source] = []
    for entry in _firsts(SOURCES):
        if entry.name in disabled:
            continue
        try:
            source: Source = _load(entry)()
            if source.name == entry.name:
                made.append(source)
            else:
                _log.warning("context source %s goes by another name; left out", entry.name)
        except ConfigError as error:  # for a person
            _log.warning("%s", error)
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything
            _log.warning("context source %s can't be loaded: %s", entry.name, type(error).__name__)
    return made


def _firsts(group: str) -> list[EntryPoint]:
    # One look through the environment: each costs some 3 ms, and this runs on the event loop.
    entries = sorted(entry_points(group=group), key=lambda entry: _place(_plugin(entry)))
    firsts: dict[str, EntryPoint] = {}
    for entry in entries:
        firsts.setdefault(entry.name, entry)
    return list(firsts.values())


def _filter(entry: EntryPoint) -> "Filter":
    from aicopilot_lsp.filters.builtin import BrokenFilter

    try:
        made: Filter = _load(entry)()
        rule = made.rule
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; fail safe
        _log.warning("filter %s can't be loaded: %s", entry.name, type(error).__name__)
        return BrokenFilter(entry.name)
    return made if isinstance(rule, str) else BrokenFilter(entry.name)


def _one(group: str, name: str) -> EntryPoint:
    entries = entry_points(group=group, name=name)
    if not entries:
        known = sorted({entry.name for entry in entry_points(group=group)})
        raise ConfigError(
            f"There is no provider {name!r}.{did_you_mean(name, known)}"
            f" Installed: {', '.join(known) or 'none'}."
        )
    return min(entries, key=lambda entry: _place(_plugin(entry)))


def _place(plugin: Plugin) -> tuple[str, bool, str, str]:
    return (plugin.group, not plugin.is_ours, plugin.name, plugin.distribution)


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

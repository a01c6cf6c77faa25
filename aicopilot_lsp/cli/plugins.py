"""`aicopilot plugins`: every part that can be replaced, its state, and where it came from."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import EntryPoint
from pathlib import Path

from aicopilot_lsp import plugins as catalogue
from aicopilot_lsp.cli.options import AsJson, ConfigFile, Workspace
from aicopilot_lsp.cli.session import settings_for
from aicopilot_lsp.config.settings import Settings


class State(StrEnum):
    """What becomes of a registered part; the value is what `aicopilot plugins` prints."""

    ACTIVE = "active"  # a filter that judges, a source, a backend that a configured model uses
    AVAILABLE = "available"  # a backend that no configured model uses
    DISABLED = "disabled in the settings"
    IGNORED = "ignored: another part has this name"
    BROKEN = "can't be loaded"


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A registered part and its state; `error` says why where it is BROKEN."""

    plugin: catalogue.Plugin
    state: State
    error: str = ""


def plugins(
    as_json: AsJson = False,
    root: Workspace = None,
    config: ConfigFile = None,
) -> None:
    """List backends, filters and sources of context.

    Each with its state and its package. Packages in the server's own environment may add to these;
    a workspace can't.
    """
    found = list(survey(settings_for(config, root or Path.cwd())))
    if as_json:
        rows = [{**asdict(one.plugin), "state": one.state, "error": one.error} for one in found]
        print(json.dumps(rows, indent=2))
        return
    for one in found:
        plugin, why = one.plugin, f" ({one.error})" if one.error else ""
        kind, origin = plugin.group.rpartition(".")[2], f"{plugin.distribution} {plugin.version}"
        print(f"{kind:10} {plugin.name:17} {origin:24} {one.state}{why}")


def survey(settings: Settings) -> Iterator[Surveyed]:
    """The state of every registered part under `settings`. Loads each that is not ignored."""
    used = {model.provider for model in settings.models}
    disabled = {
        catalogue.FILTERS: settings.filters.disabled,
        catalogue.SOURCES: settings.context.unasked_sources,
    }
    taken: set[tuple[str, str]] = set()
    for plugin in catalogue.installed():
        if (plugin.group, plugin.name) in taken:
            yield Surveyed(plugin, State.IGNORED)
            continue
        taken.add((plugin.group, plugin.name))
        rule, error = _load(plugin)
        if rule in disabled.get(plugin.group, ()):
            yield Surveyed(plugin, State.DISABLED)
        elif error:
            yield Surveyed(plugin, State.BROKEN, error)
        else:
            active = plugin.group != catalogue.BACKENDS or plugin.name in used
            yield Surveyed(plugin, State.ACTIVE if active else State.AVAILABLE)


def _load(plugin: catalogue.Plugin) -> tuple[str, str]:
    """The name that the settings know the part by, and why it can't be loaded ("" if it can).

    A filter is made: it tells its rule itself. A source is, too: it may lack what it needs. A
    backend is only imported.
    """
    try:
        factory = EntryPoint(plugin.name, plugin.target, plugin.group).load()
        part = None if plugin.group == catalogue.BACKENDS else factory()
        rule = part.rule if part is not None and plugin.group == catalogue.FILTERS else plugin.name
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything
        return plugin.name, f"{type(error).__name__}: {error}".partition("\n")[0]
    return (rule, "") if isinstance(rule, str) else (plugin.name, "its rule is not a string")

"""Lays one source of options over the next and says where each setting came from.

A source in the user's scope replaces what came before. A source that a workspace can have written
only narrows, unless the workspace is trusted, and never chooses where code is sent (INV-6): the
rule of each key stands beside it in options.py and is carried out in `_under_rule`.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from aicopilot_lsp.config.fields import WorkspaceRule, workspace_rule
from aicopilot_lsp.config.layers import Layer, Scope
from aicopilot_lsp.config.lines import KeyPath
from aicopilot_lsp.config.models import models_from
from aicopilot_lsp.config.options import DATA_CLASSES, MODELS, ROUTES, SECTIONS
from aicopilot_lsp.config.parse import Written, field_name, unknown_key, written_keys
from aicopilot_lsp.config.patterns import safe_patterns
from aicopilot_lsp.config.routes import RouteDraft
from aicopilot_lsp.config.settings import Settings

_NEVER = "only your own configuration can set this, a workspace can't; ignored"
_UNTRUSTED = "an untrusted workspace can't set this; ignored"
_ONLY_OFF = "an untrusted workspace can only switch this off; ignored"
_ONLY_LOWER = "an untrusted workspace can only lower this; ignored"


def merge(
    layers: Iterable[Layer],
    defaults: Settings,
    sources: Mapping[str, str],
) -> tuple[Settings, dict[str, str]]:
    """Settings from `layers`, later ones over earlier ones, and the place of each key.

    Parameters
    ----------
    defaults : Settings
        What holds where no layer says otherwise; its `trusted` decides what a workspace may do.
    sources : mapping
        The place of each key of `defaults`.
    """
    draft = _Draft(defaults, dict(sources))
    for layer in layers:
        draft.lay(layer)
    settings = draft.settings()
    return settings, draft.sources


class _Draft:
    """Settings in the making."""

    def __init__(self, defaults: Settings, sources: dict[str, str]) -> None:
        self.sources = sources
        self._defaults = defaults
        self._models = defaults.models
        self._routing = RouteDraft()
        self._values: dict[str, dict[str, Any]] = {
            section: _fields(getattr(defaults, section)) for section in SECTIONS
        }

    def settings(self) -> Settings:
        sections = {
            section: dataclasses.replace(getattr(self._defaults, section), **values)
            for section, values in self._values.items()
        }
        data_classes, routes = self._routing.settings(self._models)
        self.sources |= self._routing.places()
        return dataclasses.replace(
            self._defaults,
            models=self._models,
            data_classes=data_classes,
            routes=routes,
            **sections,
        )

    def lay(self, layer: Layer) -> None:
        for key, value in layer.data.items():
            if layer.from_editor and (value is None or value in ([], {})):
                continue
            name, path = field_name(key, layer), (str(key),)
            if name == MODELS:
                self._lay_models(layer, value)
            elif name == ROUTES:
                self._routing.lay_routes(layer, value, trusted=self._defaults.trusted)
            elif name == DATA_CLASSES:
                self._routing.lay_data_classes(layer, value)
            elif name not in SECTIONS:
                layer.say(path, _unknown_table(name, layer))
            elif not isinstance(value, Mapping):
                layer.say(path, f"must be a table, [{name}]; ignored")
            else:
                self._lay_section(layer, name, value)

    def _lay_models(self, layer: Layer, value: object) -> None:
        if layer.scope is Scope.WORKSPACE:
            layer.say((MODELS,), _NEVER)
            return
        self._models, places = models_from(layer, value)
        kept = {key: place for key, place in self.sources.items() if not key.startswith(MODELS)}
        self.sources.clear()
        self.sources.update({**places, **kept})

    def _lay_section(self, layer: Layer, section: str, table: Mapping[str, object]) -> None:
        values = self._values[section]
        for name, written in written_keys(layer, table, (section,)).items():
            if (section, name) == ("filters", "enabled"):
                self._switch_on_filters(layer, written)
                continue
            before = values[name]
            if written.fault:
                fault = f"{written.fault}; using {_shown(before)}"
                layer.say(written.path, fault)
                continue
            after = tuple(written.value) if isinstance(written.value, list) else written.value
            if layer.scope is Scope.WORKSPACE:
                rule = workspace_rule(SECTIONS[section].model_fields[name])
                after = self._narrowed(layer, written.path, rule, before, after)
            values[name] = after
            self._note_source(layer, f"{section}.{name}", written.path, before, after)

    def _switch_on_filters(self, layer: Layer, written: Written) -> None:
        if written.fault:
            layer.say(written.path, f"{written.fault}; ignored")
            return
        values = self._values["filters"]
        before = values["disabled"]
        values["disabled"] = tuple(rule for rule in before if rule not in written.value)
        if values["disabled"] != before:
            self.sources["filters.disabled"] = _joined(
                self.sources["filters.disabled"], layer.place(written.path)
            )

    def _narrowed(
        self, layer: Layer, path: KeyPath, rule: WorkspaceRule, before: Any, wanted: Any
    ) -> Any:
        if path[-1] == "exclude":
            wanted = safe_patterns(layer, path, wanted)
        after, refusal = _under_rule(rule, before, wanted, trusted=self._defaults.trusted)
        if refusal:
            layer.say(path, refusal)
        return after

    def _note_source(
        self, layer: Layer, key: str, path: KeyPath, before: object, after: object
    ) -> None:
        place = layer.place(path)
        if layer.scope is Scope.USER:
            self.sources[key] = place
        elif after != before:
            added = isinstance(after, tuple) and bool(before)
            self.sources[key] = _joined(self.sources[key], place) if added else place


def _under_rule(
    rule: WorkspaceRule, before: Any, wanted: Any, *, trusted: bool
) -> tuple[Any, str | None]:
    """What a key becomes where a workspace wants `wanted`, and why not, if not.

    A wish that changes nothing is no problem: some editors send all their settings.
    """
    if isinstance(wanted, tuple):
        wanted = tuple(dict.fromkeys((*before, *wanted)))
    if wanted == before:
        return before, None
    if rule is WorkspaceRule.NEVER:
        return before, _NEVER
    if trusted or rule is WorkspaceRule.ADD:
        return wanted, None
    if rule is WorkspaceRule.SWITCH_OFF:
        return before and wanted, None if before else _ONLY_OFF
    if rule is WorkspaceRule.LOWER:
        lower = min(before, wanted)
        return lower, None if lower == wanted else _ONLY_LOWER
    return before, _UNTRUSTED


def _unknown_table(name: str, layer: Layer) -> str:
    if name == "trusted" and layer.scope is Scope.WORKSPACE:
        return "a workspace can't call itself trusted; ignored"
    return unknown_key(name, ())


def _fields(section: Any) -> dict[str, Any]:
    return {field.name: getattr(section, field.name) for field in dataclasses.fields(section)}


def _joined(before: str, place: str) -> str:
    return f"{before} + {place}"


def _shown(value: object) -> str:
    """A setting as TOML has it; for keys that are never secret."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(_shown(item) for item in value)}]"
    return "the default" if value is None else str(value)

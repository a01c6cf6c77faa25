"""`[data_classes]` and `[[routes]]`: which models may see which files.

Whatever can't be read is taken in the way that shows less: a condition that is wrong holds for
every file, a prohibition that is wrong forbids every model. A workspace adds prohibitions and takes
none away; what it adds to a data class counts for prohibitions only. ../routing.py carries them
out.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aicopilot_lsp.config.layers import Layer, Scope
from aicopilot_lsp.config.lines import KeyPath
from aicopilot_lsp.config.options import DATA_CLASSES, ROUTES, RouteOptions
from aicopilot_lsp.config.parse import Written, written_keys, written_value
from aicopilot_lsp.config.patterns import safe_patterns
from aicopilot_lsp.config.settings import DataClass, ModelSettings, RouteSettings

MAX_ROUTES = 100
MAX_WORKSPACE_ROUTES = 20
MAX_DATA_CLASSES = 50
GROUPS = ("local", "remote")
_CONDITIONS = ("data_class", "paths", "languages")
_EFFECTS = ("use", "only", "never")
_ANY_FILE = "until that is mended, any file may be meant"
_EVERY_FILE = (
    "until that is mended, what this route forbids holds for every file, and its use for none"
)
_LOCAL_ONLY = "until that is mended, no model but local ones is shown any file"
_NO_MODEL = "until that is mended, this route forbids every model"


@dataclass(slots=True)
class _Pending:
    """A route whose names have not been looked up yet: models may come from a later layer."""

    layer: Layer
    path: KeyPath
    keys: Mapping[str, Written]
    route: RouteSettings


class RouteDraft:
    """Data classes and routes in the making; `places` gets the place of each key."""

    def __init__(self) -> None:
        self._classes: dict[str, DataClass] = {}
        self._class_places: dict[str, str] = {}
        self._routes: list[_Pending] = []
        self._patterns: dict[str, int] = {}  # how many a workspace has brought, by source

    def lay_data_classes(self, layer: Layer, value: object) -> None:
        at: KeyPath = (DATA_CLASSES,)
        if not isinstance(value, Mapping):
            layer.say(at, f"must be a table, [{DATA_CLASSES}]; ignored")
            return
        for number, (key, patterns) in enumerate(value.items()):
            path = (*at, str(key))
            named = written_value(layer, RouteOptions, "data_class", key, path)
            if named.fault or number >= MAX_DATA_CLASSES:
                layer.say(path, named.fault or f"is beyond the {MAX_DATA_CLASSES} there may be")
                continue
            written = written_value(layer, RouteOptions, "paths", patterns, path)
            self._lay_data_class(layer, str(key), written)

    def _lay_data_class(self, layer: Layer, name: str, written: Written) -> None:
        patterns, place = tuple(written.value or ()), layer.place(written.path)
        by_user = layer.scope is Scope.USER
        safe = patterns if by_user else self._safe(layer, written.path, patterns)
        unclear = bool(written.fault) or written.partial or safe != patterns
        if unclear:
            layer.say(written.path, f"{written.fault or 'is not all used'}; {_ANY_FILE}")
        if by_user:
            self._classes[name] = DataClass(patterns=patterns, unclear=unclear)
            self._class_places[name] = place
            return
        before = self._classes.get(name) or DataClass()
        self._classes[name] = dataclasses.replace(
            before,
            added=tuple(dict.fromkeys((*before.added, *safe))),
            unclear=before.unclear or unclear,
        )
        known = self._class_places.get(name)
        self._class_places[name] = f"{known} + {place}" if known else place

    def lay_routes(self, layer: Layer, value: object, *, trusted: bool) -> None:
        """A user's source replaces the routes of those before it; a workspace adds to them."""
        if layer.scope is Scope.USER:
            self._routes.clear()
        if isinstance(value, Mapping):
            layer.say((ROUTES,), f"must be a list of tables, each under [[{ROUTES}]]; taken as one")
            value = [value]
        limit = MAX_ROUTES if layer.scope is Scope.USER else MAX_WORKSPACE_ROUTES
        if not isinstance(value, list | tuple) or len(value) > limit:
            fault = f"must be a list of at most {limit} tables, each under [[{ROUTES}]]"
            self._unreadable(layer, (ROUTES,), fault)
            return
        for at, table in enumerate(value):
            path = (ROUTES, at)
            if isinstance(table, Mapping):
                self._lay_route(layer, path, table, trusted=trusted)
            else:
                self._unreadable(layer, path, "must be a table")

    def _unreadable(self, layer: Layer, path: KeyPath, fault: str) -> None:
        layer.say(path, f"{fault}; {_LOCAL_ONLY}")
        route = RouteSettings(only=("local",), source=layer.place(path))
        self._routes.append(_Pending(layer, path, {}, route))

    def _lay_route(
        self, layer: Layer, path: KeyPath, table: Mapping[str, object], *, trusted: bool
    ) -> None:
        keys = written_keys(layer, table, path)
        values: dict[str, object] = {
            name: tuple(key.value) if isinstance(key.value, list) else key.value
            for name, key in keys.items()
        }
        if layer.scope is Scope.WORKSPACE and "use" in keys and not trusted:
            layer.say(keys["use"].path, "an untrusted workspace can only forbid; ignored")
            del values["use"]
        if not any(name in values for name in _EFFECTS):
            if "use" not in keys:  # else it has been said already why nothing is left
                layer.say(path, "says nothing of use, only or never; left out")
            return
        for name in _CONDITIONS:
            if name in keys and not self._is_clear(layer, keys[name], values):
                values[name] = values["use"] = None
        for name in _EFFECTS:
            if name in values and name in keys and keys[name].fault:
                layer.say(keys[name].path, f"{keys[name].fault}; {_NO_MODEL}")
                values |= {name: None, "only": ()}
        route = RouteSettings(**values, source=layer.place(path))  # type: ignore[arg-type]
        self._routes.append(_Pending(layer, path, keys, route))

    def _is_clear(self, layer: Layer, key: Written, values: dict[str, object]) -> bool:
        """Whether all of a condition is known; a workspace's patterns are looked through."""
        name = str(key.path[-1])
        safe = patterns = values[name]
        if layer.scope is Scope.WORKSPACE and isinstance(patterns, tuple) and name == "paths":
            safe = self._safe(layer, key.path, patterns)
        if not key.fault and not key.partial and safe == patterns:
            return True
        layer.say(key.path, f"{key.fault or 'is not all used'}; {_EVERY_FILE}")
        return False

    def _safe(self, layer: Layer, path: KeyPath, patterns: tuple[str, ...]) -> tuple[str, ...]:
        taken = self._patterns.get(layer.source, 0)
        self._patterns[layer.source] = taken + len(patterns)
        return safe_patterns(layer, path, patterns, taken=taken)

    def settings(
        self, models: Iterable[ModelSettings]
    ) -> tuple[Mapping[str, DataClass], tuple[RouteSettings, ...]]:
        """What has come of it, with the names looked up; problems for those that nobody bears."""
        names = {*GROUPS, *(model.name for model in models)}
        routes = tuple(self._looked_up(pending, names) for pending in self._routes)
        return MappingProxyType(dict(self._classes)), routes

    def _looked_up(self, pending: _Pending, names: set[str]) -> RouteSettings:
        route, say = pending.route, pending.layer.say
        for effect in _EFFECTS:
            for at, name in enumerate(getattr(route, effect) or ()):
                if name not in names and effect in pending.keys:
                    path = (*pending.keys[effect].path, at)
                    say(path, "is no model's name, nor local or remote; the rest holds")
        if route.data_class is None or route.data_class in self._classes:
            return route
        say(pending.keys["data_class"].path, f"there is no such data class; {_EVERY_FILE}")
        return dataclasses.replace(route, data_class=None, use=None)

    def places(self) -> dict[str, str]:
        """Where each key of `settings` is written."""
        found = {f"{DATA_CLASSES}.{name}": place for name, place in self._class_places.items()}
        for at, pending in enumerate(self._routes):
            found[f"{ROUTES}[{at}]"] = pending.route.source
            for name, key in pending.keys.items():
                found[f"{ROUTES}[{at}].{name}"] = pending.layer.place(key.path)
        return found

"""Settings as they can be shown to a person: every key, its value without secrets, its source."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aicopilot_lsp.config.load import DEFAULT, Resolved
from aicopilot_lsp.config.problems import printable_text
from aicopilot_lsp.config.settings import SECTION_NAMES, ModelSettings, Secret

_HIDDEN = "***"
TRUSTED_BY = "the user"


@dataclasses.dataclass(frozen=True, slots=True)
class Shown:
    """One effective setting; `value` is what JSON can hold, secrets as ***."""

    key: str
    value: Any
    source: str


def effective(resolved: Resolved) -> Iterator[Shown]:
    """Every setting that has a value, models first. Unset keys of a model or route are left out."""
    settings, sources = resolved.settings, resolved.sources
    if not settings.models:
        yield Shown("models", [], sources["models"])
    for at, model in enumerate(settings.models):
        for key, value in _model_values(model):
            place = f"models[{at}].{key}"
            yield Shown(place, _plain(value), sources.get(place, DEFAULT))
    for name, data_class in settings.data_classes.items():
        patterns = _plain((*data_class.patterns, *data_class.added))
        yield Shown(f"data_classes.{name}", patterns, sources[f"data_classes.{name}"])
    for at, route in enumerate(settings.routes):
        for key, value in _values(route):
            if value is not None and key != "source":
                place = f"routes[{at}].{key}"
                yield Shown(place, _plain(value), sources.get(place, route.source))
    for section in SECTION_NAMES:
        for key, value in _values(getattr(settings, section)):
            name = f"{section}.{key}"
            yield Shown(name, _plain(value), sources[name])
    yield Shown("trusted", settings.trusted, TRUSTED_BY if settings.trusted else DEFAULT)


def as_text(resolved: Resolved) -> Iterator[str]:
    """Lines of three columns, then the problems."""
    rows = [
        (shown.key, printable_text(json.dumps(shown.value, ensure_ascii=False)), shown.source)
        for shown in effective(resolved)
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for key, value, source in rows:
        yield f"{key:{widths[0]}}  {value:{widths[1]}}  {source}"
    if resolved.problems:
        yield ""
        yield from (str(problem) for problem in resolved.problems)


def as_json(resolved: Resolved) -> dict[str, Any]:
    """The same for programs: key to value and source; problems with their parts."""
    return {
        "settings": {
            shown.key: {"value": shown.value, "source": shown.source}
            for shown in effective(resolved)
        },
        "problems": [dataclasses.asdict(problem) for problem in resolved.problems],
    }


def _model_values(model: ModelSettings) -> Iterator[tuple[str, Any]]:
    for key, value in _values(model):
        if value is not None and value != {}:
            yield key, value


def _values(section: Any) -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(section):
        yield field.name, getattr(section, field.name)


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return _HIDDEN
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value

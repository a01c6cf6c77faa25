"""Turns one written table into values, key by key; each key that is wrong becomes a problem.

A list or a table of texts loses only the items that are wrong: one bad pattern must not bring back
the files that the other patterns exclude.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from aicopilot_lsp.config.editor_json import snake_case
from aicopilot_lsp.config.fields import expects
from aicopilot_lsp.config.layers import Layer
from aicopilot_lsp.config.lines import KeyPath
from aicopilot_lsp.config.options import DATA_CLASSES, SECTIONS, TABLES

_MAX_LIKENED_NAME = 64  # comparing names takes time with the square of their length


@dataclass(frozen=True, slots=True)
class Written:
    """A key as written and its value, valid or None."""

    path: KeyPath
    value: Any
    fault: str = ""  # what the value must be, where it is None
    partial: bool = False  # items of it were left out


def written_keys(layer: Layer, table: Mapping[str, object], path: KeyPath) -> dict[str, Written]:
    """The known keys of `table`, which stands at `path`; problems are added for unknown ones and
    for items left out of lists. A value that is wrong as a whole is left to the caller: what
    happens then is different for a limit and for a URL."""
    model = TABLES[str(path[0])]
    found = {}
    for key, value in table.items():
        if layer.from_editor and value is None:
            continue
        name = field_name(key, layer)
        here = (*path, str(key))
        if name not in model.model_fields:
            layer.say(here, unknown_key(name, path))
            continue
        found[name] = written_value(layer, model, name, value, here)
    # In the order of the options page, whatever the order in the file.
    return {name: found[name] for name in model.model_fields if name in found}


def field_name(key: object, layer: Layer) -> str:
    """The option that a written key means: editors' JSON may say debounceMs for debounce_ms."""
    return snake_case(str(key)) if layer.from_editor else str(key)


def unknown_key(name: str, path: KeyPath) -> str:
    """Says what was probably meant; a key is most often mistyped or in the wrong table."""
    known = list(TABLES[str(path[0])].model_fields) if path else [*TABLES, DATA_CLASSES]
    homes = [section for section, model in SECTIONS.items() if name in model.model_fields]
    if homes:
        hint = f"; it belongs in [{homes[0]}]"
    elif len(name) <= _MAX_LIKENED_NAME:
        from difflib import get_close_matches

        close = get_close_matches(name, known, n=1)
        hint = f'; did you mean "{close[0]}"?' if close else ""
    else:
        hint = ""
    return f"unknown key, ignored{hint}"


def written_value(
    layer: Layer,
    model: type[BaseModel],
    name: str,
    value: object,
    path: KeyPath,
) -> Written:
    """What is written at `path`, judged as the field `name` of `model`."""
    # What JSON and TOML libraries hand out as lists and tables need not be list and dict.
    if isinstance(value, tuple):
        value = list(value)
    elif isinstance(value, Mapping):
        value = dict(value)
    fault, partial = _fault(model, name, value), False
    if fault and isinstance(value, list | dict):
        value = _without_bad_items(layer, model, name, value, path)
        fault, partial = _fault(model, name, value), True
    if fault:
        return Written(path, None, fault)
    return Written(path, getattr(model.model_validate({name: value}), name), partial=partial)


def _without_bad_items(
    layer: Layer,
    model: type[BaseModel],
    name: str,
    value: list[object] | dict[str, object],
    path: KeyPath,
) -> list[object] | dict[str, object]:
    """`value` without the items that make it wrong; all of it if they alone are not the reason."""
    limit = next(
        (
            rule.max_length
            for rule in model.model_fields[name].metadata
            if hasattr(rule, "max_length")
        ),
        0,
    )
    if len(value) > limit or _fault(model, name, type(value)()):
        return value
    faults = {at: _fault(model, name, one, item=True) for at, one in _single_items(value)}
    for at, fault in faults.items():
        if fault:
            layer.say((*path, at), f"{fault}; left out")
    if isinstance(value, list):
        return [item for at, item in enumerate(value) if not faults[at]]
    return {key: item for key, item in value.items() if not faults[str(key)]}


def _single_items(
    value: list[object] | dict[str, object],
) -> Iterator[tuple[int | str, list[object] | dict[str, object]]]:
    if isinstance(value, list):
        yield from ((at, [item]) for at, item in enumerate(value))
    else:
        yield from ((str(key), {key: item}) for key, item in value.items())


def _fault(model: type[BaseModel], name: str, value: object, *, item: bool = False) -> str:
    """What is wrong with a value, "" if nothing is; never with the value itself in it."""
    try:
        model.model_validate({name: value})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "value_error":
            return str(first["ctx"]["error"])
        if not item:
            return f"must be {expects(model.model_fields[name])}"
        return "must be text" if first["type"] == "string_type" else "is not valid here"
    return ""

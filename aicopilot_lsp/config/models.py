"""`[[models]]`: which model is asked, where it is, and where its key lies.

A source that names models replaces the list of the source before it as a whole: joined field by
field, the URL of one could meet the key of another. A model whose provider or URL is wrong is left
out, since anything else would send code where nobody said.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aicopilot_lsp.config.layers import Layer
from aicopilot_lsp.config.lines import KeyPath
from aicopilot_lsp.config.options import MODELS
from aicopilot_lsp.config.parse import Written, written_keys
from aicopilot_lsp.config.settings import ModelSettings, Secret
from aicopilot_lsp.config.urls import plain_key_warning

MAX_MODELS = 50
ROLES = ("autocomplete", "edit", "chat", "embed", "rerank", "next_edit")
# What routes call groups of models.
_GROUPS = ("local", "remote")
_KEY_OPTIONS = ("api_key_env", "api_key_file", "api_key")
_DECISIVE = ("provider", "url", "model", "ca_file", "proxy")
_EMBEDDED = "embedded"


def models_from(layer: Layer, written: object) -> tuple[tuple[ModelSettings, ...], dict[str, str]]:
    """The usable models of `layer`, and the place of each of their keys."""
    places = {MODELS: layer.place((MODELS,))}
    if not isinstance(written, list | tuple) or len(written) > MAX_MODELS:
        fault = f"must be a list of at most {MAX_MODELS} tables, each under [[{MODELS}]]"
        layer.say((MODELS,), f"{fault}; no model is used")
        return (), places
    models: list[ModelSettings] = []
    for at, table in enumerate(written):
        path = (MODELS, at)
        if not isinstance(table, Mapping):
            layer.say(path, "must be a table; left out")
            continue
        keys = written_keys(layer, table, path)
        model = _model(layer, keys, path, taken={model.name for model in models})
        if model:
            for name, key in keys.items():
                places[f"{MODELS}[{len(models)}].{name}"] = layer.place(key.path)
            models.append(model)
    if written and not models:
        layer.say((MODELS,), "none of these can be used: there will be no suggestions")
    return tuple(models), places


def _model(
    layer: Layer, keys: dict[str, Written], path: KeyPath, taken: set[str]
) -> ModelSettings | None:
    for name, key in keys.items():
        if key.fault:
            result = "this model is left out" if name in _DECISIVE else "ignored"
            layer.say(key.path, f"{key.fault}; {result}")
    if any(keys[name].fault for name in _DECISIVE if name in keys):
        return None
    values: dict[str, Any] = {name: key.value for name, key in keys.items() if not key.fault}
    if "provider" not in values:
        layer.say(path, 'needs a provider, such as "embedded"; this model is left out')
        return None
    name = values.setdefault("name", _free_name(values["provider"], taken))
    if name in taken:
        layer.say(keys["name"].path, "is an earlier model's name; this one is left out")
        return None
    if name in _GROUPS:
        at = keys["name"].path if "name" in keys else path
        layer.say(at, "means a group of models in routes, which can't name this one")
    _check_url(layer, keys, values)
    _choose_key(layer, keys, values)
    if "ca_file" in values and not _find(layer, keys, values, "ca_file", "this model is left out"):
        return None
    if "roles" in values:
        values["roles"] = _known_roles(layer, keys["roles"])
    headers = {key: Secret(value) for key, value in values.pop("headers", {}).items()}
    return ModelSettings(**values, headers=MappingProxyType(headers))


def _free_name(provider: str, taken: set[str]) -> str:
    names = (provider, *(f"{provider}-{number}" for number in range(2, MAX_MODELS + 2)))
    return next(name for name in names if name not in taken)


def _known_roles(layer: Layer, roles: Written) -> tuple[str, ...]:
    for at, role in enumerate(roles.value):
        if role not in ROLES:
            known = ", ".join(f'"{name}"' for name in ROLES)
            layer.say((*roles.path, at), f"is no role ({known}); left out")
    return tuple(dict.fromkeys(role for role in roles.value if role in ROLES))


def _check_url(
    layer: Layer,
    keys: dict[str, Written],
    values: dict[str, Any],
) -> None:
    if "url" not in values:
        return
    at = keys["url"].path
    if values["provider"] == _EMBEDDED:
        layer.say(at, "the embedded model has no URL; ignored")
        del values["url"]
        return
    secret = any(name in values for name in (*_KEY_OPTIONS, "headers"))
    if secret and (warning := plain_key_warning(values["url"])):
        layer.say(at, warning)


def _choose_key(layer: Layer, keys: dict[str, Written], values: dict[str, Any]) -> None:
    """Leave one of the three ways to give a key, in the form that settings hold it."""
    present = [name for name in _KEY_OPTIONS if name in values]
    for name in present[1:]:
        layer.say(keys[name].path, f"ignored: {present[0]} is given too")
        del values[name]
    if "api_key_file" in values:
        _find(layer, keys, values, "api_key_file", "ignored")
    if "api_key" in values:
        values["api_key"] = Secret(values["api_key"])
        advice = "a key in a configuration file is easily copied and shown"
        at = keys["api_key"].path
        layer.say(at, f"{advice}; used, but prefer api_key_env or api_key_file")
    if layer.readable_by_others and ("api_key" in values or "headers" in values):
        layer.say(
            (), "holds keys, and other users of this machine can read it: run chmod 600 on it"
        )


def _find(
    layer: Layer, keys: dict[str, Written], values: dict[str, Any], name: str, result: str
) -> bool:
    """Put the path that was written in place of its text; False, with a word, if it is none."""
    values[name] = path = _path(layer, values[name])
    if path is None:
        layer.say(keys[name].path, f"must be an absolute path, or begin with ~/; {result}")
    return path is not None


def _path(layer: Layer, text: str) -> Path | None:
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # ~ of someone who is not there
        return None
    if path.is_absolute():
        return path
    return layer.base_dir / path if layer.base_dir else None

"""Which models may see a file, and in which order they are asked: `[[routes]]` carried out.

What forbids is stronger than what allows, wherever it stands: the prohibitions of all routes that
match add up, the first matching `use` gives the order, and the file's models are what remains of
it. Pure: nothing is looked up, in particular no host name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from aicopilot_lsp.config.matching import is_meant
from aicopilot_lsp.config.settings import ModelSettings, RouteSettings, Settings
from aicopilot_lsp.config.urls import is_loopback

LOCAL, REMOTE = "local", "remote"
_EMBEDDED = "embedded"
# Reached on this machine where no url says otherwise.
_HERE_WITHOUT_URL = ("ollama",)


@dataclass(frozen=True, slots=True)
class Place:
    """What a route goes by.

    Attributes
    ----------
    path : str
        As in Snapshot.path: "" for an untitled buffer, which no pattern matches.
    language_id : str
    aliases : tuple of str
        As in Snapshot: a prohibition holds whichever of all paths it matches, an order goes by
        `path` alone.
    """

    path: str
    language_id: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Routed:
    """The models that may be asked, in order; `refusal` says, for a person, why there is none."""

    models: tuple[ModelSettings, ...]
    refusal: str = ""


def route(settings: Settings, role: str, place: Place) -> Routed:
    """The models of `role` that may see a file. There is at least one that serves the role, or
    `refusal` says that there is none."""
    forbidding = prohibitions(settings, place)
    ordering = next((one for one in settings.routes if _orders_in(one, settings, place)), None)
    serving = settings.models_for(role)
    ordered = serving if ordering is None else _ordered(serving, ordering.use or ())
    allowed = tuple(
        model for model in ordered if not any(_forbids(one, model) for one in forbidding)
    )
    return Routed(allowed, "" if allowed else _refusal(ordered, ordering, forbidding))


def may_see(settings: Settings, model: ModelSettings, place: Place) -> bool:
    """Whether a model may be shown text of a file along with another one: no route forbids it."""
    return not any(
        _forbids(one, model) for one in settings.routes if _forbids_in(one, settings, place)
    )


def prohibitions(settings: Settings, place: Place) -> list[RouteSettings]:
    """The routes that forbid a file to some model or other."""
    return [one for one in settings.routes if _forbids_in(one, settings, place)]


def is_local(model: ModelSettings) -> bool:
    """Whether what a model is shown stays on this machine, as far as its settings tell: without a
    url it has the usual one of its provider, which for most is elsewhere."""
    if model.provider == _EMBEDDED:
        return True
    if model.url is None:
        return model.provider in _HERE_WITHOUT_URL
    return is_loopback(urlsplit(model.url).hostname or "")


def _forbids_in(one: RouteSettings, settings: Settings, place: Place) -> bool:
    return (one.only is not None or one.never is not None) and _matches(
        one, settings, place, forbidding=True
    )


def _orders_in(one: RouteSettings, settings: Settings, place: Place) -> bool:
    return one.use is not None and _matches(one, settings, place, forbidding=False)


def _matches(one: RouteSettings, settings: Settings, place: Place, *, forbidding: bool) -> bool:
    if one.languages is not None and place.language_id not in one.languages:
        return False
    is_under = _may_be_under if forbidding else _is_under
    if one.paths is not None and not is_under(place, one.paths):
        return False
    if one.data_class is None:
        return True
    data_class = settings.data_classes.get(one.data_class)
    if data_class is None:
        return False
    if forbidding:
        every = (*data_class.patterns, *data_class.added)
        return data_class.unclear or is_under(place, every)
    return is_under(place, data_class.patterns)


def _ordered(serving: tuple[ModelSettings, ...], use: tuple[str, ...]) -> tuple[ModelSettings, ...]:
    named = (model for name in use for model in serving if _is_meant(model, name))
    return tuple({model.name: model for model in named}.values())


def _forbids(one: RouteSettings, model: ModelSettings) -> bool:
    only, never = one.only, one.never or ()
    if only is not None and not any(_is_meant(model, name) for name in only):
        return True
    return any(_is_meant(model, name) for name in never)


def _is_meant(model: ModelSettings, name: str) -> bool:
    """Whether `name`, as routes write it, is that of the model or of the group that it is in."""
    if name in (LOCAL, REMOTE):
        return is_local(model) == (name == LOCAL)
    return model.name == name


def _refusal(
    models: tuple[ModelSettings, ...],
    ordering: RouteSettings | None,
    forbidding: list[RouteSettings],
) -> str:
    if not models:
        if ordering is None:
            return "No model serves this."
        return f"The route at {ordering.source} names no model that is there ({_said(ordering)})."
    return " ".join(_reasons(models, forbidding))


def _reasons(models: tuple[ModelSettings, ...], forbidding: list[RouteSettings]) -> Iterator[str]:
    """Which route forbids which models; a model that several forbid is named once."""
    left = list(models)
    for one in forbidding:
        forbidden = [model for model in left if _forbids(one, model)]
        if forbidden:
            names = ", ".join(f'"{model.name}"' for model in forbidden)
            by = f'as "{one.data_class}": ' if one.data_class else ""
            yield f"The route at {one.source} forbids {names} here ({by}{_said(one)})."
        left = [model for model in left if model not in forbidden]


def _said(one: RouteSettings) -> str:
    """What a route allows and forbids, as it is written."""
    keys = (("only", one.only), ("never", one.never), ("use", one.use))
    written = (
        (key, ", ".join(f'"{name}"' for name in names or ()))
        for key, names in keys
        if names is not None
    )
    return "; ".join(f"{key} = [{names}]" for key, names in written)


def _is_under(place: Place, patterns: tuple[str, ...]) -> bool:
    return is_meant(place.path, patterns)


def _may_be_under(place: Place, patterns: tuple[str, ...]) -> bool:
    """Under whatever path, and in whatever case: to many file systems all spellings are one."""
    folded = tuple(pattern.casefold() for pattern in patterns)
    return any(
        is_meant(path, patterns) or is_meant(path.casefold(), folded)
        for path in (place.path, *place.aliases)
    )

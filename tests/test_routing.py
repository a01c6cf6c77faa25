"""Who may see a file, for any routes: no request asks a model that they forbid."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from aicopilot_lsp.completion.types import OutcomeKind
from aicopilot_lsp.config.settings import (
    DataClass,
    RouteSettings,
    Settings,
)
from tests.support.fixture import at_cursor
from tests.support.scripted_backend import ScriptedBackend
from tests.support.scripted_models import DOWN, Bench, remote

NAMES = ("home", "far", "farther")
PATHS = ("a.py", "restricted/a.py", "b/c.rs", "")
CLASSES = MappingProxyType({"restricted": DataClass(patterns=("restricted/",))})
_names = st.lists(st.sampled_from((*NAMES, "local", "remote", "nobody")), max_size=3)
_routes = st.lists(
    st.builds(
        RouteSettings,
        data_class=st.sampled_from((None, "restricted")),
        paths=st.sampled_from((None, ("*.py",), ("b/",))),
        languages=st.sampled_from((None, ("python",), ("rust", "python"))),
        use=st.none() | _names.map(tuple),
        only=st.none() | _names.map(tuple),
        never=st.none() | _names.map(tuple),
    ),
    max_size=5,
)


def holds(route: RouteSettings, path: str) -> bool:
    """By the meaning of the few conditions above, and not by their patterns."""
    by_paths: dict[object, bool] = {
        None: True,
        ("*.py",): path.endswith(".py"),
        ("b/",): path.startswith("b/"),
    }
    under = by_paths[route.paths]
    restricted = path.startswith("restricted/") or route.data_class is None
    return under and restricted and (route.languages is None or "python" in route.languages)


def forbidden(routes: list[RouteSettings], path: str) -> set[str]:
    groups = {"local": {"home"}, "remote": {"far", "farther"}}
    found: set[str] = set()
    for route in routes:
        if holds(route, path):
            only, never = (
                set().union(*(groups.get(name, {name}) for name in names or ()))
                for names in (route.only, route.never)
            )
            found |= never
            if route.only is not None:
                found |= set(NAMES) - only
    return found


@example_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(routes=_routes, path=st.sampled_from(PATHS), failing=st.sets(st.sampled_from(NAMES)))
def test_a_forbidden_model_is_never_asked(
    bench_of: Callable[..., Bench], routes: list[RouteSettings], path: str, failing: set[str]
) -> None:
    backends = {name: ScriptedBackend(DOWN if name in failing else "y\n") for name in NAMES}
    home = replace(remote("home"), url="http://localhost:8080")
    models = (remote("far"), home, remote("farther"))
    settings = Settings(models=models, routes=tuple(routes), data_classes=CLASSES)
    bench = bench_of(settings, **backends)
    outcome = asyncio.run(bench.ask(path=path))
    asked = {name for name, count in bench.asked().items() if count}
    never = forbidden(routes, path)
    assert not asked & never
    assert {each.model for each in outcome.attempts}.isdisjoint(never)
    if outcome.kind is OutcomeKind.NOT_TRIGGERED:
        assert (outcome.rule, asked) == ("no-model-allowed", set())
        assert outcome.message
    if never == set(NAMES):
        assert outcome.rule == "no-model-allowed"


async def test_a_suggestion_from_before_is_not_served_where_no_model_may_look(
    bench_of: Callable[..., Bench],
) -> None:
    route = RouteSettings(paths=("secret/",), only=(), source="config.toml:7")
    settings = Settings(models=(remote("far"),), routes=(route,))
    bench = bench_of(settings, far=ScriptedBackend("y\n"))
    snapshot = at_cursor("x = ‸\n")
    assert (await bench.engine.complete(replace(snapshot, path="a.py"))).suggestions
    outcome = await bench.engine.complete(replace(snapshot, path="secret/a.py"))
    assert (outcome.kind, outcome.rule) == (OutcomeKind.NOT_TRIGGERED, "no-model-allowed")
    assert "config.toml:7" in outcome.message
    assert '"far"' in outcome.message

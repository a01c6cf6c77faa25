"""Routes as written: what can't be read shows less, and a workspace only forbids."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from aicopilot_lsp import plugins
from aicopilot_lsp.config.load import resolve
from aicopilot_lsp.config.patterns import MAX_WORKSPACE_PATTERNS
from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings, RouteSettings, Settings
from aicopilot_lsp.config.show import as_json
from aicopilot_lsp.config.urls import is_loopback
from aicopilot_lsp.errors import ConfigError
from aicopilot_lsp.routing import Place, Routed, is_local, route
from tests.support.configured import Configured

MODELS = """
[[models]]
name = "far"
provider = "llama.cpp"
url = "https://far.example"

[[models]]
provider = "embedded"

[data_classes]
restricted = ["restricted/"]
"""
OUR_PROVIDERS = [
    plugin.name
    for plugin in plugins.installed()
    if plugin.is_ours and plugin.group == plugins.BACKENDS and plugin.name != "embedded"
]
EVERY = ("far", "embedded")
FILES = ("a.py", "restricted/a.py", "open/b.rs", "")


def routed(settings: Settings, path: str, language: str = "python") -> Routed:
    return route(settings, "autocomplete", Place(path, language))


def names(settings: Settings, path: str, language: str = "python") -> tuple[str, ...]:
    return tuple(model.name for model in routed(settings, path, language).models)


def test_without_routes_models_are_asked_in_the_order_of_the_file(configured: Configured) -> None:
    assert names(configured.resolve(user=MODELS).settings, "restricted/a.py") == EVERY


@pytest.mark.parametrize("effect", ["only = ['local']", "never = ['far']"])
@pytest.mark.parametrize("condition", ["data_class = 'restricted'", "paths = ['restricted/**']"])
@pytest.mark.parametrize(
    "paths", [("ok.py", "restricted/a.py"), ("Restricted/a.py",), ("ok.py", "RESTRICTED/b.py")]
)
def test_what_forbids_holds_for_every_path_of_a_file_and_whatever_its_case(
    configured: Configured, effect: str, condition: str, paths: tuple[str, ...]
) -> None:
    user = f"{MODELS}[[routes]]\n{condition}\n{effect}\n"
    place = Place(paths[0], "python", paths[1:])
    found = route(configured.resolve(user=user).settings, "autocomplete", place)
    assert [model.name for model in found.models] == ["embedded"]


def test_folding_case_takes_no_prohibition_away(configured: Configured) -> None:
    user = f"{MODELS}[[routes]]\npaths = ['restricted/*', '!restricted/Open.py']\nnever = ['far']"
    settings = configured.resolve(user=user).settings
    assert names(settings, "restricted/open.py") == ("embedded",)


def test_an_order_goes_by_the_path_that_the_editor_shows(configured: Configured) -> None:
    user = f"{MODELS}[[routes]]\npaths = ['restricted/']\nuse = ['embedded']\n"
    settings = configured.resolve(user=user).settings
    place = Place("ok.py", "python", ("restricted/a.py",))
    assert len(route(settings, "autocomplete", place).models) == 2


def test_models_serve_the_roles_that_they_list() -> None:
    chatty = ModelSettings(name="c", provider="embedded", roles=("chat", "next_edit"))
    both = ModelSettings(name="b", provider="embedded", roles=("autocomplete", "chat"))
    settings = Settings(models=(chatty, both))
    assert settings.models_for("chat") == (chatty, both)
    assert settings.models_for("autocomplete") == (both,)
    assert settings.models_for("embed") == ()


@pytest.mark.parametrize(
    ("written", "path", "language", "expected"),
    [
        ("data_class = 'restricted'\nonly = ['local']", "restricted/a.py", "python", ["embedded"]),
        ("data_class = 'restricted'\nonly = ['local']", "a.py", "python", EVERY),
        ("data_class = 'restricted'\nonly = ['local']", "", "python", EVERY),
        ("languages = ['rust']\nnever = ['far']", "a.rs", "rust", ["embedded"]),
        ("languages = ['rust']\nnever = ['far']", "a.py", "python", EVERY),
        ("paths = ['*.py']\nuse = ['embedded', 'far']", "a.py", "python", ["embedded", "far"]),
        ("paths = ['*.py']\nuse = ['embedded']", "a.rs", "python", EVERY),
        ("use = ['local', 'remote']", "", "python", ["embedded", "far"]),
        ("paths = ['x/']\nlanguages = ['rust']\nonly = []", "x/a.py", "python", EVERY),
        ("paths = ['x/']\nlanguages = ['rust']\nonly = []", "x/a.rs", "rust", []),
        ("paths = []\nonly = []", "a.py", "python", EVERY),
    ],
)
def test_a_route_holds_where_all_its_conditions_are_met(
    configured: Configured, written: str, path: str, language: str, expected: list[str]
) -> None:
    resolved = configured.resolve(user=f"{MODELS}[[routes]]\n{written}")
    assert not resolved.problems
    assert names(resolved.settings, path, language) == tuple(expected)


@pytest.mark.parametrize("order", [1, -1])
def test_what_forbids_is_stronger_wherever_it_stands(configured: Configured, order: int) -> None:
    tables = [
        "[[routes]]\nuse = ['far', 'embedded']\n",
        "[[routes]]\npaths = ['a.py']\nnever = ['remote']\n",
        "[[routes]]\nuse = ['far']\n",
    ]
    settings = configured.resolve(user=MODELS + "".join(tables[::order])).settings
    expected = {1: ("embedded",), -1: ()}
    assert names(settings, "a.py") == expected[order]
    refusal = routed(settings, "a.py").refusal
    assert ("" if order == 1 else 'never = ["remote"]') in refusal


@pytest.mark.parametrize(
    ("url", "provider", "local"),
    [
        (None, "embedded", True),
        ("http://localhost:8080", "llama.cpp", True),
        ("http://127.0.0.1:8080", "llama.cpp", True),
        ("http://[::1]:8080", "llama.cpp", True),
        ("http://192.168.1.20:8080", "llama.cpp", False),
        ("https://localhost.example.com", "llama.cpp", False),
        (None, "mistral", False),
        (None, "ollama", True),
        ("http://192.168.1.20:11434", "ollama", False),
    ],
)
def test_a_model_is_local_by_what_its_settings_say(
    url: str | None, provider: str, local: bool
) -> None:
    assert is_local(ModelSettings(name="m", provider=provider, url=url)) is local


@pytest.mark.parametrize("provider", OUR_PROVIDERS)
def test_what_is_called_local_without_a_url_is_reached_on_this_machine(
    provider: str, tmp_path: Path
) -> None:
    model = ModelSettings(name="m", provider=provider, model="m")
    context = plugins.BackendContext(
        embedded=EmbeddedSettings(), state_dir=tmp_path, cache_dir=tmp_path
    )
    try:
        endpoint = plugins.backend_factory(provider)(model, context).site.endpoint
    except ConfigError:  # needs a url
        assert not is_local(model)
    else:
        assert is_local(model) is is_loopback(urlsplit(endpoint).hostname or "")


# What is wrong, and what is then shown of a restricted file and of another.
WRONG = [
    ("data_class = 'restrictd'\nonly = ['local']", ["embedded"], ["embedded"]),
    ("data_class = 5\nonly = ['local']", ["embedded"], ["embedded"]),
    ("paths = 'restricted/'\nnever = ['remote']", ["embedded"], ["embedded"]),
    ("paths = ['restricted/', 5]\nnever = ['remote']", ["embedded"], ["embedded"]),
    ("languages = 'python'\nnever = ['far']", ["embedded"], ["embedded"]),
    ("paths = 5\nuse = ['embedded']", EVERY, EVERY),
    ("data_class = 'restricted'\nonly = ['nobody']", [], EVERY),
    ("data_class = 'restricted'\nonly = ['nobody', 'embedded']", ["embedded"], EVERY),
    ("data_class = 'restricted'\nonly = 'local'", [], EVERY),
    ("data_class = 'restricted'\nnever = 'remote'", [], EVERY),
    ("data_class = 'restricted'\nnever = ['nobody', 'far']", ["embedded"], EVERY),
    ("data_class = 'restricted'\nuse = ['nobody']", [], EVERY),
    ("data_class = 'restricted'", EVERY, EVERY),
]


@pytest.mark.parametrize(("written", "restricted", "other"), WRONG)
def test_what_is_wrong_in_a_route_is_said_and_shows_less(
    configured: Configured, written: str, restricted: list[str], other: list[str]
) -> None:
    resolved = configured.resolve(user=f"{MODELS}[[routes]]\n{written}")
    assert resolved.problems
    assert all(problem.key.startswith("routes[0]") for problem in resolved.problems)
    assert names(resolved.settings, "restricted/a.py") == tuple(restricted)
    assert names(resolved.settings, "a.py") == tuple(other)


@pytest.mark.parametrize("written", ["routes = 5", "routes = [5]", "routes = ['never']"])
def test_routes_that_can_not_be_read_leave_local_models_only(
    configured: Configured, written: str
) -> None:
    resolved = configured.resolve(user=f"{written}\n{MODELS}")
    assert len(resolved.problems) == 1
    assert names(resolved.settings, "a.py") == ("embedded",)


def test_a_single_table_is_taken_for_a_list_of_one(configured: Configured) -> None:
    resolved = configured.resolve(user=f"{MODELS}[routes]\nnever = ['far']")
    assert "[[routes]]" in resolved.problems[0].message
    assert names(resolved.settings, "a.py") == ("embedded",)


def test_a_data_class_that_is_not_clear_may_be_any_file(configured: Configured) -> None:
    user = MODELS.replace('["restricted/"]', "[5, 'restricted/']")
    route_text = "[[routes]]\ndata_class = 'restricted'\nonly = ['local']"
    resolved = configured.resolve(user=user + route_text)
    assert resolved.problems
    assert names(resolved.settings, "a.py") == ("embedded",)


@pytest.mark.parametrize(
    "patterns", ["['!restricted/**']", "['more/', '*a*b*c*']", "[5]", "'more/'"]
)
def test_it_is_said_that_any_file_may_be_meant_by_what_a_workspace_can_not_add(
    configured: Configured, patterns: str
) -> None:
    user = f"{MODELS}[[routes]]\ndata_class = 'restricted'\nonly = ['local']\n"
    resolved = configured.resolve(user=user, workspace=f"data_classes.restricted = {patterns}")
    (told,) = (each for each in resolved.problems if each.key == "data_classes.restricted")
    assert told.message.endswith("; until that is mended, any file may be meant")
    assert names(resolved.settings, "a.py") == ("embedded",)


def test_the_route_that_forbids_is_named_with_its_place(configured: Configured) -> None:
    text = f"{MODELS}[[routes]]\ndata_class = 'restricted'\nonly = []\n"
    refusal = routed(configured.resolve(user=text).settings, "restricted/a.py").refusal
    line = text.splitlines().index("[[routes]]") + 1
    assert f"config.toml:{line} forbids" in refusal
    assert '"far", "embedded"' in refusal


def test_a_workspace_adds_prohibitions(configured: Configured) -> None:
    workspace = (
        "[data_classes]\nrestricted = ['more/']\nsecret = ['s/']\n"
        "[[routes]]\ndata_class = 'secret'\nonly = []\n"
        "[[routes]]\nlanguages = ['rust']\nnever = ['remote']\n"
    )
    user = f"{MODELS}[[routes]]\ndata_class = 'restricted'\nonly = ['local']\n"
    resolved = configured.resolve(user=user, workspace=workspace)
    assert not resolved.problems
    found = [names(resolved.settings, path) for path in ("more/a", "restricted/a", "s/a", "a")]
    assert found == [("embedded",), ("embedded",), (), EVERY]
    assert names(resolved.settings, "a", "rust") == ("embedded",)


def test_what_a_workspace_adds_to_a_data_class_opens_nothing(configured: Configured) -> None:
    user = f"{MODELS}[[routes]]\ndata_class = 'restricted'\nuse = ['embedded']\n"
    resolved = configured.resolve(user=user, workspace="[data_classes]\nrestricted = ['**']")
    assert names(resolved.settings, "a.py") == EVERY


@pytest.mark.parametrize("trusted", [True, False])
def test_an_order_of_a_workspace_counts_only_if_trusted(
    configured: Configured, trusted: bool
) -> None:
    text = "[[routes]]\nuse = ['embedded', 'far']\nnever = ['nobody']"
    resolved = configured.resolve(user=MODELS, workspace=text, trusted=trusted)
    expected = ("embedded", "far") if trusted else EVERY
    assert names(resolved.settings, "a.py") == expected
    said = any("untrusted workspace can only forbid" in each.message for each in resolved.problems)
    assert said is not trusted


def test_an_order_that_is_ignored_is_not_said_to_be_missing(configured: Configured) -> None:
    resolved = configured.resolve(user=MODELS, workspace="[[routes]]\nuse = ['far']")
    assert [each.key for each in resolved.problems] == ["routes[0].use"]
    assert not resolved.settings.routes


@pytest.mark.parametrize("pattern", ["!a", "*a*b*c*", "**/a/**/b/**"])
def test_a_pattern_that_a_workspace_may_not_bring_makes_its_route_hold_everywhere(
    configured: Configured, pattern: str
) -> None:
    text = f"[[routes]]\npaths = ['{pattern}']\nnever = ['far']"
    resolved = configured.resolve(user=MODELS, workspace=text)
    assert len(resolved.problems) == 2
    assert names(resolved.settings, "elsewhere.py") == ("embedded",)


def test_the_patterns_of_a_workspace_are_counted_over_all_its_routes(
    configured: Configured,
) -> None:
    half = [f"p{number}" for number in range(MAX_WORKSPACE_PATTERNS // 2 + 1)]
    text = f"[[routes]]\npaths = {half}\nnever = ['far']\n" * 2
    resolved = configured.resolve(user=MODELS, workspace=text)
    assert any("is beyond the 100" in problem.message for problem in resolved.problems)


_words = st.lists(st.sampled_from(("far", "embedded", "local", "remote", "nobody", 5)), max_size=3)
_tables = st.fixed_dictionaries(
    {},
    optional={
        "data_class": st.sampled_from(("restricted", "open", "none", 5)),
        "paths": st.lists(st.sampled_from(("*.py", "!x", "open/", "a***", 5)), max_size=2),
        "languages": st.lists(st.sampled_from(("python", "rust")), max_size=2),
        "use": _words,
        "only": _words | st.just("local"),
        "never": _words,
    },
)
_classes = st.dictionaries(
    st.sampled_from(("restricted", "open")),
    st.lists(st.sampled_from(("*", "!restricted/", "a.py")), max_size=2) | st.just(5),
)


@example_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(routes=st.lists(_tables, max_size=4), classes=_classes)
def test_no_routes_of_an_untrusted_workspace_let_a_model_see_more(
    configured: Configured, routes: list[object], classes: dict[str, object]
) -> None:
    user = (
        f"{MODELS}open = ['open/']\n"
        "[[routes]]\ndata_class = 'restricted'\nonly = ['local']\n"
        "[[routes]]\ndata_class = 'open'\nuse = ['far']\n"
    )
    before = configured.resolve(user=user).settings
    options = {"routes": routes, "data_classes": classes}
    after = resolve(config_file=configured.user_file, client_settings=options).settings
    for path in FILES:
        left = [name for name in names(before, path) if name in names(after, path)]
        assert list(names(after, path)) == left


def test_routes_are_shown_with_where_they_come_from(configured: Configured) -> None:
    user = f"{MODELS}[[routes]]\ndata_class = 'restricted'\nonly = []\n"
    shown = as_json(configured.resolve(user=user, workspace="[data_classes]\nrestricted = ['w/']"))[
        "settings"
    ]
    assert shown["data_classes.restricted"]["value"] == ["restricted/", "w/"]
    assert " + " in shown["data_classes.restricted"]["source"]
    assert shown["routes[0].only"]["value"] == []
    assert "config.toml:" in shown["routes[0].only"]["source"]
    assert "routes[0].never" not in shown


def test_the_routes_of_the_editors_start_replace_those_of_the_file(configured: Configured) -> None:
    user = f"{MODELS}[[routes]]\nonly = []\n"
    resolved = configured.resolve(user=user, client={"routes": [{"never": ["far"]}]})
    assert resolved.settings.routes == (RouteSettings(never=("far",)),)


@pytest.mark.parametrize("name", ["local", "remote"])
def test_a_model_called_as_a_group_is_told_so(configured: Configured, name: str) -> None:
    resolved = configured.resolve(user=f"[[models]]\nprovider = 'embedded'\nname = '{name}'")
    assert "means a group of models" in resolved.problems[0].message

"""INV-6: what a workspace says only narrows, and never chooses where code is sent."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.config.fields import WorkspaceRule, workspace_rule
from aicopilot_lsp.config.load import Resolved, resolve
from aicopilot_lsp.config.options import SECTIONS
from aicopilot_lsp.config.patterns import MAX_WORKSPACE_PATTERNS
from aicopilot_lsp.config.settings import ContextSettings, Settings
from tests.support.configured import Configured
from tests.support.hostile_workspaces import BUILDERS, HOSTILE

USER = """
[[models]]
name = "mine"
provider = "llama.cpp"
url = "https://mine.example"
api_key_env = "KEY"

[completion]
exclude = ["secrets/"]
disabled_languages = ["plaintext"]
max_lines = 20

[context]
exclude = ["private/"]
disabled_sources = ["views"]
index_folders = ["/srv/mine"]

[filters]
disabled = ["noise"]
"""


def narrows(before: Settings, after: Settings) -> bool:
    """Whether `after` allows nothing that `before` did not."""
    was, now = before.completion, after.completion
    same = ("debounce_ms", "deadline_ms", "completion_items")
    lower = (
        "enabled",
        "max_prompt_tokens",
        "max_metered_prompt_tokens",
        "max_output_tokens",
        "max_lines",
    )
    return (
        context_narrows(before.context, after.context)
        and after.latency == before.latency
        and all(getattr(now, name) == getattr(was, name) for name in same)
        and all(getattr(now, name) <= getattr(was, name) for name in lower)
        and now.exclude[: len(was.exclude)] == was.exclude
        and not any(pattern.lstrip().startswith("!") for pattern in now.exclude)
        and set(now.disabled_languages) >= set(was.disabled_languages)
        and set(after.filters.disabled) <= set(before.filters.disabled)
        and never_of_a_workspace(after) == never_of_a_workspace(before)
    )


def context_narrows(was: ContextSettings, now: ContextSettings) -> bool:
    lower = ("enabled", "index", "embeddings", "max_index_mb", "max_file_kb", "budget_ms")
    return (
        all(getattr(now, name) <= getattr(was, name) for name in lower)
        and now.exclude[: len(was.exclude)] == was.exclude
        and not any(pattern.lstrip().startswith("!") for pattern in now.exclude)
        and set(now.disabled_sources) >= set(was.disabled_sources)
    )


def never_of_a_workspace(settings: Settings) -> object:
    folders = settings.context.index_folders
    return settings.models, settings.embedded, settings.log, settings.trusted, folders


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_an_untrusted_file_only_narrows(configured: Configured, text: str | bytes) -> None:
    before = configured.resolve(user=USER)
    after = configured.resolve(user=USER, workspace=text)
    assert narrows(before.settings, after.settings)
    assert_printable(after)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_trusted_file_still_chooses_no_endpoint_key_or_path(
    configured: Configured, text: str | bytes
) -> None:
    before = configured.resolve(user=USER, trusted=True).settings
    after = configured.resolve(user=USER, workspace=text, trusted=True).settings
    assert never_of_a_workspace(after) == never_of_a_workspace(before)
    assert set(after.completion.exclude) >= set(before.completion.exclude)


HARMLESS = {"empty", "empty the exclusions", "filters none", "switch on"}


@pytest.mark.parametrize("name", HOSTILE.keys() - HARMLESS)
def test_what_is_refused_is_said(configured: Configured, name: str) -> None:
    resolved = configured.resolve(user=USER, workspace=HOSTILE[name])
    assert [problem for problem in resolved.problems if problem.source.endswith(".aicopilot.toml")]


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_what_is_no_plain_file_is_not_opened(configured: Configured, build: object) -> None:
    assert callable(build)
    build(configured.workspace_file)
    resolved = resolve(workspace_roots=[configured.root])
    assert resolved.settings == Settings()
    (said,) = configured.said(resolved)
    assert "is a link and was not opened" in said or "is not a regular file and was not" in said


def test_what_the_editor_may_have_mixed_from_the_workspace_only_narrows(
    configured: Configured,
) -> None:
    before = configured.resolve(user=USER).settings
    resolved = configured.resolve(
        user=USER,
        client_settings={
            "models": [{"provider": "llama.cpp", "url": "http://evil.example"}],
            "completion": {"enabled": True, "exclude": ["!secrets/"], "debounceMs": 0},
            "filters": {"disabled": ["secrets"]},
            "log": {"level": "debug"},
            "embedded": {"threads": 1024},
            "trusted": True,
        },
    )
    assert narrows(before, resolved.settings)
    assert len(resolved.problems) == 6


def test_settings_that_change_nothing_are_no_problem(configured: Configured) -> None:
    """VS Code sends every setting with its default."""
    settings = Settings()
    defaults: dict[str, object] = {
        section: dataclasses.asdict(getattr(settings, section)) for section in SECTIONS
    }
    defaults["models"] = []
    resolved = configured.resolve(client_settings={"aicopilot": defaults})
    assert not resolved.problems


NARROWING = [
    ("[completion]\nenabled = false", ("completion", "enabled"), False),
    ("[completion]\nmax_lines = 2", ("completion", "max_lines"), 2),
    ("[completion]\nmax_output_tokens = 1", ("completion", "max_output_tokens"), 1),
    ("[completion]\nmax_prompt_tokens = 64", ("completion", "max_prompt_tokens"), 64),
    ("[completion]\nexclude = ['*.pem']", ("completion", "exclude"), ("secrets/", "*.pem")),
    (
        "[completion]\nexclude = ['secrets/', 'a', 'a']",
        ("completion", "exclude"),
        ("secrets/", "a"),
    ),
    (
        "[completion]\ndisabled_languages = ['sql']",
        ("completion", "disabled_languages"),
        ("plaintext", "sql"),
    ),
    ("[filters]\nenabled = ['noise', 'other']", ("filters", "disabled"), ()),
    ("[context]\nenabled = false", ("context", "enabled"), False),
    ("[context]\nindex = false", ("context", "index"), False),
    ("[context]\nexclude = ['gen/']", ("context", "exclude"), ("private/", "gen/")),
    (
        "[context]\ndisabled_sources = ['edits']",
        ("context", "disabled_sources"),
        ("views", "edits"),
    ),
    ("[context]\nmax_index_mb = 5", ("context", "max_index_mb"), 5),
    ("[context]\nmax_file_kb = 5", ("context", "max_file_kb"), 5),
    ("[context]\nbudget_ms = 5", ("context", "budget_ms"), 5),
]


@pytest.mark.parametrize(("text", "key", "value"), NARROWING)
def test_a_workspace_may_narrow_without_trust(
    configured: Configured, text: str, key: tuple[str, str], value: object
) -> None:
    resolved = configured.resolve(user=USER, workspace=text)
    assert not resolved.problems
    assert getattr(getattr(resolved.settings, key[0]), key[1]) == value
    assert ".aicopilot.toml:2" in resolved.sources[".".join(key)]


WIDENING = [
    ("debounce_ms = 5", 5),
    ("deadline_ms = 500", 500),
    ("max_lines = 30", 30),
    ("max_output_tokens = 200", 200),
    ("max_prompt_tokens = 20000", 20_000),
    ("max_metered_prompt_tokens = 20000", 20_000),
    ("completion_items = 'never'", "never"),
    ("enabled = true", True),
]


@pytest.mark.parametrize(("text", "value"), WIDENING)
def test_a_workspace_may_widen_only_if_trusted(
    configured: Configured, text: str, value: object
) -> None:
    user, name = "completion.enabled = false", text.partition(" ")[0]
    untrusted = configured.resolve(user=user, workspace=f"[completion]\n{text}")
    assert getattr(untrusted.settings.completion, name) != value
    (problem,) = untrusted.problems
    assert (problem.line, problem.key) == (2, f"completion.{name}")
    assert problem.message.startswith("an untrusted workspace can")
    trusted = configured.resolve(user=user, workspace=f"[completion]\n{text}", trusted=True)
    assert getattr(trusted.settings.completion, name) == value
    assert not trusted.problems


@pytest.mark.parametrize(
    "text",
    ["enabled = true", "index = true", "max_index_mb = 9", "max_file_kb = 9", "budget_ms = 9"],
)
def test_a_workspace_may_have_more_shown_only_if_trusted(configured: Configured, text: str) -> None:
    limits = "max_index_mb = 2\nmax_file_kb = 2\nbudget_ms = 2"
    user = f"[context]\nenabled = false\nindex = false\n{limits}"
    name = text.partition(" ")[0]
    before = configured.resolve(user=user).settings.context
    untrusted = configured.resolve(user=user, workspace=f"[context]\n{text}")
    assert untrusted.settings.context == before
    (problem,) = untrusted.problems
    assert problem.message.startswith("an untrusted workspace can")
    trusted = configured.resolve(user=user, workspace=f"[context]\n{text}", trusted=True)
    assert getattr(trusted.settings.context, name) in (True, 9)


def test_no_workspace_has_a_folder_indexed(configured: Configured) -> None:
    text = "context.index_folders = ['/']"
    resolved = configured.resolve(workspace=text, trusted=True)
    assert resolved.settings.context.index_folders == ()
    assert "only your own configuration can set this" in resolved.problems[0].message


def test_rules_are_switched_off_by_trusted_workspaces_only(configured: Configured) -> None:
    text = "filters.disabled = ['a']"
    assert configured.resolve(workspace=text).settings.filters.disabled == ()
    assert configured.resolve(workspace=text, trusted=True).settings.filters.disabled == ("a",)


def test_a_user_may_overrule_with_enabled_what_the_file_disables(configured: Configured) -> None:
    resolved = configured.resolve(
        user="filters.disabled = ['a', 'b']", client={"filters": {"enabled": ["b"]}}
    )
    assert resolved.settings.filters.disabled == ("a",)


def test_a_workspace_has_a_hundred_patterns(configured: Configured) -> None:
    patterns = [f"p{number}" for number in range(MAX_WORKSPACE_PATTERNS + 1)]
    resolved = configured.resolve(workspace=f"completion.exclude = {patterns}")
    assert resolved.settings.completion.exclude == tuple(patterns[:-1])
    assert len(resolved.problems) == 1


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [
        ("**/generated/**/*.py", True),
        ("*_test_*.py", True),
        ("docs/**", True),
        ("*a*b*", False),
        ("**/a/**/b/**", False),
        ("a***", False),
        ("a**b", True),
        ("!x", False),
        ("\\!x", True),
    ],
)
def test_a_pattern_of_a_workspace_is_cheap_to_match(
    configured: Configured, pattern: str, kept: bool
) -> None:
    resolved = configured.resolve(workspace=f"completion.exclude = ['{pattern}']")
    assert resolved.settings.completion.exclude == ((pattern,) if kept else ())


def test_every_option_has_a_rule_and_none_of_the_shared_process_or_the_log_is_a_workspaces() -> (
    None
):
    rules = {
        (section, name): workspace_rule(field)
        for section, model in SECTIONS.items()
        for name, field in model.model_fields.items()
    }
    assert {rule for (section, _), rule in rules.items() if section in {"embedded", "log"}} == {
        WorkspaceRule.NEVER
    }


_values = st.one_of(
    st.booleans(),
    st.integers(-10, 5000),
    st.sampled_from(["auto", "always", "!secrets/", "debug"]),
    st.lists(st.sampled_from(["!a", "secrets/", " !b", "noise", "x"]), max_size=4),
)
_tables = st.fixed_dictionaries(
    {},
    optional={
        section: st.dictionaries(st.sampled_from(sorted(model.model_fields)), _values)
        for section, model in SECTIONS.items()
    },
)


@given(options=_tables)
def test_no_combination_of_options_widens(
    options: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    user = tmp_path_factory.getbasetemp() / "narrowing.toml"
    user.write_text(USER)
    before = resolve(config_file=user).settings
    assert narrows(before, resolve(config_file=user, client_settings=options).settings)


def assert_printable(resolved: Resolved) -> None:
    assert all(str(problem).isprintable() for problem in resolved.problems)
    assert all(len(problem.key + problem.message) < 300 for problem in resolved.problems)


def test_a_folder_that_is_no_path_is_a_problem_and_no_error(tmp_path: Path) -> None:
    roots = [Path("\x00"), Path("\ud800"), tmp_path / "gone", tmp_path / ("x" * 5000)]
    resolved = resolve(workspace_roots=roots)
    assert resolved.settings == Settings()
    assert_printable(resolved)

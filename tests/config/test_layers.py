"""Which source counts more, and how an editor's JSON is read."""

import itertools

import pytest

from tests.support.configured import Configured

# From the weakest to the strongest; a number for each, lower and lower, so that the workspace may.
LAYERS = {"user": 11, "client": 10, "client_settings": 9, "workspace": 8}


@pytest.mark.parametrize(
    "present",
    [
        combination
        for count in range(len(LAYERS) + 1)
        for combination in itertools.combinations(LAYERS, count)
    ],
    ids=" < ".join,
)
def test_the_last_source_that_says_something_wins(
    configured: Configured, present: tuple[str, ...]
) -> None:
    texts = {
        name: f"[completion]\nmax_lines = {LAYERS[name]}"
        for name in ("user", "workspace")
        if name in present
    }
    objects = {
        name: {"completion": {"max_lines": LAYERS[name]}}
        for name in ("client", "client_settings")
        if name in present
    }
    resolved = configured.resolve(**texts, **objects)  # type: ignore[arg-type]
    assert not resolved.problems
    assert resolved.settings.completion.max_lines == LAYERS[present[-1]] if present else 12
    origin = {
        "user": f"{configured.user_file}:2",
        "client": "initializationOptions",
        "client_settings": "workspace/configuration",
        "workspace": f"{configured.workspace_file}:2",
    }
    wanted = origin[present[-1]] if present else "default"
    assert resolved.sources["completion.max_lines"] == wanted


def test_keys_that_a_source_does_not_name_are_left_alone(configured: Configured) -> None:
    resolved = configured.resolve(
        user="[completion]\nmax_lines = 5\ndebounce_ms = 10",
        client={"completion": {"maxLines": 6}},
    )
    assert resolved.settings.completion.max_lines == 6
    assert resolved.settings.completion.debounce_ms == 10


def test_lists_of_the_user_replace_and_lists_of_a_workspace_add(configured: Configured) -> None:
    resolved = configured.resolve(
        user="completion.exclude = ['a']",
        client={"completion": {"exclude": ["b"]}},
        client_settings={"completion": {"exclude": ["c"]}},
        workspace="completion.exclude = ['d', 'b']",
    )
    assert resolved.settings.completion.exclude == ("b", "c", "d")
    assert resolved.sources["completion.exclude"] == (
        f"initializationOptions + workspace/configuration + {configured.workspace_file}:1"
    )


def test_models_of_a_later_source_replace_all_of_an_earlier_one(configured: Configured) -> None:
    # Joined by name, the key of one layer could go to the host of another.
    resolved = configured.resolve(
        user=(
            "[[models]]\nname = 'm'\nprovider = 'llama.cpp'\nurl = 'https://a.example'\n"
            "api_key_env = 'KEY'\n[[models]]\nname = 'n'\nprovider = 'embedded'"
        ),
        client={"models": [{"name": "m", "provider": "llama.cpp", "url": "https://b.example"}]},
    )
    (model,) = resolved.settings.models
    assert model.url == "https://b.example"
    assert model.api_key_env is None
    assert not any(key.startswith(("models[1]", "models[0].api_key")) for key in resolved.sources)
    assert resolved.sources["models[0].url"] == "initializationOptions"


@pytest.mark.parametrize(
    "options",
    [
        {"completion": {"max_lines": 3}},
        {"completion": {"maxLines": 3}},
        {"completion": {"maxLines": 3.0}},
        {"aicopilot": {"completion": {"maxLines": 3}}},
        {"completion": {"maxLines": 3, "debounceMs": None}, "embedded": None},
        {"completion": {"maxLines": 3}, "models": [], "log": [], "filters": {}},
        {"completion": {"maxLines": 3}, "trusted": True},
        {
            "completion": {"maxLines": 3},
            "editorInfo": {"name": "e", "version": "1"},
            "editorPluginInfo": {"name": "p", "version": "1"},
        },
    ],
)
@pytest.mark.parametrize("layer", ["client", "client_settings"])
def test_the_spellings_of_editors_mean_the_same(
    configured: Configured, layer: str, options: dict[str, object]
) -> None:
    resolved = configured.resolve(**{layer: options})  # type: ignore[arg-type]
    assert not resolved.problems
    assert resolved.settings.completion.max_lines == 3
    assert resolved.settings.models[0].provider == "embedded"


def test_a_neovim_user_can_set_a_model_in_initialization_options(configured: Configured) -> None:
    model = {"provider": "llama.cpp", "url": "http://127.0.0.1:8012", "apiKeyEnv": "KEY"}
    resolved = configured.resolve(client={"models": [model]})
    assert not resolved.problems
    (settings,) = resolved.settings.models
    assert (settings.name, settings.url, settings.api_key_env) == (
        "llama.cpp",
        "http://127.0.0.1:8012",
        "KEY",
    )


def test_problems_of_an_editor_use_the_spelling_it_sent(configured: Configured) -> None:
    resolved = configured.resolve(client={"completion": {"debounceMs": "x", "maxLine": 1}})
    assert [str(problem) for problem in resolved.problems] == [
        "initializationOptions: completion.maxLine: unknown key, ignored; "
        'did you mean "max_lines"?',
        "initializationOptions: completion.debounceMs: must be a whole number of milliseconds "
        "from 0 to 5000; using 75",
    ]


def test_the_same_folder_twice_is_read_once(configured: Configured) -> None:
    from aicopilot_lsp.config.load import resolve

    configured.workspace_file.write_text("nonsense = 1")
    resolved = resolve(workspace_roots=[configured.root, configured.root])
    assert len(resolved.problems) == 1


def test_what_one_folder_narrows_is_narrowed_for_all(configured: Configured) -> None:
    from aicopilot_lsp.config.load import resolve

    roots = []
    for number, lines in enumerate((3, 5)):
        root = configured.root / str(number)
        root.mkdir()
        (root / ".aicopilot.toml").write_text(
            f"completion = {{ max_lines = {lines}, exclude = ['{number}'] }}"
        )
        roots.append(root)
    completion = resolve(workspace_roots=roots).settings.completion
    assert (completion.max_lines, completion.exclude) == (3, ("0", "1"))

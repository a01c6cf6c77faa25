"""[[models]]: no model is better than one that sends code where nobody said."""

from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import ModelSettings
from tests.support.configured import Configured


def one(configured: Configured, keys: str) -> tuple[tuple[ModelSettings, ...], list[str]]:
    resolved = configured.resolve(user=f"[[models]]\nprovider = 'llama.cpp'\n{keys}")
    return resolved.settings.models, [problem.message for problem in resolved.problems]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080",
        "http://localhost:8080/v1",
        "http://[::1]:8080/",
        "https://models.example.com",
        "https://models.example.com:8443/a/b",
    ],
)
def test_a_url_is_kept_as_written(configured: Configured, url: str) -> None:
    models, problems = one(configured, f"url = '{url}'\napi_key_env = 'KEY'")
    assert not problems
    assert models[0].url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "models.example.com",
        "models.example.com:8080",
        "//models.example.com",
        "ftp://models.example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "unix:///run/model.sock",
        "http://",
        "http:///path",
        "http://:8080",
        "http://host:0",
        "http://host:99999",
        "http://host:port",
        "http://user@host/",
        "http://user:password@host/",
        "http://good.example@evil.example/",
        "http://good.example\\\\@evil.example/",
        "http://host/?key=1",
        "http://host/#fragment",
        "http://host/a b",
        "http://host\\n.example",
        "http://host\\r\\nX-A: b",
        "http://host\\u0000",
        "http://ho\\u200bst",
        "http://ex\\u0430mple.com",
        "http://[::1",
        "http://" + "a" * 2000,
        " http://host",
        "http://a..b",
        "https://h:",
    ],
)
def test_a_url_that_can_be_read_in_two_ways_costs_the_model(
    configured: Configured, url: str
) -> None:
    models, problems = one(configured, f'url = "{url}"')
    assert models == ()
    assert any(problem.endswith("this model is left out") for problem in problems)
    assert "none of these can be used: there will be no suggestions" in problems


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("model = 3", "must be one line of text; this model is left out"),
        ("name = ''", "must be one line of text; ignored"),
        ('name = "a\\nb"', "must be one line of text; ignored"),
        (
            "roles = ['compose']",
            'is no role ("autocomplete", "edit", "chat", "embed", "rerank", "next_edit"); left out',
        ),
        ("fim_format = 1", "must be the name of a format; ignored"),
        ("ulr = 'http://x'", 'unknown key, ignored; did you mean "url"?'),
        ("headers = { 'X A' = '1' }", "is not a name of an HTTP header; left out"),
        (
            'headers = { X = "1\\r\\nY: 2" }',
            "must be printable ASCII text with no space at its ends; left out",
        ),
        ("headers = { Host = 'h' }", "is set by aicopilot-lsp itself; left out"),
        ("headers = { X = 1 }", "must be text; left out"),
        ("api_key_env = 'A B'", "must be the name of an environment variable; ignored"),
        ("api_key = ''", "must be printable ASCII text"),
        ("api_key_file = '~nobody-of-that-name/key'", "must be an absolute path, or begin with "),
        ("api_key_env = 'A'\napi_key_file = '/key'", "ignored: api_key_env is given too"),
        (
            "url = 'http://models.example.com'\napi_key_env = 'A'",
            "the key travels unencrypted; use https:// where you can",
        ),
        (
            "url = 'http://192.168.1.20:8080'\napi_key_env = 'A'",
            "the key travels unencrypted; use https:// where you can",
        ),
        (
            "api_key = 'sk-1'",
            "a key in a configuration file is easily copied and shown; "
            "used, but prefer api_key_env or api_key_file",
        ),
    ],
)
def test_a_doubtful_key_of_a_model_is_a_problem(
    configured: Configured, keys: str, message: str
) -> None:
    _, problems = one(configured, keys)
    assert any(problem.startswith(message) for problem in problems)


def test_where_a_key_lies_is_kept_and_not_read(configured: Configured) -> None:
    models, problems = one(configured, "api_key_env = 'TEAM_KEY'")
    assert (models[0].api_key_env, models[0].api_key, problems) == ("TEAM_KEY", None, [])
    models, _ = one(configured, "api_key_file = 'keys/team'")
    assert models[0].api_key_file == configured.user_file.parent / "keys/team"
    models, _ = one(configured, "api_key_file = '~/team'")
    assert models[0].api_key_file == Path.home() / "team"


def test_whom_to_trust_and_what_to_go_through_are_kept(configured: Configured) -> None:
    keys = "url = 'https://h'\nca_file = 'ca.pem'\nproxy = 'http://proxy.example:3128'"
    models, problems = one(configured, keys)
    assert models[0].ca_file == configured.user_file.parent / "ca.pem"
    assert models[0].proxy == "http://proxy.example:3128"
    assert problems == []


@pytest.mark.parametrize(
    "keys",
    ["ca_file = '~nobody-of-that-name/ca.pem'", "proxy = 'https://proxy'", "proxy = 'socks5://p'"],
)
def test_a_model_whose_trust_or_way_is_unclear_is_left_out(
    configured: Configured, keys: str
) -> None:
    models, problems = one(configured, f"url = 'https://h'\n{keys}")
    assert models == ()
    assert any("this model is left out" in problem for problem in problems)


def test_an_editor_gives_no_relative_path(configured: Configured) -> None:
    table = {"provider": "llama.cpp", "apiKeyFile": "keys/team"}
    resolved = configured.resolve(client={"models": [table]})
    assert resolved.settings.models[0].api_key_file is None
    (problem,) = resolved.problems
    assert problem.key == "models[0].apiKeyFile"


def test_a_key_in_the_file_is_used_and_never_shown(configured: Configured) -> None:
    models, _ = one(configured, "api_key = 'sk-1'\nheaders = { X-Team = 'blue' }")
    assert models[0].api_key
    assert models[0].api_key.reveal() == "sk-1"
    assert models[0].headers["X-Team"].reveal() == "blue"
    assert "sk-1" not in f"{models!r} {models}"
    assert "blue" not in f"{models!r} {models}"


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_file_that_holds_a_key_should_be_private(
    configured: Configured, mode: int, warned: bool
) -> None:
    from aicopilot_lsp.config.load import resolve

    configured.user_file.write_text("[[models]]\nprovider = 'llama.cpp'\napi_key = 'sk-1'")
    configured.user_file.chmod(mode)
    said = configured.said(resolve(config_file=configured.user_file))
    warning = "config.toml: holds keys, and other users of this machine can read it: "
    assert any(line.startswith(warning) for line in said) is warned


def test_models_without_names_get_different_ones(configured: Configured) -> None:
    resolved = configured.resolve(user="[[models]]\nprovider = 'embedded'\n" * 3)
    assert [model.name for model in resolved.settings.models] == [
        "embedded",
        "embedded-2",
        "embedded-3",
    ]


def test_of_two_models_with_one_name_the_first_is_used(configured: Configured) -> None:
    table = "[[models]]\nname = 'm'\nprovider = 'llama.cpp'\nurl = 'http://127.0.0.1:{}'\n"
    resolved = configured.resolve(user=table.format(1) + table.format(2))
    assert [model.url for model in resolved.settings.models] == ["http://127.0.0.1:1"]
    assert configured.said(resolved) == [
        "config.toml:6: models[1].name: is an earlier model's name; this one is left out"
    ]


def test_the_embedded_model_has_no_url(configured: Configured) -> None:
    resolved = configured.resolve(user="[[models]]\nprovider = 'embedded'\nurl = 'http://h'")
    assert resolved.settings.models[0].url is None
    assert resolved.problems[0].message == "the embedded model has no URL; ignored"


@pytest.mark.parametrize(
    "text",
    [
        "[models]\nprovider = 'llama.cpp'",
        "models = 'llama.cpp'",
        "models = ['llama.cpp']",
        "[[models]]\nurl = 'http://127.0.0.1'",
        "[[models]]\nprovider = ['llama.cpp']",
    ],
)
def test_models_that_can_not_be_used_are_not_replaced_by_another(
    configured: Configured, text: str
) -> None:
    resolved = configured.resolve(user=text)
    assert resolved.settings.models == ()
    assert resolved.settings.models_for("autocomplete") == ()
    assert resolved.problems


def test_an_empty_list_means_no_model_and_is_no_problem(configured: Configured) -> None:
    resolved = configured.resolve(user="models = []")
    assert resolved.settings.models == ()
    assert not resolved.problems

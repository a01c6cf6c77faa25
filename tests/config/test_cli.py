"""`aicopilot config`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aicopilot_lsp.cli.config import app
from aicopilot_lsp.config.options import SECTIONS
from aicopilot_lsp.config.paths import CONFIG_FILE_VARIABLE
from aicopilot_lsp.config.settings import SECTION_NAMES

SECRET = "sk-canary-0123456789"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def user_file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f"[[models]]\nprovider = 'llama.cpp'\napi_key = '{SECRET}'\n"
        f"headers = {{ X = '{SECRET}' }}\n"
        "[completion]\nmax_lines = 5\n"
    )
    return path


def test_path_prints_where_files_are_and_whether_they_are_there(
    monkeypatch: pytest.MonkeyPatch, user_file: Path
) -> None:
    assert "(not there yet)" in run("path").stdout
    monkeypatch.setenv(CONFIG_FILE_VARIABLE, str(user_file))
    first = run("path").stdout.splitlines()[0]
    assert first.split() == ["config", str(user_file)]
    assert json.loads(run("path", "--json").stdout)["config"] == {
        "path": str(user_file),
        "exists": True,
    }


def test_show_prints_each_value_with_its_source_and_no_secret(
    user_file: Path, tmp_path: Path
) -> None:
    done = run("show", "--config", user_file, "--root", tmp_path)
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["completion.max_lines", "5", f"{user_file}:6"] in rows
    assert ["completion.debounce_ms", "75", "default"] in rows
    assert ["models[0].api_key", '"***"', f"{user_file}:3"] in rows
    assert SECRET not in done.output
    assert "prefer api_key_env" in done.stdout


def test_show_as_json_holds_the_same(user_file: Path, tmp_path: Path) -> None:
    done = run("show", "--json", "--config", user_file, "--root", tmp_path)
    report = json.loads(done.stdout)
    assert report["settings"]["completion.max_lines"] == {
        "value": 5,
        "source": f"{user_file}:6",
    }
    assert report["settings"]["models[0].headers"]["value"] == {"X": "***"}
    assert {problem["key"] for problem in report["problems"]} == {"", "models[0].api_key"}
    assert SECRET not in done.output


def test_a_key_in_place_of_the_variable_that_holds_it_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[[models]]\nprovider = 'llama.cpp'\napi_key_env = '{SECRET}'\n")
    done = run("show", "--config", path, "--root", tmp_path)
    assert "models[0].api_key_env" in done.stdout  # as a problem
    assert SECRET not in done.output


def test_show_leaves_no_section_out(tmp_path: Path) -> None:
    shown = json.loads(run("show", "--json", "--root", tmp_path).stdout)["settings"]
    assert {key.partition(".")[0] for key in shown} >= {*SECTIONS}
    assert (*SECTIONS,) == SECTION_NAMES


def test_show_tells_what_trust_changes(tmp_path: Path) -> None:
    (tmp_path / ".aicopilot.toml").write_text("completion.debounce_ms = 5")
    untrusted = run("show", "--root", tmp_path).stdout
    trusted = run("show", "--root", tmp_path, "--trust").stdout
    assert "an untrusted workspace can't set this" in untrusted
    assert f"{tmp_path}/.aicopilot.toml:1" in trusted
    assert "untrusted" not in trusted


@pytest.mark.parametrize(
    ("text", "code"), [("", 0), ("[completion]\nmax_lines = 5", 0), ("nonsense = 1", 1)]
)
def test_check_fails_where_something_is_wrong(tmp_path: Path, text: str, code: int) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    assert run("show", "--check", "--config", path, "--root", tmp_path).exit_code == code
    assert run("show", "--config", path, "--root", tmp_path).exit_code == 0


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("provider = 'openai'", "There is no provider 'openai'. Did you mean \"openai-chat\" or"),
        ("provider = 'olama'", 'Did you mean "ollama"?'),
        ("provider = 'embedded'\nfim_format = 'qwen'", 'Did you mean "qwen2.5-coder" or'),
        (
            "provider = 'llama.cpp'\nurl = 'http://h'\nfim_format = 'qwen'",
            "There is no FIM format 'qwen'. Did",
        ),
        ("provider = 'llama.cpp'\nurl = 'http://[::1'", "models[0].url"),
        ("provider = 'openai-compatible'", "has no url"),
        ("provider = 'openai-chat'\nmodel = 'm'\nlayout = 'frozen'", "Remove that line"),
    ],
)
def test_check_tells_of_each_model_that_can_not_be_set_up(
    tmp_path: Path, model: str, words: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[[models]]\nname = 'mine'\n{model}\n")
    checked = run("show", "--check", "--config", path, "--root", tmp_path)
    assert checked.exit_code == 1
    assert words in checked.stdout
    told = checked.stdout.split("\n\n")[1]
    assert told.startswith(f"{path}:")
    assert words.startswith("models[0]") or told.count("The model 'mine'") == 1
    report = run("show", "--check", "--json", "--config", path, "--root", tmp_path)
    assert report.exit_code == 1
    found = [f"{each['key']} {each['message']}" for each in json.loads(report.stdout)["problems"]]
    assert any(words in each for each in found)


def test_check_finds_nothing_wrong_with_models_that_can_be_set_up(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        "[[models]]\nprovider = 'embedded'\n"
        "[[models]]\nprovider = 'openai-compatible'\n"
        "url = 'http://nobody.invalid'\nlayout = 'frozen'\n"
    )
    checked = run("show", "--check", "--config", path, "--root", tmp_path)
    assert checked.exit_code == 0, checked.stdout

"""`aicopilot model ...` as a user runs it: what it prints; one line and exit code 1 on errors."""

import subprocess
import sys
from pathlib import Path

import pytest

from aicopilot_lsp.models.embedded import catalogue, progress, pull, store
from tests.models.embedded.files import CONTENT, entry_of


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AICOPILOT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("AICOPILOT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("AICOPILOT_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def configure(home: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home / "own.toml"
    path.write_text(f'[[models]]\nname = "mine"\nprovider = "embedded"\nmodel = "{model}"\n')
    monkeypatch.setenv("AICOPILOT_CONFIG", str(path))


def aicopilot(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from aicopilot_lsp.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "model", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_list_shows_each_model_and_why_one_is_the_default(homes: Path) -> None:
    done = aicopilot("list")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()[:2]] == [
        entry.name for entry in catalogue.CATALOGUE
    ]
    assert "The default here is" in done.stdout
    assert list(homes.iterdir()) == []


def test_use_is_kept_and_says_what_is_missing(homes: Path) -> None:
    done = aicopilot("use", "qwen2.5-coder-1.5b")
    assert "model.json" in done.stdout
    assert "aicopilot model pull qwen2.5-coder-1.5b" in done.stdout
    assert "not installed, in use" in aicopilot("list").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("pull", "gpt"),
        ("use", "gpt"),
        ("rm", "gpt"),
        ("test", "gpt"),
        ("add", "/nowhere/m.gguf"),
        ("pull", "--from", "/nowhere/m.gguf"),
        ("pull", "--from", "http://192.0.2.1/m"),
        ("test",),
    ],
)
def test_an_error_is_one_line_and_exit_code_1(homes: Path, arguments: tuple[str, ...]) -> None:
    done = aicopilot(*arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("aicopilot: ") or "https" in done.stderr
    assert "Traceback" not in done.stderr


def test_status_stop_and_rm_of_nothing_are_no_errors(homes: Path) -> None:
    for arguments, said in (
        (("status",), "not running"),
        (("stop",), "not running"),
        (("rm", "qwen2.5-coder-0.5b"), "not here"),
    ):
        done = aicopilot(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert said in done.stdout


def test_help_teaches_each_command() -> None:
    text = aicopilot("--help").stdout
    for command in ("list", "pull", "add", "use", "rm", "test", "status", "stop"):
        assert command in text


def test_progress_off_a_terminal_is_a_line_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (catalogue, pull, store):
        monkeypatch.setattr(module, "CATALOGUE", (entry_of(),))
    (tmp_path / "m").write_bytes(CONTENT)
    with progress.shown(sys.stderr) as report:
        pull.add_file(tmp_path / "m", tmp_path / "models", progress=report)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("  0 %")
    assert lines[-1].startswith("100 %")
    assert len(lines) <= 12


@pytest.mark.parametrize("size", ["0.5b", "1.5b"])
def test_the_model_of_the_configuration_is_the_one_in_use(
    homes: Path, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    name, other = f"qwen2.5-coder-{size}", f"qwen2.5-coder-{'1.5b' if size == '0.5b' else '0.5b'}"
    configure(homes, name, monkeypatch)
    used = aicopilot("use", other).stdout
    assert f"your configuration names {name}, which wins" in used
    lines = {line.split()[0]: line for line in aicopilot("list").stdout.splitlines()}
    assert "in use by your configuration" in lines[name]
    assert "in use" not in lines[other]
    assert "configuration" not in aicopilot("use", name).stdout


@pytest.mark.parametrize("command", ["pull", "test"])
def test_a_command_without_a_name_takes_the_model_of_the_configuration(
    homes: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    # One that there is not, so that nothing is fetched or started.
    configure(homes, "gpt", monkeypatch)
    done = aicopilot(command)
    assert done.returncode == 1
    assert "gpt" in done.stderr
    assert "names gpt, and there is no such model" in aicopilot("list").stdout


def test_a_damaged_model_is_listed_as_such(homes: Path) -> None:
    entry = catalogue.CATALOGUE[0]
    path = store.model_path(entry, homes / "cache")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half")
    assert f"damaged: run `aicopilot model pull {entry.name}`" in aicopilot("list").stdout

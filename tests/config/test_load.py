"""What is wrong with a file is said with file, line and key, and costs only what is wrong."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aicopilot_lsp.config.load import resolve
from aicopilot_lsp.config.paths import CONFIG_FILE_VARIABLE
from aicopilot_lsp.config.problems import MAX_PER_SOURCE
from aicopilot_lsp.config.settings import Settings
from tests.support.configured import Configured

KEYS = [
    (
        "[completion]\ndebounce_ms = 'fast'",
        "config.toml:2: completion.debounce_ms: must be a whole number of milliseconds "
        "from 0 to 5000; using 75",
    ),
    (
        "[completion]\nmax_lines = true",
        "config.toml:2: completion.max_lines: must be a whole number of lines from 1 to 500; "
        "using 12",
    ),
    (
        "completion.max_lines = 501",
        "config.toml:1: completion.max_lines: must be a whole number of lines from 1 to 500; "
        "using 12",
    ),
    (
        "[completion]\nmax_prompt_tokens = 99.5",
        "config.toml:2: completion.max_prompt_tokens: must be a whole number of tokens "
        "from 64 to 65536; using 8192",
    ),
    (
        "[completion]\nenabled = 'no'",
        "config.toml:2: completion.enabled: must be true or false; using true",
    ),
    (
        "[completion]\n\ncompletion_items = 'sometimes'",
        'config.toml:3: completion.completion_items: must be "auto", "always" or "never"; '
        'using "auto"',
    ),
    (
        "[embedded]\nidle_s = nan",
        "config.toml:2: embedded.idle_s: must be a number of seconds from 10 to 604800; "
        "using 900.0",
    ),
    (
        "[embedded]\nthreads = 0",
        "config.toml:2: embedded.threads: must be a whole number of threads from 1 to 1024; "
        "using the default",
    ),
    (
        "[completion]\nexclude = 'a'",
        "config.toml:2: completion.exclude: must be a list of patterns as in .gitignore; using []",
    ),
    (
        "[completion]\nexclude = [\n'a',\n3,\n'!',\n]",
        "config.toml:4: completion.exclude[1]: must be text; left out",
    ),
    (
        "[completion]\nexclude = ['[z-a]']",
        "config.toml:2: completion.exclude[0]: is not a pattern as in .gitignore; left out",
    ),
    (
        "[filters]\ndisabled = ['a b']",
        "config.toml:2: filters.disabled[0]: is not valid here; left out",
    ),
    (
        "[completion]\nexlude = []",
        'config.toml:2: completion.exlude: unknown key, ignored; did you mean "exclude"?',
    ),
    (
        "[completon]\nenabled = false",
        'config.toml:1: completon: unknown key, ignored; did you mean "completion"?',
    ),
    (
        "debounce_ms = 5",
        "config.toml:1: debounce_ms: unknown key, ignored; it belongs in [completion]",
    ),
    (
        "[filters]\nlevel = 'debug'",
        "config.toml:2: filters.level: unknown key, ignored; it belongs in [log]",
    ),
    ("[zzz]", "config.toml:1: zzz: unknown key, ignored"),
    ("completion = 3", "config.toml:1: completion: must be a table, [completion]; ignored"),
    (
        "[[completion]]\nenabled = false",
        "config.toml:1: completion: must be a table, [completion]; ignored",
    ),
    (
        '"\\u001b[31mred" = 1',
        "config.toml:1: \\x1b[31mred: unknown key, ignored",
    ),
    (
        "log.level = 'loud'",
        'config.toml:1: log.level: must be "error", "warning", "info" or "debug"; using "info"',
    ),
]


@pytest.mark.parametrize(("text", "message"), KEYS, ids=[text for text, _ in KEYS])
def test_a_wrong_key_is_named_with_its_line_and_what_is_done_instead(
    configured: Configured, text: str, message: str
) -> None:
    resolved = configured.resolve(user=text)
    assert message in configured.said(resolved)


def test_a_wrong_key_costs_that_key_only(configured: Configured) -> None:
    resolved = configured.resolve(
        user="[completion]\ndebounce_ms = []\nmax_lines = 3\nexclude = ['a', 3, 'b']\nx = 1"
    )
    assert resolved.settings.completion.max_lines == 3
    assert resolved.settings.completion.exclude == ("a", "b")
    assert resolved.settings.completion.debounce_ms == Settings().completion.debounce_ms
    assert [problem.line for problem in resolved.problems] == [2, 4, 5]


FILES = [
    (b"a = 1\nb = \n", "config.toml:2: is not valid TOML: invalid value; nothing of it is used"),
    (b"a = [1,\n", "config.toml:2: is not valid TOML: "),
    (b"[a]\n[a]\n", "config.toml:2: is not valid TOML: cannot declare ('a',) twice; "),
    (b"a = 1\n# \xff\n", "config.toml:2: is not UTF-8 text; save it as UTF-8; nothing of it"),
    ("a = 1".encode("utf-16"), "config.toml:1: is not UTF-8 text"),
    (b"#" * (1 << 20) + b"#", "config.toml: is larger than 1024 KiB; nothing of it is used"),
    (b"a = " + b"[" * 30_000, "config.toml: is nested too deep; nothing of it is used"),
    (b"a = " + b"9" * 5_000, "config.toml: holds a number that is too long; nothing of it"),
    (b"\x00", "config.toml:1: is not valid TOML: "),
]


@pytest.mark.parametrize(("raw", "message"), FILES, ids=[repr(raw[:12]) for raw, _ in FILES])
def test_a_file_that_can_not_be_used_leaves_the_other_layers(
    configured: Configured, raw: bytes, message: str
) -> None:
    resolved = configured.resolve(
        user=raw, client={"completion": {"maxLines": 4}}, workspace="completion.enabled = false"
    )
    assert resolved.settings.completion.max_lines == 4
    assert not resolved.settings.completion.enabled
    (said,) = configured.said(resolved)
    assert said.startswith(message)


def test_a_byte_order_mark_and_windows_newlines_are_no_problem(configured: Configured) -> None:
    text = b"\xef\xbb\xbf# hello\r\n[completion]\r\nmax_lines = 7\r\n"
    resolved = configured.resolve(user=text)
    assert not resolved.problems
    assert resolved.settings.completion.max_lines == 7
    assert resolved.sources["completion.max_lines"].endswith("config.toml:3")


def test_a_named_file_that_is_missing_is_a_problem_and_the_usual_one_is_not(
    configured: Configured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not resolve().problems
    (problem,) = resolve(config_file=tmp_path / "gone.toml").problems
    assert problem.message == "there is no such file; going on without it"
    monkeypatch.setenv(CONFIG_FILE_VARIABLE, str(tmp_path / "gone too.toml"))
    (problem,) = resolve().problems
    assert problem.source.endswith("gone too.toml")


def test_the_named_file_stands_in_for_the_variables_and_that_for_the_usual_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usual = tmp_path / "empty home" / "aicopilot" / "config.toml"
    usual.parent.mkdir(parents=True)
    for number, path in enumerate((usual, tmp_path / "by variable", tmp_path / "named"), start=1):
        path.write_text(f"completion.max_lines = {number}")
    assert resolve().settings.completion.max_lines == 1
    monkeypatch.setenv(CONFIG_FILE_VARIABLE, str(tmp_path / "by variable"))
    assert resolve().settings.completion.max_lines == 2
    assert resolve(config_file=tmp_path / "named").settings.completion.max_lines == 3


def _directory(path: Path) -> None:
    path.mkdir()


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    # The path of a socket is short; its directory is where it is made.
    with socket.socket(socket.AF_UNIX) as unix, _inside(path.parent):
        unix.bind(path.name)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


class _inside:  # noqa: N801 - reads as a verb
    def __init__(self, directory: Path) -> None:
        self.before, self.directory = Path.cwd(), directory

    def __enter__(self) -> None:
        os.chdir(self.directory)

    def __exit__(self, *_: object) -> None:
        os.chdir(self.before)


@pytest.mark.parametrize("make", [_directory, _fifo, _socket, _device])
def test_what_is_not_a_file_is_not_opened(
    configured: Configured, make: Callable[[Path], None]
) -> None:
    make(configured.user_file)
    resolved = resolve(config_file=configured.user_file)
    assert configured.said(resolved) == [
        "config.toml: is not a regular file and was not opened; nothing of it is used"
    ]


def test_a_file_without_the_right_to_read_it_is_a_problem(configured: Configured) -> None:
    configured.user_file.write_text("completion.max_lines = 1")
    script = (
        "import os, sys, pathlib\n"
        "from aicopilot_lsp.config.load import resolve\n"
        "if os.geteuid() == 0: os.setegid(65534); os.seteuid(65534)\n"
        "print(*resolve(config_file=pathlib.Path(sys.argv[1])).problems)"
    )
    configured.user_file.chmod(0)
    for parent in configured.user_file.parents:
        if parent.stat().st_uid == os.geteuid() and parent.stat().st_mode & 0o001 == 0:
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH)
    done = subprocess.run(
        [sys.executable, "-c", script, str(configured.user_file)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "config.toml: can't be read (Permission denied); going on without it" in done.stdout


def test_a_users_own_link_is_followed(configured: Configured, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").write_text("completion.max_lines = 2")
    configured.user_file.symlink_to(tmp_path / "dotfiles")
    assert resolve(config_file=configured.user_file).settings.completion.max_lines == 2


def test_a_file_full_of_mistakes_is_not_listed_whole(configured: Configured) -> None:
    text = "\n".join(f"k{number} = 1" for number in range(2000))
    resolved = configured.resolve(user=text)
    assert len(resolved.problems) == MAX_PER_SOURCE + 1
    assert resolved.problems[-1].message == "1950 more problems are not listed"


def test_a_message_never_repeats_a_value(configured: Configured) -> None:
    canary = "sk-canary-0123456789"
    text = f"""
        completion = {{ debounce_ms = "{canary}", exclude = ["{canary}\\n"] }}
        api_key = "{canary}"
        [log]
        level = "{canary}"
        [[models]]
        provider = "llama.cpp"
        url = "https://user:{canary}@host/"
        [[models]]
        provider = "llama.cpp"
        url = "http://box.example.com"
        api_key = "{canary}"
        headers = {{ "X-A" = "{canary}", "X-B" = "{canary}\\n" }}
    """
    resolved = configured.resolve(user=text)
    assert len(resolved.problems) >= 8
    assert canary not in repr(resolved)
    assert canary not in str(resolved)
    assert canary not in " ".join(configured.said(resolved))
    broken = configured.resolve(user=f'a = "{canary}\n')
    assert broken.problems
    assert canary not in repr(broken)


@pytest.mark.parametrize("client", [[1], "text", 3, True])
def test_options_of_another_shape_are_a_problem(configured: Configured, client: object) -> None:
    resolved = configured.resolve(client=client)  # type: ignore[arg-type]
    assert [str(problem) for problem in resolved.problems] == [
        "initializationOptions: must be a JSON object; nothing of it is used"
    ]


def test_with_nothing_configured_pydantic_is_not_imported() -> None:
    script = (
        "import sys\n"
        "from aicopilot_lsp.config.load import resolve\n"
        "resolved = resolve(client={'trusted': True}, client_settings={'aicopilot': {}})\n"
        "print(sorted({'pydantic', 'tomllib', 'pathspec'} & set(sys.modules)), resolved.problems)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[] ()\n"


def test_nothing_configured_gives_the_defaults() -> None:
    resolved = resolve()
    assert resolved.settings == Settings()
    assert set(resolved.sources.values()) == {"default"}

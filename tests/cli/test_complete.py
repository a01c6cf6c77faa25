"""`aicopilot complete`: what it prints, and every place that it can't complete at."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, scripted_model, write_config

ADD = "def add(a, b):\n    return\n\n\nx = 1\n"


def test_the_text_alone_is_printed(cli: Cli) -> None:
    done = cli.run("complete", cli.file("a.py", ADD), "--at", "2:11")
    assert (done.returncode, done.stdout, done.stderr) == (0, " a + b\n", "")


def test_json_tells_everything_that_is_known(cli: Cli) -> None:
    record = cli.json("complete", cli.file("a.py", ADD), "--at", "2:11", "--json")
    assert record["text"] == " a + b"
    place = {"line": 2, "column": 11}
    assert record["range"] == {"start": place, "end": place}
    assert record["outcome"] == {
        "kind": "shown",
        "reason": "model",
        "rule": None,
        "message": "",
    }
    assert record["model"]
    assert set(record["timings_ms"]) >= {"total", "trigger", "prompt", "model", "filters"}
    assert record["tokens"]["prompt"] >= record["tokens"]["evaluated"] > 0
    assert record["tokens"]["generated"] > 0
    assert record["context"] == []
    assert record["budget"]["target_ms"] == 3_000  # who runs a command asks on purpose
    assert record["budget"]["prompt"]["bound"] == "floor"
    assert record["budget"]["output"]["tokens"] >= 96
    assert record["budget"]["window_tokens"]
    assert record["budget"]["speed"]["readings"] == 0  # before the call
    assert {"rule": "empty", "action": "pass", "reason": ""} in record["filters"]


def test_the_view_shows_the_text_in_place(cli: Cli) -> None:
    done = cli.run("complete", cli.file("a.py", ADD), "--at", "2:11", "--view")
    assert "    return a + b\n" in done.stdout
    assert "prompt tokens evaluated" in done.stdout


def test_without_a_place_it_completes_at_the_end(cli: Cli) -> None:
    record = cli.json("complete", cli.file("a.py", "x =\ny ="), "--json")
    assert record["range"]["start"] == {"line": 2, "column": 4}


def test_columns_are_characters(cli: Cli) -> None:
    record = cli.json("complete", cli.file("a.py", "x = '😀' +\r\n"), "--at", "1:10", "--json")
    assert record["range"]["start"] == {"line": 1, "column": 10}


def test_a_file_of_two_megabytes_is_completed(cli: Cli) -> None:
    lines = "".join(f"value_{n} = {n}\n" for n in range(110_000))
    file = cli.file("big.py", lines + "def add(a, b):\n    return\n")
    assert file.stat().st_size > 2_000_000
    record = cli.json("complete", file, "--at", "110002:11", "--json")
    assert record["text"] == " a + b"
    assert record["tokens"]["prompt"] < 3_000


def test_an_empty_file_is_completed(cli: Cli) -> None:
    record = cli.json("complete", cli.file("a.py", ""), "--at", "1:1", "--json")
    assert record["outcome"]["kind"] == "shown"


@pytest.mark.parametrize("content", [b"\x7fELF\0\0\1", b"caf\xe9 = 1\n"])
def test_a_file_that_is_not_text_is_left_alone(cli: Cli, content: bytes) -> None:
    file = cli.file("a.bin", content)
    record = cli.json("complete", file, "--json")
    assert record["outcome"]["kind"] == "not_triggered"
    assert record["outcome"]["rule"] == "binary"
    said = "a.bin is not text in UTF-8: nothing is completed in it.\n"
    for at in ((), ("--at", "5:1")):
        done = cli.run("complete", file, *at)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", said)


def test_a_byte_order_mark_is_no_column(cli: Cli) -> None:
    file = cli.file("a.py", b"\xef\xbb\xbfx =\n")
    record = cli.json("complete", file, "--at", "1:4", "--json")
    assert record["text"] == " a + b"
    assert cli.run("complete", file, "--at", "1:5").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("missing.py",), "no such file"),
        (("project",), "not a regular file"),
        (("project/a.py", "--at", "1000000000:1"), "has 6 lines"),
        (("project/one.py", "--at", "2:1"), "has 1 line."),
        (("project/one.py", "--at", "1:3"), "has 1 character,"),
        (("project/a.py", "--at", "2:99"), "columns go from 1 to 11"),
        (("project/a.py", "--at", "0:1"), "counted from 1"),
        (("project/a.py", "--at", "-3"), "LINE:COLUMN"),
        (("project/a.py", "--at", "9" * 40 + ":1"), "LINE:COLUMN"),
        (("project/a.py", "--root", "elsewhere"), "outside the root"),
        (("project/link.py", "--root", "project"), "outside the root"),
        ((), "Missing argument"),
        (("project/a.py", "--colour"), "No such option"),
    ],
)
def test_a_place_that_is_not_there_gets_one_line(
    cli: Cli, arguments: tuple[str, ...], says: str
) -> None:
    cli.file("a.py", ADD)
    cli.file("one.py", "x")
    (cli.folder / "elsewhere").mkdir()
    outside = cli.folder / "outside.py"
    outside.write_text(ADD)
    (cli.folder / "project" / "link.py").symlink_to(outside)
    given = [cli.folder / one if "/" in one or "." in one else one for one in arguments]
    given = [cli.folder / one if one in ("project", "elsewhere") else one for one in given]
    done = cli.run("complete", *given)
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_model_that_is_not_there_gets_one_message_and_exit_code_one(cli: Cli) -> None:
    cli.config.write_text(
        '[[models]]\nname = "gone"\nprovider = "llama.cpp"\nurl = "http://127.0.0.1:9"\n'
    )
    done = cli.run("complete", cli.file("a.py", ADD), "--at", "2:11")
    assert done.returncode == 1
    assert "127.0.0.1:9" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("how", [(), ("--json",), ("--view",)])
def test_a_model_that_is_too_slow_gets_exit_code_one(
    cli: Cli, tmp_path: Path, how: tuple[str, ...]
) -> None:
    with scripted_model(tmp_path, {"default": {"text": "late", "token_ms": 60_000}}) as url:
        write_config(cli.config, url, more="[completion]\ndeadline_ms = 100\n")
        done = cli.run("complete", cli.file("a.py", ADD), "--at", "2:11", *how)
    assert done.returncode == 1
    assert "timeout" in done.stdout + done.stderr


def test_the_view_goes_to_standard_error_beside_the_record(cli: Cli) -> None:
    done = cli.run("complete", cli.file("a.py", ADD), "--at", "2:11", "--json", "--view")
    assert json.loads(done.stdout)["text"] == " a + b"
    assert "    return a + b\n" in done.stderr


def test_an_unknown_provider_says_which_there_are(cli: Cli) -> None:
    cli.config.write_text('[[models]]\nname = "x"\nprovider = "psychic"\n')
    done = cli.run("complete", cli.file("a.py", ADD), "--at", "2:11")
    assert done.returncode == 1
    assert "llama.cpp" in done.stderr


def test_a_broken_config_is_said_and_the_rest_works(cli: Cli) -> None:
    cli.config.write_text(cli.config.read_text() + "\n[completion]\nmax_lines = 'many'\n")
    done = cli.run("complete", cli.file("a.py", ADD), "--at", "2:11")
    assert done.stdout == " a + b\n"
    assert "config.toml:" in done.stderr
    assert "max_lines" in done.stderr


def test_a_workspace_file_marks_a_project(cli: Cli) -> None:
    cli.file(".aicopilot.toml", '[completion]\nexclude = ["secrets/"]\n')
    file = cli.file("secrets/b.py", ADD)
    record = cli.json("complete", file, "--at", "2:11", "--json")
    assert record["outcome"]["rule"] == "excluded"


def test_no_sequence_of_a_file_or_its_name_commands_the_terminal(cli: Cli) -> None:
    file = cli.file("a\x1b[31m.py", "x = '\x1b]0;title\x07'\ndef add(a, b):\n    return\n")
    done = cli.run("complete", file, "--at", "3:11", "--view")
    assert "\x1b]" not in done.stdout
    assert "\x1b[31m" not in done.stdout
    missing = cli.run("complete", f"{file}\x1b[31mx")
    assert "\x1b" not in missing.stderr


def test_a_link_takes_no_file_out_of_a_route(cli: Cli) -> None:
    """Neither a link to a restricted file nor one in a restricted folder."""
    routes = '[[routes]]\npaths = ["restricted/"]\nonly = []\n'
    cli.config.write_text(f"{cli.config.read_text()}{routes}")
    folder = cli.folder / "project"
    (folder / "restricted").mkdir(parents=True)
    (folder / "restricted" / "x.py").write_text(ADD)
    (folder / "y.py").write_text(ADD)
    (folder / "to_x.py").symlink_to(folder / "restricted" / "x.py")
    (folder / "restricted" / "to_y.py").symlink_to(folder / "y.py")
    for name in ("to_x.py", "restricted/to_y.py", "restricted/x.py"):
        record = cli.json("complete", folder / name, "--root", folder, "--json")
        assert record["outcome"]["reason"] == "no-model-allowed", name
    record = cli.json("complete", folder / "y.py", "--root", folder, "--at", "2:11", "--json")
    assert record["text"] == " a + b"

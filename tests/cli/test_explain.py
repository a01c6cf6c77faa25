"""`aicopilot explain`, and what `complete --json` tells of context, on a project with a real
index."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import Cli, scripted_model, write_config

APP = "from shop.ledger import LedgerBook\n\n\ndef close(book: LedgerBook):\n    book.\n"
AT = "5:10"


@pytest.fixture
def file(cli: Cli) -> Path:
    """One that uses a class of another."""
    cli.file(".git/HEAD", "ref: refs/heads/main\n")
    cli.file("shop/__init__.py", "")
    cli.file(
        "shop/ledger.py",
        "class LedgerBook:\n"
        "    def settle_balance(self, until: str) -> int:\n"
        "        return len(until)\n",
    )
    return cli.file("app.py", APP)


def test_the_page_shows_what_was_chosen_of_other_files_and_why(cli: Cli, file: Path) -> None:
    done = cli.run("explain", file, "--at", AT)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Outcome: **shown** (model), model scripted." in done.stdout
    chosen = section(done.stdout, "What the model was shown besides the file")
    (row,) = [line for line in chosen.splitlines() if "shop/ledger.py" in line]
    assert row.startswith("| members | shop/ledger.py:1-3 |")
    assert "members of LedgerBook" in row
    searched = section(done.stdout, "Where it was looked for")
    assert re.search(r"^\| definitions \| \d+\.\d ms \| \d+ \|  \|$", searched, re.M)
    assert "| of these evaluated |" in section(done.stdout, "What it cost")
    assert "| trailing-space | pass |" in section(done.stdout, "What the filters said")


def test_the_prompt_on_the_page_is_the_one_that_the_server_got(
    cli: Cli, file: Path, model_url: str
) -> None:
    page = cli.run("explain", file, "--at", AT).stdout
    sent = last_completion(model_url)["prompt"]
    assert "def settle_balance(self, until: str) -> int: ..." in sent
    prompt = section(page, "The prompt, exactly as it was sent")
    assert prompt.startswith(f"```\n{sent}\n```\n")
    # The end of the line was left out of it, and the server's grammar brings it back.
    assert prompt.endswith("The answer had to begin with this:\n\n```\n.\n```\n\n")


def test_json_names_the_snippets_in_the_prompt(cli: Cli, file: Path) -> None:
    record = cli.json("complete", file, "--at", AT, "--json")
    (one,) = record["context"]
    assert one.keys() == {"source", "path", "lines", "size", "characters", "worth", "why"}
    assert (one["source"], one["path"], one["lines"]) == ("members", "shop/ledger.py", [1, 3])
    assert one["size"] in ("whole", "skeleton")
    assert 0 < one["characters"] < 200
    assert one["worth"] > 0


def test_where_context_is_switched_off_it_says_that_no_other_file_was_looked_at(
    cli: Cli, file: Path
) -> None:
    cli.config.write_text(f"{cli.config.read_text()}[context]\nenabled = false\n")
    page = cli.run("explain", file, "--at", AT).stdout
    assert "No other file was looked at: context is switched off" in page
    assert "settle_balance" not in page
    assert cli.json("complete", file, "--at", AT, "--json")["context"] == []


def test_a_request_that_asks_no_model_is_an_answer_too(cli: Cli, file: Path) -> None:
    cli.config.write_text(f'{cli.config.read_text()}[completion]\nexclude = ["app.py"]\n')
    done = cli.run("explain", file, "--at", AT)
    assert done.returncode == 0
    assert "Outcome: **not_triggered** (excluded)." in done.stdout
    assert "No model was asked" in done.stdout


def test_a_model_that_fails_or_is_too_slow_is_exit_code_one(
    cli: Cli, file: Path, tmp_path: Path
) -> None:
    write_config(cli.config, "http://127.0.0.1:9")
    down = cli.run("explain", file, "--at", AT)
    assert down.returncode == 1
    assert "**model_error** (unreachable)" in down.stdout and "127.0.0.1:9" in down.stdout
    with scripted_model(tmp_path, {"default": {"text": "late", "token_ms": 60_000}}) as url:
        write_config(cli.config, url, more="[completion]\ndeadline_ms = 1000\n")
        late = cli.run("explain", file, "--at", AT)
    assert late.returncode == 1
    assert "Outcome: **timeout**" in late.stdout


@pytest.mark.parametrize(
    ("name", "content", "at", "says"),
    [
        ("a.bin", b"\x7fELF\0\0\1", (), "a.bin is not text in UTF-8: nothing is completed in it."),
        ("b.py", b"x = 1\n", ("--at", "9:1"), "b.py has 2 lines."),
    ],
)
def test_what_can_not_be_completed_in_gets_one_line_and_exit_code_two(
    cli: Cli, name: str, content: bytes, at: tuple[str, ...], says: str
) -> None:
    done = cli.run("explain", cli.file(name, content), *at)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(f"{says}\n") and done.stderr.count("\n") == 1


def test_no_sequence_of_a_file_commands_the_terminal(cli: Cli) -> None:
    text = "x = '\x1b]0;title\x07'\ndef add(a, b):\n    return\n"
    page = cli.run("explain", cli.file("a.py", text), "--at", "3:11").stdout
    assert "0;title" in page
    assert "\x1b" not in page


def test_its_help_says_what_it_tells_and_shows_an_example(cli: Cli) -> None:
    done = cli.run("explain", "--help")
    told = " ".join(done.stdout.split())
    assert "the prompt, exactly as it was sent" in told
    assert "It holds your source text: look at it before you pass it on." in told
    assert "Exit code 0" in told
    assert "Example: aicopilot explain app.py --at 12:5" in told


def section(page: str, heading: str) -> str:
    """What stands under a heading of the second level."""
    _, found, rest = page.partition(f"\n## {heading}\n\n")
    assert found, page
    return rest.partition("\n## ")[0]


def last_completion(url: str) -> Any:
    """The body of what the scripted server was last asked to complete."""
    requests = httpx.get(f"{url}/scripted/requests").json()["requests"]
    return [one["body"] for one in requests if one["path"] == "/completion"][-1]

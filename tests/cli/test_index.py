"""`aicopilot index` on a real project, with a real worker."""

from pathlib import Path

import pytest

from tests.cli.conftest import Cli


@pytest.fixture
def project(cli: Cli) -> Path:
    cli.file(".git/HEAD", "ref: refs/heads/main\n")
    cli.file(".gitignore", "# generated\ngen/\n")
    cli.file("gen/made.py", "x = 1\n")
    cli.file(".env", "KEY=canary\n")
    cli.file("pkg/__init__.py", "")
    cli.file("pkg/ledger.py", "class LedgerBook:\n    def settle_balance(self):\n        ...\n")
    cli.file("app.py", "from pkg.ledger import LedgerBook\n\nbook = LedgerBook()\n")
    return cli.folder / "project"


def test_an_index_is_built_shown_searched_and_explained(cli: Cli, project: Path) -> None:
    root = ("--root", project)
    none_yet = cli.run("index", "status", *root)
    assert none_yet.returncode == 1
    assert "there is none yet" in none_yet.stdout
    assert "`aicopilot index rebuild`" in none_yet.stdout

    built = cli.json("index", "rebuild", "--json", *root)
    assert built["left_out"]["gitignore"] == 1
    assert built["left_out"]["secret-name"] == 1

    status = cli.json("index", "status", "--json", *root)
    assert status["files"] == built["files"]
    assert status["left_out"] == built["left_out"]
    assert status["symbols"] >= 2
    assert status["disk_bytes"] > 0
    assert status["finished_at"] > 0

    hits = cli.json("index", "search", "settle balance", "--json", *root)
    assert [hit["path"] for hit in hits] == ["pkg/ledger.py"]
    assert cli.run("index", "search", "settle balance", *root).stdout.startswith("pkg/ledger.py:1-")

    explained = cli.run("index", "explain", project / "app.py", *root)
    assert explained.returncode == 0
    assert "imports pkg.ledger LedgerBook: pkg/ledger.py" in explained.stdout
    facts = cli.json("index", "explain", project / "pkg" / "ledger.py", "--json", *root)["facts"]
    assert [symbol["name"] for symbol in facts["symbols"]] == ["LedgerBook", "settle_balance"]
    assert facts["importers"] == ["app.py"]


@pytest.mark.parametrize(
    ("name", "code", "where"),
    [
        ("gen/made.py", "gitignore", "`gen/`, line 2 of .gitignore"),
        (".env", "secret-name", "keys and passwords"),
        ("app.py", "excluded", "`app.py` of context.exclude"),
        ("long/a.py", "aicopilotignore", "long/.aicopilotignore is not understood"),
        ("missing.py", "not-a-file", "not there"),
    ],
)
def test_a_file_that_is_not_indexed_is_explained_by_its_rule(
    cli: Cli, project: Path, name: str, code: str, where: str
) -> None:
    cli.file(".aicopilot.toml", '[context]\nexclude = ["app.py"]\n')
    cli.file("long/.aicopilotignore", "x\n" * 5_000)
    cli.file("long/a.py", "")
    explained = cli.json("index", "explain", project / name, "--json", "--root", project)
    assert explained["refused"] == code
    assert where in explained["why"]
    assert explained["facts"] is None


def test_a_file_of_which_nothing_is_kept_is_told_as_left_out_in_each_scan(
    cli: Cli, project: Path
) -> None:
    cli.file("latin.py", "").write_bytes(b"name = '\xe9\xff'\n")
    root = ("--root", project)
    built = cli.json("index", "rebuild", "--json", *root)
    assert built["left_out"]["binary"] == 1
    assert cli.json("index", "status", "--json", *root)["left_out"] == built["left_out"]
    told = cli.run("index", "explain", project / "latin.py", *root)
    assert (told.returncode, told.stdout) == (1, "It is not indexed. It is not text.\n")


def test_a_search_that_finds_nothing_says_why(cli: Cli, project: Path) -> None:
    root = ("--root", project)
    cli.run("index", "rebuild", *root)
    done = cli.run("index", "search", "zebra", *root)
    assert (done.returncode, done.stdout) == (0, "")
    assert "shares rare words" in done.stderr


def test_an_index_that_is_not_there_cannot_be_searched(cli: Cli, project: Path) -> None:
    done = cli.run("index", "search", "x", "--root", project)
    assert done.returncode == 1
    assert "there is none yet" in done.stderr

"""Comments in each language, and which file is which language."""

import tomllib
from pathlib import Path

import pytest

from aicopilot_lsp.text.languages import PLAIN, language_for, language_id_for


@pytest.mark.parametrize(
    ("language_id", "line", "code"),
    [
        ("python", "x = 1  # one", "x = 1  "),
        ("python", 'x = " # "  # one', 'x = " # "  '),
        ("python", "x = 1  # don't 'quote'", "x = 1  "),
        ("typescript", 'fetch("http://x")', 'fetch("http://x")'),
        ("typescript", "f(/* a */ b); // c", "f( b); "),
        ("typescript", "f(); /* and on", "f(); "),
        ("rust", "fn f<'a>(x: &'a str) { // why", "fn f<'a>(x: &'a str) { "),
        ("shellscript", "echo $# ${#x} # count", "echo $# ${#x} "),
        ("shellscript", 'echo \\" # "', 'echo \\" '),
        ("lua", "x = 1 --[[ one ]] + 2 -- three", "x = 1  + 2 "),
        ("ruby", "@a ||=begin", "@a ||=begin"),
        ("plaintext", "# all of it", "# all of it"),
    ],
)
def test_comments_are_taken_off_and_strings_are_left(
    language_id: str, line: str, code: str
) -> None:
    assert language_for(language_id).without_comment(line) == code


def test_quotes_in_a_string_that_is_not_closed_open_none() -> None:
    # Were each of them tried, this would take minutes.
    line = 'x = "' + '\\"' * 50_000
    assert language_for("python").without_comment(line + " # one") == line + " "


@pytest.mark.parametrize(
    ("language_id", "line", "expected"),
    [
        ("python", "  # one", True),
        ("python", "x  # one", False),
        ("python", "", False),
        ("cpp", "/* one */", True),
        ("cpp", "/* one */ x();", False),
        ("html", "<!-- x -->", True),
    ],
)
def test_a_comment_line_holds_nothing_else(language_id: str, line: str, expected: bool) -> None:
    assert language_for(language_id).is_comment(line) is expected


@pytest.mark.parametrize(
    ("path", "language_id"),
    [
        ("src/a.py", "python"),
        ("a.ts", "typescript"),
        ("a.tsx", "typescriptreact"),
        ("a.js", "javascript"),
        ("a.jsx", "javascriptreact"),
        ("a.css", "css"),
        ("a.scss", "scss"),
        ("a.less", "less"),
        ("a.json", "json"),
        ("a.jsonc", "jsonc"),
        ("a.zsh", "shellscript"),
        ("a.h", "c"),
        ("A.HTML", "html"),
        ("a.unknown", "plaintext"),
        ("Makefile", "plaintext"),
        ("CMakeLists.txt", "plaintext"),
        ("src/Dockerfile", "plaintext"),
        ("Gemfile", "ruby"),
        ("app/Rakefile", "ruby"),
        ("lib/tasks/db.rake", "ruby"),
        ("gemfile.txt", "plaintext"),
        ("Pipfile", "toml"),
        (".bashrc", "shellscript"),
        ("home/.zshrc", "shellscript"),
        ("PKGBUILD", "shellscript"),
        ("bashrc", "plaintext"),
        (".eslintrc", "json"),
        (".clang-format", "yaml"),
        ("SConstruct", "python"),
        ("README.markdown", "markdown"),
        ("", "plaintext"),
    ],
)
def test_a_file_has_the_language_id_that_an_editor_would_send(path: str, language_id: str) -> None:
    assert language_id_for(path) == language_id


def test_the_language_id_counts_more_than_the_extension() -> None:
    assert language_for("ruby", "a.py").name == "ruby"
    assert language_for("unknown", "a.py").name == "python"
    assert language_for("unknown", "a.unknown") is PLAIN


@pytest.mark.parametrize(
    ("path", "name"),
    [("Rakefile", "ruby"), (".bashrc", "bash"), ("a/Gemfile", "ruby"), (".luacheckrc", "lua")],
)
def test_a_file_is_known_by_its_whole_name_where_the_editor_does_not_know_it(
    path: str, name: str
) -> None:
    assert language_for("", path).name == name
    assert language_for("plaintext", path).name == name


@pytest.mark.parametrize("path", ["Makefile", "Dockerfile", "CMakeLists.txt", "LICENSE", ""])
def test_a_name_of_no_language_that_has_a_folder_is_plain(path: str) -> None:
    assert language_for("", path) is PLAIN


def test_a_file_is_not_opened_to_tell_its_language(tmp_path: Path) -> None:
    script = tmp_path / "release"
    script.write_text("#!/usr/bin/env python3\nprint(1)\n")
    assert language_for("", str(script)) is PLAIN
    assert language_id_for(str(script)) == "plaintext"


def test_no_two_languages_claim_one_file() -> None:
    grammars = Path(__file__).parents[2] / "grammars"
    for folder in grammars.glob("*/language.toml"):
        facts = tomllib.loads(folder.read_text(encoding="utf-8"))
        names = facts.get("file_names", [])
        for name in [*names, *(f"a{extension}" for extension in facts["extensions"])]:
            assert language_for("", name).name == folder.parent.name
            assert name == name.lower()

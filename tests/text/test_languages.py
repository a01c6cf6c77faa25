"""What a single line says about blocks, in each language; and which file is which language."""

import tomllib
from pathlib import Path

import pytest

from aicopilot_lsp.text.languages import PLAIN, language_for, language_id_for

OPENING = {
    "python": """
        def f():
        async def f(a: int) -> dict[str, int]:  # why
        class A:
        if x[1:] == "[":
        else:
        except (A, B) as error:
        match x:
        case [1, *rest]:
        ):
        ) -> int:
            b: str = "") -> None:
    """,
    "typescript": """
        function f() {
        } else {
        {
        const f = async (x: number) => {
        const options = {
        if (x) { // why
        if (x) { /* why
        case "a":
        default:
        <div className="a">
        return <>
        <Foo onClick={() => x}>
        <li><b>x</b>
        >
    """,
    "go": """
        func f() {
        for i := range xs {
        case x := <-ch:
        default:
        import (
        switch {
    """,
    "rust": """
        fn f<'a>(x: &'a str) -> &'a str {
        Some(x) => {
        let f = |x| {
        match x {
    """,
    "cpp": """
        {
        int f() {
        case Kind::A:
        default:
        private:
        } catch (const E& e) {
    """,
    "ruby": """
        def f(a, b = 1)
        def name=(value)
        private def f
        class A < B
        module A
        begin
        @a ||= begin
        x = if y
        else
        elsif x
        when 1, 2
        until x
        rescue A => e
        ensure
        in {name:}
        case x
        loop do
        items.each do |x|
        items.each_slice(2) { |a, (b, c)|
        while x do # why
    """,
    "lua": """
        if x then
        else
        elseif x then
        for i = 1, 2 do
        repeat
        function M.f(a)
        local function f()
        x = function()
        local f = function(a, b) -- why
        foo(function(x)
        local t = {
    """,
    "shellscript": """
        if [ -f "$x" ]; then
        then
        for x in "$@"; do
        while read -r x; do
        do
        case $x in
        start|stop)
        *)
        else
        elif x; then
        foo() {
    """,
    "elixir": """
        def f(x) do
        else
        rescue
        fn x ->
        Enum.map(xs, fn x ->
        {:ok, x} ->
    """,
    "scala": """
        def f =
        def f(x: Int): Int =
        val x =
        class A {
        object A:
        case Some(x) =>
        x match
        if x then
    """,
    "html": """
        <div>
        <ul class="a">
        <li><a href="x">y</a><ul>
        </p><p>
        <script>
        body {
        >
    """,
    "yaml": """
        jobs:
        - name:
        run: |
        text: >-  # why
        base: &base
    """,
    "php": """
        if ($x) {
        foreach ($xs as $x):
        case 1:
    """,
    "swift": """
        guard let x else {
        case .a(let x):
        @unknown default:
        items.map { x in
    """,
    "kotlin": """
        fun f() {
        items.map { x ->
    """,
    "sql": """
        BEGIN
        create table t (
    """,
    "json": """
        "a": {
        [
    """,
}

NOT_OPENING = {
    "python": """
        x = 1
        x: int
        lambda x:
        "a":
        x[1:
        if x[1:
        else
        classes = {"a":
        # if x:
        return "a:"
    """,
    "typescript": """
        }
        const x = 1;
        // if (x) {
        foo(); // {
        x =>
        </div>
        <Foo bar={1} />
        <b>x</b>
        const x: Map<string, A>
        const x: Array<Map<string, number>>
        const m: string = a ? b :
    """,
    "go": """
        x := 1
        foo(
        // func f() {
    """,
    "rust": """
        x =>
        let x = |
    """,
    "cpp": """
        int x; // {
        a ? b :
        x = /* { */ 1;
    """,
    "ruby": """
        x = undo
        todo
        class Foo; end
        def f; 1; end
        def f(x) = x + 1
        flags = A |
        if x then y end
        when 1 then "a"
        return if x
        x rescue nil
        if: :admin?,
        beginning
        items.begin
        end
        x = :do
        # begin
    """,
    "lua": """
        return todo
        x = undo
        if x then y() end
        function f() return 1 end
        functional(x)
        foo(x)
        -- if x then
    """,
    "shellscript": """
        echo something_else
        sudo
        echo then
        x=$(foo)
        echo "${x}"
        done
        esac
        # then
    """,
    "elixir": """
        x = undo
        if x, do: y
        something_else
        :do
    """,
    "scala": """
        x ==
        x =
        val b = x ==
        def f(x: Int =
        // def f =
    """,
    "html": """
        </div>
        <br/>
        <br>
        <img src="a.png" alt="">
        <!-- x -->
        <!DOCTYPE html>
        <p>text</p>
        <p>text
    """,
    "yaml": """
        name: x
        # jobs:
        - x
        url: http://x
        a: {b:
    """,
    "swift": """
        for x in
    """,
}

CLOSING = {
    "python": """
        )
        ],
        })
    """,
    "typescript": """
        }
        });
        ],
        })();
        } // f
        </div>
        </>
        />
        )}
    """,
    "rust": """
        })?;
        },
    """,
    "cpp": """
        };
        }  // namespace a
        } /* a */
    """,
    "ruby": """
        end
        end)
        end # f
    """,
    "lua": """
        end
        end)
        end, -- x
        end;
        }
    """,
    "shellscript": """
        fi
        done
        esac
        ;;
        fi; }
        }
    """,
    "elixir": """
        end
        end)
    """,
    "html": """
        </div>
        </li></ul>
        }
    """,
}

NOT_CLOSING = {
    "python": """
        end
        ):
        # )
        x)
        } | {
    """,
    "typescript": """
        } else {
        } catch (e) {
        } while (x);
        }, [x]);
        // }
        ;
        end
        <div>
    """,
    "ruby": """
        ender
        end.join
        end_of_file
        else
    """,
    "lua": """
        until x
        else
    """,
    "shellscript": """
        done < file
        fish
    """,
    "html": """
        <br/>
        text</p>
    """,
}


def lines_of(table: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (language_id, line)
        for language_id, block in table.items()
        for line in block.splitlines()
        if line.strip()
    ]


@pytest.mark.parametrize(("language_id", "line"), lines_of(OPENING))
def test_a_line_that_leaves_a_body_to_be_written_opens_a_block(language_id: str, line: str) -> None:
    assert language_for(language_id).opens_block(line)


@pytest.mark.parametrize(
    ("language_id", "line"), [*lines_of(NOT_OPENING), ("python", ""), ("ruby", "  "), ("html", "")]
)
def test_any_other_line_opens_none(language_id: str, line: str) -> None:
    assert not language_for(language_id).opens_block(line)


@pytest.mark.parametrize(("language_id", "line"), lines_of(CLOSING))
def test_a_line_of_nothing_but_closing_tokens_is_a_closer(language_id: str, line: str) -> None:
    assert language_for(language_id).is_closer(line)


@pytest.mark.parametrize(
    ("language_id", "line"), [*lines_of(NOT_CLOSING), ("python", ""), ("ruby", "  "), ("html", "")]
)
def test_a_line_that_goes_on_after_closing_is_no_closer(language_id: str, line: str) -> None:
    assert not language_for(language_id).is_closer(line)


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
        ("lua", "x = 1 --[[ one ]] + 2 -- three", "x = 1  + 2 "),
        ("ruby", "@a ||=begin", "@a ||=begin"),
        ("plaintext", "# all of it", "# all of it"),
    ],
)
def test_comments_are_taken_off_and_strings_are_left(
    language_id: str, line: str, code: str
) -> None:
    assert language_for(language_id).without_comment(line) == code


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

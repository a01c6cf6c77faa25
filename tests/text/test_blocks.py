"""What a single line says about blocks, in each language: that it opens one, or only closes."""

import pytest

from aicopilot_lsp.text.languages import language_for

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

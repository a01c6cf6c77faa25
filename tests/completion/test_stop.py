"""Where a suggestion ends: the kept part is before the mark, `None` means generate on."""

import pytest

from aicopilot_lsp.completion.stop import Surroundings, find_stop
from aicopilot_lsp.completion.trigger import Extent, indentation
from aicopilot_lsp.text.languages import language_for

END = "¶"  # where the text is complete


def kept(
    marked: str,
    extent: Extent,
    *,
    head: str = "",
    below: str | None = None,
    language: str = "python",
    max_lines: int = 20,
    floor: int | None = None,
) -> None:
    text = marked.replace(END, "")
    if floor is None:
        floor = len(head) if not head.strip() else indentation(head) + 1
    around = Surroundings(
        extent=extent,
        language=language_for(language),
        head=head,
        below=below,
        floor=floor,
        max_lines=max_lines,
    )
    wanted = marked.index(END) if END in marked else None
    assert find_stop(text, around) == wanted
    # Streamed, it is never decided otherwise on less.
    for end in range(len(text)):
        assert find_stop(text[:end], around) in (None, wanted)


@pytest.mark.parametrize(
    "text",
    ["a + b", "a + b¶\n", "a + b¶\nmore\n", "¶\nnext line"],
)
def test_a_line_ends_at_its_end(text: str) -> None:
    kept(text, Extent.LINE, head="return ")


@pytest.mark.parametrize(
    "text",
    [
        "foo(1, 2)",
        "foo(1, 2)¶\nbar",
        "foo(\n    1,\n",
        "foo(\n    1,\n)¶\nbar",
        "[1, (2,\n 3)]¶\n",
        "'(' + x¶\n",
        "\nx = 1¶\n",
        "\n\nx = [\n",
        "b)¶\nfoo(",
    ],
)
def test_a_statement_ends_where_its_brackets_are_closed(text: str) -> None:
    kept(text, Extent.STATEMENT)


def test_a_comment_is_not_the_whole_statement() -> None:
    kept("# add them up\ntotal = a + b¶\nmore", Extent.STATEMENT)
    kept("  # why¶\nmore", Extent.STATEMENT, head="x = 1")


@pytest.mark.parametrize("text", ["if (x) {¶\n  y();\n", "const o = {¶\n  a: 1,\n"])
def test_a_statement_that_opens_a_brace_block_ends_at_the_opener(text: str) -> None:
    kept(text, Extent.STATEMENT, language="typescript")


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n    y = 2\n",
        "x = 1\n    return x¶\ndef other():\n",
        "x = 1\n    return x¶\n  dedent",
        "if x:\n        y()\n\n    return x¶\n\n\n",
        "x = [\n        1,\n    ]\n    return x¶\nz",
    ],
)
def test_a_python_block_ends_where_its_indentation_does(text: str) -> None:
    kept(text, Extent.BLOCK, head="    ")


@pytest.mark.parametrize(
    ("text", "below"),
    [
        ("x();\n    y();¶\n}\n", "}"),
        ("x();\n    y();¶\n  }\n", "  }"),
        ("x();\n    y();\n  }¶\n}\n", "export {}"),
        ("x();\n    y();\n  }", "export {}"),
    ],
)
def test_a_closing_line_belongs_to_the_block_unless_the_file_has_it(text: str, below: str) -> None:
    kept(text, Extent.BLOCK, head="    ", below=below, language="typescript")


def test_a_block_after_its_opener_may_not_come_back_to_the_openers_indentation() -> None:
    kept("\n        return 1¶\n    def g():", Extent.BLOCK, head="    def f():")


def test_text_ends_before_a_line_that_stands_below_the_cursor() -> None:
    kept(
        "x = 1\n    y = 2¶\n    return total\n", Extent.BLOCK, head="    ", below="    return total"
    )


def test_a_short_line_below_is_no_sign_of_the_end() -> None:
    kept("x()\n    )\n", Extent.BLOCK, head="    ", below="    )")


def test_no_text_is_longer_than_allowed() -> None:
    kept("a\n    b\n    c¶\n    d\n", Extent.BLOCK, head="    ", max_lines=3)

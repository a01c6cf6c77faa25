"""What is kept of a definition: its signature on one line, and one sentence about it."""

import pytest

from aicopilot_lsp.context.index import rows
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.languages import language_for
from aicopilot_lsp.text.lines import split_lines
from aicopilot_lsp.text.syntax.outline import Chunk, Definition, Import, Kind, Outline
from aicopilot_lsp.text.syntax.read import outline


def documented(text: str) -> Definition:
    """A definition whose doc comment is all of `text`."""
    lines = split_lines(text)
    end = Point(len(lines) - 1, len(lines[-1]))
    return Definition(
        name="f", kind=Kind.FUNCTION, start=Point(0, 0), end=end, head=end, doc=(Point(0, 0), end)
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('"""Opens it. Or not."""', "Opens it."),
        ('r"""\n    Opens it\n    slowly\n\n    Long story.\n    """', "Opens it slowly"),
        ("/**\n * Opens it.\n * @param a what\n */", "Opens it."),
        ("/// <summary>\n/// Opens <see>it</see>!\n/// </summary>", "Opens it!"),
        ("// Opens version 1.5 of it. Then", "Opens version 1.5 of it."),
        ("# Opens it", "Opens it"),
        ("-- Opens it? Yes", "Opens it?"),
        ("/* 開きます。次 */", "開きます。"),
        ("/**\n * @return nothing\n */", ""),
        ('""""""', ""),
    ],
)
def test_of_a_doc_comment_its_first_sentence_is_kept(text: str, sentence: str) -> None:
    assert rows.first_sentence(documented(text), split_lines(text)) == sentence


def test_long_sentences_and_signatures_are_cut() -> None:
    text = "# " + "word " * 100
    found = rows.first_sentence(documented(text), split_lines(text))
    assert len(found) <= rows.MAX_DOC_CHARS
    assert found.endswith("…")
    text = "def f(" + "a, " * 300 + "):"
    whole = Definition(
        name="f", kind=Kind.FUNCTION, start=Point(0, 0), end=Point(0, len(text)), head=Point(0, 0)
    )
    found = rows.signature(whole, [text])
    assert len(found) <= rows.MAX_SIGNATURE_CHARS
    assert found.endswith("…")


def test_a_signature_is_on_one_line_without_what_is_said_behind_its_lines() -> None:
    text = 'async def f(  # noqa: X\n    a: str = "#b",  # why\n    *,\n) -> int:\n    return 1\n'
    document = DocumentSnapshot.from_text(text, uri="file:///a.py", language_id="python")
    found = outline(document, language_for("python"))
    row = rows.file_row(
        "a.py", "python", text, found, digest=b"d", size_bytes=len(text), modified_ns=3
    )
    (symbol,) = row.symbols
    assert symbol.signature.startswith("async def f( a: str = ")
    assert "noqa" not in symbol.signature
    assert symbol.signature.endswith(") -> int:")
    assert (symbol.first, symbol.last) == (0, 5)
    assert row.text == text
    assert [(chunk.first, chunk.last) for chunk in row.chunks] == [(0, 5)]
    assert {"noqa", "return", "async"} <= set(row.chunks[0].terms.split())


def test_what_ends_at_the_beginning_of_a_line_does_not_hold_that_line() -> None:
    one = Definition(
        name="f", kind=Kind.FUNCTION, start=Point(2, 0), end=Point(4, 0), head=Point(2, 0)
    )
    row = rows.symbol(one, ["", "", "def f():\n", "  pass\n", ""], "a.py")
    assert (row.path, row.first, row.last) == ("a.py", 2, 4)


def test_places_outside_of_the_text_are_empty_and_each_import_counts_once() -> None:
    at = Point(0, 0)
    same = Import(module="os", start=at, end=at)
    found = Outline(
        language="python",
        imports=(same, same, Import(module="re", name="sub", start=at, end=at)),
        definitions=(
            Definition(name="f", kind=Kind.CLASS, start=Point(7, 1), end=Point(9, 2), head=at),
        ),
        chunks=(Chunk(first=3, last=9),),
    )
    row = rows.file_row("a", "python", "x = 1\n", found, digest=b"", size_bytes=1, modified_ns=1)
    assert [(one.module, one.name) for one in row.imports] == [("os", ""), ("re", "sub")]
    assert row.chunks[0].terms == ""
    assert row.symbols[0].last == 10

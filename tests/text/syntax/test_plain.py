"""What is guessed of a file that has no parser."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.languages import PLAIN, Language, language_for
from aicopilot_lsp.text.lines import content_length
from aicopilot_lsp.text.syntax import plain
from aicopilot_lsp.text.syntax.outline import Definition, Import, Kind, Outline, Role, Scope
from aicopilot_lsp.text.syntax.plain import outline
from aicopilot_lsp.text.syntax.shapes import imports

TCL = """\
package require http
source "util.tcl"

# Adds two numbers.
# Both are whole.
proc add {a b} {
    set c [expr {$a + $b}]
    return $c
}

proc twice {x} { return [add $x $x] }
"""

C = """\
#include <stdio.h>
#include "list.h"

/* The sum
   of a "list. */
static int sum(const node *list)
{
    if (list->next) {
        return sum(list->next) + list->value; // next(
    }
    return 0;
}

struct point {
    int x;
};
"""


def _outline(text: str, language: Language = PLAIN) -> Outline:
    return outline(DocumentSnapshot.from_text(text), language)


def _definitions(text: str, language: Language = PLAIN) -> list[str]:
    return [
        f"{found.kind} {found.parent + '.' if found.parent else ''}{found.name}"
        for found in _outline(text, language).definitions
    ]


def _text(document: DocumentSnapshot, start: Point, end: Point) -> str:
    return document.text[document.offset_at(start) : document.offset_at(end)]


def test_a_definition_has_its_comment_its_signature_and_its_body() -> None:
    document = DocumentSnapshot.from_text(TCL)
    add, twice = outline(document, PLAIN).definitions
    assert (add.name, add.kind, add.start.line) == ("add", Kind.FUNCTION, 3)
    assert add.doc is not None and add.body is not None
    assert _text(document, *add.doc) == "# Adds two numbers.\n# Both are whole."
    assert _text(document, add.head, add.body) == "proc add {a b} "
    assert _text(document, add.body, add.end).endswith("return $c\n}")
    assert _text(document, twice.start, twice.end) == "proc twice {x} { return [add $x $x] }"
    assert twice.doc is None


def test_a_brace_on_the_line_below_begins_the_body() -> None:
    document = DocumentSnapshot.from_text(C)
    found = outline(document, language_for("c")).definitions
    assert [(item.name, item.kind) for item in found] == [
        ("sum", Kind.FUNCTION),
        ("point", Kind.CLASS),
    ]
    assert found[0].body == Point(6, 0)
    assert found[0].end == Point(11, 1)
    assert found[0].doc == (Point(3, 0), Point(4, 17))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(x):\n  x\n", "function f"),
        ("sub foo {\n  1;\n}\n", "function foo"),
        ("fun fact n = 1\n", "function fact"),
        ("let add x y = x + y\n", "function add"),
        ("let limit = 3\n", "variable limit"),
        ("function foo()\n  x\nend\n", "function foo"),
        ("function M.foo(x)\n  x\nend\n", "function foo"),
        ("local function foo()\n  x\nend\n", "function foo"),
        ("public static void main(String[] args) {\n  x();\n}\n", "function main"),
        ("func (s *Server) Run() error {\n\tx()\n}\n", "function Run"),
        ("run() {\n  ls\n}\n", "function run"),
        ("const go = function () {\n  x\n}\n", "variable go"),
        ("handlers.go = function () {\n  x\n}\n", "function go"),
        ("foo(X) ->\n  X + 1.\n", "function foo"),
        ("insert :: Int -> Tree\ninsert x =\n  x\n", "function insert"),
        ("data Tree = Leaf | Node\n", "type Tree"),
        ("(define (square x)\n  (* x x))\n", "function square"),
        ("(defn greet [name]\n  name)\n", "function greet"),
        ("CREATE OR REPLACE FUNCTION total(x int)\n  x\n", "function total"),
        ("procedure TFoo.Bar(x: Integer);\nbegin\n  x;\nend;\n", "function Bar"),
        ("all: x.o\n\tcc x.o\n", "section all"),
        ("pub fn new() -> Self {\n    x\n}\n", "function new"),
    ],
)
def test_a_head_is_known_by_the_words_and_forms_that_languages_share(
    source: str, expected: str
) -> None:
    assert _definitions(source) == [expected]


@pytest.mark.parametrize(
    "source",
    [
        "if (x) {\n  y()\n}\n",
        "while true:\n  y\n",
        "} else {\n  y\n}\n",
        "else:\n  y\n",
        "foo(1, 2)\n",
        "x.each(function() {\n  y\n})\n",
        "return (\n  x\n)\n",
        "This is a class of its own: foo (bar)\n",
        "Let me tell you: nothing\n",
        "A method of ours.\n  It is (really) good\n",
        "# def f(x):\n#   y\n",
        "'def f(x):'\n",
        "",
        "\n\n",
    ],
)
def test_statements_and_prose_define_nothing(source: str) -> None:
    assert _definitions(source) == []


def test_definitions_nest_by_indentation_and_a_classes_functions_are_methods() -> None:
    source = (
        "class A {\n"
        "  struct B {\n"
        "    func run() {\n"
        "      let x = 1\n"
        "    }\n"
        "  }\n"
        "  if (debug) {\n"
        "    func trace() {\n"
        "    }\n"
        "  }\n"
        "}\n"
        "func free() {\n"
        "  x\n"
        "}\n"
    )
    assert _definitions(source) == [
        "class A",
        "class A.B",
        "method A.B.run",
        "method A.trace",
        "function free",
    ]
    ends = [found.end.line for found in _outline(source).definitions]
    assert ends == [10, 5, 4, 8, 13]


def test_attributes_above_a_definition_belong_to_it() -> None:
    source = "// doc\n@objc\n@main\nfunc run() {\n  x\n}\n"
    (found,) = _outline(source).definitions
    assert (found.start, found.head) == (Point(0, 0), Point(3, 0))
    assert found.doc == (Point(0, 0), Point(0, 6))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import os", [("os", "", "")]),
        ("import Data.Map", [("Data.Map", "", "")]),
        ("import qualified Data.Map as M", [("Data.Map", "", "M")]),
        ("import java.util.*;", [("java.util", "*", "")]),
        ('import "fmt"', [("fmt", "", "")]),
        ("from a.b import c, d as e", [("a.b", "c", ""), ("a.b", "d", "e")]),
        ("use strict;", [("strict", "", "")]),
        ("use std::fmt;", [("std::fmt", "", "")]),
        ("using System.Text;", [("System.Text", "", "")]),
        ("open Foo.Bar", [("Foo.Bar", "", "")]),
        ("#include <stdio.h>", [("stdio.h", "", "")]),
        ('#include "a/b.h"', [("a/b.h", "", "")]),
        ('local json = require("lib.json")', [("lib.json", "", "json")]),
        ("require 'set'", [("set", "", "")]),
        ("package require http", [("http", "", "")]),
        ("source 'env.sh'", [("env.sh", "", "")]),
        ("import duties are high", []),
        ("important", []),
        ("use it when you can.", []),
        ("x = 1", []),
    ],
)
def test_imports_are_known_by_their_usual_shapes(
    line: str, expected: list[tuple[str, str, str]]
) -> None:
    found = _outline(line).imports
    assert [(item.module, item.name, item.alias) for item in found] == expected
    assert all((item.start, item.end) == (Point(0, 0), Point(0, len(line))) for item in found)


@pytest.mark.parametrize("line", ["from a import (  b ,c  )", "from a import   b, c"])
def test_blanks_around_imported_names_do_not_count(line: str) -> None:
    assert [item.name for item in _outline(line).imports] == ["b", "c"]


@pytest.mark.parametrize("line", ["from a import {}!", "import a{}!", "import static {}!"])
def test_many_blanks_in_a_line_take_no_longer_than_other_characters(line: str) -> None:
    # With two repeats that take the same blanks, a single one of these takes hours.
    assert list(imports(line.format(" " * 100_000))) == []


def test_references_are_names_outside_of_comments_and_strings_with_what_stands_before_them() -> (
    None
):
    found = _outline(C, language_for("c")).references
    assert [(item.receiver, item.name, item.role) for item in found if item.at.line == 8] == [
        ("", "sum", Role.CALL),
        ("", "list", Role.NAME),
        ("list", "next", Role.MEMBER),
        ("", "list", Role.NAME),
        ("list", "value", Role.MEMBER),
    ]
    assert not {"stdio", "The", "of", "return"} & {item.name for item in found}


def test_a_quote_behind_a_backslash_opens_no_string() -> None:
    found = _outline('run \\" one; "two" three\n').references
    assert [reference.name for reference in found] == ["run", "one", "three"]


def test_a_receiver_is_the_whole_chain_as_written() -> None:
    found = _outline("self.pool.take().run(größe)\n").references
    assert [(item.receiver, item.name, item.at.column) for item in found] == [
        ("self", "pool", 5),
        ("self.pool", "take", 10),
        ("self.pool.take()", "run", 17),
        ("", "größe", 21),
    ]


def test_blocks_are_scopes() -> None:
    found = _outline(C, language_for("c")).scopes
    assert [(item.start, item.end) for item in found] == [
        (Point(6, 0), Point(11, 1)),
        (Point(7, 20), Point(9, 5)),
        (Point(13, 13), Point(15, 2)),
    ]


def test_a_file_is_cut_where_its_blocks_begin() -> None:
    function = "func f{0}() {{\n" + "  x\n" * 20 + "}}\n\n"
    found = _outline("".join(function.format(number) for number in range(6))).chunks
    assert [(item.first, item.last) for item in found] == [
        (23 * number, 23 * number + 22) for number in range(6)
    ]


def test_no_more_is_looked_for_than_a_person_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MOST_LINES", 4)
    monkeypatch.setattr(plain, "MOST_LINE_CHARS", 20)
    monkeypatch.setattr(plain, "MOST_REFERENCES", 3)
    found = _outline("def f(x):\n  aa\n" + "b" * 19 + " cc\nd e\nclass Late:\n  x\n" + "y\n" * 90)
    assert [item.name for item in found.definitions] == ["f"]
    assert [item.name for item in found.references] == ["x", "aa", "b" * 19]
    assert sum(item.last - item.first for item in found.chunks) == 96


def test_blocks_four_hundred_deep_do_no_harm() -> None:
    lines = [" " * depth + f"def f{depth}():" for depth in range(400)]
    found = _outline("\n".join(lines))
    assert found.definitions[0].end.line == 399
    assert _covered(found) == set(range(400))


_LINES = st.sampled_from(
    [
        "", " ", "\t", "\x0c", "\u2028", "}", "  }", "end", "{", "  {", ")", "# x", "/* a", "b */",
        "def f(x):", "  class A {", "    proc g {a} {", "foo()", '  "a', "  'b'", "\ud800",
        "import a.b", "from a import b, c as d,", "x = function() {", "a.b->c::d(", "\tkey:",
        "名 = 名(é)", "let f x = 1", "@attr", "[section]", "// doc", "\x00", "(" * 50, "f" * 600,
    ]
)  # fmt: skip
_TEXTS = st.text() | st.lists(
    st.tuples(_LINES | st.text(max_size=8), st.sampled_from(["\n", "\r\n", "\r", ""])), max_size=30
).map(lambda lines: "".join(line + end for line, end in lines))
_LANGUAGES = st.sampled_from(
    [PLAIN, *map(language_for, ("python", "c", "html", "lua", "sql", "typescript", "haskell"))]
)


@given(_TEXTS, _LANGUAGES)
def test_any_text_has_an_outline_that_lies_within_it(text: str, language: Language) -> None:
    document = DocumentSnapshot.from_text(text)
    found = outline(document, language)
    assert not found.parsed
    for start, end in _ranges(found):
        assert start <= end
        assert document.clamp(start) == start and document.clamp(end) == end
    for definition in found.definitions:
        assert definition.start <= definition.head <= definition.end
        assert definition.body is None or definition.head <= definition.body <= definition.end
        assert definition.name in document.text
    for reference in found.references:
        line = document.line_text(reference.at.line)
        assert line.startswith(reference.name, reference.at.column)
    heads = [definition.head for definition in found.definitions]
    assert heads == sorted(heads)


@given(_TEXTS, _LANGUAGES)
def test_chunks_do_not_overlap_and_hold_every_line_that_is_not_blank(
    text: str, language: Language
) -> None:
    document = DocumentSnapshot.from_text(text)
    found = outline(document, language)
    places = [(chunk.first, chunk.last) for chunk in found.chunks]
    assert all(first < last for first, last in places)
    assert all(before[1] <= after[0] for before, after in pairwise(places))
    assert places == [] or places[-1][1] <= len(document.lines)
    written = {at for at, line in enumerate(document.lines) if line.strip()}
    assert written <= _covered(found)


def _covered(found: Outline) -> set[int]:
    return {line for chunk in found.chunks for line in range(chunk.first, chunk.last)}


def _ranges(found: Outline) -> Iterator[tuple[Point, Point]]:
    items: tuple[Definition | Import | Scope, ...] = (
        *found.definitions,
        *found.imports,
        *found.scopes,
    )
    for item in items:
        yield item.start, item.end
        if isinstance(item, Definition) and item.doc is not None:
            yield item.doc


def test_a_column_counts_characters_whatever_is_cut_off_a_line() -> None:
    document = DocumentSnapshot.from_text("class " + "A" * 700 + ":\r\n  x\r\n")
    (found,) = outline(document, PLAIN).definitions
    assert found.end == Point(1, 3)
    assert content_length(document.lines[0]) == 707

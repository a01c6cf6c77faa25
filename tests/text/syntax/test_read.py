"""Outlines of whole documents: against Python's own parser, odd texts, limits, missing parsers."""

import ast
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aicopilot_lsp.text import languages
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.languages import Language, ParserFacts, language_for
from aicopilot_lsp.text.syntax import grammars
from aicopilot_lsp.text.syntax.outline import Outline
from aicopilot_lsp.text.syntax.read import LIMIT_MS, MOST_BYTES, outline

PYTHON = language_for("python")
OURS = sorted(Path(languages.__file__).parent.rglob("*.py"))


def read(text: str, language: Language = PYTHON, limit_ms: float = 60_000) -> Outline:
    document = DocumentSnapshot.from_text(text, language_id=language.language_ids[0])
    return outline(document, language, limit_ms=limit_ms)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_what_pythons_own_parser_finds_is_found(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found, tree = read(text), ast.parse(text)
    defined, documented, imported = set(), set(), set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            defined.add((node.name, node.lineno - 1))
            if ast.get_docstring(node) is not None:
                documented.add((node.name, node.body[0].lineno - 1))
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            imported |= {(module, alias.name, node.lineno - 1) for alias in node.names}
        elif isinstance(node, ast.Import):
            imported |= {(alias.name, "", node.lineno - 1) for alias in node.names}
    assert {(d.name, d.head.line) for d in found.definitions if d.body or d.bases} >= defined
    assert {(d.name, d.doc[0].line) for d in found.definitions if d.doc} >= documented
    assert {(i.module, i.name, i.start.line) for i in found.imports} == imported


ODD = {
    "a lone return ends a line": "x = 1\rdef f():\r    pass\r\ndef g(): pass",
    "a byte order mark is a character": "\ufeffdef f(): pass\n\ndef g(): pass",
    "half a surrogate pair is a character": "s = '\ud800'; t = 1\ndef f(): pass\ndef g(): pass",
    "a NUL does not end the text": "a = '\0'\ndef f(): pass\ndef g(): pass",
    "wide characters count once": "é = '𝄞'; é2 = 1\ndef f(): pass\ndef g(): pass",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_the_places_of_definitions_are_those_of_the_document(text: str) -> None:
    document = DocumentSnapshot.from_text(text)
    found = {d.name: d for d in read(text).definitions}
    assert {"f", "g"} <= set(found)
    for name, definition in found.items():
        line = document.line_text(definition.head.line)
        assert line[definition.head.column :].removeprefix("def ").startswith(name)


def test_columns_are_code_points() -> None:
    found = read("'𝄞é', Foo()\n")
    assert [r.at for r in found.references] == [Point(0, 6)]


def test_a_broken_file_has_an_outline_and_its_errors_are_counted() -> None:
    found = read("def f(:\n    return (\n\nclass A:\n    def g(self): pass\n")
    assert found.parsed
    assert found.errors > 0
    assert "g" in {d.name for d in found.definitions}


@pytest.mark.parametrize("text", ["", "\n", "\r", "\0", "\ufeff"])
def test_an_empty_file_has_an_empty_outline(text: str) -> None:
    found = read(text)
    assert (found.parsed, found.definitions, found.references) == (True, (), ())


def test_a_file_that_takes_too_long_is_read_by_its_looks() -> None:
    found = read("def f(): pass\n" * 2_000, limit_ms=0)
    assert not found.parsed
    assert found.chunks


def test_a_file_that_is_too_large_is_not_parsed() -> None:
    assert not read("x = 1\n" * (MOST_BYTES // 6 + 1)).parsed


def test_a_parser_that_is_not_installed_is_done_without() -> None:
    missing = Language(
        name="missing", language_ids=("missing",), parser=ParserFacts(wheel="tree_sitter_missing")
    )
    assert not read("def f(): pass\n", missing).parsed


@pytest.mark.parametrize(
    ("language_id", "text"),
    [
        ("python", "x = " + "[" * 5_000 + "]" * 5_000),
        ("python", "x = a" + ".b" * 100_000),
        ("python", "x = " + "f(" * 5_000 + ")" * 5_000),
        ("python", "".join(f"{' ' * depth}if x:\n" for depth in range(500)) + " " * 500 + "y\n"),
        ("javascript", "function f(){\n" * 5_000 + "}\n" * 5_000),
        ("javascript", "{\n" * 5_000 + "}\n" * 5_000),
        ("javascript", "x = " + "{a:" * 5_000 + "1" + "}" * 5_000),
        ("json", "[" * 5_000 + "]" * 5_000),
        ("json", '{"a":\n' * 5_000 + "1" + "\n}" * 5_000),
        ("json", '{"a":' * 150_000 + "1" + "}" * 150_000),
    ],
    ids=lambda value: value[:12],
)
def test_a_deeply_nested_file_has_an_outline(language_id: str, text: str) -> None:
    # Within the limit of time; one of them once took minutes.
    found = read(text, language_for(language_id), limit_ms=LIMIT_MS)
    shown = [line for chunk in found.chunks for line in range(chunk.first, chunk.last)]
    assert shown == sorted(set(shown))
    assert shown


def test_definitions_within_definitions_are_found_up_to_a_depth() -> None:
    deep = "".join(f"{' ' * depth}class C{depth}:\n" for depth in range(90)) + " " * 90 + "x = 1\n"
    assert len(read(deep).definitions) == 91
    data = '{"a":' * 500 + "1" + "}" * 500
    found = read(data, language_for("json"))
    assert found.parsed
    assert max(len(d.parent) for d in found.definitions) < 500


@pytest.mark.parametrize(
    ("language_id", "unit"),
    [
        ("python", "def f%(): pass\n"),
        ("python", "x% = 1; "),
        ("python", "é% = g(%); "),
        ("python", "@p\nclass A%:\n  def f(self): self.x = B()\n"),
        ("javascript", "const f% = () => 1\n"),
        ("javascript", "function f%(){return a.b(c)};"),
        ("rust", "#[a] fn f%() {}\n"),
        ("toml", "[t%]\na=1\n"),
    ],
    ids=lambda value: value[:12],
)
def test_the_time_that_a_file_takes_grows_with_its_size_and_no_faster(
    language_id: str, unit: str
) -> None:
    def seconds(count: int) -> float:
        text = "".join(unit.replace("%", str(index)) for index in range(count))
        started = time.thread_time()
        assert read(text, language_for(language_id)).parsed
        return time.thread_time() - started

    few = min(seconds(300) for _ in range(3))
    # 12 if it is linear, 144 if it goes by the square.
    assert min(seconds(3_600) for _ in range(2)) < 40 * few


def test_a_column_behind_wide_characters_in_a_very_long_line_is_right() -> None:
    text = "".join(f"é{index} = '𝄞'; " for index in range(500))
    names = {f"é{index}": text.index(f"é{index} ") for index in range(500)}
    assert {d.name: d.head.column for d in read(text).definitions} == names


def test_a_parser_made_for_another_version_is_done_without_and_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def other_version(_pointer: object) -> None:
        raise ValueError("Incompatible Language version 99")

    monkeypatch.setattr(grammars, "TSLanguage", other_version)
    old = Language(
        name="old", language_ids=("old",), parser=ParserFacts(wheel="tree_sitter_python")
    )
    assert not read("def f(): pass\n", old).parsed
    assert not read("def g(): pass\n", old).parsed
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "by indentation" in caplog.text


def test_what_is_written_behind_a_namespace_is_a_function_and_behind_a_class_a_method() -> None:
    text = "namespace ns { int f(); class A { void m(); }; }\nint ns::f() { return 1; }\n"
    found = read(text + "void ns::A::m() {}\nvoid B::n() {}\n", language_for("cpp"))
    assert [(d.kind, d.parent, d.name) for d in found.definitions if d.body] == [
        ("module", "", "ns"),
        ("class", "ns", "A"),
        ("function", "ns", "f"),
        ("method", "A", "m"),
        ("method", "B", "n"),
    ]


def test_outlines_may_be_made_by_several_threads_at_once() -> None:
    text = OURS[0].read_text(encoding="utf-8") + "def f(x: int): return x\n" * 200
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(read, [text] * 12))
    assert found == [read(text)] * 12
    assert found[0].parsed


@pytest.mark.parametrize("uri", ["untitled://[x/a.py", "file://[::1/a.py"])
def test_a_uri_that_is_none_does_not_keep_a_document_from_being_read(uri: str) -> None:
    document = DocumentSnapshot.from_text("def f(): pass", uri=uri, language_id="plaintext")
    assert [d.name for d in outline(document, PYTHON).definitions] == ["f"]


@pytest.mark.parametrize(
    ("language_id", "statement"),
    [
        ("javascript", "import one, { % } from './m'"),
        ("typescript", "import { % } from './m'"),
        ("javascript", "export { % } from './m'"),
        ("python", "from .m import (%)"),
        ("rust", "use m::{%};"),
    ],
    ids=lambda value: value[:12],
)
def test_all_names_of_a_long_list_are_imported(language_id: str, statement: str) -> None:
    names = [f"name{index}" for index in range(300)]
    text = statement.replace("%", ", ".join(names))
    found = read(text, language_for(language_id))
    assert [i.name for i in found.imports if i.name.startswith("name")] == names
    assert len({(i.module, i.start, i.end) for i in found.imports}) == 1


def test_names_that_are_exported_from_nowhere_else_are_no_imports() -> None:
    found = read("import { a as b } from 'm'\nexport { b, c as d }\n", language_for("javascript"))
    assert [(i.module, i.name, i.alias) for i in found.imports] == [("m", "a", "b")]


def test_a_module_longer_than_names_are_is_none() -> None:
    found = read(f"from {'m' * 5_000} import a, b\nfrom m import c\n")
    assert [(i.module, i.name) for i in found.imports] == [("m", "c")]


def test_the_names_around_a_definition_take_no_more_room_than_a_person_writes() -> None:
    deep = "".join(f"{' ' * depth}class C{'x' * 190}{depth}:\n" for depth in range(90))
    found = read(deep + " " * 90 + ";".join(f"x{index} = 1" for index in range(1_000)))
    assert 0 < max(len(d.parent) for d in found.definitions) < 1_500

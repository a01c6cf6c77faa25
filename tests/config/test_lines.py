import string
import tomllib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aicopilot_lsp.config.lines import KeyPath, key_lines, line_of


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\nb = 2", ("b",), 2),
        ("[t]\n\n# c\na = 1", ("t", "a"), 4),
        ("[t]\na.b.c = 1", ("t", "a", "b", "c"), 2),
        ("[ t . u ]\n a . b = 1", ("t", "u", "a", "b"), 2),
        ("[[m]]\na = 1\n[[m]]\na = 2", ("m", 1, "a"), 4),
        ("[[m]]\n[m.h]\nx = 1\n[[m]]\n[m.h]\nx = 2", ("m", 1, "h", "x"), 6),
        ("[[m]]\n[[m.n]]\n[[m.n]]\nx = 1", ("m", 0, "n", 1, "x"), 4),
        ('s = """\n[no]\na = 1\n"""\na = 2', ("a",), 5),
        ("s = '''\n[no]\na = 1'''\na = 2", ("a",), 4),
        ('s = """a""""\na = 1', ("a",), 2),
        ('s = """\\"""\n"""\na = 1', ("a",), 3),
        ('s = "a # \\" ["\na = 1', ("a",), 2),
        ("s = 'a # ['  # ] = \na = 1", ("a",), 2),
        ("l = [\n 1, # ]\n [2,\n 3],\n]\na = 1", ("a",), 6),
        ("l = [\n 1, # ]\n [2,\n 3],\n]", ("l", 1, 1), 4),
        ("m = [{a = 1},\n {b = 2}]", ("m", 1, "b"), 2),
        ('h = { "a b" = 1, c.d = "}" }\nx = 1', ("x",), 2),
        ('"a.b" = 1\n\'c"\' = 2', ('c"',), 2),
        ('"\\u0061b" = 1', ("ab",), 1),
        ("d = 1979-05-27 07:32:00Z # then\na = 1", ("a",), 2),
        ("a = 1\r\nb = 2\r\n", ("b",), 2),
        ("é = 1", ("a",), None),
        ("", ("a",), None),
    ],
)
def test_a_key_is_found_on_its_line(text: str, path: KeyPath, line: int | None) -> None:
    assert key_lines(text).get(path) == line


def test_the_line_of_an_unknown_key_is_that_of_the_table_around_it() -> None:
    lines = key_lines("\n[t]\na = 1")
    assert line_of(lines, ("t", "nowhere", 3)) == 2
    assert line_of(lines, ("nowhere",)) is None


_bare = st.text(string.ascii_lowercase, min_size=1, max_size=3)
_text = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_scalar = st.one_of(
    _text.map(_quoted),
    st.integers(-99, 99).map(str),
    st.sampled_from(
        ["true", '"""\n[x]\ny = 1"""', "'''\n\n'''", "[\n[1], # ]\n2]", "{ q = [\n1] }", "1e9"]
    ),
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["table", "item", "root"]),
            st.dictionaries(st.one_of(_bare, _text.map(_quoted)), _scalar, max_size=4),
            st.integers(0, 2),
        ),
        max_size=6,
    )
)
def test_every_key_of_a_valid_file_is_found_where_it_was_written(
    tables: list[tuple[str, dict[str, str], int]],
) -> None:
    text, wanted = "", dict[KeyPath, int]()
    items = 0
    for number, (kind, pairs, blank_lines) in enumerate(tables):
        if kind == "item":
            text += "[[items]]\n"
            path: KeyPath = ("items", items)
            items += 1
        else:
            text += f"[t{number}]\n"
            path = (f"t{number}",)
        for key, value in pairs.items():
            text += "# [comment]\n" * blank_lines
            name = tomllib.loads(f"{key} = 1")
            wanted.setdefault((*path, *name), text.count("\n") + 1)
            text += f"{key} = {value}\n"
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # the same key twice, once quoted
        return
    found = key_lines(text)
    assert {path: found.get(path) for path in wanted} == wanted
    assert all(path in found for path in _paths(data))


def _paths(data: Any, path: KeyPath = ()) -> list[KeyPath]:
    parts = data.items() if isinstance(data, dict) else enumerate(data)
    found: list[KeyPath] = []
    for key, value in parts:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += _paths(value, (*path, key))
    return found


@example('"\\1"')
@given(st.text(st.sampled_from("ab=[]{}.,'\"\\#\n 1"), max_size=60))
def test_text_that_is_not_toml_is_read_without_error(text: str) -> None:
    assert all(line >= 1 for line in key_lines(text).values())

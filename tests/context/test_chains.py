"""Chains of names, without a parser."""

import pytest

from aicopilot_lsp.context.chains import begun_at_end, names_in, plain_chain


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("self", "self"),
        ("self._http", "self._http"),
        ("a?.b->c::d", "a.b.c.d"),
        ("Foo::new(1, f(2))", "Foo.new()"),
        ("open(path(1)).read(f(x, g()))", "open().read()"),
        ("make(a, b)[0]", "make()[0]"),
        ("make(x)(y).z", "make()().z"),
        ("", ""),
    ],
)
def test_a_chain_is_written_the_same_in_every_language(written: str, plain: str) -> None:
    assert plain_chain(written) == plain


@pytest.mark.parametrize(
    ("line", "begun"),
    [
        ("x = self.store.op", ("self.store", "op")),
        ("x = manager::open(1).", ("manager.open()", "")),
        ("x = a.b ", None),
        ("x", None),
        ("y" * 1_000 + ".z", ("y" * 198, "z")),
    ],
)
def test_the_member_at_the_end_of_a_line_is_known_by_its_receiver(
    line: str, begun: tuple[str, str] | None
) -> None:
    assert begun_at_end(line) == begun


def test_each_name_of_a_line_comes_with_what_it_is_a_member_of() -> None:
    assert list(names_in("a.b(c)->d = e")) == [("a", ""), ("b", "a"), ("d", "a.b()"), ("e", "")]

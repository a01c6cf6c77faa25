"""How chains of names are written, and what type a chain makes."""

import pytest

from aicopilot_lsp.text.syntax.chains import chain, is_type_name, maker_type

CHAINS = {
    "self._http": "self._http",
    "Foo(a, b)": "Foo()",
    "a\n  .b(lambda x: (1, 2))\n  .c": "a.b().c",
    "(await make(x))": "make()",
    "(await make(x)).data": "make().data",
    "a?.b!.c": "a.b.c",
    "this->items": "this.items",
    "user&.name": "user.name",
    "std::io::stdout()": "std::io::stdout()",
    "Vec::<u8>::new": "Vec::new",
    "self.state.lock().unwrap()": "self.state",
    "fetch(url).await?": "fetch()",
    "x[0]": "",
    '"text"': "",
    "a + b": "",
    "f(" * 300: "",
    "": "",
}


@pytest.mark.parametrize(("written", "expected"), CHAINS.items())
def test_a_chain_is_written_one_way_and_other_expressions_are_none(
    written: str, expected: str
) -> None:
    assert chain(written) == expected


MADE = {
    "Foo": "Foo",
    "pkg.Foo": "Foo",
    "Foo.create": "Foo",
    "Foo::new": "Foo",
    "make": "make()",
    "self.pool.take": "self.pool.take()",
    "": "",
}


@pytest.mark.parametrize(("maker", "expected"), MADE.items())
def test_what_a_chain_makes_is_its_type_or_else_the_call(maker: str, expected: str) -> None:
    assert maker_type(maker) == expected


def test_a_capital_makes_a_type_and_an_upper_case_constant_none() -> None:
    assert [name for name in ("Foo", "_Foo", "URL", "T") if not is_type_name(name)] == []
    assert [name for name in ("foo", "_x", "MAX_SIZE", "") if is_type_name(name)] == []

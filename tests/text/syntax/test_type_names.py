"""The name that tells a type's members."""

import pytest

from aicopilot_lsp.text.syntax.type_names import type_name

NAMES = {
    "Foo": "Foo",
    ": Foo": "Foo",
    "-> Foo": "Foo",
    "pkg.mod.Foo": "Foo",
    "crate::a::Foo<T>": "Foo",
    '"Foo | None"': "Foo",
    "None | Foo": "Foo",
    "Foo | Bar": "Foo",
    "Optional[Foo]": "Foo",
    "Annotated[Foo, 1]": "Foo",
    "Coroutine[Any, Any, Foo]": "Foo",
    "Promise<Foo | null>": "Foo",
    "Result<Option<Foo>, Error>": "Foo",
    "&'a mut Foo": "Foo",
    "Box<dyn Foo + Send>": "Foo",
    "Arc<Mutex<Foo>>": "Foo",
    "*Foo": "Foo",
    "Foo?": "Foo",
    "std::unique_ptr<Foo>": "Foo",
    "Task": "Task",
    "list[Foo]": "list",
    "Vec<Foo>": "Vec",
    "Foo[]": "Array",
    "(Foo | null)[]": "Array",
    "readonly Foo[]": "Array",
    "(Foo | null)": "Foo",
    "(x: number) => Foo": "",
    "(A, B)": "",
    "[A, B]": "",
    "{ a: string }": "",
    "x is Foo": "",
    "None": "",
    "void": "",
    "": "",
    "(" * 50: "",
}


@pytest.mark.parametrize(("written", "expected"), NAMES.items())
def test_a_type_is_named_by_what_code_sees_of_it(written: str, expected: str) -> None:
    assert type_name(written) == expected

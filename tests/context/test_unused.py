"""What a file imports and does not use."""

import pytest

from tests.context.asking import situation_of


def unused(marked: str, path: str = "src/app.py") -> list[str]:
    return [one.local_name for one in situation_of(marked, path=path).unused]


def test_an_import_that_nothing_uses_is_found() -> None:
    assert unused("from a import used, fresh\n\nused()\n‸\n") == ["fresh"]


@pytest.mark.parametrize(
    "use",
    [
        "fresh()",
        "x: 'fresh'",
        "y = [fresh.z]",
        "# see fresh",
        "@fresh\ndef f(): ...",
        "return fresh",
    ],
)
def test_any_mention_is_a_use(use: str) -> None:
    assert unused(f"from a import fresh\n\n{use}\n‸\n") == []


def test_another_name_that_holds_it_is_none() -> None:
    assert unused("from a import fresh\n\nrefreshed = fresh_air\n‸\n") == ["fresh"]


def test_a_second_import_of_the_name_is_none() -> None:
    assert unused("import fresh.fresh\nfrom fresh import fresh\n‸\n") == ["fresh"]


def test_a_file_that_hands_its_imports_on_has_none() -> None:
    names = ["one", "two", "three", "four"]
    assert unused(f"from a import {', '.join(names)}\n‸\n") == []
    assert unused(f"from a import {', '.join(names[:3])}\n‸\n") == names[:3]


def test_what_the_compiler_itself_uses_is_none() -> None:
    assert unused("from __future__ import annotations\n‸\n") == []


def test_a_trait_is_in_use_without_being_named() -> None:
    assert unused("use std::io::Write;\n\nfn f() { ‸ }\n", "src/app.rs") == []


def test_an_alias_is_what_has_to_be_used() -> None:
    marked = 'import { make as build, take } from "./a";\n\nmake();\ntake();\n‸\n'
    assert unused(marked, "src/app.ts") == ["build"]


def test_the_only_one_matters_more_than_one_of_several() -> None:
    def weight(marked: str) -> float:
        return next(n.weight for n in situation_of(marked).names if n.name == "fresh")

    alone = weight("from a import fresh\n\ndef f():\n    ‸\n")
    among = weight("from a import fresh, other\n\ndef f():\n    ‸\n")
    assert alone > among > 0.4

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


def test_use_on_the_line_of_the_import_is_use() -> None:
    assert unused("import fresh; fresh.start()\n‸\n") == []


@pytest.mark.parametrize(
    ("marked", "path"),
    [
        ("from __future__ import annotations\n‸\n", "app.py"),
        ('import React from "react";\nconst f = () => <p/>;\n‸\n', "app.tsx"),
    ],
)
def test_what_the_compiler_itself_uses_is_none(marked: str, path: str) -> None:
    assert unused(marked, path) == []


@pytest.mark.parametrize(
    ("marked", "path"),
    [
        ("use std::io::Write;\n\nfn f() { ‸ }\n", "src/app.rs"),
        ("import a.getValue\n\nfun f() { var x by y(); ‸ }\n", "app.kt"),
        ('require "json"\n‸\n', "app.rb"),
        ('import "./app.css";\n‸\n', "app.ts"),
        ('import _ "embed"\n\nfunc f() { ‸ }\n', "app.go"),
        ('<?php\nrequire "boot.php";\n‸\n', "app.php"),
        ("source lib/log.sh\n‸\n", "app.sh"),
        ('require "harbour.setup"\n‸\n', "app.lua"),
        ('@import "reset.css";\n‸\n', "app.css"),
        ('<script src="app.js"></script>\n‸\n', "app.html"),
        ("using Harbour.Ships;\nclass A { ‸ }\n", "App.cs"),
    ],
)
def test_what_acts_without_being_named_is_none(marked: str, path: str) -> None:
    assert unused(marked, path) == []


@pytest.mark.parametrize(
    ("marked", "path"),
    [
        ('export { fresh } from "./a";\nexport * as all from "./b";\n‸\n', "index.ts"),
        ("from a import fresh as fresh\n‸\n", "app.pyi"),
        ("from a import fresh  # noqa: F401\n‸\n", "app.py"),
        ("from a import fresh\n‸\n", "pkg/__init__.py"),
        ("global using Fresh = A.B;\n‸\n", "Usings.cs"),
    ],
)
def test_what_is_imported_for_others_is_none(marked: str, path: str) -> None:
    assert unused(marked, path) == []


@pytest.mark.parametrize("module", ["example.org/fresh/v2", "example.org/go-fresh"])
def test_a_package_of_go_that_may_have_another_name_is_none(module: str) -> None:
    assert unused(f'import "{module}"\n\nfunc f() {{ ‸ }}\n', "app.go") == []


@pytest.mark.parametrize(
    ("marked", "path", "name"),
    [
        ('import type { Fresh } from "./a";\n‸\n', "app.ts", "Fresh"),
        ('import { useState } from "react";\n‸\n', "app.tsx", "useState"),
        ('const { make: build } = require("./a");\n‸\n', "app.js", "build"),
        ('import "example.org/fresh"\n\nfunc f() { ‸ }\n', "app.go", "fresh"),
        ("import a.Fresh;\n\nclass B { ‸ }\n", "B.java", "Fresh"),
        ("<?php\nuse A\\Fresh;\n‸\n", "app.php", "Fresh"),
        ("defmodule A do\n  alias B.Fresh\n  ‸\nend\n", "app.ex", "Fresh"),
        ('local fresh = require("a.fresh")\n‸\n', "app.lua", "fresh"),
    ],
)
def test_each_language_has_its_own_way_to_import(marked: str, path: str, name: str) -> None:
    assert unused(marked, path) == [name]


def test_a_component_is_used_by_its_element() -> None:
    assert unused('import { Fresh } from "./a";\nconst f = () => <Fresh/>;\n‸\n', "a.tsx") == []


def test_a_file_with_very_many_imports_is_not_looked_through() -> None:
    many = "\n".join(f"import used{number}" for number in range(200))
    uses = " ".join(f"used{number}" for number in range(200))
    assert unused(f"{many}\nimport fresh\n\n# {uses}\n‸\n") == []


def test_an_alias_is_what_has_to_be_used() -> None:
    marked = 'import { make as build, take } from "./a";\n\nmake();\ntake();\n‸\n'
    assert unused(marked, "src/app.ts") == ["build"]


def test_the_only_one_matters_more_than_one_of_several() -> None:
    def weight(marked: str) -> float:
        return next(n.weight for n in situation_of(marked).names if n.name == "fresh")

    alone = weight("from a import fresh\n\ndef f():\n    ‸\n")
    among = weight("from a import fresh, other\n\ndef f():\n    ‸\n")
    assert alone > among > 0.4

"""What each of the smaller sources finds."""

import tracemalloc

from aicopilot_lsp.context.sources import (
    definitions,
    diagnostics,
    edits,
    imports,
    same_file,
    siblings,
    similar,
    views,
)
from aicopilot_lsp.context.types import Around, Diagnostic, Hunk, Size, View
from tests.context.asking import found_by, situation_of, text_at
from tests.support.memory_index import index_of

_UTIL = (
    "def checked(value: int) -> int:\n"
    '    """Raises where it is negative. Always."""\n'
    "    return value\n"
)


async def test_definitions_of_names_near_the_cursor_are_shown_at_three_sizes() -> None:
    (found,) = await found_by(
        definitions.create(),
        "from util import checked\n\nx = checked(‸)\n",
        {"src/util.py": _UTIL},
    )
    assert (found.path, found.score) == ("src/util.py", 1.0)
    assert text_at(found, Size.WHOLE) == _UTIL.rstrip()
    assert text_at(found, Size.SIGNATURE) == "def checked(value: int) -> int: ..."
    assert "# Raises where it is negative." in text_at(found, Size.SKELETON)


async def test_an_import_that_is_used_elsewhere_counts_little() -> None:
    (found,) = await found_by(
        definitions.create(),
        "from util import checked\nchecked(1)\n" + "pass\n" * 200 + "‸",
        {"src/util.py": _UTIL},
    )
    assert found.score < 0.2
    assert Size.WHOLE not in [rendering.size for rendering in found.renderings]


async def test_definitions_of_the_file_itself_are_not_repeated() -> None:
    assert await found_by(definitions.create(), "def f(): ...\n\nf(‸)\n", {}) == []


async def test_the_import_block_is_shown_in_the_files_own_words() -> None:
    (found,) = await found_by(
        imports.create(),
        "import os\nfrom a import (\n    B,\n    C as D,\n)\n\nx = os, B, D‸\n",
        {},
    )
    assert text_at(found, Size.WHOLE) == "import os\nfrom a import ( B, C as D, )"
    assert found.renderings[0].names == {"os", "B", "D"}


async def test_an_imported_module_is_told_with_what_it_offers() -> None:
    found = await found_by(
        imports.create(),
        "from pkg import notes as service\n\nx = service.‸\n",
        {"pkg/__init__.py": "", "pkg/notes.py": "def list_notes(client): ...\n\ndef _own(): ...\n"},
    )
    (module,) = [snippet for snippet in found if snippet.path == "pkg/notes.py"]
    assert module.score == 1.0
    assert "def list_notes(client): ..." in text_at(module, Size.SKELETON)


async def test_the_file_itself_is_told_by_its_signatures_but_the_function_around() -> None:
    found = await found_by(
        same_file.create(), "def far(a): ...\n\ndef used(b): ...\n\ndef here():\n    used(‸)\n", {}
    )
    assert [snippet.renderings[-1].text for snippet in found] == [
        "def used(b): ...",
        "def far(a): ...",
    ]


async def test_a_function_of_the_same_name_in_a_like_file_is_shown_whole() -> None:
    found = await found_by(
        siblings.create(),
        "def to_wire(value):\n    x = 1\n    ‸\n",
        {"src/other.py": "def to_wire(thing):\n    return thing.encode()\n"},
    )
    assert found[0].why == "also defines to_wire"
    assert "thing.encode()" in found[0].renderings[0].text


async def test_the_file_of_a_test_stands_beside_it() -> None:
    found = await found_by(
        siblings.create(),
        "def test_it():\n    ‸\n",
        {"src/wire.py": "def to_wire(): ...\n", "src/zebra.py": "def stripe(): ...\n"},
        path="tests/test_wire.py",
    )
    assert [snippet.path for snippet in found] == ["src/wire.py"]


async def test_similar_pieces_share_rare_names_and_are_not_the_cursors_own() -> None:
    found = await found_by(
        similar.create(),
        "frobnicate = quux(1)\n‸\n",
        {"src/b.py": "def g():\n    return frobnicate(quux)\n", "src/c.py": "x = 1\n"},
    )
    assert [snippet.path for snippet in found] == ["src/b.py"]


async def test_recent_edits_are_small_diffs_and_those_at_the_cursor_are_left_out() -> None:
    hunks = (
        Hunk(path="src/b.py", first=3, removed=("old = 1",), added=("new = 2",), at_s=2),
        Hunk(path="src/app.py", first=0, removed=(), added=("here",), at_s=1),
    )
    (found,) = await found_by(edits.create(), "x\n‸\n", {}, around=Around(edits=hunks))
    assert found.renderings[0].text == "# -old = 1\n# +new = 2"
    assert found.renderings[0].names == {"new"}


async def test_what_was_looked_at_in_other_files_is_shown() -> None:
    seen = (View(path="src/b.py", first=1, last=3, at_s=1),)
    (found,) = await found_by(
        views.create(), "‸\n", {"src/b.py": "a\nb = 1\nc = 2\nd\n"}, around=Around(views=seen)
    )
    assert found.renderings[0].text == "b = 1\nc = 2"


async def test_what_was_looked_at_in_another_language_is_worth_less() -> None:
    seen = [View(path=path, first=0, last=1, at_s=1) for path in ("src/b.rs", "src/b.py")]
    others = {"src/b.rs": "let b = 1;\n", "src/b.py": "b = 1\n"}
    found = await found_by(views.create(), "‸\n", others, around=Around(views=tuple(seen)))
    assert [one.path for one in found] == ["src/b.py", "src/b.rs"]
    assert found[1].score < 0.7 * found[0].score


async def test_errors_near_the_cursor_are_told_and_hints_are_not() -> None:
    told = (
        Diagnostic(line=1, message="undefined name 'x'", severity=1),
        Diagnostic(line=1, message="could be shorter", severity=4),
        Diagnostic(line=90, message="far away", severity=1),
    )
    marked = "a\n    b = x\n‸\n"
    (found,) = await found_by(diagnostics.create(), marked, {}, around=Around(diagnostics=told))
    assert found.renderings[0].text == "# error in `b = x`: undefined name 'x'"


async def test_an_error_on_the_cursors_own_line_is_that_it_is_not_finished() -> None:
    told = (
        Diagnostic(line=1, message="invalid syntax", severity=1),
        Diagnostic(line=2, message="expected an\nindented block", severity=2),
    )
    marked = "a\nb = ‸\n"
    (found,) = await found_by(diagnostics.create(), marked, {}, around=Around(diagnostics=told))
    assert found.renderings[0].text == "# warning: expected an indented block"


async def test_nothing_of_the_file_itself_is_similar() -> None:
    found = await found_by(
        similar.create(),
        "def f():\n    return frobnicate(quux)\n" + "\n" * 90 + "frobnicate = quux(1)\n‸\n",
        {"src/c.py": "x = 1\n"},
    )
    assert found == []


async def test_the_statement_that_imports_what_is_not_used_yet_is_worth_most() -> None:
    marked = "import os\nfrom lib import make\n\ndef f():\n    os.stat(‸)\n"
    found = await found_by(imports.create(), marked, {"lib.py": "def make(x: int) -> str: ...\n"})
    assert found[0].renderings[0].text == "from lib import make"
    assert found[0].why == "imports make, which nothing uses yet"


async def test_of_a_long_statement_only_the_name_that_is_not_used_is_shown() -> None:
    names = ", ".join(f"quite_a_long_name_{number}" for number in range(12))
    uses = "\n".join(names.split(", "))
    marked = f"from lib import make, {names}\n{uses}\n‸\n"
    found = await found_by(imports.create(), marked, {})
    assert found[0].renderings[0].text == "# lib: make"


async def test_what_an_imported_module_offers_is_told_and_not_that_of_one_whose_name_is_taken() -> (
    None
):
    found = await found_by(
        imports.create(),
        "from pkg import util\nfrom other import checked\n\nutil.‸\n",
        {"src/pkg/__init__.py": "", "src/pkg/util.py": _UTIL, "src/other.py": _UTIL},
    )
    modules = [one for one in found if one.path != "src/app.py"]
    assert [(one.path, one.why) for one in modules] == [("src/pkg/util.py", "what util offers")]
    assert text_at(modules[0], Size.SIGNATURE) == "# checked(value)"


async def test_imports_are_shown_as_one_line_each_without_comments() -> None:
    marked = "from lib import (\n    make,  # as it was\n    # and\n    take,\n)\n\nmake(take)\n‸\n"
    found = await found_by(imports.create(), marked, {})
    assert found[0].renderings[0].text == "from lib import ( make, take, )"


async def test_of_a_line_with_very_much_on_it_little_is_held() -> None:
    bundle = "".join(f'const a{n} = require("x{n}"); a{n}.go();' for n in range(1_000))
    situation = situation_of(f"{bundle}\n‸\n", path="src/bundle.js")
    tracemalloc.start()
    try:
        (block,) = await imports.create().find(situation, index_of({}))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(block.renderings[0].text) <= 1_000
    assert peak_bytes < 40 * len(bundle)  # once for each statement would be a thousand times


async def test_what_is_imported_and_not_used_yet_is_defined() -> None:
    marked = "from lib import make\n\ndef f():\n    ‸\n"
    found = await found_by(
        definitions.create(), marked, {"lib.py": "def make(x: int) -> str: ...\n"}
    )
    assert found[0].score > 0.5

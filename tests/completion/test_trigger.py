"""When the model is asked, for how much, and with which reason it is not."""

from dataclasses import replace

import pytest

from aicopilot_lsp.completion.trigger import Extent, decide, opener_above
from aicopilot_lsp.completion.types import Trigger
from aicopilot_lsp.config.settings import CompletionSettings
from aicopilot_lsp.text.languages import language_for
from tests.support.fixture import at_cursor

SETTINGS = CompletionSettings()


@pytest.mark.parametrize(
    ("marked", "rule"),
    [
        ("x = ‸", None),
        ("print(‸)", None),
        ("print('‸')", None),
        ("x = ‸  ", None),
        ("‸", "nothing-before-cursor"),
        ("\n\n  ‸\nx = 1", "nothing-before-cursor"),
        ("x = na‸me", "inside-word"),
        ("x = ‸(1 + 2)", "text-after-cursor"),
        ("x = ‸ + 2", "text-after-cursor"),
        ("x = \0‸", "binary"),
        ("x" * 2001 + "‸", "line-too-long"),
        ("if (‸) {", None),  # the editor closed the bracket, the body's opener follows
        ("while (x‸) {  ", None),
        ("items.map((‸) => {", None),
        ("def f(‸):", None),
        ("if ‸:", None),
        ("if [ ‸ ]; then", None),
        ("if x‸ {", None),
        ("if (x) ‸{", "text-after-cursor"),
        ("if (‸) { y", "text-after-cursor"),
        ("if (‸ + 1) {", "text-after-cursor"),
    ],
)
def test_automatic_requests_stay_quiet_where_a_suggestion_would_be_in_the_way(
    marked: str, rule: str | None
) -> None:
    assert decide(at_cursor(marked), SETTINGS).rule == rule


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [("**/secrets/**", "excluded"), ("secrets/**", None), ("home/", None), ("!**/a.py", None)],
)
def test_of_the_whole_path_only_patterns_that_say_so_are_about(
    pattern: str, rule: str | None
) -> None:
    snapshot = replace(at_cursor("x = ‸", path="a.py"), aliases=("/home/me/secrets/a.py",))
    assert decide(snapshot, CompletionSettings(exclude=(pattern,))).rule == rule


def test_a_file_that_is_excluded_under_one_of_its_paths_is_excluded() -> None:
    snapshot = replace(at_cursor("x = ‸", path="ok.py"), aliases=("secrets/a.py",))
    assert decide(snapshot, replace(SETTINGS, exclude=("secrets/",))).rule == "excluded"


@pytest.mark.parametrize("marked", ["‸", "x = na‸me", "x = ‸ + 2"])
def test_explicit_requests_skip_the_rules_of_taste(marked: str) -> None:
    assert decide(at_cursor(marked, trigger=Trigger.INVOKED), SETTINGS).rule is None


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"enabled": False}, "disabled"),
        ({"disabled_languages": ("python",)}, "language-disabled"),
        ({"exclude": ("src/",)}, "excluded"),
        ({"exclude": ("*.py", "!app.py")}, None),
        ({"exclude": ("*.env",)}, None),
    ],
)
@pytest.mark.parametrize("trigger", list(Trigger))
def test_what_the_user_forbade_holds_for_every_request(
    change: dict[str, object], rule: str | None, trigger: Trigger
) -> None:
    settings = replace(SETTINGS, **change)  # type: ignore[arg-type]
    assert decide(at_cursor("x = ‸", trigger=trigger), settings).rule == rule


BLOCKS = {
    "python": [
        "def f():\n    ‸\n",
        "def f():\n    ‸\n\ndef g():\n",
        "def f():‸\n",
        "def f():  # note‸\n",
        "def f():\n‸",  # the editor did not indent
        "    def f():\n    ‸\n    x = 1",
        "def f():\n        ‸\n",
        "def f(\n    a,\n) -> int:\n    ‸\n",
        "if x:\n    y()\nelse:\n    ‸\n",
        "if x:\n    ‸\nelse:\n    y()\n",
        "class A:\n\tdef f(self):\n\t\t‸\n\n\tdef g(self):\n",
        'def f():\n    """Say."""\n    ‸\n',
        'def f():\n    r"""Say."""  # noqa\n    ‸\n',
        "def f():\n    '''Say # 3.\n    more # 4.'''\n    ‸\n",
        'def f():\n    """Say\n\n    more.\n    """\n    # first\n\n    ‸\n',
    ],
    "typescript": [
        "if (x) {\n  ‸\n}\n",
        "function a() {\n‸\n}",
        "const x = () => {‸\n};\n",
        "if (x) {\n  y();\n} else {\n  ‸\n}\n",
        "function f() {\n  /* note */\n  ‸\n}",
        "function f() { /* note\n   * more\n   */\n  ‸\n}",
        "switch (x) {\n  case 1:\n    ‸\n  default:\n",
    ],
    "go": ["func f() {\n\t‸\n}\n", "func f() {\n\t// first\n\t‸\n}\n"],
    "rust": ["match x {\n    Some(y) => {\n        ‸\n    }\n    None => 1,\n}"],
    "cpp": [
        "int f()\n{\n    ‸\n}\n",
        "class A {\npublic:\n    ‸\n};",
        "void f() {\n\t/*\n\t * one\n\t */\n\t// two\n\t‸\n}",
    ],
    "ruby": [
        "def f\n  ‸\nend\n",
        "xs.each do |x|\n  ‸\nend\n",
        "def f\n=begin\n note\n=end\n  ‸\nend\n",
    ],
    "lua": [
        "local f = function(a)\n  ‸\nend\n",
        "if x then\n  y()\nelse‸\nend\n",
        "function f()\n  --[[ one\n  two ]]\n  ‸\nend\n",
    ],
    "shellscript": ["case $x in\n  ‸\nesac\n", "for x in a; do\n  # one\n  ‸\ndone\n"],
    "elixir": ["def f(x) do\n  ‸\nend\n"],
    "scala": ["def f =\n  ‸\n"],
    "html": ["<ul>\n  ‸\n</ul>", "<ul>\n  <!-- one\n  two -->\n  ‸\n</ul>"],
    "yaml": ["jobs:\n  ‸\n", "jobs:\n  # all\n  ‸\nother: 1\n"],
}

STATEMENTS = {
    "python": [
        "def f():\n    ‸\n    return 1\n",  # the body has begun
        "def f():\n‸\n    return 1\n",
        "def f():‸\n    return 1\n",
        'def f():\n    x = """y"""\n    ‸\n',
        'def f():\n    """Doc."""\n    x = """y"""\n    ‸\n',
        'def f():\n    x = """\n    y\n    """\n    ‸\n',
        'def f():\n    """Doc."""\n    x = """\n    ‸\n',
        'def f():\n    x = 1\n    """Say."""\n    ‸\n',
        'x = {\n    "a":\n        ‸\n}',
        "# def f():\n‸",
        "x = 1\n‸\n",
        "x = ‸\n",
        "x" * 3000 + ":\n‸",
    ],
    "typescript": [
        "if (x) {\n  ‸\n  y();\n}\n",
        "if (x) {\n  y();\n}\n‸",
        "// if (x) {\n‸",
        "/* if (x) {\n */\n‸",
    ],
    "ruby": ["x = undo\n‸\n", "x = undo‸\n", "class Foo; end\n‸\n"],
    "lua": [
        "if x then y() end\n‸",
        "function f() --[[ one ]]\n  x = a[b[1]]\n  ‸\nend\n",
    ],
    "html": ["<p>\n</p>\n‸", "<br>\n‸"],
    "cpp": ["int f()\n{\n    ‸\n    return 1;\n}\n"],
}


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language_id, marked) for language_id, texts in table.items() for marked in texts]


@pytest.mark.parametrize(("language_id", "marked"), cases(BLOCKS))
def test_a_whole_block_is_asked_for_where_its_body_is_still_to_be_written(
    language_id: str, marked: str
) -> None:
    assert decide(at_cursor(marked, language_id=language_id), SETTINGS).extent is Extent.BLOCK


@pytest.mark.parametrize(("language_id", "marked"), cases(STATEMENTS))
def test_one_statement_is_asked_for_where_no_block_opens_or_its_body_has_begun(
    language_id: str, marked: str
) -> None:
    assert decide(at_cursor(marked, language_id=language_id), SETTINGS).extent is Extent.STATEMENT


@pytest.mark.parametrize("marked", ["print(‸)\n", "if (‸) {\n}", "def f(‸):\n"])
def test_the_line_is_asked_for_where_something_stands_behind_the_cursor(marked: str) -> None:
    assert decide(at_cursor(marked), SETTINGS).extent is Extent.LINE


@pytest.mark.parametrize(
    ("language_id", "marked", "opener"),
    [
        ("python", '  def f():\n    """Say."""\n    # one\n\n‸', "  def f():"),
        ("typescript", "  if (x) { /* one\n  two */\n‸\n  }", "  if (x) { "),
        ("cpp", "\tint f()\n\t{\n\t\t‸\n\t}", "\t{"),
        ("python", "def f():\n    ‸\n    x = 1", None),
        ("python", "x = 1\n‸", None),
        ("python", "‸", None),
    ],
)
def test_the_opener_above_is_that_of_a_body_still_to_be_written(
    language_id: str, marked: str, opener: str | None
) -> None:
    snapshot = at_cursor(marked)
    found = opener_above(snapshot.document, snapshot.cursor.line, language_for(language_id))
    assert (found and found.rstrip()) == (opener and opener.rstrip())

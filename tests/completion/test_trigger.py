"""When the model is asked, for how much, and with which reason it is not."""

from dataclasses import replace

import pytest

from aicopilot_lsp.completion.trigger import Extent, decide
from aicopilot_lsp.completion.types import Trigger
from aicopilot_lsp.config.settings import CompletionSettings
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
    ],
)
def test_automatic_requests_stay_quiet_where_a_suggestion_would_be_in_the_way(
    marked: str, rule: str | None
) -> None:
    assert decide(at_cursor(marked), SETTINGS).rule == rule


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


@pytest.mark.parametrize(
    ("marked", "extent"),
    [
        ("def f():\n    ‸\n", Extent.BLOCK),
        ("def f():\n    ‸\n\ndef g():\n", Extent.BLOCK),
        ("def f():\n    ‸\n    return 1\n", Extent.STATEMENT),  # the body has begun
        ("def f():‸\n", Extent.BLOCK),
        ('def f():\n    """Say."""\n    ‸\n', Extent.BLOCK),
        ('def f():\n    """Say\n\n    more.\n    """\n    # first\n\n    ‸\n', Extent.BLOCK),
        ('def f():\n    x = """y"""\n    ‸\n', Extent.STATEMENT),
        ('def f():\n    x = 1\n    """Say."""\n    ‸\n', Extent.STATEMENT),
        ("def f():‸\n    return 1\n", Extent.STATEMENT),
        ("def f():  # note‸\n", Extent.BLOCK),
        ("x = 1\n‸\n", Extent.STATEMENT),
        ("x = ‸\n", Extent.STATEMENT),
        ("print(‸)\n", Extent.LINE),
    ],
)
def test_a_whole_block_is_asked_for_only_where_none_has_begun(marked: str, extent: Extent) -> None:
    assert decide(at_cursor(marked, trigger=Trigger.INVOKED), SETTINGS).extent is extent


@pytest.mark.parametrize(
    ("marked", "extent"),
    [
        ("if (x) {\n  ‸\n}\n", Extent.BLOCK),
        ("if (x) {\n  ‸\n  y();\n}\n", Extent.STATEMENT),
        ("const x = () => {‸\n};\n", Extent.BLOCK),
    ],
)
def test_braces_open_blocks_too(marked: str, extent: Extent) -> None:
    snapshot = at_cursor(marked, language_id="typescript", path="a.ts")
    assert decide(snapshot, SETTINGS).extent is extent

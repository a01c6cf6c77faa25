"""A document that holds every marker of every family, in every place of a prompt: none reaches a
model that could read it as control."""

import pytest

from aicopilot_lsp.completion.prompt import hole, lay_out, render, with_files_above
from aicopilot_lsp.completion.types import Snapshot
from aicopilot_lsp.models.fim import FORMATS, FimFormat, assemble, distinctive
from aicopilot_lsp.models.fim.tokens import OTHERS
from aicopilot_lsp.models.protocol import Layout, Mode, Prompting
from tests.support.fixture import CURSOR, at_cursor

MARKERS = sorted({marker for fmt in FORMATS.values() for marker in fmt.markers} | set(OTHERS))
HEADINGS = sorted({heading for fmt in FORMATS.values() for heading in fmt.headings})
# In comments, in strings, at a line's start, one within another, and with nothing between two.
EVERYTHING = "".join(
    [
        *(f"# {marker}\nx = '{marker}'\n{marker}\n" for marker in MARKERS),
        *(f"{marker[:3]}{marker}{marker[3:]}\n" for marker in MARKERS),
        *(f"{heading}src/a.py\n" for heading in HEADINGS),
        "".join(MARKERS),
    ]
)
LONG_LINE = "".join(MARKERS)


def could_be_control(fmt: FimFormat | None) -> list[str]:
    return [mark for mark in MARKERS if distinctive(mark) or (fmt and mark in fmt.markers)]


def controls_in(prompt: str, fmt: FimFormat | None) -> dict[str, int]:
    """How often each occurs that a model of this format could read as control."""
    found = {mark: prompt.count(mark) for mark in could_be_control(fmt)}
    for heading in fmt.headings if fmt else ():
        found[heading] = sum(line.startswith(heading) for line in prompt.split("\n"))
    return {mark: times for mark, times in found.items() if times}


def full_of_markers() -> Snapshot:
    """All of them above the cursor, on its line on both sides, below it, and in the path."""
    marked = f"{EVERYTHING}\n{EVERYTHING}\n{LONG_LINE} = 1; {CURSOR}{LONG_LINE}\n{EVERYTHING}"
    path = f"src/{LONG_LINE.replace('/', '_')}<|im_start|><fim_middle>[PREFIX].py"
    return at_cursor(marked, path=path)


@pytest.fixture(params=list(FORMATS.values()), ids=list(FORMATS))
def fmt(request: pytest.FixtureRequest) -> FimFormat:
    return request.param  # type: ignore[no-any-return]


@pytest.mark.parametrize("others", [(), ((LONG_LINE, EVERYTHING), (f"b\n{EVERYTHING}", LONG_LINE))])
def test_a_prompt_holds_only_what_its_template_writes(
    fmt: FimFormat, others: tuple[tuple[str, str], ...]
) -> None:
    prompt = assemble(
        *(fmt, EVERYTHING, EVERYTHING, EVERYTHING),
        files=others,
        path=EVERYTHING,
        repo=EVERYTHING,
        language=EVERYTHING,
    )
    names = {"path": "p", "repo": "r", "language": "l"}
    harmless = assemble(fmt, "", "", "", files=[("p", "")] * len(others), **names)
    assert controls_in(prompt, fmt) == controls_in(harmless, fmt)


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("others", [(), (("b.py", EVERYTHING),)])
def test_no_prompt_of_the_pipeline_lets_one_through(
    fmt: FimFormat, layout: Layout, others: tuple[tuple[str, str], ...]
) -> None:
    prompting = Prompting(mode=Mode.RAW, format=fmt, layout=layout)
    plan = with_files_above(lay_out(full_of_markers(), None, 10_000_000), others)
    assert all(mark in plan.prefix and mark in plan.middle for mark in MARKERS)
    assert all(mark in plan.suffix for mark in MARKERS)
    prompt = render(plan, plan.middle, prompting)
    harmless = assemble(fmt, "", "", "", path="p", language="python")
    assert controls_in(prompt, fmt) == controls_in(harmless, fmt)


def test_no_hole_lets_a_distinctive_one_through() -> None:
    snapshot = full_of_markers()
    plan = lay_out(snapshot, None, 10_000_000)
    asked = hole(plan, plan.middle, snapshot)
    for text in (asked.before, asked.prefix, asked.middle, asked.suffix, asked.file_name):
        assert controls_in(text, None) == {}
    # What is ordinary code stays, for a model whose format is not known.
    assert "<s>" in asked.before
    assert "[PREFIX]" in asked.file_name


def test_a_marker_across_the_parts_of_a_hole_is_broken() -> None:
    snapshot = at_cursor("x = 1\n" + CURSOR)
    plan = lay_out(snapshot, None, 1_000)
    for cut in range(1, len("<|im_start|>")):
        one, two = "<|im_start|>"[:cut], "<|im_start|>"[cut:]
        split = type(plan)(prefix=one, suffix="", middle=two, frozen=plan.frozen)
        assert "<|im_start|>" not in hole(split, two, snapshot).before


def test_an_authors_html_reaches_the_models_whose_token_it_is_not() -> None:
    snapshot = at_cursor("<p><s>old</s> new</p>\n" + CURSOR, path="a.html")
    plan = lay_out(snapshot, None, 1_000)
    kept = {
        name
        for name, known in FORMATS.items()
        if "<s>old</s>" in render(plan, plan.middle, Prompting(mode=Mode.RAW, format=known))
    }
    assert set(FORMATS) - kept == {"codellama", "codestral"}

"""The better layout is found on stored holes, asked as a user's request would be."""

from dataclasses import replace

import pytest

from aicopilot_lsp.models.fim import format_for
from aicopilot_lsp.models.protocol import Healing, Hole, Layout, Mode, Prompting
from aicopilot_lsp.models.selftest.holes import KnownHole
from aicopilot_lsp.models.selftest.layouts import Attempt, Score, better, possible, score
from aicopilot_lsp.models.selftest.stored import STORED
from tests.support.toy_fim import ToyModel, ToySubject

QWEN = Prompting(
    mode=Mode.RAW,
    format=format_for("qwen2.5-coder"),
    layout=Layout.FROZEN,
    healing=Healing.CONSTRAINED,
)
WANTED = KnownHole(Hole(prefix="x = ", suffix="\n"), ("f(a, b)",))


def scored(layout: Layout, *lines: str) -> Score:
    return Score(layout=layout, attempts=tuple(Attempt(known=WANTED, line=line) for line in lines))


@pytest.mark.parametrize("healing", [Healing.CONSTRAINED, Healing.CHECKED, Healing.NONE])
@pytest.mark.parametrize("layout", Layout)
async def test_a_model_that_knows_the_holes_fills_all_of_them(
    layout: Layout, healing: Healing
) -> None:
    subject = ToySubject(ToyModel(holes=STORED))
    found = await score(subject, replace(QWEN, healing=healing), layout)
    assert found.exact == len(STORED) == 12
    assert found.similarity == 1.0
    frozen = [not request.prompt.endswith("<|fim_middle|>") for _, request in subject.asked]
    assert all(frozen) if layout is Layout.FROZEN else not any(frozen)


async def test_half_a_name_is_healed_and_indentation_is_left_to_the_model() -> None:
    subject = ToySubject(ToyModel(holes=STORED))
    await score(subject, QWEN, Layout.FROZEN)
    begun = [request.must_begin_with for _, request in subject.asked]
    assert begun[0] == "app"  # self.items.app
    assert begun[2] == ""  # behind indentation
    assert begun[3] == " "  # for item in


async def test_the_holes_have_cursors_in_words_behind_dots_blanks_and_indentation() -> None:
    before = [known.hole.before.rpartition("\n")[2] for known in STORED]
    assert any(line[-1].isalnum() for line in before)
    assert any(line.endswith(".") for line in before)
    assert any(line.strip() and line.endswith(" ") for line in before)
    assert any(not line.strip() for line in before)
    assert len({known.hole.language_id for known in STORED}) >= 4


def test_exact_matches_decide_then_likeness() -> None:
    exact = scored(Layout.STANDARD, "f(a, b)", "g()")
    alike = scored(Layout.FROZEN, "f(a, c)", "f(a, d)")
    assert better((alike, exact), Healing.CONSTRAINED) is Layout.STANDARD
    worse = scored(Layout.FROZEN, "f(a, b)", "")
    assert better((worse, exact), Healing.CONSTRAINED) is Layout.STANDARD


def test_a_tie_keeps_the_frozen_layout_only_where_healing_is_sure() -> None:
    tie = (scored(Layout.FROZEN, "f(a, b)"), scored(Layout.STANDARD, "f(a, b)"))
    assert better(tie, Healing.CONSTRAINED) is Layout.FROZEN
    assert better(tie, Healing.CHECKED) is Layout.STANDARD
    assert better(tie, Healing.NONE) is Layout.STANDARD


@pytest.mark.parametrize(
    ("prompting", "takes_middle", "layouts"),
    [
        (QWEN, False, 2),
        (Prompting(mode=Mode.NATIVE), True, 2),
        (Prompting(mode=Mode.NATIVE), False, 1),
        (Prompting(mode=Mode.CHAT), False, 1),
        (replace(QWEN, format=format_for("plain")), False, 1),
    ],
)
def test_there_is_a_choice_only_where_text_can_stand_behind_the_middle_token(
    prompting: Prompting, takes_middle: bool, layouts: int
) -> None:
    assert len(possible(prompting, takes_middle=takes_middle)) == layouts


async def test_an_answer_is_left_after_its_first_line() -> None:
    holes = tuple(
        KnownHole(known.hole, (known.middles[0] + "\nmore\n" * 9,)) for known in STORED[:3]
    )
    subject = ToySubject(ToyModel(holes=holes))
    found = await score(subject, QWEN, Layout.FROZEN, holes=holes)
    assert all("\n" not in attempt.line for attempt in found.attempts)
    assert found.attempts[0].line == STORED[0].middles[0]

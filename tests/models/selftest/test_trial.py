"""Tiny holes tell a right way of asking from a wrong one, in few tokens."""

from dataclasses import replace

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.fim import FORMATS, FimFormat, format_for
from aicopilot_lsp.models.fim.tokens import OTHERS
from aicopilot_lsp.models.protocol import Layout, Mode, Prompting
from aicopilot_lsp.models.selftest.candidates import own_formats, unknown_markers
from aicopilot_lsp.models.selftest.holes import TRIVIAL, KnownHole
from aicopilot_lsp.models.selftest.trial import leaked, try_out
from tests.support.toy_fim import ToyModel, ToySubject

QWEN = Prompting(mode=Mode.RAW, format=format_for("qwen2.5-coder"), layout=Layout.FROZEN)


@pytest.mark.parametrize("known", TRIVIAL, ids=lambda known: known.hole.file_name)
def test_a_hole_is_filled_by_whole_words_whatever_follows(known: KnownHole) -> None:
    for middle in known.middles:
        for answer in (middle, f" {middle}", f"{middle}\nmore", f"{middle};", f" {middle}\n```"):
            assert known.filled_by(answer)
            assert not known.missed_by(answer)
        assert not known.filled_by(f"x{middle}")
    assert not known.filled_by("")


def test_part_of_a_longer_word_fills_nothing() -> None:
    answer_of_seven = TRIVIAL[0]
    assert not answer_of_seven.filled_by("answerOfSevenAndMore = 3")
    assert answer_of_seven.missed_by("answerOfSevenAndMore = 3")
    assert not answer_of_seven.missed_by(" answerOf")
    assert answer_of_seven.missed_by(" answerTo")


def test_no_suffix_tells_what_a_prefix_tells() -> None:
    """Those said to need the suffix do: the answer is in no text before them."""
    needing = [known for known in TRIVIAL if known.needs_suffix]
    assert len(needing) >= 2
    for known in needing:
        assert known.middles[0] not in known.hole.before
        assert known.middles[0] in known.hole.suffix


async def test_a_wrong_answer_is_left_at_once() -> None:
    subject = ToySubject(ToyModel(format=None))
    trial = await try_out(subject, QWEN)
    assert not trial.passed
    assert len(subject.asked) == 2  # of five


async def test_a_trial_is_in_the_layout_that_models_are_trained_on() -> None:
    subject = ToySubject(ToyModel())
    assert (await try_out(subject, QWEN)).passed
    assert all(request.prompt.endswith("<|fim_middle|>") for _, request in subject.asked)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (ModelErrorKind.NOT_FOUND, "no such interface"),
        (ModelErrorKind.REJECTED, "rejects such requests"),
        (ModelErrorKind.SERVER, "fails when asked so"),
        (ModelErrorKind.PROTOCOL, "can't be understood"),
    ],
)
async def test_a_server_that_says_no_to_a_way_is_heard(kind: ModelErrorKind, said: str) -> None:
    subject = ToySubject(ToyModel())
    subject.failure = ModelError("no", kind=kind)
    trial = await try_out(subject, QWEN)
    assert not trial.passed
    assert said in trial.verdict
    assert trial.error is subject.failure


async def test_a_format_without_a_suffix_is_judged_by_what_it_can_see() -> None:
    plain = replace(QWEN, format=format_for("plain"))
    subject = ToySubject(ToyModel(format=format_for("plain")))
    trial = await try_out(subject, plain)
    assert len(subject.asked) == len([known for known in TRIVIAL if not known.needs_suffix])
    assert "does not see what is below" in trial.verdict


@pytest.mark.parametrize("known", TRIVIAL, ids=lambda known: known.hole.file_name)
def test_an_answer_on_the_next_line_fills_nothing(known: KnownHole) -> None:
    assert not known.filled_by(f"\n{known.middles[0]}")
    assert known.missed_by("\n")


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_every_marker_of_every_family_is_a_leak(form: FimFormat) -> None:
    for marker in form.markers:
        assert leaked(f" a + b{marker}")


def test_a_chat_models_end_token_is_a_leak_as_well() -> None:
    assert all(leaked(f" a + b{token}") for token in OTHERS)


@pytest.mark.parametrize("known", TRIVIAL, ids=lambda known: known.hole.file_name)
def test_a_right_answer_is_no_leak(known: KnownHole) -> None:
    assert not any(leaked(middle) for middle in known.middles)
    assert not leaked(known.hole.suffix)


async def test_a_tokenizer_rules_formats_out_and_puts_the_nearest_first() -> None:
    subject = ToySubject(ToyModel(format=format_for("starcoder2")))
    formats, foreign = await own_formats(subject)
    # Its own markers, then those that are among them.
    assert formats[0].name == "starcoder2"
    assert "qwen2.5-coder" in {form.name for form in foreign}
    assert "plain" not in {form.name for form in (*formats, *foreign)}


async def test_a_declared_formats_foreign_markers_are_named() -> None:
    subject = ToySubject(ToyModel())
    assert await unknown_markers(subject, format_for("qwen2.5-coder")) == ()
    assert await unknown_markers(subject, format_for("codestral")) == ("[SUFFIX]", "[PREFIX]")
    subject.toy = replace(subject.toy, tokenizes=False)
    assert await unknown_markers(subject, format_for("codestral")) == ()

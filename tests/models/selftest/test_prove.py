"""How a model wants to be asked is found out by asking, kept, and refused in plain words."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models.chat.faults import only_reasoned
from aicopilot_lsp.models.fim import FORMATS, FimFormat, Order, format_for
from aicopilot_lsp.models.protocol import (
    GenerateRequest,
    Healing,
    Layout,
    Mode,
    Prompting,
    StreamEvent,
)
from aicopilot_lsp.models.selftest.prove import Prover
from aicopilot_lsp.models.selftest.refusal import NotSuitableError
from tests.support.toy_fim import ToyModel, ToySubject

WITH_MARKERS = [form for form in FORMATS.values() if form.structural]
SETTINGS = ModelSettings(name="mine", provider="toy", model="toy")


class Bench:
    """A prover on a state directory of its own, with a clock that only the test moves."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.now_s = 0.0
        self.healing = Healing.CONSTRAINED

    def prover(self, subject: ToySubject, settings: ModelSettings = SETTINGS) -> Prover:
        def declare(name: str) -> Prompting:
            mode = Mode(name) if name in tuple(Mode) else Mode.RAW
            if mode not in subject.api.dialects:
                raise ConfigError("no such way")
            form = format_for(name) if mode is Mode.RAW else None
            layout = Layout(settings.layout or Layout.FROZEN)
            return Prompting(mode=mode, format=form, layout=layout, healing=self.healing)

        return Prover(
            settings,
            self.state_dir,
            declare,
            where="http://127.0.0.1:1",
            clock=lambda: self.now_s,
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "state")


@pytest.mark.parametrize("form", WITH_MARKERS, ids=lambda form: form.name)
async def test_a_format_is_found_by_its_markers_and_holes(bench: Bench, form: FimFormat) -> None:
    subject = ToySubject(ToyModel(format=form))
    found = await bench.prover(subject)(subject)
    assert found.format is not None
    # Families that write the same prompt can't be told apart, and need not be.
    assert found.format.alone == form.alone


@pytest.mark.parametrize("name", ["codestral", "seed-coder", "codellama", "mellum", "starcoder2"])
async def test_without_a_tokenizer_the_holes_decide(bench: Bench, name: str) -> None:
    subject = ToySubject(ToyModel(format=format_for(name), tokenizes=False))
    assert (await bench.prover(subject)(subject)).name == name


async def test_parts_in_the_other_order_are_another_format(bench: Bench) -> None:
    """Two families have StarCoder's tokens, and one of them wants the suffix first."""
    spm = [form for form in WITH_MARKERS if form.order is Order.SPM]
    for form in spm:
        subject = ToySubject(ToyModel(format=form))
        found = await bench.prover(subject).proof(subject, anew=True)
        assert found.prompting.format == form


async def test_the_layout_is_frozen_only_where_the_server_can_be_held_to_the_healed_token(
    bench: Bench,
) -> None:
    subject = ToySubject(ToyModel())
    assert (await bench.prover(subject)(subject)).layout is Layout.FROZEN
    bench.healing = Healing.CHECKED
    assert (await bench.prover(subject)(subject)).layout is Layout.STANDARD
    declared = replace(SETTINGS, layout="frozen")
    assert (await bench.prover(subject, declared)(subject)).layout is Layout.FROZEN


async def test_what_was_found_holds_for_the_next_start_and_asks_no_holes_again(
    bench: Bench,
) -> None:
    first = ToySubject(ToyModel())
    await bench.prover(first)(first)
    second = ToySubject(ToyModel())
    assert (await bench.prover(second)(second)).name == "qwen2.5-coder"
    assert first.asked
    assert not second.asked


async def test_another_model_at_the_same_place_is_tested_anew(bench: Bench) -> None:
    first = ToySubject(ToyModel())
    await bench.prover(first)(first)
    second = ToySubject(ToyModel(format=None, native=True), Mode.RAW, Mode.NATIVE)
    second.info = replace(first.info, context_tokens=2048)
    assert (await bench.prover(second)(second)).mode is Mode.NATIVE
    # One file for a place: what was known of the other model is gone.
    assert len(list((bench.state_dir / "selftest").iterdir())) == 1


async def test_a_server_that_writes_the_prompt_itself_comes_next(bench: Bench) -> None:
    subject = ToySubject(ToyModel(format=None, native=True, chat=True), *Mode)
    assert (await bench.prover(subject)(subject)).mode is Mode.NATIVE


async def test_a_native_interface_that_ignores_the_suffix_is_not_used(bench: Bench) -> None:
    model = ToyModel(format=None, native=True, ignores_suffix=True)
    subject = ToySubject(model, Mode.RAW, Mode.NATIVE)
    with pytest.raises(NotSuitableError) as caught:
        await bench.prover(subject)(subject)
    trial = caught.value.trials[-1]
    assert (trial.name, trial.verdict) == ("native", "fills 0 of 2 holes")


async def test_a_chat_model_is_used_to_fill_holes(bench: Bench) -> None:
    subject = ToySubject(ToyModel(format=None, chat=True), *Mode)
    assert (await bench.prover(subject)(subject)).mode is Mode.CHAT


async def test_a_chat_model_that_only_reasons_is_refused_with_the_switch_for_it(
    bench: Bench,
) -> None:
    subject = ToySubject(ToyModel(format=None), Mode.RAW, Mode.CHAT)
    generate = subject.generate

    def reasoning(
        request: GenerateRequest, *, mode: Mode | None = None
    ) -> AsyncGenerator[StreamEvent, None]:
        subject.failure = only_reasoned("here") if mode is Mode.CHAT else None
        return generate(request, mode=mode)

    subject.generate = reasoning  # type: ignore[method-assign]
    with pytest.raises(ModelError, match="spends its whole answer on reasoning") as caught:
        await bench.prover(subject)(subject)
    assert "Switch the model's reasoning off at the server, or choose" in str(caught.value)


async def test_a_model_that_only_runs_on_may_be_declared_all_the_same(bench: Bench) -> None:
    subject = ToySubject(ToyModel(never_stops=True))
    declared = r'Set fim_format = "qwen2\.5-coder" to have it asked all the same'
    with pytest.raises(ModelError, match=declared):
        await bench.prover(subject)(subject)


@pytest.mark.parametrize(
    ("model", "tried", "said", "fix"),
    [
        (
            ToyModel(ignores_suffix=True),
            "fills 0 of 2 holes",
            "did not fill the test's holes",
            "Choose another model, or set its fim_format",
        ),
        (
            ToyModel(leaks=True),
            "writes control tokens into the text",
            "writes control tokens into the text",
            "keep control tokens out of its answers",
        ),
        (
            ToyModel(never_stops=True),
            "fills 5 of 5 holes, but never stops",
            "fills holes, but never stops",
            "Set fim_format",
        ),
    ],
)
async def test_a_refusal_is_two_short_sentences_and_holds_what_was_tried(
    bench: Bench, model: ToyModel, tried: str, said: str, fix: str
) -> None:
    subject = ToySubject(model)
    with pytest.raises(NotSuitableError) as caught:
        await bench.prover(subject)(subject)
    assert caught.value.kind is ModelErrorKind.NOT_SUITABLE
    assert [(trial.name, trial.verdict) for trial in caught.value.trials] == [
        ("qwen2.5-coder", tried)
    ]
    text = str(caught.value)
    assert text.startswith(f"The model 'toy' {said}, so it is not asked for suggestions. ")
    assert fix in text
    assert text.endswith("`aicopilot model test mine` shows what was tried.")
    assert len(text) < 250


async def test_a_model_that_knows_no_marker_is_refused_with_the_formats_ruled_out(
    bench: Bench,
) -> None:
    subject = ToySubject(ToyModel(format=None))
    with pytest.raises(NotSuitableError, match="did not fill the test's holes") as caught:
        await bench.prover(subject)(subject)
    assert {form.name for form in caught.value.foreign} == {form.name for form in WITH_MARKERS}


async def test_a_leak_that_follows_a_filled_hole_is_for_the_server_to_mend(bench: Bench) -> None:
    subject = ToySubject(ToyModel(leaks=True))
    with pytest.raises(ModelError, match="keep control tokens out"):
        await bench.prover(subject)(subject)


async def test_our_own_stop_strings_hide_nothing(bench: Bench) -> None:
    subject = ToySubject(ToyModel())
    await bench.prover(subject)(subject)
    assert {request.stop for _, request in subject.asked} == {()}


async def test_a_refusal_holds_for_a_while_that_doubles(bench: Bench) -> None:
    subject = ToySubject(ToyModel(format=None))
    prover = bench.prover(subject, SETTINGS)
    subject.toy = replace(subject.toy, tokenizes=False)
    tries = []
    for moment_s in (0.0, 59.0, 61.0, 170.0, 182.0):
        bench.now_s = moment_s
        before = len(subject.asked)
        with pytest.raises(ModelError) as caught:
            await prover(subject)
        assert caught.value.kind is ModelErrorKind.NOT_SUITABLE
        tries.append(len(subject.asked) > before)
    assert tries == [True, False, True, False, True]


async def test_a_refused_model_can_be_tested_on_purpose_at_any_time(bench: Bench) -> None:
    subject = ToySubject(ToyModel(format=None))
    prover = bench.prover(subject)
    with pytest.raises(ModelError):
        await prover(subject)
    subject.toy = ToyModel()
    assert (await prover.proof(subject, anew=True)).prompting.name == "qwen2.5-coder"


@pytest.mark.parametrize(
    "kind",
    [
        ModelErrorKind.UNREACHABLE,
        ModelErrorKind.AUTH,
        ModelErrorKind.TIMEOUT,
        ModelErrorKind.BUSY,
        ModelErrorKind.NOT_FOUND,
        ModelErrorKind.PROTOCOL,
        ModelErrorKind.SERVER,
    ],
)
async def test_a_server_that_answers_nothing_is_no_matter_of_formats(
    bench: Bench, kind: ModelErrorKind
) -> None:
    subject = ToySubject(ToyModel())
    subject.failure = ModelError("the server's own trouble", kind=kind)
    prover = bench.prover(subject)
    with pytest.raises(ModelError) as caught:
        await prover(subject)
    assert caught.value.kind is kind
    # And it is no refusal: once the server is back, so is the model.
    subject.failure = None
    assert (await prover(subject)).name == "qwen2.5-coder"


async def test_a_model_with_no_known_marker_is_refused_also_where_all_else_is_an_error(
    bench: Bench,
) -> None:
    subject = ToySubject(ToyModel(format=None), Mode.RAW, Mode.NATIVE)
    with pytest.raises(NotSuitableError) as caught:
        await bench.prover(subject)(subject)
    assert [trial.verdict for trial in caught.value.trials] == ["the server rejects such requests"]
    assert caught.value.kind is ModelErrorKind.NOT_SUITABLE


async def test_no_test_asks_more_than_some_formats(bench: Bench) -> None:
    subject = ToySubject(ToyModel(format=None, tokenizes=False))
    with pytest.raises(ModelError):
        await bench.prover(subject)(subject)
    assert len(subject.asked) <= 2 * 8

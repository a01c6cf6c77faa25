"""The document against a second model, on random editing sessions.

`bench/fuzz_text.py` runs the same for millions of edits.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from aicopilot_lsp.text.positions import PositionEncoding
from tests.support.text_fuzz import (
    PIECES,
    WILD_NUMBERS,
    Divergence,
    Session,
    reduced,
    replay,
    run_bad_ranges,
    run_random_sessions,
)
from tests.support.text_model import TextModel, from_units, to_units

SEED = 20_260_101

_texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
_numbers = st.integers(0, 6) | st.integers(0, 30) | st.sampled_from(WILD_NUMBERS)
_positions = st.tuples(_numbers, _numbers)
_ranges = st.one_of(
    st.none(),
    st.tuples(_positions, _positions),
    st.tuples(_positions, _positions).map(lambda ends: (min(ends), max(ends))),
    _positions.map(lambda at: (at, at)),
)
_versions = st.none() | st.integers(-1, 5) | st.integers(0, 2**40)
_sessions = st.builds(
    Session,
    st.sampled_from([encoding.value for encoding in PositionEncoding]),
    _texts,
    st.lists(
        st.tuples(st.lists(st.tuples(_ranges, _texts), max_size=3).map(tuple), _versions),
        max_size=6,
    ).map(tuple),
)


@settings(max_examples=300, deadline=None)
@given(_sessions)
def test_any_session_leaves_the_text_of_the_second_model(session: Session) -> None:
    replay(session)


def test_200_000_random_edits_leave_the_text_of_the_second_model() -> None:
    tally = run_random_sessions(200_000, SEED, wildness=0.02)
    assert tally.edits >= 200_000
    assert min(tally.whole_text, tally.several_at_once, tally.suspended) > 1_000


def test_100_000_bad_ranges_clamp_or_suspend_as_the_second_model_does() -> None:
    tally = run_bad_ranges(100_000, SEED)
    assert tally.edits == 100_000
    assert 20_000 < tally.suspended < 90_000


def test_a_failing_session_is_cut_down_to_what_fails() -> None:
    # A wrong model stands in for a wrong document.
    class WrongModel(TextModel):
        def lines(self) -> list[str]:
            lines = super().lines()
            return [*lines[:-1], ""] if any("b" in line for line in lines) else lines

    padding: tuple[tuple[None, str], ...] = ((None, "xyz\n"),)
    session = Session("utf-8", "a\nlong text", ((padding, 1), (((None, "aab\naa"),), 2)))
    found = reduced(Divergence("seen", session), model=WrongModel)
    assert found.session == Session("utf-8", "", ((((None, "b"),), 2),))


def test_the_second_model_keeps_every_character() -> None:
    text = "".join(PIECES)
    for encoding in PositionEncoding:
        assert from_units(to_units(text, encoding.value), encoding.value) == text

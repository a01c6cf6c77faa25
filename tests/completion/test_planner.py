"""Which snippets stand in front of the file's own text, and when that changes."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.completion.planner import Room, chars, files_of, plan, preface_of
from aicopilot_lsp.context.render import of_type
from aicopilot_lsp.context.types import Chosen, Gathered
from aicopilot_lsp.store.index.types import Symbol
from tests.support.snippets import gathered, snippet

ROOM = Room(cold=400, resting=2_000)
NAMES = [f"name_{letter}" for letter in "abcdefghijklmnopqrst"]


def names(chosen: tuple[Chosen, ...]) -> list[str]:
    return [one.snippet.path.removesuffix(".py") for one in chosen]


def first(*wanted: str) -> tuple[Chosen, ...]:
    found = gathered(*(snippet(name) for name in wanted))
    return plan(found, (), shown="", room=ROOM, moved=True)


def test_nothing_gathered_changes_nothing() -> None:
    held = first("lock")
    assert plan(None, held, shown="", room=ROOM, moved=True) == held


def test_while_the_window_stays_the_snippets_stay() -> None:
    held = first("lock")
    found = gathered(snippet("unlock"))
    assert plan(found, held, shown="", room=ROOM, moved=False) == held


def test_what_was_true_for_a_moment_goes_when_it_is_not_found_again() -> None:
    error = replace(snippet("an_error"), passes=True)
    held = plan(gathered(error, snippet("lock")), (), shown="", room=ROOM, moved=True)
    assert sorted(names(held)) == ["an_error", "lock"]
    again = gathered(error, snippet("unlock"))
    assert "an_error" in names(plan(again, held, shown="", room=ROOM, moved=True))
    mended = gathered(snippet("unlock"))
    assert names(plan(mended, held, shown="", room=ROOM, moved=True)) == ["lock", "unlock"]
    assert plan(mended, held, shown="", room=ROOM, moved=False) == held


def test_what_is_new_goes_behind_what_the_model_has_read() -> None:
    held = first("lock")
    found = gathered(snippet("unlock", score=1.0), snippet("lock"))
    assert names(plan(found, held, shown="", room=ROOM, moved=True)) == ["lock", "unlock"]


def test_what_is_no_longer_wanted_stays_while_there_is_room() -> None:
    held = first("lock")
    found = gathered(snippet("unlock"))
    assert names(plan(found, held, shown="", room=ROOM, moved=True)) == ["lock", "unlock"]


def test_when_it_is_full_what_is_no_longer_wanted_goes_at_once() -> None:
    held = first("lock", "unlock")
    tight = replace(ROOM, cold=chars(held) + 20)
    found = gathered(snippet("unlock"), snippet("open", score=1.0))
    assert names(plan(found, held, shown="", room=tight, moved=True)) == ["unlock", "open"]


def test_little_that_is_new_makes_no_room() -> None:
    held = first("lock", "unlock")
    tight = replace(ROOM, cold=chars(held))
    found = gathered(snippet("lock"), snippet("unlock"), snippet("open", score=0.06, lines=1))
    assert plan(found, held, shown="", room=tight, moved=True) == held


def test_a_rest_takes_in_more_than_somebody_would_wait_for() -> None:
    found = gathered(*(snippet(name) for name in NAMES))
    cold = plan(found, (), shown="", room=ROOM, moved=True)
    rested = plan(found, cold, shown="", room=ROOM, moved=False, resting=True)
    assert chars(cold) <= ROOM.cold < chars(rested) <= ROOM.resting
    assert rested[: len(cold)] == cold


def test_what_was_read_in_a_rest_stays_when_the_window_moves() -> None:
    found = gathered(*(snippet(name) for name in NAMES))
    rested = plan(found, (), shown="", room=ROOM, moved=False, resting=True)
    assert plan(found, rested, shown="", room=ROOM, moved=True) == rested


def test_a_little_is_added_to_what_was_read_in_a_rest() -> None:
    found = gathered(*(snippet(name) for name in NAMES))
    rested = plan(found, (), shown="", room=ROOM, moved=False, resting=True)
    more = gathered(snippet("another", lines=1))
    now = plan(more, rested, shown="", room=ROOM, moved=True)
    assert now[: len(rested)] == rested
    assert names(now)[len(rested) :] == ["another"]


def test_only_a_rest_makes_room_in_what_was_read_in_one() -> None:
    found = gathered(*(snippet(name) for name in NAMES))
    rested = plan(found, (), shown="", room=ROOM, moved=False, resting=True)
    full = replace(ROOM, resting=chars(rested))
    others = gathered(*(snippet(f"other_{number}", score=1.0) for number in range(30)))
    assert plan(others, rested, shown="", room=full, moved=True) == rested
    again = plan(others, rested, shown="", room=full, moved=False, resting=True)
    assert all(name.startswith("other_") for name in names(again))


def test_snippets_of_one_file_stand_under_one_heading() -> None:
    found = gathered(snippet("lock", path="store.py"), snippet("unlock", path="store.py"))
    (path, text), *others = files_of(plan(found, (), shown="", room=ROOM, moved=True))
    assert (path, others) == ("store.py", [])
    assert "def lock" in text and "def unlock" in text


def test_what_is_of_the_current_file_is_no_other_file() -> None:
    found = gathered(snippet("lock", path="here.py"), snippet("unlock", path="there.py"))
    chosen = plan(found, (), shown="", room=ROOM, moved=True)
    assert [path for path, _ in files_of(chosen, but="here.py")] == ["there.py"]
    assert preface_of(chosen, "here.py").startswith("def lock")


@given(
    st.lists(st.lists(st.sampled_from(NAMES), unique=True), min_size=1, max_size=6),
    st.data(),
)
def test_room_is_kept_and_what_stays_keeps_its_place(
    turns: list[list[str]], data: st.DataObject
) -> None:
    held: tuple[Chosen, ...] = ()
    for wanted in turns:
        resting = data.draw(st.booleans())
        found = gathered(*(snippet(name) for name in wanted))
        now = plan(found, held, shown="", room=ROOM, moved=True, resting=resting)
        large = chars(held) > ROOM.cold  # from a rest
        assert chars(now) <= (ROOM.resting if resting or large else ROOM.cold)
        keys = [one.key for one in now]
        assert len(keys) == len(set(keys))
        stayed = [one.key for one in held if one.key in keys]
        assert [key for key in keys if key in stayed] == stayed
        held = now


def test_a_large_type_is_shown_once_wherever_the_cursor_goes() -> None:
    """Which of its names are told in short depends on the cursor."""
    kind = Symbol(name="Shelf", kind="class", first=0, last=40, signature="class Shelf")
    members = [
        Symbol(name=name, kind="method", first=1, last=2, signature=f"def {name}(self)")
        for name in NAMES
    ]

    def found(likely: str) -> Gathered:
        renderings = of_type(kind, members, likely=(likely,))
        return gathered(replace(snippet("Shelf", path="shelf.py"), renderings=renderings))

    roomy = Room(cold=2_000, resting=2_000)
    held = plan(found("a"), (), shown="", room=roomy, moved=True)
    assert [one.snippet.path for one in held] == ["shelf.py"]
    assert plan(found("t"), held, shown="", room=roomy, moved=True) == held

"""The knapsack: what is worth its room, and what is not."""

import string
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.context.select import Bar, select
from aicopilot_lsp.context.sources import diagnostics
from aicopilot_lsp.context.types import (
    Around,
    Chosen,
    Diagnostic,
    Rendering,
    Situation,
    Size,
    Snippet,
)
from tests.context.asking import gathered_of, situation_of
from tests.support.memory_index import index_of

_SITUATION = situation_of("def f():\n    ‸\n")


def _snippet(
    *texts: str, score: float = 0.5, path: str = "other.py", names: str = "", first: int = 0
) -> Snippet:
    sizes = (Size.WHOLE, Size.SKELETON, Size.SIGNATURE, Size.NAME)[-len(texts) :]
    shown = frozenset(names.split() or {texts[-1]})
    return Snippet(
        source="test",
        path=path,
        first=first,
        last=first + 1,
        score=score,
        renderings=tuple(
            Rendering(size=size, text=text, names=shown)
            for size, text in zip(sizes, texts, strict=True)
        ),
    )


def _select(
    *snippets: Snippet,
    room: int = 1_000,
    shown: str = "",
    kept: tuple[Chosen, ...] = (),
    situation: Situation = _SITUATION,
) -> tuple[Chosen, ...]:
    return select(gathered_of(situation, snippets), room_chars=room, shown=shown, kept=kept)


def _texts(chosen: tuple[Chosen, ...]) -> list[str]:
    return [one.rendering.text for one in chosen]


def test_with_room_a_thing_is_shown_large_and_without_small() -> None:
    snippet = _snippet("class A:\n    def b(self): ...", "class A:  # b", names="A b")
    assert _texts(_select(snippet)) == ["class A:\n    def b(self): ..."]
    assert _texts(_select(snippet, room=30)) == ["class A:  # b"]
    assert _select(snippet, room=5) == ()


def test_what_is_believed_in_too_little_stays_out_however_much_room_there_is() -> None:
    assert _select(_snippet("maybe", score=0.01), room=100_000) == ()


def test_the_likeliest_members_of_a_large_type_are_worth_more_than_their_share() -> None:
    names = [f"member_{number}" for number in range(200)]
    sizes = ((Size.SIGNATURE, names), (Size.NAME, names[:12]))
    renderings = tuple(
        Rendering(size=size, text=f"class Large: {' '.join(shown)}", names=frozenset(shown))
        for size, shown in sizes
    )
    large = replace(_snippet("Large", score=1.0), renderings=renderings)
    found = gathered_of(_SITUATION, [large])
    chosen = select(found, room_chars=400, shown="", bar=Bar(worth=0.2))
    assert [one.rendering.size for one in chosen] == [Size.NAME]


def test_names_that_the_prompt_shows_are_not_shown_again() -> None:
    assert _select(_snippet("def known(): ...", names="known"), shown="x = known()") == ()
    assert _select(_snippet("def known(): ...", names="known"), shown="x = other()") != ()


def test_of_two_that_show_the_same_names_one_is_taken() -> None:
    one = _snippet("def same(): ...", names="same", path="one.py", score=0.6)
    two = _snippet("def same(a): ...", names="same", path="two.py")
    assert _texts(_select(one, two)) == ["def same(): ..."]


def test_a_copy_of_the_text_in_the_prompt_is_dropped() -> None:
    text = "first = compute()\nsecond = compute(first)\nthird = compute(second)"
    snippet = _snippet(text, "x", "y", "z", names="entirely new names")
    assert text not in _texts(_select(snippet, shown=f"{text}\nmore = 1\n"))
    assert text in _texts(_select(snippet, shown="nothing of it"))


def test_a_place_of_the_current_file_that_the_prompt_shows_is_dropped() -> None:
    situation = situation_of("def shown_above():\n    pass\n\ndef f():\n    ‸\n")
    snippet = _snippet("def shown_above(): ...", path=situation.path, names="fresh")
    assert _select(snippet, situation=situation, shown="def shown_above():\n    pass\n") == ()
    assert _select(snippet, situation=situation, shown="def f():\n") != ()


def test_a_decorator_that_the_prompt_shows_elsewhere_says_nothing() -> None:
    code = "@dataclass(slots=True)\nclass Far:\n    x: int\n\n@dataclass(slots=True)\nclass Near:\n"
    situation = situation_of(f"{code}    ‸\n")
    far = replace(_snippet("class Far: ...", path=situation.path, names="Far"), last=3)
    window = "@dataclass(slots=True)\nclass Near:\n"
    assert _texts(_select(far, situation=situation, shown=window)) == ["class Far: ..."]
    assert _select(far, situation=situation, shown=code) == ()


async def test_what_is_said_of_a_line_that_the_prompt_shows_is_told() -> None:
    said = Diagnostic(line=1, message="undefined name 'pth'", severity=1)
    situation = situation_of("def f():\n    open(pth)\n    ‸\n", around=Around(diagnostics=(said,)))
    (found,) = await diagnostics.create().find(situation, index_of({}))
    chosen = _select(found, situation=situation, shown=situation.document.text)
    assert _texts(chosen) == ["# error in `open(pth)`: undefined name 'pth'"]


def test_snippets_of_one_path_stand_together_and_the_strongest_path_last() -> None:
    chosen = _select(
        _snippet("alpha", path="weak.py", score=0.2),
        _snippet("gamma", path="strong.py", score=0.9, first=9),
        _snippet("beta", path="weak.py", score=0.3),
        _snippet("delta", path="strong.py", score=0.2, first=2),
    )
    assert [one.snippet.path for one in chosen] == ["weak.py"] * 2 + ["strong.py"] * 2
    assert _texts(chosen)[2:] == ["delta", "gamma"]


def test_what_was_chosen_stays_where_it_was() -> None:
    weak = _snippet("alpha", path="weak.py", score=0.2)
    strong = _snippet("gamma", path="strong.py", score=0.9)
    (before,) = _select(strong)
    assert _texts(_select(weak, strong, kept=(before,))) == ["gamma", "alpha"]


def test_what_was_chosen_gives_way_only_to_what_is_worth_clearly_more() -> None:
    old = _snippet("alpha", path="a.py", score=0.5)
    slightly_better = _snippet("gamma", path="b.py", score=0.55)
    (before,) = _select(old)
    room = len("alpha") + len("a.py") + 6
    assert _texts(_select(old, slightly_better, room=room)) == ["gamma"]
    assert _texts(_select(old, slightly_better, room=room, kept=(before,))) == ["alpha"]
    much_better = _snippet("gamma", path="b.py", score=0.9)
    assert _texts(_select(old, much_better, room=room, kept=(before,))) == ["gamma"]


def test_nothing_is_chosen_where_nothing_was_found() -> None:
    assert _select() == ()


_words = st.text(string.ascii_lowercase, min_size=1, max_size=8)


@st.composite
def _snippets(draw: st.DrawFn) -> Snippet:
    texts = draw(st.lists(_words, min_size=1, max_size=4))
    return _snippet(
        *(text * (len(texts) - number) for number, text in enumerate(texts)),
        score=draw(st.floats(0, 1)),
        path=draw(st.sampled_from(["a.py", "b/c.py", "d.py"])),
        first=draw(st.integers(0, 99)),
    )


@given(st.lists(_snippets(), max_size=12), st.integers(0, 200), st.text(max_size=40))
def test_the_room_is_kept_headings_included_and_the_same_comes_out_twice(
    snippets: list[Snippet], room: int, shown: str
) -> None:
    chosen = _select(*snippets, room=room, shown=shown)
    paths = {one.snippet.path for one in chosen}
    taken = sum(len(one.rendering.text) + 1 for one in chosen) + sum(len(p) + 2 for p in paths)
    assert taken <= max(room, 0)
    assert chosen == _select(*snippets, room=room, shown=shown)
    before = [one.key for one in chosen]
    again = [one.key for one in _select(*snippets, room=room, shown=shown, kept=chosen)]
    stay = [key for key in before if key in again]
    assert again[: len(stay)] == stay

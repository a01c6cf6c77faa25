"""INV-5: a suggestion is served only if what was typed since is a prefix of it, all else equal."""

from hypothesis import given, settings
from hypothesis import strategies as st

from aicopilot_lsp.completion.cache import Entry, SuggestionCache, typed_since
from aicopilot_lsp.completion.prompt import unix_newlines
from aicopilot_lsp.completion.types import Outcome, OutcomeKind
from aicopilot_lsp.text.document import DocumentSnapshot, Point

ORIGIN = Outcome(kind=OutcomeKind.SHOWN, reason="model")
TEXT = st.text(alphabet="ab(\n é😀", max_size=12)
ANY_NEWLINES = st.text(alphabet="ab\n\r", max_size=12)


def document(text: str, uri: str = "file:///a.py") -> DocumentSnapshot:
    return DocumentSnapshot.from_text(text, uri=uri, language_id="python", version=1)


def serve(before: str, after: str, suggestion: str, new_before: str, new_after: str) -> str | None:
    """What the cache offers in the new text for a suggestion made in the old one."""
    cache = SuggestionCache()
    old, new = document(before + after), document(new_before + new_after)
    cache.put(Entry(old, old.point_at(len(before)), suggestion, ORIGIN))
    hit = cache.get(new, new.point_at(len(new_before)))
    return None if hit is None else hit.text


def test_typing_along_serves_the_rest() -> None:
    assert serve("x = ", "\n", "foo(1)", "x = fo", "\n") == "o(1)"


def test_typing_something_else_serves_nothing() -> None:
    assert serve("x = ", "\n", "foo(1)", "x = fa", "\n") is None


def test_text_that_changed_elsewhere_serves_nothing() -> None:
    assert serve("a\nx = ", "\nb", "foo", "A\nx = f", "\nb") is None
    assert serve("a\nx = ", "\nb", "foo", "a\nx = f", "\nB") is None


def test_a_suggestion_typed_to_its_end_is_used_up() -> None:
    assert serve("x = ", "", "foo", "x = foo", "") is None


def test_nothing_to_suggest_is_remembered_for_that_place_alone() -> None:
    assert serve("x = ", "", "", "x = ", "") == ""
    assert serve("x = ", "", "", "x = f", "") is None


def test_carriage_returns_count_as_newlines() -> None:
    assert serve("if x:", "\r\n", "\n    y()", "if x:\r\n  ", "\r\n") == "  y()"


def test_what_it_overwrites_is_kept() -> None:
    cache = SuggestionCache()
    old, new = document("f()"), document("f(a)")
    cache.put(Entry(old, Point(0, 2), "a):", ORIGIN, 1))
    hit = cache.get(new, Point(0, 3))
    assert hit is not None
    assert (hit.text, hit.replaces) == ("):", 1)


def test_old_entries_of_many_documents_are_dropped() -> None:
    cache = SuggestionCache()
    for n in range(100):
        cache.put(Entry(document("x", uri=f"file:///{n}"), Point(0, 1), "yz", ORIGIN))
    assert cache.get(document("x", uri="file:///0"), Point(0, 1)) is None
    assert cache.get(document("x", uri="file:///99"), Point(0, 1)) is not None


@given(
    before=TEXT,
    after=TEXT,
    suggestion=TEXT,
    new=TEXT,
    cut=st.integers(0, 12),
    newline=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=2_000, deadline=None)
def test_inv_5_what_is_served_is_what_was_suggested_less_what_was_typed(
    before: str, after: str, suggestion: str, new: str, cut: int, newline: str
) -> None:
    new_before = before + suggestion[:cut] if cut % 2 else new
    in_file = [text.replace("\n", newline) for text in (before, after, new_before)]
    served = serve(in_file[0], in_file[1], suggestion, in_file[2], in_file[1])
    if served is not None:
        assert new_before + served == before + suggestion
    elif cut % 2:
        assert len(suggestion) <= cut  # typed to its end, else it must be served


@given(old=ANY_NEWLINES, new=ANY_NEWLINES, at=st.integers(0, 12), then=st.integers(0, 12))
@settings(max_examples=2_000, deadline=None)
def test_inv_5_any_other_change_of_the_text_serves_nothing(
    old: str, new: str, at: int, then: int
) -> None:
    one, other = document(old), document(new)
    place, now = one.point_at(min(at, len(old))), other.point_at(min(then, len(new)))
    typed = typed_since(one, place, other, now)
    before, after = old[: one.offset_at(place)], old[one.offset_at(place) :]
    now_before, now_after = new[: other.offset_at(now)], new[other.offset_at(now) :]
    is_insertion = now_after == after and now_before.startswith(before)
    if typed is not None:
        assert is_insertion
        assert unix_newlines(now_before[len(before) :]) == typed

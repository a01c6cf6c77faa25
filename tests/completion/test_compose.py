"""What goes into a prompt: nothing of a file that its model may not see, and no more than it has
room for."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from aicopilot_lsp.completion.budget import planned
from aicopilot_lsp.completion.compose import Composed, Window, compose, visible, window_for
from aicopilot_lsp.completion.memory import ModelMemory, Read
from aicopilot_lsp.completion.prompt import hole, lay_out
from aicopilot_lsp.completion.speed import Speed
from aicopilot_lsp.completion.types import Lookup
from aicopilot_lsp.config.settings import CompletionSettings, LatencySettings
from aicopilot_lsp.context.types import Chosen, Gathered, Rendering, Size, Snippet
from aicopilot_lsp.models.healing import Healed
from aicopilot_lsp.models.protocol import GenerateRequest, Site, TextChunk
from aicopilot_lsp.store.index.types import ChunkRow, Symbol
from tests.context.asking import situation_of
from tests.support.fixture import at_cursor
from tests.support.scripted_backend import ScriptedBackend
from tests.support.snippets import gathered, snippet


def _snippet(path: str, *also: str) -> Snippet:
    return Snippet(
        source="test",
        path=path,
        first=0,
        last=1,
        score=1,
        renderings=(Rendering(size=Size.WHOLE, text=path, names=frozenset()),),
        also=frozenset(also),
    )


_OPEN, _SECRET = _snippet("open.py"), _snippet("secret.py")
_INHERITING = _snippet("open.py", "secret.py")  # an open class that extends a secret one
_GATHERED = Gathered(situation=situation_of("‸"), snippets=(_OPEN, _SECRET, _INHERITING))


def _is_open(path: str) -> bool:
    return path != "secret.py"


def _window(held: tuple[Chosen, ...], may_show: Callable[[str], bool]) -> Window:
    snapshot, known = at_cursor("x = ‸\n"), ModelMemory()
    known.note(snapshot.document.uri, Read(lay_out(snapshot, None, 4_000).frozen, held))
    budget, _ = planned(Speed(), Site(), CompletionSettings(), LatencySettings())
    return window_for(snapshot, budget, known, may_show)


def test_a_model_sees_no_snippet_that_shows_anything_of_a_file_that_is_kept_from_it() -> None:
    assert visible(_GATHERED, _is_open) == replace(_GATHERED, snippets=(_OPEN,))


def test_what_a_prompt_held_goes_when_a_file_is_kept_from_the_model_now() -> None:
    held = tuple(
        Chosen(snippet=one, rendering=one.renderings[0], value=1.0) for one in _GATHERED.snippets
    )
    assert _window(held, _is_open).held == held[:1]
    assert _window(held, lambda _: True).held == held


def test_where_everything_may_be_seen_nothing_is_left_out() -> None:
    assert visible(_GATHERED, lambda _: True) is _GATHERED


def test_inv_7_no_prompt_is_in_a_repr() -> None:
    snapshot = at_cursor("secret = secret(‸\nsecret()\n")
    layout = lay_out(snapshot, None, 400)
    request = GenerateRequest(
        max_tokens=1,
        deadline_s=1.0,
        prompt="secret",
        hole=hole(layout, "secret", snapshot, [("a.py", "secret")]),
        must_begin_with="secret",
    )
    composed = Composed(
        request=request,
        healed=Healed(middle="secret", dropped="secret"),
        frozen=layout.frozen,
        chosen=(),
        cold=True,
        changed=True,
    )
    rows = (
        Symbol(name="secret", kind="class", first=0, last=1, signature="secret", doc="secret"),
        ChunkRow(first=0, last=1, text="secret", terms="secret"),
    )
    assert "secret" not in repr((layout, composed, rows, TextChunk("secret")))


SPEEDY = Speed(reads_per_s=5_000, writes_per_s=500, fresh_share=0.02)


async def _sent(known: ModelMemory, site: Site, *, resting: bool = False) -> Composed:
    """What a model at `site` is sent in the middle of a long file, with many snippets at hand."""
    code = "".join(f"line_of_the_file = call(number, other)  # {'x' * 40}\n" for _ in range(900))
    snapshot = at_cursor(f"{code}x = ‸\n{code}", path="a.py")
    settings, backend = CompletionSettings(), ScriptedBackend(site=site)
    budget, _ = planned(SPEEDY, site, settings, LatencySettings())
    window = window_for(snapshot, budget, known, lambda _: True, resting=resting)
    found = gathered(*(snippet(f"name_{number}", lines=12) for number in range(120)))
    return await compose(
        snapshot,
        backend,
        backend.prompting.healing,
        budget,
        window=window,
        lookup=Lookup(gathered=found),
        known=known,
        may_show=lambda _: True,
        deadline_s=1.0,
    )


@pytest.mark.parametrize("resting", [False, True])
async def test_snippets_make_room_where_the_model_turns_out_to_have_less(resting: bool) -> None:
    known, small = ModelMemory(), Site(window_tokens=2_048)
    before = await _sent(known, Site(window_tokens=8_192), resting=resting)
    assert len(before.request.prompt) > 2_048 * SPEEDY.chars_per_token
    after = await _sent(known, small)
    assert len(after.request.prompt) < 2_048 * SPEEDY.chars_per_token
    assert after.chosen
    again = await _sent(known, small)
    assert (again.request.prompt, again.changed) == (after.request.prompt, False)

"""Nothing of a file goes to a model that may not see it."""

from dataclasses import replace

from aicopilot_lsp.completion.compose import Elsewhere
from aicopilot_lsp.context.types import Chosen, Gathered, Rendering, Size, Snippet
from tests.context.asking import situation_of


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


def test_a_model_sees_no_snippet_that_shows_anything_of_a_file_that_is_kept_from_it() -> None:
    visible = Elsewhere(gathered=_GATHERED, may_show=_is_open).visible()
    assert visible == replace(_GATHERED, snippets=(_OPEN,))


def test_what_a_prompt_held_goes_when_a_file_is_kept_from_the_model_now() -> None:
    held = tuple(
        Chosen(snippet=one, rendering=one.renderings[0], value=1.0) for one in _GATHERED.snippets
    )
    assert Elsewhere(may_show=_is_open).still(held) == held[:1]


def test_where_everything_may_be_seen_nothing_is_left_out() -> None:
    assert Elsewhere(gathered=_GATHERED).visible() is _GATHERED
    assert Elsewhere().visible() is None

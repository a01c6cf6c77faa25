"""While one types, each prompt begins with the one before, so that a server's cache holds all but
what was typed: in formats with the suffix first as in the others."""

import asyncio
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicopilot_lsp.completion.budget import planned
from aicopilot_lsp.completion.compose import compose, window_for
from aicopilot_lsp.completion.memory import ModelMemory
from aicopilot_lsp.completion.speed import Speed
from aicopilot_lsp.completion.types import Lookup
from aicopilot_lsp.config.settings import CompletionSettings, LatencySettings
from aicopilot_lsp.models.fim import FORMATS, Order
from aicopilot_lsp.models.protocol import Healing, Layout, Mode, Prompting, Site
from tests.support.fixture import CURSOR, at_cursor
from tests.support.scripted_backend import ScriptedBackend
from tests.support.snippets import gathered, snippet

_BUDGET, _ = planned(Speed(), Site(), CompletionSettings(), LatencySettings())
_FOUND = gathered(snippet("take_stock"), snippet("own", path="src/app.py"))
# Around the cursor there is up to ten times what a window holds.
_LINE = st.text(st.characters(exclude_characters="\r\n" + CURSOR, codec="utf-8"), max_size=30)
_SUFFIX_FIRST = [name for name, known in FORMATS.items() if known.order is Order.SPM]


async def _prompts(prompting: Prompting, above: str, keys: list[str], below: str) -> list[str]:
    """One for each key."""
    backend, known = ScriptedBackend(prompting=prompting), ModelMemory()
    prompts = []
    for typed in accumulate(keys):
        snapshot = at_cursor(above + typed + CURSOR + below)
        window = window_for(snapshot, _BUDGET, known, lambda _: True)
        composed = await compose(
            snapshot,
            backend,
            Healing.NONE,
            _BUDGET,
            window=window,
            lookup=Lookup(gathered=_FOUND),
            known=known,
            may_show=lambda _: True,
            deadline_s=1.0,
        )
        prompts.append(composed.request.prompt)
    return prompts


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("name", _SUFFIX_FIRST)
@settings(max_examples=50)
@given(
    end=st.sampled_from(["\n", "\r\n"]),
    around=st.lists(_LINE, min_size=1, max_size=8),
    times=st.tuples(st.integers(0, 200), st.integers(0, 200)),
    right=st.sampled_from(["", ")", ") + 1", "}\r\n"]),
    keys=st.lists(st.one_of(_LINE, st.just("\n"), st.just("\r\n    ")), min_size=2, max_size=30),
)
def test_with_the_suffix_first_what_is_typed_only_appends(
    name: str,
    layout: Layout,
    *,
    end: str,
    around: list[str],
    times: tuple[int, int],
    right: str,
    keys: list[str],
) -> None:
    above, below = ("".join(line + end for line in around) * count for count in times)
    asked = Prompting(mode=Mode.RAW, format=FORMATS[name], layout=layout)
    closing = FORMATS[name].middle if layout is Layout.STANDARD else ""
    prompts = asyncio.run(_prompts(asked, above, keys, right + end + below))
    assert "def take_stock" in prompts[0] and "def own" in prompts[0]
    for shorter, longer in pairwise(prompts):
        assert shorter.endswith(closing)
        assert longer.startswith(shorter.removesuffix(closing))

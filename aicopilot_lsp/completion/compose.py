"""The request that one model is sent: how large, which window, which snippets, healed or not.

Called by asking.py, and by warming.py for a request that nobody waits for. Deterministic but for
the tokenizer, which is asked (INV-2). Next: prompt.py for the layout, planner.py for the snippets.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from aicopilot_lsp.completion import planner
from aicopilot_lsp.completion.budget import Budget
from aicopilot_lsp.completion.memory import ModelMemory
from aicopilot_lsp.completion.prompt import (
    Frozen,
    Layout,
    hole,
    lay_out,
    render,
    with_files_above,
    with_preface,
)
from aicopilot_lsp.completion.types import Snapshot
from aicopilot_lsp.context.types import Chosen, Gathered
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.fim import neutralise_all
from aicopilot_lsp.models.healing import Healed, heal, line_to_tokenize
from aicopilot_lsp.models.protocol import Backend, GenerateRequest, Healing

# When these befall the tokenizer, the completion itself has no better chance.
_CONNECTION_FAULTS = (
    ModelErrorKind.UNREACHABLE,
    ModelErrorKind.INTERRUPTED,
    ModelErrorKind.AUTH,
    ModelErrorKind.STARTING,
    ModelErrorKind.NOT_INSTALLED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What was gathered from outside of the window, and which of it a model may see.

    Attributes
    ----------
    may_show : callable
        Whether a file's text, by its path, may go to the model that is asked.
    """

    gathered: Gathered | None = None
    may_show: Callable[[str], bool] = lambda _: True

    def visible(self) -> Gathered | None:
        if self.gathered is None:
            return None
        snippets = self.gathered.snippets
        seen = {
            path: self.may_show(path) for path in {path for one in snippets for path in one.paths}
        }
        if all(seen.values()):
            return self.gathered
        visible = (one for one in snippets if all(seen[path] for path in one.paths))
        return replace(self.gathered, snippets=tuple(visible))

    def still(self, held: tuple[Chosen, ...]) -> tuple[Chosen, ...]:
        """Those that may still be shown: routes may be others than when they were."""
        return tuple(one for one in held if all(map(self.may_show, one.snippet.paths)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A request, and what it was made of.

    Attributes
    ----------
    cold : bool
        It begins as no request before it did: nothing of it can be known to the model.
    changed : bool
        What stands in front of the text just typed is not as it was in the one before.
    """

    request: GenerateRequest
    healed: Healed
    frozen: Frozen
    chosen: tuple[Chosen, ...]
    cold: bool
    changed: bool


async def compose(
    snapshot: Snapshot,
    backend: Backend,
    healing: Healing,
    budget: Budget,
    *,
    known: ModelMemory,
    elsewhere: Elsewhere,
    deadline_s: float,
    resting: bool = False,
) -> Composed:
    """The request for the model behind `backend`; what it will have read is noted in `known`."""
    uri = snapshot.document.uri
    before = previous = known.frozen.get(uri)
    held = elsewhere.still(known.held.get(uri, ()))
    if previous is not None and (resting or previous.room_chars > budget.most_chars):
        previous = None
    layout, chosen = _laid_out(
        snapshot, previous, held, budget, elsewhere.visible(), resting=resting
    )
    moved = not layout.frozen.continues(before)
    cold = chosen[:1] != held[:1] or (moved and not chosen)
    known.frozen[uri], known.held[uri] = layout.frozen, chosen
    healed = Healed(middle=layout.middle)
    if healing is not Healing.NONE:
        healed = heal(layout.middle, await _pieces(backend, line_to_tokenize(layout.middle)))
    fmt, files = backend.prompting.format, planner.files_of(chosen, but=snapshot.path)
    layout = with_preface(layout, planner.preface_of(chosen, snapshot.path))
    if fmt is not None:
        layout = with_files_above(layout, files)
    request = GenerateRequest(
        prompt=render(layout, healed.middle, backend.prompting) if fmt else "",
        hole=None if fmt else hole(layout, healed.middle, snapshot, files),
        must_begin_with=healed.dropped,
        max_tokens=budget.output_tokens,
        stop=fmt.stop if fmt else (),
        deadline_s=deadline_s,
    )
    return Composed(
        request=request,
        healed=healed,
        frozen=layout.frozen,
        chosen=chosen,
        cold=cold,
        changed=moved or chosen != held,
    )


def _laid_out(
    snapshot: Snapshot,
    previous: Frozen | None,
    held: tuple[Chosen, ...],
    budget: Budget,
    gathered: Gathered | None,
    *,
    resting: bool,
) -> tuple[Layout, tuple[Chosen, ...]]:
    """Window and snippets. What the snippets show depends on the window, whose size depends on
    them: they are planned for the window that is left beside as many of them as there may be."""
    room = planner.room_for(budget)
    layout = lay_out(snapshot, previous, budget.prompt_chars - room.cold)
    moved = layout.frozen is not previous
    chosen = planner.plan(
        gathered,
        held,
        shown=layout.prefix + layout.middle + layout.suffix,
        room=room,
        moved=moved,
        resting=resting,
    )
    if not moved:
        return layout, chosen
    taken = planner.chars(chosen)
    # What was read while nobody waited takes nothing from the window.
    left = budget.prompt_chars - (taken if taken <= room.cold and not resting else 0)
    return lay_out(snapshot, previous, left), chosen


async def _pieces(backend: Backend, line: str) -> tuple[str, ...] | None:
    """The line's tokens, or None where the server can't or won't tell: healing has another way.

    One with markers in it is not asked about: some tokenizers take those for control tokens, and
    the answer would have to begin with one."""
    if not line or neutralise_all(line) != line:
        return None
    try:
        return await backend.tokenize(line)
    except ModelError as error:
        if error.kind in _CONNECTION_FAULTS:
            raise
        return None

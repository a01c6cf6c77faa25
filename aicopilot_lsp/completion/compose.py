"""The request that one model is sent: how large, which window, which snippets, healed or not.

Called by asking.py, and by warming.py for a request that nobody waits for. Deterministic but for
the tokenizer, which is asked (INV-2). Next: prompt.py for the layout, planner.py for the snippets.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from aicopilot_lsp.completion import planner
from aicopilot_lsp.completion.budget import Budget
from aicopilot_lsp.completion.memory import ModelMemory, Read
from aicopilot_lsp.completion.prompt import (
    Frozen,
    Layout,
    hole,
    is_worn,
    lay_out,
    render,
    with_files_above,
    with_preface,
)
from aicopilot_lsp.completion.types import Lookup, Snapshot
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


_MayShow = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The window of the file's own text in the next prompt, beside what the model has read.

    Attributes
    ----------
    layout : Layout
        With room left for as many snippets as there may be.
    room : Room
        For these.
    read : Read or None
        What the model has read of the file.
    previous : Frozen or None
        The window of that, where the next one may keep any of it.
    held : tuple of Chosen
        The snippets of that which it may still see (routes may be others than they were) and still
        has room for.
    moved : bool
        It is another one than the model has read. This is when the snippets may change, so the
        sources are asked now, in a rest, and at no other time.
    resting : bool
        Nobody waits for the prompt.
    """

    layout: Layout
    room: planner.Room
    read: Read | None
    previous: Frozen | None
    held: tuple[Chosen, ...]
    moved: bool
    resting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A request, and what it was made of.

    Attributes
    ----------
    lookup : Lookup or None
        The snippets were chosen from it, or the last of them: this request's, or an earlier one.
    cold : bool
        It begins as no request before it did: nothing of it can be known to the model.
    changed : bool
        What stands in front of the text just typed is not as it was in the one before.
    """

    request: GenerateRequest
    healed: Healed
    frozen: Frozen
    chosen: tuple[Chosen, ...]
    lookup: Lookup | None = None
    cold: bool
    changed: bool


def window_for(
    snapshot: Snapshot,
    budget: Budget,
    known: ModelMemory,
    may_show: _MayShow,
    *,
    resting: bool = False,
) -> Window:
    """Where the window of the next prompt is: where it was, as long as that serves. In a rest it
    moves sooner."""
    read, room = known.read(snapshot.document.uri), planner.room_for(budget)
    held = _still_visible(read.held if read else (), may_show)
    taken = planner.chars(held)
    previous = read.frozen if read else None
    if previous is not None and (
        previous.room_chars + taken > budget.most_chars or (resting and is_worn(previous, snapshot))
    ):
        previous = None
    layout = lay_out(snapshot, previous, budget.prompt_chars - room.cold)
    moved = layout.frozen is not previous
    if moved and taken > room.cold and budget.prompt_chars + taken > budget.most_chars:
        held = ()  # the model has less room than it had when it read them
    return Window(
        layout=layout,
        room=room,
        read=read,
        previous=previous,
        held=held,
        moved=moved,
        resting=resting,
    )


async def compose(
    snapshot: Snapshot,
    backend: Backend,
    healing: Healing,
    budget: Budget,
    *,
    window: Window,
    lookup: Lookup | None,
    known: ModelMemory,
    may_show: _MayShow,
    deadline_s: float,
) -> Composed:
    """The request for the model behind `backend`; what it will have read is noted in `known`.

    `lookup` is what the sources found, None where they were not asked: that needs a window that has
    moved.
    """
    layout, chosen = _filled(snapshot, window, lookup, budget, may_show)
    read, held = window.read, window.held
    moved = not layout.frozen.continues(read.frozen if read else None)
    cold = chosen[:1] != held[:1] or (moved and not chosen)
    if not ((window.moved or window.resting) and lookup and lookup.gathered):
        lookup = read.lookup if read else None
    known.note(snapshot.document.uri, Read(layout.frozen, chosen, lookup))
    healed = Healed(middle=layout.middle)
    if healing is not Healing.NONE:
        healed = heal(layout.middle, await _pieces(backend, line_to_tokenize(layout.middle)))
    fmt, files = backend.prompting.format, planner.files_of(chosen, but=snapshot.path)
    layout = with_preface(layout, planner.preface_of(chosen, snapshot.path))
    if not backend.prompting.takes_files:
        layout, files = with_files_above(layout, files), ()
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
        lookup=lookup,
        cold=cold,
        changed=moved or chosen != (read.held if read else ()),
    )


def _filled(
    snapshot: Snapshot,
    window: Window,
    lookup: Lookup | None,
    budget: Budget,
    may_show: _MayShow,
) -> tuple[Layout, tuple[Chosen, ...]]:
    """The window with snippets in front. What these show depends on it, and its size on them: they
    are planned for the window that is left beside as many of them as there may be."""
    if not (window.moved or window.resting):
        return window.layout, window.held
    layout, room, resting = window.layout, window.room, window.resting
    chosen = planner.plan(
        visible(lookup.gathered, may_show) if lookup and lookup.gathered else None,
        window.held,
        shown=layout.prefix + layout.middle + layout.suffix,
        room=room,
        moved=window.moved,
        resting=resting,
    )
    if chosen == window.held and not window.moved:
        return layout, chosen
    taken = planner.chars(chosen)
    # What was read while nobody waited takes nothing from the window.
    left = budget.prompt_chars - (taken if taken <= room.cold and not resting else 0)
    # What is behind changed snippets is read anew in any case.
    return lay_out(snapshot, None if resting else window.previous, left), chosen


def visible(gathered: Gathered, may_show: _MayShow) -> Gathered:
    """Without what shows anything of a file that is kept from the model."""
    snippets = gathered.snippets
    seen = {path: may_show(path) for path in {path for one in snippets for path in one.paths}}
    if all(seen.values()):
        return gathered
    shown = (one for one in snippets if all(seen[path] for path in one.paths))
    return replace(gathered, snippets=tuple(shown))


def _still_visible(held: tuple[Chosen, ...], may_show: _MayShow) -> tuple[Chosen, ...]:
    return tuple(one for one in held if all(map(may_show, one.snippet.paths)))


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

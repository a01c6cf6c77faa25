"""A request that nobody waits for, while the user rests: the model reads what the next one begins
with.

It moves the window to the cursor and takes in more snippets than a request that somebody waits for
could afford. Whoever types on cancels it, and asks with what the model had read before: a prompt
that is read by half would have to be waited for.
"""

from contextlib import aclosing
from dataclasses import replace

from aicopilot_lsp.completion.asking import wanted_for
from aicopilot_lsp.completion.budget import budget_for
from aicopilot_lsp.completion.compose import Composed, compose, window_for
from aicopilot_lsp.completion.memory import Memory, ModelMemory
from aicopilot_lsp.completion.pipeline import Parts
from aicopilot_lsp.completion.prompt import request_chars
from aicopilot_lsp.completion.speed import Sample, identity_of
from aicopilot_lsp.completion.trigger import decide
from aicopilot_lsp.completion.types import Lookup, Snapshot, Trigger
from aicopilot_lsp.config.settings import CompletionSettings
from aicopilot_lsp.errors import ModelError
from aicopilot_lsp.models.protocol import Backend, Finished, Usage

_READS_AT_MOST_S = 60.0


async def warm(
    snapshot: Snapshot, settings: CompletionSettings, parts: Parts, memory: Memory
) -> Usage | None:
    """Have the model that would be asked for `snapshot` read a prompt for it; what that cost, None
    where nothing was to be read or nothing could be. Raises nothing but CancelledError."""
    asked = replace(snapshot, trigger=Trigger.AUTOMATIC)
    decision = decide(asked, settings)
    if decision.rule is not None:
        return None
    try:
        model = parts.models(asked).models[0]
        backend = await model.open()
        if backend.site.metered:
            return None
        await backend.prepare()
    except (ModelError, IndexError):
        return None
    known, identity = memory.of(model.name), identity_of(backend.model, backend.site)
    wanted = wanted_for(asked, decision, parts.latency)
    budget = budget_for(memory.speeds.of(identity), backend.site, settings, wanted)
    window = window_for(asked, budget, known, model.may_show, resting=True)
    now_s = parts.clock()
    gathered = await parts.context.look(asked, patient=True)
    # Noted apart: what is read by half must not be taken for read by the request that cut it short.
    ahead = ModelMemory()
    try:
        composed = await compose(
            asked,
            backend,
            backend.prompting.healing,
            budget,
            window=window,
            lookup=Lookup(gathered=gathered, at_s=now_s, resting=True),
            known=ahead,
            may_show=model.may_show,
            deadline_s=_READS_AT_MOST_S,
        )
        if not composed.changed:
            return None
        usage = await _read(backend, composed)
    except ModelError:
        return None
    uri = asked.document.uri
    if (read := ahead.read(uri)) is not None:
        known.note(uri, read)
    # Without times: nobody waited, so it says nothing of what requests cost.
    sample = Sample(usage=usage, prompt_chars=request_chars(composed.request))
    memory.speeds.learn(identity, sample)
    return usage


async def _read(backend: Backend, composed: Composed) -> Usage:
    """One token is asked for: not every server reads a prompt for none."""
    request = replace(composed.request, max_tokens=1, must_begin_with="", stop=())
    usage = Usage()
    async with aclosing(backend.generate(request)) as stream:
        async for event in stream:
            usage = event.usage or usage
            if isinstance(event, Finished):
                break
    return usage

"""Tokens that a model has to evaluate for each key of a typing session.

    python bench/cache.py FILE FILE FILE [--root DIR] [--keys N] [--tokens N]   (make bench-cache)

A session of typing in three real files (bench/keystrokes.py) goes through the whole engine, a request
for each key, to the real embedded model, with snippets from the index of the files' workspace.
Where the session jumps to another place or file, the user is taken to rest there for a moment, and
the model reads ahead; what that evaluates is told apart, since nobody waits for it.

Compared on the same keys, with prompts of the same size:

(a) sliding: prefix up to the cursor, snippets ranked anew for each request;
(b) line: frozen at the last line break, the current line behind the middle token, snippets as ours.

What a server with one slot evaluates of these is what follows the longest common beginning of a
prompt and the one before it, in tokens; --check asks the real model for the first prompts of (a) to
see that it is so. Suggestions are not kept between keys, so that each key asks the model.
"""

import argparse
import asyncio
import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aicopilot_lsp.completion.budget as sizes
from aicopilot_lsp.assembly import Engine
from aicopilot_lsp.cli.session import open_engine, settings_for
from aicopilot_lsp.completion import planner
from aicopilot_lsp.completion.compose import Elsewhere
from aicopilot_lsp.completion.prompt import Frozen, lay_out, render
from aicopilot_lsp.completion.types import Outcome, Snapshot
from aicopilot_lsp.context.select import select
from aicopilot_lsp.context.types import Around
from aicopilot_lsp.models.protocol import Backend, Finished, GenerateRequest
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.languages import language_id_for
from bench.keystrokes import Key, session

_SUFFIX_SHARE = 0.2


@dataclass(slots=True)
class Arm:
    """What one way of prompting cost, key by key; `tokens` is its latest prompt's."""

    evaluated: list[int] = field(default_factory=list)
    prompts: list[int] = field(default_factory=list)
    tokens: Sequence[int] = ()


async def main() -> None:
    arguments = _arguments()
    settings = settings_for(arguments.config, arguments.root)
    completion = replace(
        settings.completion,
        debounce_ms=0,
        read_ahead_ms=0,
        deadline_ms=600_000,
        max_output_tokens=2,
    )
    engine = open_engine(
        replace(settings, completion=completion), remembers_speed=False, root=arguments.root
    )
    await engine.context_ready()
    texts = [path.read_text(encoding="utf-8") for path in arguments.files]
    ours, ahead, sliding, line = Arm(), Arm(), Arm(), Arm()
    model: Backend | None = None
    for number, key in enumerate(session(texts, keys=arguments.keys, seed=arguments.seed)):
        snapshot = _snapshot(key, number, arguments)
        if key.kind in ("jump", "switch") and number:
            usage = await engine.read_ahead(snapshot)
            ahead.evaluated.append((usage and usage.evaluated_tokens) or 0)
        engine.forget_suggestions(snapshot.document.uri)
        outcome = await engine.complete(snapshot)
        if outcome.sent is None:
            continue
        ours.evaluated.append(outcome.tokens.evaluated or 0)
        ours.prompts.append(outcome.tokens.prompt or 0)
        model = model or await engine.backend()
        await _compare(model, snapshot, outcome, sliding, line)
        if number % 50 == 0:
            print(number, key.kind, ours.evaluated[-1], sliding.evaluated[-1], flush=True)
    await engine.aclose()
    report = {name: _told(arm) for name, arm in _named(ours, sliding, line)}
    report["read ahead"] = {"times": len(ahead.evaluated), "tokens": sum(ahead.evaluated)}
    print(json.dumps(report, indent=1))

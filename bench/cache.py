"""Tokens that a model has to evaluate for each key of a typing session.

    python -m bench.cache [FILE ...] [--root DIR] [--keys N]        (or: make bench-cache)

A session of typing in three real files (bench/keystrokes.py) goes through the whole engine, a
request for each key, to the real embedded model, with snippets from the index of their workspace.
Where the session jumps to another place or file, the user is taken to rest there for a moment, and
the model reads ahead; what that evaluates is told apart, since nobody waits for it. That is so of
every Nth place (--rests N; 0: of none): elsewhere they type at once. What the first key at a place
costs is told by itself.

Compared on the same keys, with prompts of the same size:

(a) sliding: prefix up to the cursor, snippets ranked anew for each request;
(b) line: frozen at the last line break, the current line behind the middle token, snippets as ours.

What a server with one slot evaluates of these is what follows the longest common beginning of a
prompt and the one before it, in tokens; of ours it is what the server itself reports. Suggestions
are not kept between keys, so that each key asks the model.
"""

import argparse
import asyncio
import json
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aicopilot_lsp.assembly import Engine, context_engine
from aicopilot_lsp.cli.session import settings_for
from aicopilot_lsp.completion import planner
from aicopilot_lsp.completion.prompt import Frozen, Layout, lay_out, render, with_files_above
from aicopilot_lsp.completion.types import Outcome, Sent, Snapshot
from aicopilot_lsp.config.paths import cache_dir, state_dir
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.context.select import select
from aicopilot_lsp.context.types import Around, Gathered
from aicopilot_lsp.models.fim import format_for
from aicopilot_lsp.models.protocol import Backend, Mode, Prompting
from aicopilot_lsp.models.protocol import Layout as ModelLayout
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.languages import language_id_for
from bench.keystrokes import Key, session
from bench.unhurried import size_prompts, unhurried

_FORMAT = format_for("qwen2.5-coder")
_STANDARD = Prompting(mode=Mode.RAW, format=_FORMAT, layout=ModelLayout.STANDARD)
_FROZEN = Prompting(mode=Mode.RAW, format=_FORMAT, layout=ModelLayout.FROZEN)
_MARKER = re.compile(r"(<\|[a-z_]+\|>)")


@dataclass(slots=True)
class Arm:
    """What one way of prompting cost, key by key, and by the kind of key where that begins at
    another place; `tokens` is its latest prompt."""

    evaluated: list[int] = field(default_factory=list)
    prompts: list[int] = field(default_factory=list)
    tokens: Sequence[str] = ()
    places: dict[str, list[int]] = field(default_factory=dict)

    def notes(self, evaluated: int, prompt: int, kind: str) -> None:
        self.evaluated.append(evaluated)
        self.prompts.append(prompt)
        if kind.startswith(("jump", "switch")):
            self.places.setdefault(kind, []).append(evaluated)

    def sends(self, tokens: Sequence[str], kind: str) -> None:
        """What a server with one slot evaluates of a prompt: what is new, one token at least."""
        same = 0
        for mine, theirs in zip(self.tokens, tokens, strict=False):
            if mine != theirs:
                break
            same += 1
        self.notes(max(1, len(tokens) - same), len(tokens), kind)
        self.tokens = tokens


async def main() -> None:
    arguments = _arguments()
    size_prompts(arguments.cold_tokens, arguments.ahead_tokens)
    settings = _settings(arguments)
    context = context_engine(settings, state_dir() / "index")
    engine = Engine(
        settings,
        state_dir=state_dir(),
        cache_dir=cache_dir(),
        remembers_speed=False,
        context=context,
    )
    await engine.context_ready(arguments.root)
    texts = [path.read_text(encoding="utf-8") for path in arguments.files]
    ours, ahead, sliding, line = Arm(), Arm(), Arm(), Arm()
    places = 0
    lines = (arguments.lines[0], arguments.lines[1])
    for number, key in enumerate(
        session(texts, keys=arguments.keys, seed=arguments.seed, lines=lines)
    ):
        snapshot = _snapshot(key, number, arguments)
        kind = key.kind
        if kind in ("jump", "switch"):
            places += 1
            if arguments.rests and places % arguments.rests == 0:
                usage = await engine.read_ahead(snapshot)
                ahead.evaluated.append((usage and usage.evaluated_tokens) or 0)
                kind += " after a rest"
        outcome = await _asked(engine, snapshot)
        if outcome.sent is None:
            continue
        ours.notes(outcome.tokens.evaluated or 0, outcome.tokens.prompt or 0, kind)
        backend = await engine.backend()
        around = snapshot.around
        found = await context.gather(snapshot.document, snapshot.cursor, snapshot.path, around)
        sliding.sends(await _tokens(backend, _sliding(snapshot, outcome, found)), kind)
        line.sends(await _tokens(backend, _by_line(snapshot, outcome)), kind)
        if number % 50 == 0:
            told = (arm.evaluated[-1] for arm in (ours, sliding, line))
            print(number, key.kind, *told, flush=True)
    await engine.aclose()
    print(json.dumps(_report(ours, ahead, sliding, line), indent=1))


async def _asked(engine: Engine, snapshot: Snapshot) -> Outcome:
    engine.forget_suggestions(snapshot.document.uri)
    return await engine.complete(snapshot)


def _sliding(snapshot: Snapshot, outcome: Outcome, found: Gathered | None) -> str:
    """(a): what ends at the cursor, and whatever fits best now."""
    budget = outcome.budget
    assert budget is not None
    room = planner.room_for(budget)
    layout = _at_line(snapshot, budget.prompt_chars)
    chosen = (
        select(found, room_chars=room.resting, shown=layout.prefix + layout.suffix) if found else ()
    )
    ranked = sorted(chosen, key=lambda one: one.value)
    layout = with_files_above(layout, planner.files_of(ranked))
    return render(layout, layout.middle, _STANDARD)


def _by_line(snapshot: Snapshot, outcome: Outcome) -> str:
    """(b): frozen at the last line break, with our snippets."""
    sent, budget = _sent(outcome), outcome.budget
    assert budget is not None
    layout = _at_line(snapshot, budget.prompt_chars)
    layout = with_files_above(layout, planner.files_of(sent.chosen))
    return render(layout, layout.middle, _FROZEN)


def _at_line(snapshot: Snapshot, room_chars: int) -> Layout:
    """A window that ends where the cursor's line begins, cut at a line's start above."""
    document, row = snapshot.document, snapshot.cursor.line
    room = room_chars - int(room_chars * 0.2)
    first = row
    while first > 0 and room >= len(document.lines[first - 1]):
        first -= 1
        room -= len(document.lines[first])
    frozen = Frozen(first, row, document.lines[first:row], room_chars)
    return lay_out(snapshot, frozen, room_chars)


def _sent(outcome: Outcome) -> Sent:
    assert outcome.sent is not None
    return outcome.sent


async def _tokens(backend: Backend, prompt: str) -> list[str]:
    found: list[str] = []
    for part in _MARKER.split(prompt):
        if _MARKER.fullmatch(part):
            found.append(part)
        elif part:
            found += await backend.tokenize(part) or ()
    return found


def _report(ours: Arm, ahead: Arm, sliding: Arm, line: Arm) -> dict[str, Any]:
    mean = statistics.fmean(ours.evaluated)
    return {
        "requests": len(ours.evaluated),
        "ours": _told(ours),
        "a: sliding": _told(sliding),
        "b: line": _told(line),
        "mean of ours to (a)": round(mean / statistics.fmean(sliding.evaluated), 3),
        "mean of ours to (b)": round(mean / statistics.fmean(line.evaluated), 3),
        "read ahead": {"times": len(ahead.evaluated), "tokens": sum(ahead.evaluated)},
    }


def _told(arm: Arm) -> dict[str, Any]:
    evaluated = sorted(arm.evaluated)
    return {
        "median": statistics.median(evaluated),
        "p95": evaluated[int(0.95 * (len(evaluated) - 1))],
        "mean": round(statistics.fmean(evaluated), 1),
        "prompt": round(statistics.fmean(arm.prompts)),
        "first keys": arm.places,
    }


def _settings(arguments: argparse.Namespace) -> Settings:
    """Two tokens of an answer are enough: what is counted is what stands before it."""
    settings = unhurried(settings_for(arguments.config, arguments.root))
    return replace(settings, completion=replace(settings.completion, max_output_tokens=2))


def _snapshot(key: Key, number: int, arguments: argparse.Namespace) -> Snapshot:
    path = arguments.files[key.file]
    relative = path.resolve().relative_to(arguments.root).as_posix()
    document = DocumentSnapshot.from_text(
        key.text,
        uri=path.resolve().as_uri(),
        language_id=language_id_for(relative),
        version=number,
    )
    around = Around(root=str(arguments.root))
    return Snapshot(document=document, cursor=Point(*key.cursor), path=relative, around=around)


_FILES = ("completion/failover.py", "text/document.py", "models/sse.py")


def _arguments() -> argparse.Namespace:
    here = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    usual = [here / "aicopilot_lsp" / name for name in _FILES]
    parser.add_argument("files", nargs="*", type=Path, default=usual)
    parser.add_argument("--root", type=Path, default=here, help="the files' workspace")
    parser.add_argument("--keys", type=int, default=600)
    parser.add_argument("--lines", type=int, nargs=2, default=(1, 3), help="of a stretch")
    parser.add_argument("--rests", type=int, default=2, help="at every Nth place; 0: at none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cold-tokens", type=int, default=1_000, help="of the file's own text")
    parser.add_argument("--ahead-tokens", type=int, default=1_000, help="of snippets, after a rest")
    parser.add_argument("--config", type=Path, help="stands in for the user's config file")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())

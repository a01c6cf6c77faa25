"""How likely a model finds what was really written, under prompts made in several ways.

    python -m bench.likelihood TASKS.jsonl.gz --repositories DIR --out ROWS.jsonl
        --ways alone:550 cold:550:share=0.25 cold:550:share=0.5 rest:700+800 [--count N]

Whether a suggestion is exactly right says little of one task, so that differences between two ways
take hundreds of them to show. The logarithm of the probability of the truth says much of each: ten
tasks tell what two hundred exact matches do not. For tuning; what users see is bench/quality.py's.

A way is a kind and the tokens of its prompt: `alone` has the file's own text only, `cold` snippets
in a prompt that somebody waits for, `rest` (own text + snippets) those that were read in a rest;
`share`, `worth` and `per_char` stand in for the planner's figures, and `without=NAME` leaves a
source out. The engine makes the prompts; the truth's first line, of blocks the whole, is then read
token by token, at most 24 of them, by the llama.cpp server of the configured model. A run that was
cut short goes on where it was.
"""

import argparse
import asyncio
import json
import random
import statistics
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from aicopilot_lsp.assembly import Engine
from aicopilot_lsp.cli.session import open_engine, settings_for
from aicopilot_lsp.completion import planner
from aicopilot_lsp.completion.types import Sent
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.context.select import Bar
from aicopilot_lsp.context.types import Around
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.protocol import GenerateRequest, StreamEvent
from bench import tasks
from bench.tasks import Task
from bench.unhurried import FOREVER_MS, size_prompts, unhurried

_CANDIDATES = 100  # of a token that are told; one that is not among them has at most _UNTOLD
_UNTOLD = -12.0
_USUAL_SHARE, _USUAL_BAR = planner._COLD_SHARE, planner._COLD_BAR


@dataclass(frozen=True, slots=True)
class Way:
    """One way to make prompts."""

    name: str
    prompt_tokens: int
    ahead_tokens: int = 0
    context: bool = True
    share: float = _USUAL_SHARE
    bar: Bar = _USUAL_BAR
    without: str = ""

    def prepare(self) -> None:
        """Have the planner do so."""
        size_prompts(self.prompt_tokens, self.ahead_tokens)
        planner._COLD_SHARE, planner._COLD_BAR = self.share, self.bar


@dataclass(slots=True)
class Model:
    """The configured model, asked past the engine."""

    http: httpx.AsyncClient
    tokens_at_most: int = 24

    async def likelihood(self, sent: Sent, truth: str) -> dict[str, float]:
        """Of `truth` after a prompt: log-probability, and how many tokens it has."""
        told = await self.http.post("/tokenize", json={"content": sent.must_begin_with + truth})
        ids = told.json()["tokens"][: self.tokens_at_most]
        found = [
            await self._next(sent.prompt, ids[:place], ids[place]) for place in range(len(ids))
        ]
        return {"log_probability": sum(found), "tokens": len(ids)}

    async def _next(self, prompt: str, read: Sequence[int], wanted: int) -> float:
        body = {
            "prompt": [prompt, *read] if read else prompt,
            "n_predict": 1,
            "n_probs": _CANDIDATES,
            "temperature": 0,
            "cache_prompt": True,
        }
        answer = (await self.http.post("/completion", json=body)).json()
        likely = answer["completion_probabilities"][0]["top_logprobs"]
        return next((one["logprob"] for one in likely if one["id"] == wanted), _UNTOLD)


def main() -> None:
    arguments = _arguments()
    ways = [_way(text) for text in arguments.ways]
    chosen = tasks.read(arguments.tasks)
    random.Random(arguments.seed).shuffle(chosen)
    if arguments.scopes:
        chosen = [task for task in chosen if task["scope"] in arguments.scopes]
    asyncio.run(_measure(chosen[: arguments.count], ways, arguments))
    _report(_rows(arguments.out), ways)


async def _measure(
    chosen: Sequence[Task], ways: Sequence[Way], arguments: argparse.Namespace
) -> None:
    done = {(row["id"], row["way"]) for row in _rows(arguments.out)}
    settings = unhurried(settings_for(arguments.config, Path.cwd()))
    with arguments.out.open("a", encoding="utf-8") as sink:
        for number, task in enumerate(chosen, 1):
            for way in ways:
                if (task["id"], way.name) in done:
                    continue
                row = await _row(task, way, settings, arguments.repositories)
                sink.write(json.dumps(row) + "\n")
                sink.flush()
            if number % 10 == 0:
                print(f"{number}/{len(chosen)}", flush=True)


async def _row(task: Task, way: Way, settings: Settings, repositories: Path) -> dict[str, Any]:
    way.prepare()
    root = tasks.repository(task, repositories)
    disabled = (*settings.context.disabled_sources, *filter(None, [way.without]))
    context = replace(settings.context, enabled=way.context, disabled_sources=disabled)
    engine = open_engine(
        replace(settings, context=context), remembers_speed=False, with_context=way.context
    )
    try:
        if way.context:
            await engine.context_ready(root)
        sent = await _sent(engine, task, root, way)
        async with _client(await (await engine.backend()).endpoint()) as http:  # type: ignore[attr-defined]
            told = await Model(http).likelihood(sent, _truth(task))
    finally:
        await engine.aclose()
    size = {"snippets": len(sent.chosen), "snippet_chars": planner.chars(sent.chosen)}
    known = {key: task[key] for key in ("id", "scope", "unseen", "kind", "language")}
    return {**known, "way": way.name, **told, **size}


async def _sent(engine: Engine, task: Task, root: Path, way: Way) -> Sent:
    """The prompt that the engine makes; nobody answers it."""
    backend = await engine.backend()
    backend.generate = _silent  # type: ignore[method-assign,assignment]
    asked = replace(tasks.snapshot(task), around=Around(root=str(root) if way.context else ""))
    if way.ahead_tokens:
        await engine.read_ahead(asked)
    outcome = await engine.complete(asked)
    if outcome.sent is None:
        raise RuntimeError(f"{task['id']}: no model was asked ({outcome.reason})")
    return outcome.sent


async def _silent(_: GenerateRequest) -> AsyncGenerator[StreamEvent, None]:
    nothing: tuple[StreamEvent, ...] = ()
    for event in nothing:
        yield event


def _truth(task: Task) -> str:
    truth: str = task["ground_truth"]
    return truth if task["kind"] == "block" else truth.partition("\n")[0]


def _client(endpoint: Endpoint) -> httpx.AsyncClient:
    headers = {name: value.reveal() for name, value in endpoint.headers.items()}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key.reveal()}"
    socket = httpx.AsyncHTTPTransport(uds=str(endpoint.uds)) if endpoint.uds else None
    return httpx.AsyncClient(
        base_url=endpoint.base_url, headers=headers, transport=socket, timeout=FOREVER_MS / 1000
    )


def _way(text: str) -> Way:
    """A way as written on the command line."""
    kind, size, *figures = text.split(":")
    own, _, ahead = size.partition("+")
    way = Way(text, int(own), int(ahead or 0), context=kind != "alone")
    for figure in figures:
        name, _, value = figure.partition("=")
        if name == "share":
            way = replace(way, share=float(value))
        elif name == "without":
            way = replace(way, without=value)
        else:
            way = replace(way, bar=replace(way.bar, **{name: float(value)}))
    return way


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _report(rows: Sequence[dict[str, Any]], ways: Sequence[Way]) -> None:
    """Each way beside the first, on the tasks that both have, with the standard error."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        found[row["way"]][row["id"]] = row
    first, *others = (found[way.name] for way in ways)
    for way, other in zip(ways[1:], others, strict=True):
        for scope in ("all", "cross_file", "in_file", "none"):
            gains = [
                row["log_probability"] - first[task]["log_probability"]
                for task, row in other.items()
                if task in first and scope in ("all", row["scope"])
            ]
            if len(gains) > 1:
                error = statistics.stdev(gains) / len(gains) ** 0.5
                mean = statistics.fmean(gains)
                print(f"{way.name:40} {scope:10} {len(gains):4} {mean:+6.2f} ±{error:.2f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--repositories", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ways", nargs="+", required=True, help="the first is compared with")
    parser.add_argument("--count", type=int, default=60, help="of tasks")
    parser.add_argument("--scopes", nargs="*", help="only tasks of these")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--config", type=Path, help="stands in for the user's config file")
    return parser.parse_args()


if __name__ == "__main__":
    main()

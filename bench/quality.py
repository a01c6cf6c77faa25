"""Completion quality on tasks cut from real projects: predictions as an editor would be shown them.

    python bench/quality.py TASKS.jsonl.gz --out PREDICTIONS.jsonl [--config FILE] [--every N]
        [--repositories DIR] [--prompt-tokens N] [--ahead-tokens N] [--without SOURCE ...]

Each task (prefix, suffix, path, language) goes through the whole pipeline as an automatic request,
with the configured model and an engine of its own, so that tasks do not help each other: neither
by suggestions and prompts kept, nor by the speed measured, which sizes prompts. The model's own
prompt cache stays, and `ms` holds the time to connect. The deadline is lifted: what is measured is
what is suggested, not how fast this machine is.

With --repositories (DIR/<name>/<version>, as the tasks name them) the context engine works on each
task's repository, indexed once; the file of the task is the open document, which wins over what
the index read of it. With --ahead-tokens the model first reads ahead, as it does after a rest, with
so many tokens of snippets at most. --prompt-tokens sizes what is read cold, on any machine.

Predictions go to a JSON-lines file for a scorer: id, prediction, replaces (how many characters
right of the cursor the prediction takes the place of), ms, reason, tokens.
"""

import argparse
import asyncio
import gzip
import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import aicopilot_lsp.completion.budget as sizes
from aicopilot_lsp.cli.session import open_engine, settings_for
from aicopilot_lsp.completion.report import context_record
from aicopilot_lsp.completion.types import Outcome, Snapshot
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.context.types import Around
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import language_id_for

_NO_DEADLINE_MS = 600_000


def main() -> None:
    arguments = _arguments()
    tasks = read(arguments.tasks)[arguments.first :: arguments.every]
    if arguments.kinds:
        tasks = [task for task in tasks if task["kind"] in arguments.kinds]
    settings = unhurried(settings_for(arguments.config, Path.cwd()))
    if arguments.prompt_tokens:
        _size_prompts(arguments.prompt_tokens, arguments.ahead_tokens)
    context = replace(
        settings.context,
        enabled=arguments.repositories is not None,
        disabled_sources=(*settings.context.disabled_sources, *arguments.without),
        budget_ms=_NO_DEADLINE_MS,
    )
    asyncio.run(_predict(tasks, replace(settings, context=context), arguments))


def _size_prompts(prompt_tokens: int, ahead_tokens: int) -> None:
    """As on a machine of the speed that comes to these sizes."""
    sizes._FLOOR_PROMPT_TOKENS = prompt_tokens
    sizes._COLD_READ_MS = float(_NO_DEADLINE_MS)
    sizes._RESTING_TOKENS = ahead_tokens
    sizes._RESTING_READ_MS = float(_NO_DEADLINE_MS)


def unhurried(settings: Settings) -> Settings:
    """What is measured is what is suggested, not how fast this machine is."""
    completion = replace(
        settings.completion, deadline_ms=_NO_DEADLINE_MS, debounce_ms=0, read_ahead_ms=0
    )
    return replace(settings, completion=completion)


async def _predict(
    tasks: list[dict[str, Any]], settings: Settings, arguments: argparse.Namespace
) -> None:
    reasons: Counter[str] = Counter()
    with arguments.out.open("w", encoding="utf-8") as sink:
        for number, task in enumerate(tasks, 1):
            root = _root(task, arguments.repositories)
            engine = open_engine(settings, remembers_speed=False, with_context=bool(root))
            if root is not None:
                await engine.context_ready(root)
            asked = snapshot(task, root)
            start = time.perf_counter()
            if arguments.ahead_tokens:
                await engine.read_ahead(asked)
            outcome = await engine.complete(asked)
            took_s = time.perf_counter() - start
            await engine.aclose()
            reasons[f"{outcome.kind.value}:{outcome.reason}"] += 1
            sink.write(json.dumps(row(task, outcome, took_s)) + "\n")
            sink.flush()
            if number % 10 == 0:
                print(f"{number}/{len(tasks)} {dict(reasons)}", flush=True)
    print(dict(reasons))


def _root(task: dict[str, Any], repositories: Path | None) -> Path | None:
    if repositories is None:
        return None
    name = task["repo"].replace("@", "").replace("/", "-")
    return Path(repositories, name, str(task["version"])).resolve()


def row(task: dict[str, Any], outcome: Outcome, took_s: float) -> dict[str, Any]:
    first = outcome.suggestions[0] if outcome.suggestions else None
    return {
        "id": task["id"],
        "prediction": first.text if first else "",
        # A suggestion begins at the cursor.
        "replaces": first.end.column - first.start.column if first else 0,
        "ms": round(1000 * took_s),
        "reason": f"{outcome.kind.value}:{outcome.reason}",
        "evaluated_tokens": outcome.tokens.evaluated,
        "generated_tokens": outcome.tokens.generated,
        "prompt_tokens": outcome.tokens.prompt,
        "context": context_record(outcome),
    }


def snapshot(task: dict[str, Any], root: Path | None = None) -> Snapshot:
    text = task["prefix"] + task["suffix"]
    document = DocumentSnapshot.from_text(
        text, uri=_uri(task), language_id=language_id_for(task["path"]), version=1
    )
    cursor = document.point_at(len(task["prefix"]))
    around = Around(root="" if root is None else str(root))
    return Snapshot(document=document, cursor=cursor, path=task["path"], around=around)


def _uri(task: dict[str, Any]) -> str:
    return f"file:///{task['id']}/{task['path']}"


def read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--config", type=Path, help="stands in for the user's config file")
    parser.add_argument("--every", type=int, default=1, help="take every Nth task")
    parser.add_argument("--first", type=int, default=0, help="begin with this one")
    parser.add_argument("--repositories", type=Path, help="give the model context from these")
    parser.add_argument("--prompt-tokens", type=int, default=0)
    parser.add_argument("--ahead-tokens", type=int, default=0)
    parser.add_argument("--without", nargs="*", default=[], help="sources that are not asked")
    parser.add_argument("--kinds", nargs="*", help="only tasks of these kinds")
    return parser.parse_args()


if __name__ == "__main__":
    main()

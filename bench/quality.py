"""Completion quality on tasks cut from real projects: predictions as an editor would be shown them.

    python bench/quality.py TASKS.jsonl.gz --out PREDICTIONS.jsonl [--config FILE] [--every N]

Each task (prefix, suffix, path, language) goes through the whole pipeline as an automatic request,
with the configured model and an engine of its own, so that tasks do not help each other: neither
by suggestions and prompts kept, nor by the speed measured, which sizes prompts. The model's own
prompt cache stays, and `ms` holds the time to connect. The deadline is lifted: what is measured is
what is suggested, not how fast this machine is.

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

from aicopilot_lsp.cli.session import open_engine, settings_for
from aicopilot_lsp.completion.types import Outcome, Snapshot
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import language_id_for

_NO_DEADLINE_MS = 600_000


def main() -> None:
    arguments = _arguments()
    tasks = read(arguments.tasks)[:: arguments.every]
    if arguments.kinds:
        tasks = [task for task in tasks if task["kind"] in arguments.kinds]
    settings = unhurried(settings_for(arguments.config, Path.cwd()))
    asyncio.run(_predict(tasks, settings, arguments.out))


def unhurried(settings: Settings) -> Settings:
    """What is measured is what is suggested, not how fast this machine is."""
    completion = replace(settings.completion, deadline_ms=_NO_DEADLINE_MS, debounce_ms=0)
    return replace(settings, completion=completion)


async def _predict(tasks: list[dict[str, Any]], settings: Settings, out: Path) -> None:
    reasons: Counter[str] = Counter()
    with out.open("w", encoding="utf-8") as sink:
        for number, task in enumerate(tasks, 1):
            engine = open_engine(settings, remembers_speed=False)
            start = time.perf_counter()
            outcome = await engine.complete(snapshot(task))
            took_s = time.perf_counter() - start
            await engine.aclose()
            reasons[f"{outcome.kind.value}:{outcome.reason}"] += 1
            sink.write(json.dumps(row(task, outcome, took_s)) + "\n")
            sink.flush()
            if number % 10 == 0:
                print(f"{number}/{len(tasks)} {dict(reasons)}", flush=True)
    print(dict(reasons))


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
    }


def snapshot(task: dict[str, Any]) -> Snapshot:
    text = task["prefix"] + task["suffix"]
    document = DocumentSnapshot.from_text(
        text, uri=_uri(task), language_id=language_id_for(task["path"]), version=1
    )
    cursor = document.point_at(len(task["prefix"]))
    return Snapshot(document=document, cursor=cursor, path=task["path"])


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
    parser.add_argument("--kinds", nargs="*", help="only tasks of these kinds")
    return parser.parse_args()


if __name__ == "__main__":
    main()

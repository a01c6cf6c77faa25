"""What a budget costs in quality: the tasks of bench/quality.py under several fixed budgets.

    python -m bench.budget TASKS.jsonl.gz --out DIR --output 32 64 96 [--prompt 350 700] [--every N]

Each task is asked once per pair of prompt and output size (tokens, set as
`completion.max_prompt_tokens` and `max_output_tokens`), one after the other, so that the model's
own cache holds the prompt and only the answer is paid again. Each pair gets a file of predictions
for the scorer, DIR/prompt-P-output-O.jsonl, with the fields of bench/quality.py.
"""

import argparse
import asyncio
import itertools
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from aicopilot_lsp.cli.session import open_engine, settings_for
from aicopilot_lsp.completion.types import Outcome
from aicopilot_lsp.config.settings import Settings
from bench import tasks
from bench.tasks import Task
from bench.unhurried import unhurried


def main() -> None:
    arguments = _arguments()
    chosen = tasks.read(arguments.tasks)[arguments.skip :: arguments.every]
    if arguments.kinds:
        chosen = [task for task in chosen if task["kind"] in arguments.kinds]
    settings = unhurried(settings_for(arguments.config, Path.cwd()))
    arguments.out.mkdir(parents=True, exist_ok=True)
    asyncio.run(_predict(chosen, settings, arguments))


async def _predict(chosen: list[Task], settings: Settings, arguments: argparse.Namespace) -> None:
    pairs = list(itertools.product(arguments.prompt, arguments.output))
    for number, task in enumerate(chosen, 1):
        for prompt_tokens, output_tokens in pairs:
            row = await _row(task, settings, prompt_tokens, output_tokens)
            path = arguments.out / f"prompt-{prompt_tokens}-output-{output_tokens}.jsonl"
            with path.open("a", encoding="utf-8") as sink:
                sink.write(json.dumps(row) + "\n")
        if number % 10 == 0:
            print(f"{number}/{len(chosen)}", flush=True)


async def _row(
    task: Task, settings: Settings, prompt_tokens: int, output_tokens: int
) -> dict[str, Any]:
    engine = open_engine(
        replace(
            settings,
            completion=replace(
                settings.completion,
                max_prompt_tokens=prompt_tokens,
                max_output_tokens=output_tokens,
            ),
        ),
        remembers_speed=False,
    )
    start = time.perf_counter()
    try:
        outcome = await engine.complete(tasks.snapshot(task))
    finally:
        await engine.aclose()
    return {
        "id": task["id"],
        **_prediction(outcome),
        "ms": round(1000 * (time.perf_counter() - start)),
        "reason": f"{outcome.kind.value}:{outcome.reason}",
        "evaluated_tokens": outcome.tokens.evaluated,
        "generated_tokens": outcome.tokens.generated,
        "prompt_tokens": outcome.tokens.prompt,
    }


def _prediction(outcome: Outcome) -> dict[str, Any]:
    """A suggestion begins at the cursor."""
    first = outcome.suggestions[0] if outcome.suggestions else None
    if first is None:
        return {"prediction": "", "replaces": 0}
    return {"prediction": first.text, "replaces": first.end.column - first.start.column}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="a folder; files are appended to")
    parser.add_argument("--prompt", type=int, nargs="+", default=[700], help="tokens")
    parser.add_argument("--output", type=int, nargs="+", default=[96], help="tokens")
    parser.add_argument("--config", type=Path, help="stands in for the user's config file")
    parser.add_argument("--every", type=int, default=1, help="take every Nth task")
    parser.add_argument("--skip", type=int, default=0, help="begin with this task")
    parser.add_argument("--kinds", nargs="*", help="only tasks of these kinds")
    return parser.parse_args()


if __name__ == "__main__":
    main()

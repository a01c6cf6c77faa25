"""The language server with prompts of a size that does not depend on the machine, for
bench/quality.py: it speaks on standard input and output as `aicopilot serve` does.

    python -m bench.quality_server --outcomes FILE [--prompt-tokens N] [--ahead-tokens N]

With --ahead-tokens the model reads ahead before each request, as it does while the user rests. What
became of each request goes to FILE, a JSON line each, with what the protocol has no place for.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import TextIO

from aicopilot_lsp.assembly import Engine
from aicopilot_lsp.cli.serve import serve
from aicopilot_lsp.completion.report import context_record
from aicopilot_lsp.completion.speed import Speeds
from aicopilot_lsp.completion.types import Outcome, Snapshot
from bench.unhurried import size_prompts


def main() -> int:
    arguments = _arguments()
    # What is measured is not learned from, so that tasks do not size each other's prompts.
    Speeds.learn = lambda *_: None  # type: ignore[method-assign]
    Speeds.halve = lambda *_: None  # type: ignore[method-assign]
    if arguments.prompt_tokens:
        size_prompts(arguments.prompt_tokens, arguments.ahead_tokens)
    with arguments.outcomes.open("a", encoding="utf-8") as sink:
        _tell(sink, rests=arguments.ahead_tokens > 0)
        return serve([])


def _tell(sink: TextIO, *, rests: bool) -> None:
    """Have each outcome written down, after a rest where the user is taken to have had one."""
    complete = Engine.complete

    async def completed(engine: Engine, snapshot: Snapshot) -> Outcome:
        if rests:
            await engine.read_ahead(snapshot)
        outcome = await complete(engine, snapshot)
        sink.write(json.dumps(_row(snapshot.document.uri, outcome)) + "\n")
        sink.flush()
        return outcome

    Engine.complete = completed  # type: ignore[method-assign,assignment]


def _row(uri: str, outcome: Outcome) -> dict[str, object]:
    return {
        "uri": uri,
        "reason": f"{outcome.kind.value}:{outcome.reason}",
        "evaluated_tokens": outcome.tokens.evaluated,
        "generated_tokens": outcome.tokens.generated,
        "prompt_tokens": outcome.tokens.prompt,
        "context": context_record(outcome),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--outcomes", type=Path, required=True)
    parser.add_argument("--prompt-tokens", type=int, default=0)
    parser.add_argument("--ahead-tokens", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

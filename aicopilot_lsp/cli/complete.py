"""`aicopilot complete`: one completion on the command line, with everything that is known of it."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from aicopilot_lsp.assembly import Engine
from aicopilot_lsp.cli.options import ConfigFile
from aicopilot_lsp.cli.printable import printable
from aicopilot_lsp.cli.session import complete_at, open_engine, settings_for
from aicopilot_lsp.cli.target import Target, read_target
from aicopilot_lsp.completion import budget
from aicopilot_lsp.completion.report import context_record
from aicopilot_lsp.completion.types import Outcome, OutcomeKind
from aicopilot_lsp.text.document import Point

_VIEW_LINES = 6
_FAILURES = (OutcomeKind.MODEL_ERROR, OutcomeKind.TIMEOUT)


def complete(
    file: Annotated[Path, typer.Argument(help="The file to complete in.", show_default=False)],
    at: Annotated[
        str | None,
        typer.Option(
            metavar="LINE:COLUMN",
            help="Where the cursor is, counted from 1, columns in characters (a byte-order mark is"
            " none). Default: at the end.",
        ),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            help="The project's folder; files outside it are not read."
            " Default: the nearest above with .git, .aicopilot.toml, pyproject.toml or like it.",
            metavar="DIR",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all that is known of it, as JSON.")
    ] = False,
    view: Annotated[
        bool,
        typer.Option(
            "--view",
            help="Print the lines around, with the text in place; with --json, on standard error.",
        ),
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Complete the code at one place and print the text.

    With --json: text, range (from 1, columns in characters, end exclusive), outcome with its reason
    and rule, model, attempts (the models that had their turn), timings_ms by stage, tokens, budget
    (how prompt and answer were sized), context and filters. Exit code 0 when the request was
    answered (also with nothing), 1 when the model failed or was too slow, 2 for a place that is not
    there.

    Example: aicopilot complete app.py --at 12:5 --json
    """
    target = read_target(file, at, root)
    settings = settings_for(config, target.root)
    outcome = asyncio.run(_run(target, open_engine(settings, with_context=True)))
    if as_json:
        print(json.dumps(as_record(outcome), indent=2, ensure_ascii=False))
    if view:
        _print_view(target, outcome, err=as_json)
    elif not as_json:
        _print_plain(outcome)
    if outcome.kind in _FAILURES:
        raise typer.Exit(1)


async def _run(target: Target, engine: Engine) -> Outcome:
    if target.text is None:
        return Outcome(
            kind=OutcomeKind.NOT_TRIGGERED,
            reason="binary",
            rule="binary",
            message=f"{target.path.name} is not text in UTF-8: nothing is completed in it.",
        )
    return await complete_at(engine, target)


def as_record(outcome: Outcome) -> dict[str, Any]:
    """The outcome as `--json` prints it."""
    first = outcome.suggestions[0] if outcome.suggestions else None
    return {
        "text": first.text if first else "",
        "range": {"start": _place(first.start), "end": _place(first.end)} if first else None,
        "outcome": {
            "kind": outcome.kind.value,
            "reason": outcome.reason,
            "rule": outcome.rule,
            "message": outcome.message,
        },
        "model": outcome.model,
        "attempts": [asdict(attempt) for attempt in outcome.attempts],
        "timings_ms": dict(outcome.timings_ms),
        "tokens": {
            "prompt": outcome.tokens.prompt,
            "evaluated": outcome.tokens.evaluated,
            "generated": outcome.tokens.generated,
        },
        "budget": budget.as_record(outcome.budget) if outcome.budget else None,
        "context": context_record(outcome),
        "filters": [
            {"rule": verdict.rule, "action": verdict.action.value, "reason": verdict.reason}
            for verdict in outcome.verdicts
        ],
    }


def summary(outcome: Outcome) -> str:
    """One line: what became of it, the model, tokens and times."""
    tokens, timings = outcome.tokens, outcome.timings_ms
    parts = [outcome.kind.value if outcome.kind is OutcomeKind.SHOWN else _why_nothing(outcome)]
    if outcome.model:
        parts.append(outcome.model)
    if tokens.evaluated is not None:
        parts.append(f"{tokens.evaluated} of {tokens.prompt} prompt tokens evaluated")
    if tokens.generated is not None:
        parts.append(f"{tokens.generated} generated")
    if "model" in timings:
        parts.append(f"model {timings['model']:.0f} ms")
    if "total" in timings:
        parts.append(f"total {timings['total']:.0f} ms")
    return ", ".join(parts)


def _why_nothing(outcome: Outcome) -> str:
    return outcome.message or f"no suggestion ({outcome.kind.value}: {outcome.reason})"


def _print_plain(outcome: Outcome) -> None:
    if outcome.suggestions:
        typer.echo(outcome.suggestions[0].text)
    else:
        typer.echo(_why_nothing(outcome), err=True)


def _print_view(target: Target, outcome: Outcome, *, err: bool) -> None:
    """The lines around the cursor as they would be, the suggested text set off."""
    document = target.snapshot().document
    row, column = target.line - 1, target.column - 1
    first = max(0, row - _VIEW_LINES)
    line = document.line_text(row)
    text, end = "", column
    for suggestion in outcome.suggestions[:1]:
        text, end = suggestion.text, suggestion.end.column
    shown = typer.style(printable(text), fg="green", bold=True) if text else ""
    above = [document.line_text(index) for index in range(first, row)]
    below = [document.line_text(index) for index in range(row + 1, row + 1 + _VIEW_LINES)]
    before, after = printable("\n".join([*above, line[:column]])), "\n".join([line[end:], *below])
    body = (before + shown + printable(after)).rstrip()
    name = printable(str(target.path.relative_to(target.root)))
    head = f"── {name}:{target.line}:{target.column}"
    typer.echo(f"{head}\n{body}\n── {summary(outcome)}\n", err=err)


def _place(point: Point) -> dict[str, int]:
    return {"line": point.line + 1, "column": point.column + 1}

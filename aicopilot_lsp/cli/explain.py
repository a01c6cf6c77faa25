"""`aicopilot explain`: one completion laid open, down to the exact prompt."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from aicopilot_lsp.cli.options import ConfigFile
from aicopilot_lsp.cli.printable import printable
from aicopilot_lsp.cli.session import complete_at, open_engine, settings_for
from aicopilot_lsp.cli.target import TargetError, read_target
from aicopilot_lsp.completion.report import report
from aicopilot_lsp.completion.types import OutcomeKind


def explain(
    file: Annotated[Path, typer.Argument(help="The file to complete in.", show_default=False)],
    at: Annotated[
        str | None,
        typer.Option(
            metavar="LINE:COLUMN",
            help="Where the cursor is, counted from 1, columns in characters. Default: at the end.",
        ),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            help="The project's folder. Default: the nearest above that looks like one.",
            metavar="DIR",
        ),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Complete at one place and tell how that came about.

    As Markdown: which sources of context were asked, how long each took and what it found; what of
    that went into the prompt and why, and what did not; how many tokens the model had to evaluate;
    what each filter said; and the prompt, exactly as it was sent. It holds your source text: look
    at it before you pass it on.

    Exit code 0 when the request was answered (also with nothing), 1 when the model failed or was
    too slow, 2 for a place that is not there.

    Example: aicopilot explain app.py --at 12:5 | less
    """
    target = read_target(file, at, root)
    if target.text is None:
        raise TargetError(f"{file} is not text in UTF-8: nothing is completed in it.")
    settings = settings_for(config, target.root)
    outcome = asyncio.run(complete_at(open_engine(settings, with_context=True), target))
    typer.echo(printable(report(outcome)))
    if outcome.kind in (OutcomeKind.MODEL_ERROR, OutcomeKind.TIMEOUT):
        raise typer.Exit(1)

"""What commands share: settings read and their problems said, an engine on the user's folders."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from aicopilot_lsp.assembly import Engine, context_engine
from aicopilot_lsp.cli.printable import printable
from aicopilot_lsp.config.paths import cache_dir, state_dir
from aicopilot_lsp.config.settings import Settings

if TYPE_CHECKING:
    from aicopilot_lsp.cli.target import Target
    from aicopilot_lsp.completion.types import Outcome
    from aicopilot_lsp.config.load import Resolved

# Nothing is in memory yet, and nobody is typing.
_BUDGET_MS = 3_000
_PATIENCE_S = 1.0


def resolved_for(config: Path | None, root: Path) -> "Resolved":
    """Settings for a workspace, not trusted, with what is wrong and where each came from."""
    from aicopilot_lsp.config.load import resolve

    return resolve(config_file=config, workspace_roots=[root.absolute()])


def settings_for(config: Path | None, root: Path) -> Settings:
    """The same, with problems said on stderr, a line each; what is right stays in force."""
    resolved = resolved_for(config, root)
    for problem in resolved.problems:
        typer.echo(f"aicopilot: {problem}", err=True)
    return resolved.settings


def open_engine(
    settings: Settings, *, remembers_speed: bool = True, with_context: bool = False
) -> Engine:
    """An engine for one command; `with_context` lets it look at the other files of a workspace."""
    if with_context:
        context = replace(settings.context, budget_ms=max(_BUDGET_MS, settings.context.budget_ms))
        settings = replace(settings, context=context)
    directory = state_dir() / "index"
    return Engine(
        settings,
        state_dir=state_dir(),
        cache_dir=cache_dir(),
        remembers_speed=remembers_speed,
        context=context_engine(settings, directory) if with_context else None,
    )


async def complete_at(engine: Engine, target: "Target") -> "Outcome":
    """One completion for a command, once the workspace is indexed; closes the engine."""
    try:
        await _until_indexed(engine, target.root)
        return await engine.complete(target.snapshot())
    finally:
        await engine.aclose()


async def _until_indexed(engine: Engine, root: Path) -> None:
    """A large folder takes a while for the first time: who looks on is told what is waited for."""
    ready = asyncio.ensure_future(engine.context_ready(root))
    done, _ = await asyncio.wait([ready], timeout=_PATIENCE_S)
    if not done and sys.stderr.isatty():
        typer.echo(f"aicopilot: indexing {printable(str(root))}, once ...", err=True)
    await ready

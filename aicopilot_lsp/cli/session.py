"""What commands share: settings read and their problems said, an engine on the user's folders."""

from pathlib import Path

import typer

from aicopilot_lsp.assembly import Engine
from aicopilot_lsp.config.paths import cache_dir, state_dir
from aicopilot_lsp.config.settings import Settings


def settings_for(config: Path | None, root: Path) -> Settings:
    """Resolve settings for a workspace; problems go to stderr, a line each, and what is right
    stays in force."""
    from aicopilot_lsp.config.load import resolve

    resolved = resolve(config_file=config, client=None, workspace_roots=[root], trusted=False)
    for problem in resolved.problems:
        typer.echo(f"aicopilot: {problem}", err=True)
    return resolved.settings


def open_engine(settings: Settings) -> Engine:
    """An engine for one command."""
    return Engine(settings, state_dir=state_dir(), cache_dir=cache_dir())

"""What commands share: settings read and their problems said, an engine on the user's folders."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from aicopilot_lsp.assembly import Engine
from aicopilot_lsp.config.paths import cache_dir, state_dir
from aicopilot_lsp.config.settings import Settings

if TYPE_CHECKING:
    from aicopilot_lsp.config.load import Resolved


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


def open_engine(settings: Settings, *, remembers_speed: bool = True) -> Engine:
    """An engine for one command."""
    return Engine(
        settings,
        state_dir=state_dir(),
        cache_dir=cache_dir(),
        remembers_speed=remembers_speed,
    )

"""Options that several commands have, said once so that they read alike everywhere."""

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Workspace = Annotated[
    Path | None,
    typer.Option("--root", help="A workspace, for its own settings.", metavar="DIR"),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="Stands in for the user's config file.", metavar="FILE"),
]

"""`aicopilot config`: where the configuration is, and what comes of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aicopilot_lsp import plugins
from aicopilot_lsp.cli.options import AsJson, ConfigFile, Workspace
from aicopilot_lsp.config import paths
from aicopilot_lsp.config.problems import Problem
from aicopilot_lsp.errors import AicopilotError

if TYPE_CHECKING:
    from aicopilot_lsp.config.load import Resolved

app = typer.Typer(
    help="Show where the configuration is, and what comes of it.", no_args_is_help=True
)


@app.command()
def path(
    as_json: AsJson = False,
) -> None:
    """Print where our files are, whether they are there or not."""
    found = {
        "config": paths.config_file(),
        "state": paths.state_dir(),
        "cache": paths.cache_dir(),
    }
    if as_json:
        parts = {name: {"path": str(at), "exists": at.exists()} for name, at in found.items()}
        print(json.dumps(parts, indent=2))
        return
    for name, at in found.items():
        print(f"{name:7} {at}{'' if at.exists() else '  (not there yet)'}")


@app.command()
def show(
    as_json: AsJson = False,
    root: Workspace = None,
    config: ConfigFile = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="As in an editor that trusts the workspace.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Also set up each model, asking none; exit with 1 if anything is wrong."
        ),
    ] = False,
) -> None:
    """Print every setting with where it came from, then what is wrong. Keys appear as ***."""
    from aicopilot_lsp.config import show as shown
    from aicopilot_lsp.config.load import resolve
    from aicopilot_lsp.config.trust import is_trusted

    resolved = resolve(
        config_file=config,
        workspace_roots=[(root or Path.cwd()).absolute()],
        trusted=is_trusted(None, by_user=trust),
    )
    if check:
        resolved = replace(resolved, problems=(*resolved.problems, *_unusable(resolved)))
    if as_json:
        print(json.dumps(shown.as_json(resolved), indent=2))
    else:
        for line in shown.as_text(resolved):
            print(line)
    if check and resolved.problems:
        raise typer.Exit(1)


def _unusable(resolved: "Resolved") -> Iterator[Problem]:
    """A problem for each model that can't be set up. Connects to nothing."""
    settings = resolved.settings
    context = plugins.BackendContext(
        embedded=settings.embedded, state_dir=paths.state_dir(), cache_dir=paths.cache_dir()
    )
    for at, model in enumerate(settings.models):
        try:
            plugins.backend_factory(model.provider)(model, context)
        except AicopilotError as error:
            key = f"models[{at}]"
            subject = f"The model {model.name!r}"
            said = str(error)
            message = said if subject in said else f"{subject} can't be used: {said}"
            yield Problem(resolved.sources[f"{key}.provider"], None, key, message)

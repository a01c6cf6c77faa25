"""`aicopilot model test`: which model is meant, the test, and what is printed while it runs."""

import asyncio
import json
from pathlib import Path

import typer

from aicopilot_lsp.cli import model_report
from aicopilot_lsp.cli.progress import Progress
from aicopilot_lsp.cli.session import settings_for
from aicopilot_lsp.config.paths import cache_dir, state_dir
from aicopilot_lsp.config.settings import ModelSettings, Settings
from aicopilot_lsp.errors import AicopilotError, ConfigError
from aicopilot_lsp.models.selftest.full import Report
from aicopilot_lsp.models.selftest.refusal import NotSuitableError
from aicopilot_lsp.plugins import BackendContext, backend_factory
from aicopilot_lsp.serving import ROLE


def run(name: str | None, config: Path | None, *, as_json: bool) -> None:
    """Test one model and print what was found; ends the command with 1 where it does not work."""
    settings = settings_for(config, Path.cwd())
    chosen = _chosen(name, settings)
    try:
        report = asyncio.run(_tested(chosen, settings))
    except NotSuitableError as error:
        if as_json:
            _print_json(model_report.refused_json(chosen.name, error))
            raise typer.Exit(1) from None
        for line in model_report.refused_lines(error):
            typer.echo(line)
        raise
    except AicopilotError as error:
        if not as_json:
            raise
        _print_json(model_report.untested_json(chosen.name, error))
        raise typer.Exit(1) from None
    if as_json:
        _print_json(model_report.as_json(report))
    else:
        for line in model_report.lines(report):
            typer.echo(line)
    if not report.healthy:
        raise typer.Exit(1)


def _chosen(name: str | None, settings: Settings) -> ModelSettings:
    """The configured model called `name`, else that of the catalogue; without a name the one that
    completes.

    Raises
    ------
    ConfigError
        There is none.
    """
    if name is None:
        chosen = next(iter(settings.models_for(ROLE)), None)
        if chosen is None:
            raise ConfigError(
                f'No model has the role "{ROLE}". Name one that you have configured, or give it'
                " that role; `aicopilot config path` says where."
            )
        return chosen
    for model in settings.models:
        if model.name == name:
            return model
    from aicopilot_lsp.models.embedded.catalogue import CATALOGUE

    known = [entry.name for entry in CATALOGUE]
    if name not in known:
        configured = ", ".join(model.name for model in settings.models) or "none"
        raise ConfigError(
            f"There is no model called {name!r}. Configured: {configured}. In the catalogue:"
            f" {', '.join(known)}."
        )
    return ModelSettings(name=name, provider="embedded", model=name)


async def _tested(chosen: ModelSettings, settings: Settings) -> Report:
    from aicopilot_lsp.models.selftest import full

    context = BackendContext(
        embedded=settings.embedded, state_dir=state_dir(), cache_dir=cache_dir()
    )
    backend = backend_factory(chosen.provider)(chosen, context)
    progress = Progress()
    try:
        return await full.run(backend, chosen, progress.now)
    finally:
        progress.over()
        await backend.aclose()


def _print_json(found: object) -> None:
    print(json.dumps(found, indent=2, ensure_ascii=False))

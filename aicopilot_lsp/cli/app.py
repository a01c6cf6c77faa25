"""All commands but `serve`: the table of them, and how their errors are said."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, cast

import typer

from aicopilot_lsp import __version__
from aicopilot_lsp.cli import complete, config, doctor, explain, index, key, model, plugins
from aicopilot_lsp.cli.printable import printable
from aicopilot_lsp.cli.target import TargetError
from aicopilot_lsp.errors import AicopilotError

# typer's own base of all that can be wrong with arguments; it exports only this leaf of it.
_UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])
# What a shell reports of a program that wrote to a pipe whose reader had left (128 + SIGPIPE), as
# the first one in `aicopilot plugins | head -1`.
_READER_LEFT = 141
_EPILOG = "First steps: `aicopilot model pull`, then `aicopilot doctor`, then set up your editor."

app = typer.Typer(
    name="aicopilot",
    help="AI completion for every LSP editor, local first: a language server and its tools.",
    epilog=_EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"aicopilot-lsp {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Options of the program itself."""


@app.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def serve(context: typer.Context) -> None:
    """Serve an editor on standard input and output (default)."""
    from aicopilot_lsp.cli.serve import serve as run_server

    raise typer.Exit(run_server(context.args))


app.command("complete")(complete.complete)
app.command("explain")(explain.explain)
app.add_typer(model.app, name="model")
app.command("doctor")(doctor.doctor)
app.add_typer(index.app, name="index")
app.add_typer(config.app, name="config")
app.add_typer(key.app, name="key")
app.command("plugins")(plugins.plugins)


def run(arguments: Sequence[str]) -> int:
    """Run one command; an error on purpose is one line on stderr, never a traceback."""
    try:
        code = _run(arguments)
    except BrokenPipeError:
        code = _READER_LEFT
    return code if _all_is_written() else _READER_LEFT


def _run(arguments: Sequence[str]) -> int:
    # Not `app(...)`: that takes a broken pipe for its own affair and ends with 1.
    command = typer.main.get_command(app)
    try:
        with command.make_context("aicopilot", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    except _UsageError as error:
        return _said(error)
    except TargetError as error:
        print(f"aicopilot: {printable(str(error))}", file=sys.stderr)
        return 2
    except AicopilotError as error:
        print(f"aicopilot: {printable(str(error))}", file=sys.stderr)
        return 1
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        print(f"aicopilot: {error.strerror or error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, typer.Abort):
        print("aicopilot: stopped", file=sys.stderr)
        return 130
    return 0


def _all_is_written() -> bool:
    """Whether what was printed had a reader. Where not, what is left of it goes nowhere: Python
    writes it once more at its end, and would complain."""
    written = True
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None: closed before we started
        try:
            stream.flush()
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                print(f"aicopilot: the output can't be written: {error.strerror}", file=sys.stderr)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
            written = False
    return written


def _said(error: typer.BadParameter) -> int:
    """A usage error on one line; a command group alone is an invitation to its help."""
    message = error.format_message()
    if "\n" in message:
        print(message, file=sys.stderr)
        return 2
    hint = f" Try `{error.ctx.command_path} --help`." if error.ctx else ""
    print(f"aicopilot: {message}{hint}", file=sys.stderr)
    return 2

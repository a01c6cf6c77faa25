"""`aicopilot key ...`: keys for model servers, in the system's keyring or in a private file.

Prints; models/keystore.py keeps them."""

import getpass
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aicopilot_lsp import plugins
from aicopilot_lsp.cli.options import AsJson, ConfigFile
from aicopilot_lsp.cli.printable import printable
from aicopilot_lsp.config import paths
from aicopilot_lsp.config.settings import ModelSettings, Secret
from aicopilot_lsp.config.urls import plain_key_warning
from aicopilot_lsp.errors import AicopilotError, ConfigError

if TYPE_CHECKING:
    from aicopilot_lsp.models.keystore import Entry, KeyStore

_MAX_KEY_CHARS = 8192
_NOT_AN_ARGUMENT = (
    "Nothing was stored: keys are never given on the command line. If what stands behind the "
    "model's name is one, it is in your shell's history now, and other users could see it: change "
    "it at its provider. Then run `aicopilot key set MODEL`, which asks for the key."
)

app = typer.Typer(
    help="Keep the keys of model servers where only you can read them.", no_args_is_help=True
)

_Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="The name of a model in your configuration.")
]


@app.command("set", context_settings={"allow_extra_args": True})
def set_key(
    context: typer.Context,
    model: _Model,
    in_file: Annotated[
        bool,
        typer.Option("--file", help="In a file that only you can read, where there is no keyring."),
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Store the key for a model's server.

    Asks for it, or reads it from standard input. It goes to the operating system's keyring, and is
    sent to that server only: when the model's url changes, it has to be set again.
    """
    from aicopilot_lsp.models.keys import declared_place, key_fault
    from aicopilot_lsp.models.keystore import Place

    if context.args:
        # typer's own words would repeat them.
        print(f"aicopilot: {_NOT_AN_ARGUMENT}", file=sys.stderr)
        raise typer.Exit(2)
    settings = _configured(model, config)
    origin = _origin(settings)
    if origin is None:
        raise ConfigError(f"The model {model!r} is not reached over HTTP: it takes no key.")
    if place := declared_place(settings):
        raise ConfigError(
            f"The configuration says that the key of {model!r} comes from {place}. Change it there,"
            " or remove that line first."
        )
    text = _asked(f"Key for {origin}: ")
    if fault := "is empty" if not text else key_fault(text):
        raise ConfigError(f"Nothing was stored: the key {fault}.")
    place = Place.FILE if in_file else Place.KEYRING
    entry = _store().put(origin, model, Secret(text), place)
    where = f"the file {entry.path}" if in_file else "the operating system's keyring"
    print(f"The key for {origin} is in {where}.")
    if warning := plain_key_warning(origin):
        print(f"aicopilot: {warning}.", file=sys.stderr)


@app.command("rm")
def remove(model: _Model, config: ConfigFile = None) -> None:
    """Remove the key that is stored for a model.

    What was stored for its server, and what was set under its name.
    """
    store = _store()
    entries = {entry.origin: entry for entry in store.set_for(model)}
    known = [one for one in _models(config) if one.name == model]
    if known and (origin := _origin(known[0])) and (entry := store.entry(origin)):
        entries[origin] = entry
    if not entries:
        raise ConfigError(f"No key is stored for the model {model!r}.")
    for entry in entries.values():
        store.remove(entry)
        others = [name for name in entry.models if name != model]
        also = f" It was also set for {', '.join(others)}." if others else ""
        print(f"The key for {entry.origin} is removed.{also}")


@app.command("list")
def list_keys(as_json: AsJson = False, config: ConfigFile = None) -> None:
    """List which model has which kind of key, and whether it is there. Never shows one."""
    rows = list(_rows(_models(config), _store()))
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False))
        return
    if not rows:
        print("No model of your configuration is reached over HTTP, and no key is stored.")
    names = max((len(row.model) for row in rows), default=0)
    servers = max((len(row.server) for row in rows), default=0)
    for row in rows:
        print(printable(f"{row.model:{names}}  {row.server:{servers}}  {row.kind}: {row.state}"))


@dataclass(frozen=True, slots=True)
class _Row:
    model: str
    server: str
    kind: str
    state: str


def _rows(models: tuple[ModelSettings, ...], store: "KeyStore") -> Iterator[_Row]:
    listed = set()
    for settings in models:
        try:
            origin = _origin(settings)
        except AicopilotError as error:
            yield _Row(settings.name, "?", "none", str(error))
            continue
        if origin is not None:
            listed.add(origin)
            yield _Row(settings.name, origin, *_state(settings, origin, store))
    for entry in store.entries():
        if entry.origin not in listed:
            names = ", ".join(entry.models)
            yield _Row(names, entry.origin, _kind(entry), "stored; no model is there now")


def _state(settings: ModelSettings, origin: str, store: "KeyStore") -> tuple[str, str]:
    from aicopilot_lsp.models.keys import declared_place, read_key

    kind = declared_place(settings)
    try:
        found = read_key(settings, origin, store)
        if kind is None:
            entry = store.entry(origin)
            kind = _kind(entry) if entry else "none"
    except AicopilotError as error:
        return kind or "stored", str(error)
    return kind, "there" if found else "no key is named or stored"


def _kind(entry: "Entry") -> str:
    return "keyring" if entry.key is None else "key file"


def _configured(name: str, config: Path | None) -> ModelSettings:
    models = _models(config)
    for model in models:
        if model.name == name:
            return model
    names = ", ".join(repr(model.name) for model in models) or "none"
    # Not repeated: a key may stand there by mistake.
    raise ConfigError(f"Your configuration has no model of that name. It has: {names}.")


def _models(config: Path | None) -> tuple[ModelSettings, ...]:
    from aicopilot_lsp.config.load import resolve

    return resolve(config_file=config).settings.models


def _origin(settings: ModelSettings) -> str | None:
    """Where the model's key goes; None where nothing is reached over HTTP. Raises ConfigError."""
    from aicopilot_lsp.config.settings import EmbeddedSettings
    from aicopilot_lsp.models.httpbackend import HttpBackend
    from aicopilot_lsp.models.keystore import origin_of

    context = plugins.BackendContext(
        embedded=EmbeddedSettings(), state_dir=paths.state_dir(), cache_dir=paths.cache_dir()
    )
    # Some providers know their address by themselves. Making a backend connects to nothing.
    backend = plugins.backend_factory(settings.provider)(settings, context)
    return origin_of(backend.where) if isinstance(backend, HttpBackend) else None


def _store() -> "KeyStore":
    from aicopilot_lsp.models.keystore import KeyStore
    from aicopilot_lsp.models.oskeyring import PATIENT_S, OsKeyring

    # Here somebody sits who can unlock it.
    return KeyStore(paths.keys_dir(), OsKeyring(PATIENT_S if sys.stdin.isatty() else 10.0))


def _asked(question: str) -> str:
    """The key, never echoed. As an argument it would be in the shell's history and in `ps`."""
    if sys.stdin.isatty():
        return getpass.getpass(question).strip()
    return sys.stdin.read(_MAX_KEY_CHARS).strip().removeprefix("\ufeff")

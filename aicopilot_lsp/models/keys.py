"""The key of a model: what its own table names, else what was stored for its server's origin.

A key goes only where it was meant to go: one in the configuration to the url beside it, a stored
one to the origin it was set for. Where a model's url has changed since, its key is not sent, and
the error says so. Stored keys are in keystore.py.
"""

import os

from aicopilot_lsp.config.settings import ModelSettings, Secret
from aicopilot_lsp.config.urls import header_value_fault, is_loopback
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.keystore import KeyStore, origin_of
from aicopilot_lsp.models.private_file import Unusable, read_private


def read_key(settings: ModelSettings, url: str, store: KeyStore) -> Secret | None:
    """The key to send to `url`, or None where there is none to send. Reads files: not on the loop.

    Raises
    ------
    ModelError
        AUTH: a key is named or stored and can't be used, or was set for another server.
    """
    found = _declared(settings)
    if found is not None:
        place, text = found
        if isinstance(text, Unusable):
            raise _no_key(settings.name, f"{place} is {text.why}")
        if fault := key_fault(text):
            raise _no_key(settings.name, f"{place} {fault}")
        return Secret(text)
    origin = origin_of(url)
    key = store.key(origin)
    if key is None and not is_loopback(_host(origin)):
        _refuse_other_origin(settings.name, origin, store)
    return key


def declared_place(settings: ModelSettings) -> str | None:
    """Where a model's own table says its key is, in words; None where it says nothing."""
    if settings.api_key is not None:
        return "api_key"
    if settings.api_key_env is not None:
        return f"the environment variable {settings.api_key_env}"
    if settings.api_key_file is not None:
        return f"the file {settings.api_key_file}"
    return None


def key_fault(text: str) -> str | None:
    """Why `text` can't be sent as a key, as words that follow its place; None if it can."""
    if " " in text or header_value_fault(text):
        return "holds more than one plain ASCII word"
    return None


def _declared(settings: ModelSettings) -> tuple[str, str | Unusable] | None:
    place = declared_place(settings)
    if place is None:
        return None
    if settings.api_key is not None:
        return place, settings.api_key.reveal().strip() or Unusable("empty")
    if settings.api_key_env is not None:
        text = os.environ.get(settings.api_key_env)
        if text is None:
            return place, Unusable("not set", missing=True)
        return place, text.strip() or Unusable("empty")
    assert settings.api_key_file is not None  # noqa: S101 - for the type checker
    return place, read_private(settings.api_key_file)


def _refuse_other_origin(name: str, origin: str, store: KeyStore) -> None:
    """A model that has had a key and whose url is another now is not asked without one."""
    others = [entry.origin for entry in store.set_for(name)]
    if others:
        raise ModelError(
            f"The key of the model {name!r} was set for {others[0]}; its url is at {origin} now,"
            " and the key is not sent there. Editing is not affected. Set one for the new server"
            f" with `aicopilot key set {name}`, or remove the old one with"
            f" `aicopilot key rm {name}`.",
            kind=ModelErrorKind.AUTH,
        )


def _host(origin: str) -> str:
    return origin.partition("://")[2].rpartition(":")[0].strip("[]")


def _no_key(name: str, why: str) -> ModelError:
    return ModelError(
        f"There is no usable key for the model {name!r}: {why}. "
        "Editing is not affected; set the key and ask again.",
        kind=ModelErrorKind.AUTH,
    )

"""A backend for a server that the user named: address, key and headers from the settings, the rest
from the server's `Api`. Every provider's `create` ends here."""

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

from aicopilot_lsp.config.paths import keys_dir
from aicopilot_lsp.config.settings import ModelSettings, Secret
from aicopilot_lsp.config.urls import checked_headers, checked_url, is_loopback
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models.api import Api
from aicopilot_lsp.models.endpoint import BEARER, Endpoint
from aicopilot_lsp.models.failures import Explain
from aicopilot_lsp.models.fim import format_for
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.keys import read_key
from aicopilot_lsp.models.keystore import KeyStore
from aicopilot_lsp.models.protocol import Layout, Mode, Prompting
from aicopilot_lsp.models.selftest.prove import Prover
from aicopilot_lsp.plugins import BackendContext


def make(
    settings: ModelSettings,
    context: BackendContext,
    api: Api,
    *,
    server: str,
    usual_url: str,
    default_url: str | None = None,
    key_header: str = BEARER,
    needs_key: bool = False,
    explain: Explain | None = None,
) -> HttpBackend:
    """A backend over `api` at `settings.url`. Connects to nothing.

    Parameters
    ----------
    server : str
        What such servers are called, for messages ("Ollama").
    usual_url : str
        Where one usually is, as an example for those who name none.
    default_url : str or None
        Where it is when the settings name no url; None where they have to.
    key_header : str
        The header that carries the key; BEARER is `Authorization: Bearer KEY`.
    needs_key : bool
        Nobody is served without one. A server on this machine is asked all the same: there it is
        a gateway that may have the key.
    explain : callable or None
        See Endpoint.explain.

    Raises
    ------
    ConfigError
        The address, a header or the FIM format can't be used.
    """
    named = settings.url or default_url
    if named is None:
        raise ConfigError(
            f"The model {settings.name!r} has no url; {server} servers usually have "
            f'url = "{usual_url}".'
        )
    url, headers = checked_url(named), checked_headers(settings.headers)
    sent = {name.lower() for name in headers}
    needs_key = (
        needs_key
        and not is_loopback(urlsplit(url).hostname or "")
        and sent.isdisjoint((key_header, BEARER))
    )

    store = KeyStore(keys_dir())

    async def key() -> Secret | None:
        # Each time anew: a key that the user mended works at once.
        found = await asyncio.to_thread(read_key, settings, url, store)
        if found is None and needs_key:
            raise _no_key(settings.name, server)
        return found

    async def locate() -> Endpoint:
        return Endpoint(
            base_url=url,
            key=await key(),
            headers=headers,
            server=server,
            key_header=key_header,
            explain=explain,
            ca_file=settings.ca_file,
            proxy=settings.proxy,
            key_refused=store.forget,
        )

    async def readiness() -> str | None:
        try:
            await key()
        except ModelError as error:
            return str(error)
        return None

    where = Endpoint(base_url=url).display
    prompting = declared(api, settings)
    prover = Prover(
        settings, context.state_dir, lambda name: _tried_as(api, name, settings), where=where
    )
    return HttpBackend(
        api,
        locate,
        prompting=prompting,
        prove=None if prompting else prover,
        readiness=readiness,
        model=settings.model or settings.name,
        where=where,
    )


def _no_key(name: str, server: str) -> ModelError:
    return ModelError(
        f"The model {name!r} has no key, and {server} serves nobody without one. Editing is not "
        "affected. Name the environment variable that holds it as the model's api_key_env, or "
        f"store it with `aicopilot key set {name}`.",
        kind=ModelErrorKind.AUTH,
    )


def declared(api: Api, settings: ModelSettings) -> Prompting | None:
    """What the settings say of how to ask, or None where they leave it open and the server offers
    more than one way.

    Raises
    ------
    ConfigError
        They say what this kind of server has not.
    """
    if settings.fim_format is not None:
        return declared_as(api, settings.fim_format, settings)
    if Mode.RAW in api.dialects:
        return None
    if Mode.NATIVE in api.dialects:
        return declared_as(api, Mode.NATIVE.value, settings)
    return declared_as(api, Mode.CHAT.value, settings)


def declared_as(api: Api, name: str, settings: ModelSettings) -> Prompting:
    """The format or mode called `name`. Raises ConfigError, as `declared` does."""
    modes = {mode.value: mode for mode in (Mode.NATIVE, Mode.CHAT)}
    try:
        form = None if name in modes else format_for(name)
    except ConfigError as error:
        raise ConfigError(f"The model {settings.name!r} can't be used: {error}") from None
    mode = modes.get(name, Mode.RAW)
    dialect = api.dialects.get(mode)
    if dialect is None:
        offered = ", ".join(f'"{known.value}"' for known in api.dialects if known is not Mode.RAW)
        raise ConfigError(
            f'The model {settings.name!r} says fim_format = "{name}", which the provider'
            f" {settings.provider!r} has no use for; it offers {offered or 'FIM formats only'}."
        )
    splits = bool(form.middle) if form else mode is Mode.NATIVE and dialect.takes_middle
    layout = Layout.FROZEN if splits else Layout.STANDARD
    if settings.layout is not None:
        layout = Layout(settings.layout)
    if layout is Layout.FROZEN and not splits:
        where = f"the provider {settings.provider!r}" if form is None else f'the format "{name}"'
        raise ConfigError(
            f'The model {settings.name!r} says layout = "frozen", and {where}'
            " has no place for text behind the hole's start. Remove that line."
        )
    if mode is Mode.CHAT:
        return Prompting(mode=mode, takes_files=dialect.takes_files)
    return Prompting(
        mode=mode,
        format=form,
        layout=layout,
        healing=dialect.healing,
        takes_files=dialect.takes_files,
    )


def _tried_as(api: Api, name: str, settings: ModelSettings) -> Prompting:
    """The same for a test that looks for a way to ask: one that has not the settings' layout is
    tried all the same."""
    try:
        return declared_as(api, name, settings)
    except ConfigError:
        return declared_as(api, name, replace(settings, layout=None))

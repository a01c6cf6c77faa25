"""A backend for a server that the user named: address, key and headers from the settings, the rest
from the server's `Api`. Every provider's `create` ends here."""

import asyncio

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.config.urls import checked_headers, checked_url
from aicopilot_lsp.errors import ConfigError, ModelError
from aicopilot_lsp.models.api import Api
from aicopilot_lsp.models.endpoint import BEARER, Endpoint, read_key
from aicopilot_lsp.models.fim import format_for
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.protocol import Layout, Mode, Prompting
from aicopilot_lsp.plugins import BackendContext

_DEFAULT_FIM_FORMAT = "qwen2.5-coder"


def make(
    settings: ModelSettings,
    _context: BackendContext,
    api: Api,
    *,
    server: str,
    usual_url: str,
    default_url: str | None = None,
    key_header: str = BEARER,
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

    async def locate() -> Endpoint:
        # Each time anew: a key that the user mended works at once.
        key = await asyncio.to_thread(read_key, settings)
        return Endpoint(
            base_url=url, key=key, headers=headers, server=server, key_header=key_header
        )

    async def readiness() -> str | None:
        try:
            await asyncio.to_thread(read_key, settings)
        except ModelError as error:
            return str(error)
        return None

    return HttpBackend(
        api,
        locate,
        prompting=declared(api, settings) or declared_as(api, _DEFAULT_FIM_FORMAT, settings),
        readiness=readiness,
        model=settings.model or settings.name,
        where=Endpoint(base_url=url).display,
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
    form = None if name in modes else format_for(name)
    mode = modes.get(name, Mode.RAW)
    dialect = api.dialects.get(mode)
    if dialect is None:
        offered = ", ".join(f'"{known.value}"' for known in api.dialects if known is not Mode.RAW)
        raise ConfigError(
            f'The model {settings.name!r} says fim_format = "{name}", which the provider'
            f" {settings.provider!r} has no use for; it offers {offered or 'FIM formats only'}."
        )
    if mode is Mode.CHAT:
        return Prompting(mode=mode)
    splits = mode is Mode.RAW or dialect.takes_middle
    layout = Layout.FROZEN if splits else Layout.STANDARD
    if settings.layout is not None:
        layout = Layout(settings.layout)
    if layout is Layout.FROZEN and not splits:
        raise ConfigError(
            f'The model {settings.name!r} says layout = "frozen", and the provider'
            f" {settings.provider!r} has no place for text behind the hole's start."
        )
    return Prompting(mode=mode, format=form, layout=layout, healing=dialect.healing)

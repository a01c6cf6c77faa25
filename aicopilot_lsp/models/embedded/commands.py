"""What `aicopilot model ...` does, one function a command; each returns what to print.

They raise ModelFileError, ModelProcessError, ModelError and ConfigError, whose text is the message.
`configured` is the model that the user's configuration names for the embedded backend, if it names
one: it goes before the choice of `aicopilot model use`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

from aicopilot_lsp.config.paths import cache_dir, state_dir
from aicopilot_lsp.models.embedded import hardware, store, supervisor
from aicopilot_lsp.models.embedded import pull as puller
from aicopilot_lsp.models.embedded.catalogue import (
    CATALOGUE,
    CatalogueEntry,
    default_model,
    entry_named,
    why_default,
)
from aicopilot_lsp.models.embedded.pull import Report
from aicopilot_lsp.models.embedded.sources import sources_from
from aicopilot_lsp.models.http import Transport

T = TypeVar("T")


def list_lines(configured: str | None = None) -> Iterator[str]:
    """A line for each model, then why the default is the default."""
    ram, cores = hardware.ram_bytes(), hardware.physical_cores()
    preferred = default_model(ram, cores)
    unknown = configured is not None and all(entry.name != configured for entry in CATALOGUE)
    selection = store.selected_model(
        None if unknown else configured, cache_dir=cache_dir(), state_dir=state_dir()
    )
    in_use = "in use by your configuration" if selection.origin == "settings" else "in use"
    width = max(len(entry.name) for entry in CATALOGUE)
    for entry in CATALOGUE:
        marks = [
            _presence(entry),
            *([in_use] if entry == selection.entry and not unknown else []),
            *(["default"] if entry == preferred else []),
        ]
        size = f"{entry.size_bytes / 1e9:.1f} GB file, {entry.ram_bytes / 1e9:.1f} GB of memory"
        yield f"{entry.name:{width}}  {size}, {entry.licence}: {', '.join(marks)}"
    yield f"The default here is {preferred.name} ({why_default(ram, cores)})."
    if unknown:
        yield f"Your configuration names {configured}, and there is no such model."
    elif selection.origin == "default" and selection.entry != preferred:
        yield f"{selection.entry.name} is used because it is the one installed."


def pull(
    name: str | None, source: str | None, report: Report, configured: str | None = None
) -> str:
    entry = _named_or_default(name or configured)
    sources = sources_from(source, entry.sources)
    path = puller.pull(entry, store.store_dir(cache_dir()), sources=sources, progress=report)
    return f"{entry.name} is installed: {path}"


def add(file: Path, name: str | None, report: Report) -> str:
    if name is not None:
        entry_named(name)
    entry = puller.add_file(file, store.store_dir(cache_dir()), name=name, progress=report)
    return f"{entry.name} is installed: {store.model_path(entry, cache_dir())}"


def use(name: str, configured: str | None = None) -> str:
    kept = store.choose(name, state_dir())
    if configured not in (None, name):
        return (
            f"{name} is chosen (kept in {kept}), but your configuration names {configured}, which"
            f" wins: take `model` out of it, or write {name} there."
        )
    _run(lambda transport: supervisor.stop(state_dir(), transport))
    hint = (
        ""
        if store.is_installed(entry_named(name), cache_dir())
        else (f" It is not installed yet: run `aicopilot model pull {name}`.")
    )
    return f"{name} is used from the next request on (kept in {kept}).{hint}"


def remove(name: str) -> str:
    entry = entry_named(name)
    freed = store.remove(entry, cache_dir(), first=lambda: _stop_if_it_runs(entry))
    return f"{name} is deleted: {freed / 1e9:.1f} GB freed." if freed else f"{name} is not here."


def status_lines() -> Iterator[str]:
    running = _run(lambda transport: supervisor.status(state_dir(), transport))
    if running is None:
        lives = supervisor.lives(state_dir())
        yield "The model process is starting." if lives else "The model process is not running."
        return
    told = running.status
    yield f"{told.get('model')}: {told.get('state')}, process {running.pid}"
    if isinstance(rss := told.get("rss_bytes"), int):
        yield f"memory     {rss / 1e9:.2f} GB"
    yield f"requests   {told.get('requests_served')} served, {told.get('active_requests')} active"
    yield f"idle       {told.get('idle_s')} s"
    yield f"context    {told.get('context_tokens')} tokens"


def stop() -> str:
    stopped = _run(lambda transport: supervisor.stop(state_dir(), transport))
    return "The model process is stopped." if stopped else "The model process was not running."


def _presence(entry: CatalogueEntry) -> str:
    if store.is_damaged(entry, cache_dir()):
        return f"damaged: run `aicopilot model pull {entry.name}`"
    return "installed" if store.is_installed(entry, cache_dir()) else "not installed"


def _stop_if_it_runs(entry: CatalogueEntry) -> None:
    running = _run(lambda transport: supervisor.status(state_dir(), transport))
    if running is not None and running.status.get("sha256") == entry.sha256:
        _run(lambda transport: supervisor.stop(state_dir(), transport))


def _named_or_default(name: str | None) -> CatalogueEntry:
    """As named, else the chosen one, else the default (installed or not)."""
    if name is not None:
        return entry_named(name)
    selection = store.selected_model(None, cache_dir=cache_dir(), state_dir=state_dir())
    if selection.origin == "use":
        return selection.entry
    return default_model(hardware.ram_bytes(), hardware.physical_cores())


def _run(call: Callable[[Transport], Awaitable[T]]) -> T:
    async def with_transport() -> T:
        transport = Transport()
        try:
            return await call(transport)
        finally:
            await transport.aclose()

    return asyncio.run(with_transport())

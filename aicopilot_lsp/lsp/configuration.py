"""From what the client and the files say to settings in force and an engine that has them.

Reading happens in a thread and after `initialize` was answered, so that nothing a configuration
holds can delay or stop the server (INV-9). What can be used is used; what can't is told once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lsprotocol import types

from aicopilot_lsp.config import paths
from aicopilot_lsp.config.files import WORKSPACE_FILE
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.lsp import files, logs
from aicopilot_lsp.lsp.capabilities import completion_options
from aicopilot_lsp.lsp.engine import EngineFactory
from aicopilot_lsp.lsp.protocol import ClientError
from aicopilot_lsp.lsp.session import Session

if TYPE_CHECKING:
    from aicopilot_lsp.config.load import Resolved

_log = logging.getLogger(__name__)

SECTION = "aicopilot"
# How long a request waits for the client to say what its configuration is ...
READY_LIMIT_S = 1.5
# ... and how long for that to be in force, should reading a file never end.
_READ_LIMIT_S = 30.0
_ASK_LIMIT_S = 5.0
_READINESS_LIMIT_S = 5.0


class Asker(Protocol):
    async def ask(self, method: str, params: Any, *, timeout_s: float) -> Any: ...


class Configuration:
    """Keeps a session's settings and engine up to date; owned by the event loop."""

    def __init__(
        self,
        session: Session,
        client: Asker,
        *,
        config_file: Path | None,
        log_level: str | None,
        make_engine: EngineFactory,
        import_engine: Callable[[Settings], None],
    ) -> None:
        self._session = session
        self._client = client
        self._config_file = config_file
        self._log_level = log_level
        self._make_engine = make_engine
        self._import_engine = import_engine
        self._pulled: Mapping[str, Any] | None = None
        self._applying = asyncio.Lock()
        self._in_force: Settings | None = None
        self._items_registered = False

    def start(self) -> Coroutine[Any, Any, None]:
        """Once `initialize` is answered: read what is known without asking."""
        return self._apply()

    def initialized(self) -> Coroutine[Any, Any, None]:
        """The client takes requests now: ask it for its settings, and to tell of changes."""
        return self._refreshed(None, then=self._register_changes)

    def changed(self, pushed: object) -> Coroutine[Any, Any, None]:
        """The client's settings have changed; `pushed` stands in where it can't be asked."""
        return self._refreshed(pushed)

    def files_changed(self) -> Coroutine[Any, Any, None]:
        """Other folders than before, or other options in their files."""
        return self._apply()

    def reads(self, uri: str) -> bool:
        """Whether `uri` is a file that options are read from."""
        path = files.local_path(uri)
        if path is None:
            return False
        return (
            path.name == WORKSPACE_FILE
            or path == (self._config_file or paths.config_file()).absolute()
        )

    def _refreshed(
        self, pushed: object, then: Callable[[], Awaitable[None]] | None = None
    ) -> Coroutine[Any, Any, None]:
        release = self._session.ready.hold(READY_LIMIT_S)

        async def refresh() -> None:
            try:
                await self._refresh(pushed)
            finally:
                release()
            await self._register_items()
            if then is not None:
                await then()
            await self._check_readiness()

        return refresh()

    async def _refresh(self, pushed: object) -> None:
        if self._session.client.configuration:
            self._pulled = await self._ask()
        elif isinstance(pushed, Mapping):
            self._pulled = pushed
        else:
            return
        await self._apply()

    async def _ask(self) -> Mapping[str, Any] | None:
        params = types.ConfigurationParams(items=[types.ConfigurationItem(section=SECTION)])
        try:
            found = await self._client.ask(
                types.WORKSPACE_CONFIGURATION, params, timeout_s=_ASK_LIMIT_S
            )
        except ClientError as error:
            _log.warning("No settings from the client: %s.", error)
            return self._pulled
        first = found[0] if isinstance(found, list) and found else found
        return first if isinstance(first, Mapping) else None

    def _apply(self) -> Coroutine[Any, Any, None]:
        """Requests wait from now on until what the coroutine has read is in force."""
        release = self._session.ready.hold(_READ_LIMIT_S)

        async def apply() -> None:
            try:
                async with self._applying:
                    await self._read_and_put_in_force()
            finally:
                release()

        return apply()

    async def _read_and_put_in_force(self) -> None:
        self._session.places.forget()  # links may have changed with the folders
        resolved = await asyncio.to_thread(self._resolve)
        if resolved is not None:
            self._session.settings = resolved.settings
            self._session.shown.forget()
            self._session.indexes.reconfigure(resolved.settings)
            self._session.notices.problems(resolved.problems)
        logs.set_level(self._log_level or self._session.settings.log.level)
        await self._put_in_force(self._session.settings)

    def _resolve(self) -> "Resolved | None":
        """In a thread: settings from everything that says something about them."""
        from aicopilot_lsp.config.load import resolve

        session = self._session
        try:
            return resolve(
                config_file=self._config_file,
                client=session.client.options,
                client_settings=self._pulled,
                workspace_roots=files.roots(list(session.folders.values())),
                trusted=session.client.trusted,
            )
        except Exception as error:  # noqa: BLE001 - INV-9: no configuration stops the server
            _log.error("The configuration could not be read.", exc_info=error)
            return None

    async def _put_in_force(self, settings: Settings) -> None:
        session = self._session
        try:
            await asyncio.to_thread(self._import_engine, settings)
            if session.engine is None:
                session.engine = self._make_engine(settings)
            elif settings != self._in_force:
                if self._in_force is None or settings.models != self._in_force.models:
                    session.notices.models_changed()
                await session.engine.reconfigure(settings)
            self._in_force = settings
        except Exception as error:  # noqa: BLE001 - INV-9: the server serves without
            _log.error("The engine could not be made.", exc_info=error)
            session.notices.engine_failed()

    async def _check_readiness(self) -> None:
        async with self._applying:  # what is under way decides whether there is an engine
            engine = self._session.engine
        if engine is None:
            return
        try:
            async with asyncio.timeout(_READINESS_LIMIT_S):
                self._session.notices.readiness(await engine.readiness())
        except TimeoutError:
            _log.warning("Could not find out within %s s if a model is there.", _READINESS_LIMIT_S)

    async def _register_changes(self) -> None:
        """Have the client tell of changes to its settings, and to the files that we read."""
        client = self._session.client
        if client.registers_configuration:
            options = types.DidChangeConfigurationRegistrationOptions(section=SECTION)
            await self._register(types.WORKSPACE_DID_CHANGE_CONFIGURATION, options)
        if client.registers_watched_files:
            watcher = types.FileSystemWatcher(glob_pattern=f"**/{WORKSPACE_FILE}")
            watched = types.DidChangeWatchedFilesRegistrationOptions(watchers=[watcher])
            await self._register(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watched)

    async def _register_items(self) -> None:
        """Offer completion items where only the settings ask for them (capabilities.py)."""
        client = self._session.client
        if self._items_registered or not client.registers_completion:
            return
        async with self._applying:  # what is under way decides
            wanted = client.inline_completion and self._session.offers_items()
        if wanted:
            self._items_registered = True
            await self._register(types.TEXT_DOCUMENT_COMPLETION, completion_options())

    async def _register(self, method: str, options: Any) -> None:
        registration = types.Registration(
            id=f"aicopilot:{method}", method=method, register_options=options
        )
        params = types.RegistrationParams(registrations=[registration])
        try:
            await self._client.ask(types.CLIENT_REGISTER_CAPABILITY, params, timeout_s=_ASK_LIMIT_S)
        except ClientError as error:
            _log.warning("Could not register %s: %s.", method, error)

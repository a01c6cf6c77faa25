"""How a server is put together, and what it does from start to end. Stdio only (INV-10).

`run_stdio` is the whole of it: claim the pipes, connect the parts, wait until the session ends, and
be gone within seconds. Next: dispatch.py for what happens to a message, handlers/ for each method,
configuration.py for how settings and the engine come about.
"""

import asyncio
import contextlib
import logging
import signal
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pygls.lsp.server import LanguageServer

from aicopilot_lsp import __version__
from aicopilot_lsp.config import paths
from aicopilot_lsp.context.index.service import State, Status
from aicopilot_lsp.context.index.services import IndexServices
from aicopilot_lsp.lsp import logs
from aicopilot_lsp.lsp.collector import Collector
from aicopilot_lsp.lsp.configuration import Configuration
from aicopilot_lsp.lsp.dispatch import Dispatcher
from aicopilot_lsp.lsp.engine import EngineFactory, import_engine, make_engine
from aicopilot_lsp.lsp.handlers import table
from aicopilot_lsp.lsp.inbox import Inbox
from aicopilot_lsp.lsp.index_progress import IndexProgress
from aicopilot_lsp.lsp.model_progress import ModelProgress
from aicopilot_lsp.lsp.notices import Notices
from aicopilot_lsp.lsp.pages import Pages
from aicopilot_lsp.lsp.params import make_converter
from aicopilot_lsp.lsp.progress import Progress
from aicopilot_lsp.lsp.protocol import Protocol
from aicopilot_lsp.lsp.session import Session
from aicopilot_lsp.lsp.transport import PipeReader, PipeWriter, claim_stdio
from aicopilot_lsp.lsp.watch import exit_at_the_latest, until_gone

_log = logging.getLogger(__name__)

_UNWIND_LIMIT_S = 2.0
# How long a thread that computes (an outline, answers of the index) goes on when the event loop has
# something to do; Python's default is 5 ms, for each time that the loop has waited for anything.
_SWITCH_S = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What the command line says.

    Attributes
    ----------
    config_file : Path or None
        Stands in for the user's file.
    log_level : str or None
        "debug", "info", "warning", "error"; else what the settings say.
    engine_factory : callable or None
        Makes the engine from settings; None makes the real one. For tests and embedders.
    """

    config_file: Path | None = None
    log_level: str | None = None
    engine_factory: EngineFactory | None = None


def run_stdio(options: ServeOptions) -> int:
    """Serve one client on standard input and output until it leaves; the exit code.

    0 after `shutdown` and `exit`, or when the input just ended; 1 after `exit` alone, or when the
    client vanished. The process must end after this: hanging threads are given a few seconds.
    """
    try:
        fds = claim_stdio()
    except OSError as error:
        logs.say_fatal(f"standard input or output can't be used: {error.strerror}")
        return 1
    logs.set_up(paths.state_dir() / "logs", options.log_level or "info")
    _log.info("aicopilot-lsp %s started.", __version__)
    sys.setswitchinterval(_SWITCH_S)
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(_Server(options, *fds).serve())
    return 1


class _Server:
    """One run of a server: the parts, and the way they are connected."""

    def __init__(self, options: ServeOptions, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        converter = make_converter()
        server = LanguageServer(
            "aicopilot-lsp", __version__, protocol_cls=Protocol, converter_factory=lambda: converter
        )
        protocol = server.protocol
        assert isinstance(protocol, Protocol)  # noqa: S101 - for the type checker
        self._protocol = protocol
        indexes = IndexServices(paths.state_dir() / "index", self._index_changed)
        progress = Progress(protocol, self._in_background)
        self._index_progress = IndexProgress(progress)
        self.session = Session(
            Notices(self._show),
            ModelProgress(progress),
            Pages(protocol, self._in_background, paths.state_dir() / "explain"),
            indexes,
            protocol,
        )
        self._server = server
        custom = options.engine_factory
        self._configuration = Configuration(
            self.session,
            protocol,
            config_file=options.config_file,
            log_level=options.log_level,
            make_engine=custom or partial(make_engine, indexes=indexes),
            import_engine=_nothing if custom else import_engine,
        )
        handlers = table(self.session, self._configuration, converter, self._begin)
        self._dispatcher = Dispatcher(protocol, handlers, lost=self._lost, ended=self._end)
        self._background: set[asyncio.Task[Any]] = set()
        self._collector = Collector(clock=time.monotonic)

    async def serve(self) -> int:
        """Run until the session ends; the exit code."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_log_stray)
        self._ended: asyncio.Future[int] = loop.create_future()
        with contextlib.suppress(NotImplementedError, RuntimeError):  # Windows has no such thing
            loop.add_signal_handler(signal.SIGTERM, self._dispatcher.end, 1)
        self._writer = PipeWriter(self._writing, lambda: self._dispatcher.end(1))
        self._protocol.send_bytes = self._writer.write
        self._reader = PipeReader(self._reading, self._feed)
        self._inbox = Inbox(
            deliver=self._dispatcher.deliver,
            reply=self._protocol.send_body,
            more=self._reader.more,
        )
        self._in_background(self._collector.run())
        code = await self._ended
        exit_at_the_latest(code)
        await self._close()
        _log.info("Ended with %d.", code)
        return code

    def _feed(self, chunk: bytes | None) -> None:
        if chunk is not None:
            self._collector.stirred()
            self._inbox.feed(chunk)
            return
        if self._inbox.in_frame:
            _log.warning("The input ended in the middle of a message.")
        self._inbox.at_end(lambda: self._dispatcher.end(0))

    def _begin(self) -> None:
        self._in_background(self._configuration.start())
        self._in_background(self._watch(self.session.client.process_id))

    async def _watch(self, process_id: int | None) -> None:
        gone = await until_gone(process_id, output_is_closed=self._writer.reader_is_gone)
        _log.info("Ending: %s.", gone)
        self._dispatcher.end(1)

    def _lost(self, params: Any) -> None:
        """A message that may have been an edit could not be read."""
        document = params.get("textDocument") if isinstance(params, dict) else None
        uri = document.get("uri") if isinstance(document, dict) else None
        self.session.documents.distrust(uri if isinstance(uri, str) else None)

    def _end(self, code: int) -> None:
        if not self._ended.done():
            self._ended.set_result(code)

    async def _close(self) -> None:
        """End all work and the model's connections, within a limit; then say the last words."""
        for task in self._background:
            task.cancel()
        engine = self.session.engine
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_UNWIND_LIMIT_S):
                await self._dispatcher.settled()
                await self.session.latest.unwound()
                ends = [self.session.indexes.aclose()]
                if engine is not None:
                    ends.append(engine.aclose())
                await asyncio.gather(*ends)
        self._writer.close()

    def _index_changed(self, status: Status) -> None:
        if status.state is State.FAILED:
            self.session.notices.index_failed(status.root.name, status.reason)
        elif status.state is State.READY:
            self.session.notices.index_serves(status.root.name)
            if self.session.engine is not None:
                self.session.engine.elsewhere_changed()
        if self.session.client.progress:
            self._index_progress.changed(status)

    def _in_background(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("Work in the background failed.", exc_info=error)

    def _show(self, text: str, kind: Any) -> None:
        from lsprotocol.types import ShowMessageParams

        _log.info("Shown to the user (%s).", kind.name)
        self._server.window_show_message(ShowMessageParams(type=kind, message=text))


def _log_stray(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # Without the rest of the context: handles and tasks print their arguments (INV-7).
    error = context.get("exception")
    _log.error("An error that nobody waited for.", exc_info=error)


def _nothing(_: Any) -> None:
    pass

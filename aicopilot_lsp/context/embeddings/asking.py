"""The server's side of the process with the model: started by the first question, ended with it.

Owned by one event loop, on which nothing here blocks. The process's stdin is its life line. A
question that is given up ends the process, since its answer would be taken for the next one's; so
does one that is not answered in time.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Sequence

from aicopilot_lsp.context.embeddings.wire import EXIT_UNUSABLE, answer_of, command, question_line

_log = logging.getLogger(__name__)
_MAX_FAILURES = 3  # in a row
_LIMIT_S = 8.0  # for an answer, the process's start included; gather.py waits for 10


class EmbeddingProcess:
    """One process with a model, if it is asked.

    Attributes
    ----------
    pid : int or None
        The process's, while there is one.
    """

    def __init__(self, arguments: Sequence[str] = (), *, limit_s: float = _LIMIT_S) -> None:
        """`arguments`: how it is started; `limit_s`: how long an answer may take."""
        self._arguments = tuple(arguments or command())
        self._limit_s = limit_s
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._ended: list[asyncio.subprocess.Process] = []
        self._failures = 0

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def nearness(self, near: str, texts: Sequence[str]) -> Sequence[float]:
        """How near each text is to `near`, -1 to 1; () where there is no answer to be had."""
        async with self._turn:
            if self._failures >= _MAX_FAILURES:
                return ()
            try:
                async with asyncio.timeout(self._limit_s):
                    found = await self._answer(question_line(near, texts), texts)
            except (OSError, ValueError):  # it has ended, hangs, or what it says makes no sense
                self._failed(await self._end())
                return ()
            except BaseException:  # nobody waits any longer
                self._kill()
                raise
            self._failures = 0
            return found

    async def aclose(self) -> None:
        """End the process and see it off; another question is answered with ()."""
        self._failures = _MAX_FAILURES
        await self._end()

    async def _answer(self, line: bytes, texts: Sequence[str]) -> Sequence[float]:
        process = self._process = self._process or await self._started()
        assert process.stdin is not None  # noqa: S101 - for the type checker
        assert process.stdout is not None  # noqa: S101 - likewise
        process.stdin.write(line)
        await process.stdin.drain()
        return answer_of(await process.stdout.readline(), texts)

    async def _started(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._arguments,
            cwd=sys.prefix,  # no folder of the workspace's (INV-6)
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # tracebacks may quote what was asked (INV-7)
            start_new_session=sys.platform != "win32",  # a terminal's Ctrl-C is not for it
        )

    def _failed(self, code: int | None) -> None:
        if self._failures >= _MAX_FAILURES:  # it was closed
            return
        self._failures = _MAX_FAILURES if code == EXIT_UNUSABLE else self._failures + 1
        if self._failures >= _MAX_FAILURES:
            _log.warning(
                "The process that compares pieces of code by their meaning does not work."
                " Suggestions come without it. Install aicopilot-lsp[embeddings] anew, or set"
                " context.embeddings = false."
            )

    async def _end(self) -> int | None:
        """End the process; its exit code, None where there was none."""
        self._kill()
        ended, self._ended = self._ended, []
        codes = [await process.wait() for process in ended]
        return codes[-1] if codes else None

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            self._ended.append(process)
            with contextlib.suppress(ProcessLookupError):
                process.kill()

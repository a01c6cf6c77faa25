"""Ending when the editor is gone, also where it could not say so.

A killed editor leaves servers behind: its end of the pipe may be kept open by another process. So
the process that started us is looked at every few seconds, and our output, too; and once the
server has decided to end, it ends, whatever still hangs.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Awaitable, Callable

INTERVAL_S = 3.0
EXIT_LIMIT_S = 4.0


async def until_gone(
    process_id: int | None,
    *,
    output_is_closed: Callable[[], bool],
    is_alive: Callable[[int], bool] | None = None,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> str:
    """Return, with the reason in plain words, when the editor has gone.

    A process that is not alive to begin with is not watched: the editor is then on another machine
    or outside our container, and its number means nothing here.
    """
    alive = is_alive or process_is_alive
    watched = process_id if process_id is not None and alive(process_id) else None
    while True:
        if watched is not None and not alive(watched):
            return "the editor's process has ended"
        if output_is_closed():
            return "the editor closed our output"
        await pause(INTERVAL_S)


def process_is_alive(process_id: int) -> bool:
    """Whether there is such a process; True where it can't be told."""
    if sys.platform == "win32":
        return _is_alive_on_windows(process_id)
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is there and not ours
    return True


def exit_at_the_latest(code: int, *, after_s: float = EXIT_LIMIT_S) -> None:
    """End this process after `after_s` at the latest, even if a thread of it hangs."""
    timer = threading.Timer(after_s, os._exit, [code])
    timer.daemon = True
    timer.start()


def _is_alive_on_windows(process_id: int) -> bool:
    # os.kill would end the process there.
    import ctypes

    synchronize, wait_timeout, invalid_parameter = 0x0010_0000, 0x0102, 87
    kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    handle = kernel32.OpenProcess(synchronize, False, process_id)  # noqa: FBT003 - its signature
    if not handle:
        return ctypes.get_last_error() != invalid_parameter  # type: ignore[attr-defined,no-any-return]
    try:
        return bool(kernel32.WaitForSingleObject(handle, 0) == wait_timeout)
    finally:
        kernel32.CloseHandle(handle)

"""Making this process one that nobody notices: last to be scheduled, first to be killed when memory
runs out, and ended by the system where native code hangs or takes all memory."""

import contextlib
import faulthandler
import gc
import os
import signal
import sys
from pathlib import Path

_NICE = 15
_MEMORY_BYTES = 4 << 30
_OOM_SCORE = "600"
_BELOW_NORMAL_PRIORITY_CLASS = 0x4000


def lower() -> None:
    """Lower this process's priority and limit its memory, as far as the system lets it.

    The disk's priority follows from the niceness on Linux. Not SCHED_IDLE: where all cores are
    busy (a build, a model that reads a prompt) it would come to a halt, and a changed file with it.
    """
    # numpy comes with sqlite-utils and would start a thread for each core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.platform == "win32":
        _lower_on_windows()
        return
    os.nice(max(_NICE - os.nice(0), 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, encoding="ascii")
    limit_resources()


def collect_rarely() -> None:
    """Look for garbage in cycles a hundred times less often. What a parsed file makes lives as long
    as it does and has no cycles; looking at it again and again takes a quarter of the time."""
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)


def _lower_on_windows() -> None:
    import ctypes

    # getattr: mypy checks for the platform that it runs on.
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009
    kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL_PRIORITY_CLASS)


def limit_resources() -> None:
    """Leave no core file, which would hold source text (INV-7), and take so much memory at most;
    nothing where the system has no such limits."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(_MEMORY_BYTES, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def end_after(limit_s: float) -> None:
    """End the process unless this is called again within `limit_s`; 0 calls it off.

    For native code that does not come back: no Python code of ours would run again. Counts the
    process's own time where the system can tell it, so that sleep and a busy machine are no hang.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, limit_s)  # its signal's default action ends us
    elif limit_s > 0:
        faulthandler.dump_traceback_later(limit_s, exit=True)
    else:
        faulthandler.cancel_dump_traceback_later()

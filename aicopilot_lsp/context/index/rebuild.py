"""Building an index anew in the foreground, by a worker that ends when it is done."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from aicopilot_lsp.context.index.service import start_worker
from aicopilot_lsp.context.index.wire import Command, Do, Event, Job, Say
from aicopilot_lsp.errors import StoreError, StoreErrorKind

# The worker may be through with a small project before it hears that it is to begin anew.
_TRIES = 5
_KEPT_ELSEWHERE = (
    "An editor's server keeps this index and is up to date with the files. Close the project there,"
    " then do this again. Deleting the index's file while it is closed has the same effect."
)


async def rebuild(job: Job, progress: Callable[[Event], None]) -> Event:
    """Forget and read everything; the event that says what is indexed now.

    Parameters
    ----------
    job : Job
        With `watch` off.
    progress : callable
        Told of each PROGRESS.

    Raises
    ------
    StoreError
        It can't be built; says why.
    """
    for _ in range(_TRIES):
        finished, started = await _once(job, progress)
        if started > 1:
            return finished
    raise StoreError("The index's process does not begin anew.", kind=StoreErrorKind.FAILED)


async def _once(job: Job, progress: Callable[[Event], None]) -> tuple[Event, int]:
    """What the scan ended with, and how often it was begun."""
    try:
        process = await start_worker(Path(job.database).parent)
    except OSError as error:
        raise StoreError(
            f"The index's process can't be started ({error.strerror}).", kind=StoreErrorKind.FAILED
        ) from error
    assert process.stdin is not None  # noqa: S101 - for the type checker
    assert process.stdout is not None  # noqa: S101 - likewise
    started, trouble = 0, ""
    finished: Event | None = None
    try:
        process.stdin.write(job.to_line() + Command(do=Do.REBUILD).to_line())
        while line := await process.stdout.readline():
            event = Event.from_line(line)
            if event.say is Say.WAITING:
                raise StoreError(_KEPT_ELSEWHERE, kind=StoreErrorKind.BUSY)
            started += event.say is Say.STARTED
            trouble = event.message or trouble
            if event.say is Say.PROGRESS:
                progress(event)
            if event.say is Say.FINISHED:
                finished = event
        # A kill right here could find it gone before asyncio does, which then takes its exit code
        # for lost and says so on the terminal.
        await process.wait()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
    if finished is None:
        message = trouble or f"The index's process ended with {process.returncode}."
        raise StoreError(message, kind=StoreErrorKind.FAILED)
    return finished, started

"""A pull's progress for people: a bar on a terminal, a line now and then elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from aicopilot_lsp.models.embedded.pull import PullProgress, Report

_LINE_EVERY_PERCENT = 10


@contextmanager
def shown(stream: TextIO) -> Iterator[Report]:
    """A report function that shows a pull on `stream` while the context lasts."""
    if stream.isatty():
        with _bar(stream) as report:
            yield report
    else:
        yield _lines(stream)


def _lines(stream: TextIO) -> Report:
    last = ("", -1)

    def report(progress: PullProgress) -> None:
        nonlocal last
        if progress.note:
            print(progress.note, file=stream, flush=True)
            return
        percent = 100 * progress.done_bytes // progress.total_bytes
        step = (progress.source, percent // _LINE_EVERY_PERCENT)
        if step != last:
            last = step
            megabytes = f"{progress.done_bytes / 1e6:,.0f} of {progress.total_bytes / 1e6:,.0f} MB"
            line = f"{percent:3} %  {megabytes} from {progress.source}"
            print(line, file=stream, flush=True)

    return report


@contextmanager
def _bar(stream: TextIO) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=stream)) as bar:
        task = bar.add_task("", total=None)

        def report(progress: PullProgress) -> None:
            if progress.note:
                bar.console.print(progress.note, markup=False, highlight=False)
                return
            bar.update(
                task,
                description=progress.source,
                completed=progress.done_bytes,
                total=progress.total_bytes,
            )

        yield report

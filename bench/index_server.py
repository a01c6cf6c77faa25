"""The real language server, which also measures itself: for bench/index_typing.py.

    python -m bench.index_server REPORT [--stacks FILE] [--longer-than MS]

LSP on standard input and output, as `aicopilot serve`. A beat is due on its event loop every 2 ms,
and how late each comes is written down, as is how long requests took; both go to REPORT as JSON
when the server ends. REPORT.ready is made when an index is up to date.

`--stacks` shows what held the loop up: all threads' stacks, written from outside Python where a
beat is later than so many milliseconds. This costs some of the time that it measures.
"""

import argparse
import asyncio
import faulthandler
import gc
import json
import sys
import time
from array import array
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TextIO

from aicopilot_lsp.completion.types import Outcome
from aicopilot_lsp.lsp.notices import Notices
from aicopilot_lsp.lsp.server import ServeOptions, run_stdio

EVERY_S = 0.002
_LONG_COLLECTION_MS = 1.0


class Heart:
    """Beats on a loop, and how late they were.

    Attributes
    ----------
    at_s, late_ms, used_ms : array
        When each came (monotonic seconds), how much later than it was due, and what the process had
        used of a core since the one before.
    """

    def __init__(self, stacks: TextIO | None, longer_than_s: float) -> None:
        self.at_s, self.late_ms, self.used_ms = array("d"), array("f"), array("f")
        self._stacks, self._longer_than_s = stacks, longer_than_s

    def begin(self) -> None:
        """On the running loop, until that ends."""
        self._loop = asyncio.get_running_loop()
        self._used_s = time.process_time()
        self._next()

    def _next(self) -> None:
        self._due_s = self._loop.time() + EVERY_S
        if self._stacks is not None:
            faulthandler.dump_traceback_later(EVERY_S + self._longer_than_s, file=self._stacks)
        self._loop.call_at(self._due_s, self._beat)

    def _beat(self) -> None:
        now_s = self._loop.time()
        self.at_s.append(now_s)
        self.late_ms.append(1000 * (now_s - self._due_s))
        used_s, before_s = time.process_time(), self._used_s
        self._used_s = used_s
        self.used_ms.append(1000 * (used_s - before_s))
        self._next()


class Collections:
    """Long runs of Python's garbage collector: when, its generation, milliseconds."""

    def __init__(self) -> None:
        self.found: list[tuple[float, int, float]] = []
        self._began_s = 0.0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, info: dict[str, int]) -> None:
        now_s = time.monotonic()
        if phase == "start":
            self._began_s = now_s
        elif (spent_ms := 1000 * (now_s - self._began_s)) > _LONG_COLLECTION_MS:
            self.found.append((now_s, info["generation"], spent_ms))


def main() -> int:
    arguments = _arguments()
    report: Path = arguments.report
    stacks = arguments.stacks and arguments.stacks.open("w", encoding="utf-8")
    heart, collections = Heart(stacks, arguments.longer_than / 1000), Collections()
    outcomes: list[dict[str, Any]] = []
    tell, serves, run = Notices.outcome, Notices.index_serves, asyncio.run

    def outcome(notices: Notices, outcome: Outcome) -> None:
        outcomes.append(_facts(outcome))
        tell(notices, outcome)

    def index_serves(notices: Notices, folder: str) -> None:
        report.with_suffix(".ready").touch()
        serves(notices, folder)

    def run_measured(serving: Coroutine[Any, Any, int]) -> int:
        async def measured() -> int:
            heart.begin()
            return await serving

        return run(measured())

    # Not by unittest.mock, whose memory would count as the server's.
    Notices.outcome = outcome  # type: ignore[method-assign, assignment]
    Notices.index_serves = index_serves  # type: ignore[method-assign, assignment]
    asyncio.run = run_measured  # type: ignore[assignment]
    code = run_stdio(ServeOptions())
    faulthandler.cancel_dump_traceback_later()
    measured = {
        "at_s": list(heart.at_s),
        "late_ms": [round(ms, 3) for ms in heart.late_ms],
        "used_ms": [round(ms, 3) for ms in heart.used_ms],
        "collections": collections.found,
        "outcomes": outcomes,
    }
    report.write_text(json.dumps(measured), encoding="utf-8")
    return code


def _facts(outcome: Outcome) -> dict[str, Any]:
    gathered = outcome.sent.gathered if outcome.sent else None
    yields = gathered.yields if gathered else ()
    return {
        "at_s": time.monotonic(),
        "kind": outcome.kind.value,
        "reason": outcome.reason,
        "timings_ms": dict(outcome.timings_ms),
        "sources_ms": {one.source: round(one.spent_ms, 2) for one in yields},
        "late": [one.source for one in yields if one.late],
        "snippets": sum(one.snippets for one in yields),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("report", type=Path)
    parser.add_argument("--stacks", type=Path)
    parser.add_argument("--longer-than", type=float, default=8.0, metavar="MS")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

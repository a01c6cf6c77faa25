"""The real server process with an engine that does what the documents say.

`python -m tests.support.scripted_server [serve options]`. The last line before the cursor that
begins with "#!" is an order to the engine, so that a test can say in one file what it types and
what it wants to get:

    #! say TEXT        suggest TEXT at the cursor ("\\n" in it is a newline)
    #! back N TEXT     ... in place of N characters before the cursor
    #! over N TEXT     ... in place of N characters after the cursor
    #! cache TEXT      suggest TEXT, from the cache
    #! empty           nothing to suggest
    #! fail KIND       a model error of that kind
    #! raise           break a promise: raise an exception that quotes the document
    #! hold TEXT       suggest TEXT once a command has released all ("release" as suggestion id)

What the model "was sent" is the whole document behind the word PROMPT.
What becomes of held work can be read off `aicopilot.whyNothing`: the outcome is recorded.
"""

import asyncio
import itertools
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from aicopilot_lsp.completion.outcomes import Outcomes
from aicopilot_lsp.completion.types import (
    Attempt,
    Outcome,
    OutcomeKind,
    Sent,
    Snapshot,
    Suggestion,
)
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.lsp.server import ServeOptions, run_stdio
from aicopilot_lsp.text.document import Point

ORDER = "#! "
RELEASE = "release"
READINESS_VARIABLE = "SCRIPTED_READINESS"
TRACE_VARIABLE = "SCRIPTED_TRACE"


class ScriptedEngine:
    """Keeps the engine's promises and follows orders; writes what it was told to a trace file."""

    starting = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._outcomes = Outcomes()
        self._ids = itertools.count(1)
        self._released = asyncio.Event()
        self._trace("made", settings.completion.debounce_ms)

    async def complete(self, snapshot: Snapshot) -> Outcome:
        uri = snapshot.document.uri
        exclude = ",".join(self.settings.completion.exclude)
        version = snapshot.document.version
        self._trace("asked", snapshot.path, snapshot.trigger.value, version, f"exclude={exclude}")
        try:
            outcome = await self._follow(snapshot)
        except asyncio.CancelledError as error:
            superseded = "superseded" in error.args
            kind = OutcomeKind.SUPERSEDED if superseded else OutcomeKind.CANCELLED
            self._outcomes.put(uri, Outcome(kind=kind, reason=kind.value))
            self._trace(kind.value)
            raise
        if outcome.kind is OutcomeKind.SHOWN and outcome.reason == "model":
            outcome = replace(outcome, sent=Sent(prompt=f"PROMPT\n{snapshot.document.text}"))
        self._outcomes.put(uri, outcome)
        return outcome

    async def _follow(self, snapshot: Snapshot) -> Outcome:
        verb, rest = _order(snapshot)
        at = snapshot.cursor
        match verb:
            case "say":
                return self._shown(rest, at, at)
            case "cache":
                return self._shown(rest, at, at, reason="cache")
            case "back":
                count, _, text = rest.partition(" ")
                return self._shown(text, Point(at.line, at.column - int(count)), at)
            case "over":
                count, _, text = rest.partition(" ")
                return self._shown(text, at, Point(at.line, at.column + int(count)))
            case "hold":
                await self._released.wait()
                return self._shown(rest, at, at)
            case "fail":
                message = f"The model is {rest}."
                failed = Attempt(model="scripted", failure=rest, message=message)
                return Outcome(
                    kind=OutcomeKind.MODEL_ERROR,
                    reason=rest,
                    message=message,
                    attempts=(failed,),
                )
            case "raise":
                raise RuntimeError(snapshot.document.text)
        return Outcome(kind=OutcomeKind.EMPTY, reason="empty")

    def _shown(self, text: str, start: Point, end: Point, *, reason: str = "model") -> Outcome:
        suggestion = Suggestion(
            id=f"s{next(self._ids)}", text=text.replace("\\n", "\n"), start=start, end=end
        )
        return Outcome(
            kind=OutcomeKind.SHOWN,
            reason=reason,
            suggestions=(suggestion,),
            model="scripted",
            attempts=() if reason == "cache" else (Attempt(model="scripted"),),
        )

    def note(self, uri: str, kind: OutcomeKind, reason: str | None = None) -> None:
        self._outcomes.put(uri, Outcome(kind=kind, reason=reason or kind.value))
        self._trace("noted", kind.value, reason or kind.value)

    async def readiness(self) -> str | None:
        return os.environ.get(READINESS_VARIABLE)

    async def reconfigure(self, settings: Settings) -> None:
        self.settings = settings
        self._trace("reconfigured", settings.completion.debounce_ms)

    def document_closed(self, uri: str) -> None:
        self._trace("closed", uri)

    def folder_removed(self, root: Path) -> None:
        self._trace("removed", root)

    def elsewhere_changed(self) -> None:
        self._trace("elsewhere")

    def accepted(self, suggestion_id: str) -> None:
        self._trace("accepted", suggestion_id)
        if suggestion_id == RELEASE:
            self._released.set()

    def last_outcome(self, uri: str) -> Outcome | None:
        return self._outcomes.latest(uri)

    def last_asked(self, uri: str) -> Outcome | None:
        return self._outcomes.asked(uri)

    async def aclose(self) -> None:
        self._trace("closed")

    def _trace(self, *what: object) -> None:
        if path := os.environ.get(TRACE_VARIABLE):
            with Path(path).open("a", encoding="utf-8") as out:
                out.write(" ".join(map(str, what)) + f" at={time.monotonic()}\n")


def _order(snapshot: Snapshot) -> tuple[str, str]:
    for row in range(snapshot.cursor.line, -1, -1):
        line = snapshot.document.line_text(row)
        if line.startswith(ORDER):
            verb, _, rest = line.removeprefix(ORDER).partition(" ")
            return verb, rest
    return "", ""


def main() -> int:
    level = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    return run_stdio(ServeOptions(log_level=level, engine_factory=ScriptedEngine))


if __name__ == "__main__":
    sys.exit(main())

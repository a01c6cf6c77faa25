"""What a test of a model found, said in lines for people and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from aicopilot_lsp.cli.printable import printable
from aicopilot_lsp.errors import AicopilotError
from aicopilot_lsp.models.protocol import Mode, Prompting
from aicopilot_lsp.models.selftest.full import Origin, Report
from aicopilot_lsp.models.selftest.layouts import Attempt
from aicopilot_lsp.models.selftest.refusal import NotSuitableError
from aicopilot_lsp.models.selftest.speed import Speed
from aicopilot_lsp.models.selftest.store import Result
from aicopilot_lsp.models.selftest.trial import Trial

_WIDTH = 13
_SHOWN_LINES = 2
_WHY = {
    Origin.TESTED: "found out by this test",
    Origin.DECLARED: "as your configuration says",
    Origin.CATALOGUE: "as the catalogue of models says",
    Origin.PROVIDER: "the only way that this provider offers",
}


def lines(report: Report) -> Iterator[str]:
    """The report, with the verdict last."""
    info = report.info
    context = f"{info.context_tokens:,} tokens of context" if info.context_tokens else ""
    # The embedded model's is a socket.
    where = info.endpoint if info.endpoint.startswith("http") else "this machine"
    yield _row("model", f"{printable(info.model)} at {where}")
    if told := ", ".join(filter(None, (context, printable(info.details)))):
        yield _row("", told)
    unknown = "; its markers are unknown to this model" if report.unknown_markers else ""
    yield _row("asked", f"{way(report.prompting)}, {_WHY[report.origin]}{unknown}")
    yield from _tried(report.trials, report.ruled_out)
    for score in report.scores:
        used = score.layout is report.prompting.layout and len(report.scores) > 1
        yield _row("layout", f"{score}{'; in use' if used else ''}")
    yield from speed_lines(report.speed)
    yield ""
    # A good model guesses much of what is asked for in a wrong format.
    guessed = ", guessed without markers that it knows" if report.unknown_markers else ""
    yield f"Three holes{guessed}; what the model wrote stands between the marks ⟦ ⟧:"
    for attempt in report.shown:
        yield ""
        yield from _filled(attempt)
    yield ""
    yield verdict(report)


def refused_lines(error: NotSuitableError) -> Iterator[str]:
    """What was tried with a model that can't be used."""
    yield from _tried(error.trials, tuple(form.name for form in error.foreign))


def speed_lines(speed: Speed) -> Iterator[str]:
    by = "" if speed.told else ", by our clock"
    yield _row("reads", f"{speed.prefill_tokens_per_s:,.0f} tokens/s{by}")
    yield _row("writes", writing(speed, by))
    yield _row(
        "first token",
        f"{speed.cold_first_token_s:.2f} s after {speed.prompt_tokens:,} new tokens,"
        f" {speed.warm_first_token_s:.2f} s when it has read them before",
    )


def writing(speed: Speed, by: str) -> str:
    """How fast it writes, `by` whose clock; or why that can't be told."""
    if speed.decode_tokens_per_s is not None:
        return f"{speed.decode_tokens_per_s:,.0f} tokens/s{by}"
    why = "the answer came in one piece" if speed.pieces else "no answer came"
    return f"can't be told ({why})"


def asked_line(prompting: Prompting, origin: Origin, result: Result | None) -> str:
    """How a model is asked, in which layout, and who says so."""
    why = f"tested on {result.tested_on}" if result is not None else _WHY[origin]
    return f"{way(prompting)}, layout {prompting.layout.value}, {why}"


def way(prompting: Prompting) -> str:
    """How a model is asked, in plain words."""
    match prompting.mode:
        case Mode.NATIVE:
            return "the server writes the prompt (native)"
        case Mode.CHAT:
            return "told to fill the hole in a chat (chat)"
    return f"in the format {prompting.name}"


def verdict(report: Report) -> str:
    """One line: whether it can be used as it is set up, and what to do."""
    name = report.settings.name
    if report.unknown_markers:
        return (
            f"Not good: the format {report.prompting.name!r} has markers that this model does not"
            f" know ({', '.join(report.unknown_markers)}). Take fim_format out of the"
            " configuration, and the right one is found out."
        )
    if not report.healthy:
        return (
            f"Not good: asked so, {name} {report.verdict}. Take fim_format out of the"
            " configuration, and the right way is found out; or choose another model."
        )
    if report.few_right:
        return (
            f"Poor: {name} answers, but fills holes badly ({report.best.exact} of"
            f" {len(report.best.attempts)} lines right): expect few right suggestions. Choose a"
            " model that was trained to fill in the middle, or a larger one."
        )
    if report.prompting.mode is Mode.CHAT:
        return (
            f"Usable: {name} fills holes when it is told to in words. That is slower and less sure"
            " than a model that was trained to fill in the middle."
        )
    if report.better_layout is not report.prompting.layout:
        return (
            f"Good: {name} works. The layout {report.better_layout.value} does better here: say"
            f' layout = "{report.better_layout.value}" in the configuration.'
        )
    return f"Good: {name} works, asked {way(report.prompting)}."


def as_json(report: Report) -> dict[str, Any]:
    speed, writes_per_s = report.speed, report.speed.decode_tokens_per_s
    return {
        "name": report.settings.name,
        "provider": report.settings.provider,
        "works": report.healthy,
        "few_right": report.few_right,
        "verdict": verdict(report),
        "model": report.info.model,
        "endpoint": report.info.endpoint,
        "context_tokens": report.info.context_tokens,
        "details": report.info.details,
        "mode": report.prompting.mode.value,
        "fim_format": report.prompting.name,
        "origin": report.origin.value,
        "tried": _tried_json(report.trials),
        "ruled_out": list(report.ruled_out),
        "unknown_markers": list(report.unknown_markers),
        "layout": report.prompting.layout.value,
        "layouts": {
            score.layout.value: {
                "holes": len(score.attempts),
                "exact": score.exact,
                "similarity": round(score.similarity, 3),
            }
            for score in report.scores
        },
        "speed": {
            "prompt_tokens": speed.prompt_tokens,
            "prefill_tokens_per_s": round(speed.prefill_tokens_per_s, 1),
            "decode_tokens_per_s": None if writes_per_s is None else round(writes_per_s, 1),
            "cold_first_token_s": round(speed.cold_first_token_s, 3),
            "warm_first_token_s": round(speed.warm_first_token_s, 3),
            "told_by_server": speed.told,
        },
        "holes": [
            {
                "file": attempt.known.hole.file_name,
                "wanted": attempt.known.middles[0],
                "filled": attempt.line,
            }
            for attempt in report.shown
        ],
    }


def refused_json(name: str, error: NotSuitableError) -> dict[str, Any]:
    return {
        **untested_json(name, error),
        "tried": _tried_json(error.trials),
        "ruled_out": [form.name for form in error.foreign],
    }


def untested_json(name: str, error: AicopilotError) -> dict[str, Any]:
    """Of a model that could not be asked, as when it can't be reached or refuses the key."""
    return {"name": name, "works": False, "verdict": str(error)}


def _tried(trials: Sequence[Trial], ruled_out: Sequence[str]) -> Iterator[str]:
    for number, trial in enumerate(trials):
        mark = "" if trial.passed else "no: "
        yield _row("" if number else "tried", f"{trial.name}: {mark}{trial.verdict}")
    if ruled_out:
        yield _row("ruled out", f"{len(ruled_out)} formats whose markers it does not know")


def _tried_json(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    return [
        {"name": trial.name, "passed": trial.passed, "verdict": trial.verdict} for trial in trials
    ]


def _filled(attempt: Attempt) -> Iterator[str]:
    """The lines around the cursor, with what came."""
    hole = attempt.known.hole
    *above, typed = hole.before.split("\n")
    below = hole.suffix.removeprefix("\n").split("\n")
    yield from (f"    {line}" for line in above[-_SHOWN_LINES:] if line.strip())
    yield f"    {typed}⟦{printable(attempt.line)}⟧"
    yield from (f"    {line}" for line in below[:1] if line.strip())


def _row(name: str, value: str) -> str:
    return f"{name:{_WIDTH}}{value}".rstrip()

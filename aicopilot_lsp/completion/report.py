"""One request laid open for its user: what was looked for where, what the model was sent and why,
what that cost, and what the filters said. Markdown; holds source text, so it goes to its user and
nowhere else (INV-7).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from aicopilot_lsp.completion import budget
from aicopilot_lsp.completion.types import Outcome, OutcomeKind, Sent
from aicopilot_lsp.context.types import Chosen, Gathered, Snippet

_MOST_LEFT_OUT = 12
_AS_BEFORE = (
    "For this prompt no source was asked: it begins as the one before, so that the model need not"
    " read that anew, and what it was shown there stays."
)
_IN_VAIN = (
    "For this request the sources could not be asked: the file was not read in time. What the model"
    " was shown before stays."
)
_CUT_SHORT = (OutcomeKind.CANCELLED, OutcomeKind.SUPERSEDED)
_FROM_MEMORY = "The suggestion above stems from this request, or from one before it."
_NOT_LOOKED = (
    "No other file was looked at: context is switched off, or the file was not read in time."
)


def report(outcome: Outcome, *, said: str = "", earlier: Outcome | None = None) -> str:
    """All of it, as a page to be read.

    Parameters
    ----------
    said : str
        What to say of it in words; where not given, the outcome's own message.
    earlier : Outcome or None
        The last request in which a model was asked: told as well where this one asked none.
    """
    sections = ["# This suggestion explained", *_ending(outcome, said)]
    if outcome.sent is not None:
        sections += _asked(outcome, outcome.sent)
    else:
        sections.append(_no_prompt(outcome))
        if earlier is not None and earlier.sent is not None:
            sections.append("# The last request in which a model was asked")
            if outcome.reason == "cache":
                sections.append(_FROM_MEMORY)
            sections += [*_ending(earlier), *_asked(earlier, earlier.sent)]
    return "\n\n".join(sections) + "\n"


def context_record(outcome: Outcome) -> list[dict[str, Any]]:
    """The snippets in the prompt, in its order, as `--json` prints them."""
    sent = outcome.sent
    return [] if sent is None else [_as_record(one) for one in sent.chosen]


def _ending(outcome: Outcome, said: str = "") -> Iterator[str]:
    told = [f"Outcome: **{outcome.kind.value}** ({outcome.reason})"]
    if outcome.model:
        told.append(f"model {outcome.model}")
    yield ", ".join(told) + "."
    if said or outcome.message:
        yield said or outcome.message
    yield from (_fenced(one.text) for one in outcome.suggestions[:1])


def _no_prompt(outcome: Outcome) -> str:
    if outcome.budget is not None:
        return (
            "What the model was sent is not known any more: it is kept for the files that a model "
            "was asked for last. Ask for a suggestion again to see it."
        )
    if outcome.kind in _CUT_SHORT:
        return "It was cut short, and what it had come to is not kept."
    if outcome.attempts or outcome.timed_out:
        return "No model got as far as being sent a prompt, so there is none to show."
    return "No model was asked, so there is no prompt."


def _asked(outcome: Outcome, sent: Sent) -> Iterator[str]:
    yield _costs(outcome)
    gathered = sent.lookup.gathered if sent.lookup else None
    yield "## Where it was looked for\n\n" + "\n\n".join(_looked(sent))
    if gathered or sent.chosen:  # without the first: what earlier requests were shown stays
        yield "## What the model was shown besides the file\n\n" + _chosen(sent.chosen)
    if gathered and (left_out := _left_out(gathered, sent.chosen)):
        yield "## What was found and left out\n\n" + left_out
    if outcome.verdicts:
        yield "## What the filters said\n\n" + _table(
            ("Rule", "Verdict", "Reason"),
            ((one.rule, one.action.value, one.reason or "") for one in outcome.verdicts),
        )
    yield "## The prompt, exactly as it was sent"
    if sent.passed_on:
        yield f"It was sent to the model {sent.passed_on}, which failed; no other was sent one."
    yield _fenced(sent.prompt)
    if sent.must_begin_with:
        yield f"The answer had to begin with this:\n\n{_fenced(sent.must_begin_with)}"


def _costs(outcome: Outcome) -> str:
    tokens = outcome.tokens
    rows: list[tuple[str, str]] = []
    if tokens.prompt is not None:
        rows.append(("Prompt", f"{tokens.prompt:,} tokens"))
    if tokens.prompt is not None and tokens.evaluated is not None:
        rows.append(("of these evaluated", f"{tokens.evaluated:,}"))
        rows.append(("found in the model's cache", f"{max(0, tokens.prompt - tokens.evaluated):,}"))
    if tokens.generated is not None:
        rows.append(("Generated", f"{tokens.generated:,} tokens"))
    if outcome.budget is not None:
        rows.append(("Sized for", budget.in_words(outcome.budget)))
    rows += [(f"Stage: {stage}", f"{ms:.1f} ms") for stage, ms in outcome.timings_ms.items()]
    return "## What it cost\n\n" + _table(("", ""), rows)


def _looked(sent: Sent) -> Iterator[str]:
    lookup, before_s = sent.lookup, sent.looked_before_s
    if lookup is None or lookup.gathered is None:
        yield _NOT_LOOKED
        return
    if before_s is not None:
        line = lookup.gathered.situation.cursor.line + 1
        rest = ", while nothing was typed" if lookup.resting else ""
        yield (
            f"{_IN_VAIN if sent.in_vain else _AS_BEFORE} They were asked last {_ago(before_s)}"
            f" before, with the cursor in line {line}{rest}:"
        )
    yield _sources(lookup.gathered)


def _ago(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


def _sources(gathered: Gathered) -> str:
    rows = [
        (
            one.source,
            f"{one.spent_ms:.1f} ms",
            str(one.snippets),
            one.fault or ("late: what it found serves the next time" if one.late else ""),
        )
        for one in gathered.yields
    ]
    return _table(("Source", "Time", "Found", "Trouble"), rows)


def _chosen(chosen: tuple[Chosen, ...]) -> str:
    if not chosen:
        return "Nothing: nothing that was found was worth its room and may be shown to this model."
    return _table(
        ("Source", "Where", "Size", "Characters", "Worth", "Why"),
        (
            (
                one.snippet.source,
                _where(one.snippet),
                one.rendering.size.value,
                str(len(one.rendering.text)),
                f"{one.value:.2f}",
                one.snippet.why,
            )
            for one in chosen
        ),
    )


def _left_out(gathered: Gathered, chosen: tuple[Chosen, ...]) -> str:
    taken = {_where(one.snippet) for one in chosen}
    others = [one for one in gathered.snippets if _where(one) not in taken]
    others.sort(key=lambda one: -one.score)
    rows = [(one.source, _where(one), f"{one.score:.2f}", one.why) for one in others]
    more = len(rows) - _MOST_LEFT_OUT
    table = _table(("Source", "Where", "Score", "Why"), rows[:_MOST_LEFT_OUT]) if rows else ""
    return f"{table}\n\nand {more} more." if more > 0 else table


def _where(snippet: Snippet) -> str:
    return f"{snippet.path}:{snippet.first + 1}-{max(snippet.last, snippet.first + 1)}"


def _as_record(one: Chosen) -> dict[str, Any]:
    return {
        "source": one.snippet.source,
        "path": one.snippet.path,
        "lines": [one.snippet.first + 1, one.snippet.last],
        "size": one.rendering.size.value,
        "characters": len(one.rendering.text),
        "worth": round(one.value, 4),
        "why": one.snippet.why,
    }


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _fenced(text: str) -> str:
    """In a fence that is longer than any within."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"

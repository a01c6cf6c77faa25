"""Filters that keep low-quality text from the user: small pure functions, one a rule.

Each takes a candidate and returns a verdict. RULES at the end names them; builtin.py orders them.
"""

import re
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher

from aicopilot_lsp.filters.protocol import Action, Candidate, Verdict

# Control tokens of the model families, as text. A model that writes one has left the code.
_CONTROL = re.compile(
    r"<\|[a-z_]{2,30}\|>|<\uff5c[^\uff5c<>]{2,40}\uff5c>|</?s>|<(?:PRE|SUF|MID|EOT)>|\[(?:PREFIX|SUFFIX)\]"
)
_MIN_REPEATS = 3
_MIN_ECHO_CHARS = 4
# Two lines more alike than this say the same thing.
_ALIKE = 0.9
_LINES_ABOVE = 6


def control_token(candidate: Candidate) -> Verdict:
    """Cut at the first control token."""
    found = _CONTROL.search(candidate.text)
    if found is None or found.group() in candidate.before + candidate.after:
        return _pass("control-token", candidate)
    return _trim("control-token", candidate.text[: found.start()], "a control token of the model")


def half_line(candidate: Candidate) -> Verdict:
    """Drop a last line that was cut off in the middle."""
    if candidate.complete:
        return _pass("half-line", candidate)
    whole, newline, _ = candidate.text.rpartition("\n")
    if not newline or not whole.strip():
        return _block("half-line", "cut off before the end of its first line")
    return _trim("half-line", whole, "its last line was cut off")


def repetition(candidate: Candidate) -> Verdict:
    """Cut where the same lines, or the same short text, begin to come again and again."""
    lines = candidate.text.split("\n")
    for size in (1, 2, 3):
        for start in range(len(lines) - size * _MIN_REPEATS + 1):
            block = [line.strip() for line in lines[start : start + size]]
            repeats = 1
            while _block_at(lines, start + repeats * size, size) == block:
                repeats += 1
            if repeats >= _MIN_REPEATS and any(len(line) > 2 for line in block):
                kept = "\n".join(lines[: start + size])
                return _trim("repetition", kept, f"{repeats} times the same")
    runaway = re.search(r"(\S.{1,40}?)\1{5,}", candidate.text)
    if runaway and any(char.isalnum() for char in runaway.group(1)):
        return _block("repetition", "the same text over and over")
    return _pass("repetition", candidate)


def echo_above(candidate: Candidate) -> Verdict:
    """Block what only says again what stands right above the cursor."""
    said = [line.strip() for line in candidate.text.split("\n") if line.strip()]
    *above, head = candidate.before.split("\n")
    recent = [line.strip() for line in above if line.strip()][-_LINES_ABOVE:]
    if not said or head.strip():
        return _pass("echo-above", candidate)
    if len(said) == 1 and recent and len(said[0]) >= _MIN_ECHO_CHARS and said[0] == recent[-1]:
        return _block("echo-above", "repeats the line above")
    if len(said) > 1 and recent[-len(said) :] == said:
        return _block("echo-above", "repeats the lines above")
    return _pass("echo-above", candidate)


def echo_below(candidate: Candidate) -> Verdict:
    """Cut where the candidate runs into the text that is already below the cursor."""
    below = [line for line in candidate.after.split("\n")[1:] if line.strip()][:3]
    lines = candidate.text.split("\n")
    if not below:
        return _pass("echo-below", candidate)
    first = below[0].strip()
    for index, line in enumerate(lines):
        if not _alike(line.strip(), first):
            continue
        rest = [one.strip() for one in lines[index:] if one.strip()]
        told = [one.strip() for one in below[: len(rest)]]
        if index == 0 and len(rest) == 1 and candidate.before.rsplit("\n", 1)[-1].strip():
            continue  # the end of a line may well equal the line below
        if all(_alike(one, other) for one, other in zip(rest, told, strict=False)):
            kept = "\n".join(lines[:index])
            if not kept.strip():
                return _block("echo-below", "repeats the lines below")
            return _trim("echo-below", kept, "ran into the lines below")
    return _pass("echo-below", candidate)


def spare_closer(candidate: Candidate) -> Verdict:
    """Cut closing lines at the end that nothing open is waiting for, as the file has them."""
    lines = candidate.text.split("\n")
    below = next((one for one in candidate.after.split("\n")[1:] if one.strip()), "")
    kept = list(lines)
    while len(kept) > 1 and _is_closer(kept[-1]) and kept[-1].rstrip() == below.rstrip():
        kept.pop()
    if len(kept) == len(lines):
        return _pass("spare-closer", candidate)
    return _trim("spare-closer", "\n".join(kept), "the closing line is already there")


def trailing_space(candidate: Candidate) -> Verdict:
    """Cut white space at the end and at line ends."""
    lines = candidate.text.split("\n")
    kept = "\n".join([*(line.rstrip() for line in lines[:-1]), lines[-1].rstrip()]).rstrip("\n")
    if kept == candidate.text:
        return _pass("trailing-space", candidate)
    return _trim("trailing-space", kept, "white space at line ends")


def empty(candidate: Candidate) -> Verdict:
    """Block what holds nothing to read."""
    if candidate.text.strip():
        return _pass("empty", candidate)
    return _block("empty", "nothing left to show")


def _block_at(lines: list[str], start: int, size: int) -> list[str]:
    return [line.strip() for line in lines[start : start + size]]


def _alike(one: str, other: str) -> bool:
    if one == other:
        return len(one) >= _MIN_ECHO_CHARS
    if min(len(one), len(other)) < 2 * _MIN_ECHO_CHARS:
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # The quick ratios are upper bounds: most lines are told apart without the quadratic one.
    return (
        matcher.real_quick_ratio() > _ALIKE
        and matcher.quick_ratio() > _ALIKE
        and matcher.ratio() > _ALIKE
    )


def _is_closer(line: str) -> bool:
    stripped = line.strip()
    return (bool(stripped) and not set(stripped) - set(")]};,")) or stripped == "end"


def _pass(rule: str, candidate: Candidate) -> Verdict:
    return Verdict(rule=rule, action=Action.PASS, text=candidate.text)


def _trim(rule: str, text: str, reason: str) -> Verdict:
    return Verdict(rule=rule, action=Action.TRIM, text=text, reason=reason)


def _block(rule: str, reason: str) -> Verdict:
    return Verdict(rule=rule, action=Action.BLOCK, text="", reason=reason)


RULES: Mapping[str, Callable[[Candidate], Verdict]] = {
    "control-token": control_token,
    "half-line": half_line,
    "repetition": repetition,
    "echo-above": echo_above,
    "echo-below": echo_below,
    "spare-closer": spare_closer,
    "trailing-space": trailing_space,
    "empty": empty,
}

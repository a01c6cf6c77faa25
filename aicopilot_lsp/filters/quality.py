"""Filters that keep low-quality text from the user: small pure functions, one a rule.

Each takes a candidate and returns a verdict. RULES at the end names them; builtin.py orders them.
Lines are compared with their indentation: the same words in another scope say another thing.
"""

import re
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from itertools import count

from aicopilot_lsp.filters.protocol import Action, Candidate, Verdict
from aicopilot_lsp.text.brackets import scan
from aicopilot_lsp.text.languages import language_for

# Control tokens of the model families, by their shape. A model that writes one has left the code.
# Names in plain brackets are code as well (`<s>`, `<filename>`, `x[PREFIX]`, `Box<[u8]>`): of those
# only what is in nobody's way; for the others the stop strings of the format end the answer.
_CONTROL = re.compile(
    r"<\|/?[A-Za-z]\w{1,40}\|>|<\uff5c[^\uff5c<>]{2,40}\uff5c>|<\[(?:fim-\w+|\w+\u2581[\w\u2581]+)\]>"
    r"|<fim[_-]\w+>|<file_sep>|<(?:start|end)_of_turn>|(?<!<)<(?:SUF|MID|EOT)>"
    r"|^\[(?:PREFIX|SUFFIX|MIDDLE)\]|</s>\s*\Z",
    re.MULTILINE,
)
# A line may well stand three times in a row (`f.readline()`), a group of lines hardly.
_MAX_SAME_LINES = 3
_MAX_SAME_GROUPS = 2
# The same short text this often, this long: a model that can't stop. Tables of numbers are no sign.
_RUNAWAY = re.compile(r"(\S.{1,40}?)\1{7,}")
_MIN_RUNAWAY_CHARS = 80
_MIN_ECHO_CHARS = 4
# Groups of lines more alike than this say the same thing; longer lines are not compared.
_ALIKE = 0.9
_MIN_ALIKE_CHARS, _MAX_ALIKE_CHARS = 20, 200
_LINES_ABOVE = 6
# Where the brackets of a statement that spans lines are looked for.
_STATEMENT_LINES = 30


def half_line(candidate: Candidate) -> Verdict:
    """Drop a last line that was cut off in the middle."""
    if candidate.complete:
        return _pass("half-line", candidate)
    whole, newline, _ = candidate.text.rpartition("\n")
    if not newline or not whole.strip():
        return _block("half-line", "cut off before the end of its first line")
    return _trim("half-line", whole, "its last line was cut off")


def control_token(candidate: Candidate) -> Verdict:
    """Cut at the first control token that is not in the file itself."""
    around = candidate.before + candidate.after
    for found in _CONTROL.finditer(candidate.text):
        control, kept = found.group().strip(), candidate.text[: found.start()]
        closes_element = control == "</s>" and re.search(r"<s[\s>]", candidate.before + kept)
        if control not in around and not closes_element:
            return _trim("control-token", kept, "a control token of the model")
    return _pass("control-token", candidate)


def fence(candidate: Candidate) -> Verdict:
    """Cut at a Markdown fence: the model has begun to write about the code."""
    lines = candidate.text.split("\n")
    marks = [index for index, line in enumerate(lines) if line.strip().startswith("```")]
    if not marks or candidate.language_id == "markdown" or "```" in candidate.before:
        return _pass("fence", candidate)
    return _trim("fence", "\n".join(lines[: marks[0]]), "a Markdown fence")


def repetition(candidate: Candidate) -> Verdict:
    """Cut where the same lines, or block where the same short text, come again and again."""
    lines = _whole_lines(candidate)
    for size, most in ((1, _MAX_SAME_LINES), (2, _MAX_SAME_GROUPS), (3, _MAX_SAME_GROUPS)):
        for start in range(len(lines) - size * (most + 1) + 1):
            group = lines[start : start + size]
            if not any(_tells(candidate, line) for line in group):
                continue
            times = next(n for n in count(1) if lines[start + n * size :][:size] != group)
            if times > most:
                kept = "\n".join(candidate.text.split("\n")[: start + size])
                return _trim("repetition", kept, f"{times} times the same")
    runaway = _RUNAWAY.search(candidate.text)
    if runaway and len(runaway.group()) >= _MIN_RUNAWAY_CHARS and re.search("[a-z]", runaway[1]):
        return _block("repetition", "the same text over and over")
    return _pass("repetition", candidate)


def echo_above(candidate: Candidate) -> Verdict:
    """Block what only says again what stands right above the cursor."""
    *above, head = candidate.before.split("\n")
    said = [line for line in _whole_lines(candidate) if line.strip()]
    recent = [line.rstrip() for line in above if line.strip()][-_LINES_ABOVE:]
    told = any(_tells(candidate, line) for line in said)
    if not head.strip() and told and recent[-len(said) :] == said:
        return _block("echo-above", "repeats what stands above")
    return _pass("echo-above", candidate)


def echo_below(candidate: Candidate) -> Verdict:
    """Cut where the candidate runs into the lines that are already below the cursor.

    One line counts when it is the same, indentation included; of two and more, small differences
    are passed over.
    """
    below = [line.rstrip() for line in candidate.after.split("\n")[1:] if line.strip()][:3]
    lines = _whole_lines(candidate)
    first = 1 if candidate.before.rpartition("\n")[2].strip() else 0
    for index in range(first, len(lines)):
        rest = [line for line in lines[index:] if line.strip()]
        pairs = list(zip(rest, below, strict=False))
        same = bool(pairs) and len(pairs) == len(rest[:3]) and all(a == b for a, b in pairs)
        if (same and _tells(candidate, rest[0])) or _alike(pairs):
            kept = "\n".join(candidate.text.split("\n")[:index])
            if not kept.strip():
                return _block("echo-below", "repeats the lines below")
            return _trim("echo-below", kept, "ran into the lines below")
    return _pass("echo-below", candidate)


def spare_closer(candidate: Candidate) -> Verdict:
    """Cut closers that close nothing, and closing lines that the file has already."""
    text = _without_unmatched(candidate)
    language = language_for(candidate.language_id)
    below = next((one for one in candidate.after.split("\n")[1:] if one.strip()), "")
    lines = text.split("\n")
    whole = [candidate.before.rpartition("\n")[2] + lines[0], *lines[1:]]
    while whole and language.is_closer(whole[-1]) and whole[-1].rstrip() == below.rstrip():
        whole.pop()
    kept = "\n".join(lines[: len(whole)])
    if kept == candidate.text:
        return _pass("spare-closer", candidate)
    if not kept.strip():
        return _block("spare-closer", "only closes what is closed already")
    return _trim("spare-closer", kept, "a closer too many")


def trailing_space(candidate: Candidate) -> Verdict:
    """Cut white space at the end and at line ends."""
    kept = "\n".join(line.rstrip() for line in candidate.text.split("\n")).rstrip("\n")
    if kept == candidate.text:
        return _pass("trailing-space", candidate)
    return _trim("trailing-space", kept, "white space at line ends")


def empty(candidate: Candidate) -> Verdict:
    """Block what holds nothing to read."""
    if candidate.text.strip():
        return _pass("empty", candidate)
    return _block("empty", "nothing left to show")


def _whole_lines(candidate: Candidate) -> list[str]:
    """The candidate's lines as they would stand in the file, without white space at their ends."""
    first, *others = candidate.text.split("\n")
    head = candidate.before.rpartition("\n")[2]
    return [line.rstrip() for line in [head + first, *others]]


def _tells(candidate: Candidate, line: str) -> bool:
    """Whether `line` says enough for its return to mean something: closers and blanks do not."""
    closes = language_for(candidate.language_id).is_closer(line)
    return len(line.strip()) >= _MIN_ECHO_CHARS and not closes


def _alike(pairs: list[tuple[str, str]]) -> bool:
    """Whether two or more lines are nearly those of the file."""
    if sum(len(one) for one, _ in pairs) < _MIN_ALIKE_CHARS:
        return False
    if len(pairs) < 2 or any(max(map(len, pair)) > _MAX_ALIKE_CHARS for pair in pairs):
        return False
    one, other = ("\n".join(side) for side in zip(*pairs, strict=True))
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # The quick ratios are upper bounds: most are told apart without the quadratic one.
    return (
        matcher.real_quick_ratio() > _ALIKE
        and matcher.quick_ratio() > _ALIKE
        and matcher.ratio() > _ALIKE
    )


def _without_unmatched(candidate: Candidate) -> str:
    """The text up to a `)` or `]` on its first line that closes nothing before the cursor."""
    first = candidate.text.partition("\n")[0]
    closers = [(at, char) for at, char in scan(first).closers if char in ")]"]
    if not closers:
        return candidate.text
    statement = "\n".join(candidate.before.split("\n")[-_STATEMENT_LINES:])
    open_before = sum(char in "([" for char in scan(statement).opened)
    if len(closers) <= open_before:
        return candidate.text
    return candidate.text[: closers[open_before][0]]


def _pass(rule: str, candidate: Candidate) -> Verdict:
    return Verdict(rule=rule, action=Action.PASS, text=candidate.text)


def _trim(rule: str, text: str, reason: str) -> Verdict:
    return Verdict(rule=rule, action=Action.TRIM, text=text, reason=reason)


def _block(rule: str, reason: str) -> Verdict:
    return Verdict(rule=rule, action=Action.BLOCK, text="", reason=reason)


RULES: Mapping[str, Callable[[Candidate], Verdict]] = {
    "half-line": half_line,
    "control-token": control_token,
    "fence": fence,
    "repetition": repetition,
    "echo-above": echo_above,
    "echo-below": echo_below,
    "spare-closer": spare_closer,
    "trailing-space": trailing_space,
    "empty": empty,
}

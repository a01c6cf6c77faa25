"""What a line of code looks like, whatever its language: a definition's head, an import.

For files that have no parser. The words and forms that most languages share, looked for at the
head of a line, for nothing here knows where a statement begins. Each pattern is anchored and reads
a line once; lines come cut to a length that a person may write.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aicopilot_lsp.text.syntax.outline import Kind

_KINDS: dict[str, Kind] = {}
for _kind, _written in (
    (Kind.CLASS, "class struct interface trait enum record object protocol impl union contract"),
    (Kind.CLASS, "entity component actor mixin extension instance defstruct defclass defprotocol"),
    (Kind.FUNCTION, "function fun func fn def proc sub subroutine procedure method macro rule"),
    (Kind.FUNCTION, "task defp defn defun defmacro define defmethod defgeneric constructor query"),
    (Kind.MODULE, "module namespace package library unit defmodule"),
    (Kind.TYPE, "type typedef newtype typealias data"),
    (Kind.VARIABLE, "let const var val local my our set defvar defparameter"),
):
    _KINDS.update(dict.fromkeys(_written.split(), _kind))

_NAME = r"[^\W\d][\w$'?!-]*(?:(?:\.|::|:|#)[^\W\d][\w$'?!-]*)*"
_MODIFIERS = (
    r"(?:(?:pub(?:\([\w ]*\))?|public|private|protected|internal|static|final|abstract|sealed|open|"
    r"export|default|async|override|virtual|inline|extern|local|data|case|partial|rec|mutable|"
    r"unsafe|const|declare|global|suspend|constexpr|create|or|replace|create-or-replace)\s+){0,6}"
)
_KEYWORD_HEAD = re.compile(
    rf"\(?{_MODIFIERS}({'|'.join(sorted(map(re.escape, _KINDS), key=len, reverse=True))})\s+"
    rf"(?:\([^()]{{0,80}}\)\s*|rec\s+)?\(?({_NAME})",
    re.IGNORECASE,
)
_SPELLINGS = {*_KINDS, *map(str.upper, _KINDS)}
_ML_PARAMETER = re.compile(r"[\w(~?]")  # let add x y = ...
# `main() {`, `static int sum(int a)`, `foo(X) ->`: a block opens behind the arguments.
_CALLED_HEAD = re.compile(rf"(?:[\w$*&<>\[\],:.~]+\s+){{0,6}}[*&]*({_NAME})\s{{0,4}}\(")
_ASSIGNED_HEAD = re.compile(
    rf"({_NAME})\s*[:=]{{1,2}}\s*(?:async\s+)?(?:function|fn|proc|func|lambda|struct|class)\b"
)
_TYPED_HEAD = re.compile(r"([a-z_][\w']*)\s+::\s+\S")  # Haskell
_KEYED_HEAD = re.compile(r"([\w$./%*-]+)\s*:(?!:|=)|\[{1,2}([^\[\]]{1,80})\]{1,2}\s*$")
# What is followed by parentheses or a colon and defines nothing.
_CONTROL_WORDS = (
    "if else elif elsif elseif unless while until for foreach loop repeat switch case match when "
    "with do try catch except finally rescue ensure begin end return throw raise yield await defer "
    "select using lock synchronized assert print echo new delete sizeof and or not in is then goto "
    "default signals slots"
)
_CONTROL = frozenset(_CONTROL_WORDS.split())
_LABELS = _CONTROL | {"public", "private", "protected"}


def head(code: str, *, opens: bool, top_level: bool) -> tuple[Kind, str, int] | None:
    """The definition that a line begins: kind, name, and the column where the name stands.

    Parameters
    ----------
    code : str
        The line without comments.
    opens : bool
        Lines that belong to it follow.
    """
    indent = len(code) - len(code.lstrip())
    code = code[indent:]
    found = _by_keyword(code, opens=opens, top_level=top_level)
    if found is None and (match := _TYPED_HEAD.match(code)):
        found = Kind.FUNCTION, match[1], 0
    if found is None and opens:
        found = _by_form(code)
    if found is None:
        return None
    kind, name, column = found
    last = re.split(r"\.|::|:|#", name)[-1]
    return kind, last, indent + column + len(name) - len(last)


def _by_keyword(code: str, *, opens: bool, top_level: bool) -> tuple[Kind, str, int] | None:
    match = _KEYWORD_HEAD.match(code)
    if match is None or match[1] not in _SPELLINGS:
        return None
    kind, rest = _KINDS[match[1].lower()], code[match.end(2) :].lstrip()
    if kind is Kind.VARIABLE:
        if not ("=" in rest or rest.startswith(":")):
            return None
        if match[1] == "let" and _ML_PARAMETER.match(rest):
            kind = Kind.FUNCTION
        elif not top_level:
            return None
    elif not opens and not _may_stand_alone(code[match.start(2) - 1], rest):
        return None
    return kind, match[2], match.start(2)


def _may_stand_alone(before: str, rest: str) -> bool:
    """Whether what is around a name makes a definition of a line that opens nothing.

    Prose has further words there: "a class of its own", "rule out".
    """
    return not rest or before == "(" or rest[0] in "({=:;<[" or " = " in rest


def _by_form(code: str) -> tuple[Kind, str, int] | None:
    if (match := _ASSIGNED_HEAD.match(code)) and match[1] not in _CONTROL:
        return Kind.FUNCTION, match[1], match.start(1)
    match = _CALLED_HEAD.match(code)
    if match and not _CONTROL & set(re.findall(r"\w+", match[0])) and _ends_as_head(code):
        return Kind.FUNCTION, match[1], match.start(1)
    if (match := _KEYED_HEAD.match(code)) and match[0].rstrip(": ").lower() not in _LABELS:
        group = 1 if match[1] else 2
        return Kind.SECTION, match[group], match.start(group)
    return None


def _ends_as_head(code: str) -> bool:
    """Whether a call's line may be a definition's: what opens the block ends it, or nothing does.

    `foo(a, function() {` and `x = foo(` are statements.
    """
    code = code.rstrip()
    if code.count("(") > code.count(")"):
        return code.endswith((",", "("))
    return code.endswith(("{", ")", "->", "=", "const", "override", "noexcept", "do", "is", "as"))


@dataclass(frozen=True, slots=True)
class Imported:
    """One name of an import line, as outline.Import has it."""

    module: str
    name: str = ""
    alias: str = ""


_PATH = r"[^\W\d][\w.:/\\-]*"
_QUOTED = r"""[<"']([^<>"']{1,200})[>"']"""
# Of a line without blanks at its ends; no two repeats may take the same blanks.
_FROM = re.compile(r"from\s+([\w./@-]+)\s+import\s+(?:\(\s*)?([\w,*][\w\s,*]*)\)?$")
_WHOLE = re.compile(
    rf"(?:import|use|using|open|include|uses|needs|extern\s+crate|package\s+require)\s+"
    rf"(?:static\s+|qualified\s+|namespace\s+|type\s+|safe\s+)?({_PATH}?)(\.\*|\._|::\*)?"
    rf"(?:\s+(?:as|=>|qualified\s+as)\s+([\w.]+)|\s*\([^()]*\)|\s+(?:hiding|exposing|only)\b.*)?"
    rf"\s*;?$"
)
_STRING = re.compile(
    rf"[#@%-]?\s*(?:(?:const|let|var|local)\s+(\w+)\s*=\s*)?"
    rf"(?:include|import|require|require_relative|require_once|include_once|include_lib|load|source|"
    rf"use|using|@import)\b\s*\(?\s*{_QUOTED}(?:\s+as\s+(\w+))?"
)


def imports(line: str) -> Iterator[Imported]:
    """What a line imports; `line` is as written, for the module may stand in quotes."""
    line = line.strip()
    if match := _STRING.match(line):
        yield Imported(match[2], alias=match[1] or match[3] or "")
    elif match := _FROM.match(line):
        for item in match[2].split(","):
            words = item.split()
            if words:
                alias = words[2] if words[1:2] == ["as"] and len(words) > 2 else ""
                yield Imported(match[1], words[0], alias)
    elif match := _WHOLE.match(line):
        yield Imported(match[1], "*" if match[2] else "", match[3] or "")

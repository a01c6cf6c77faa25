"""Chains of names as a receiver, a bound name or the maker of a value is written.

One way to write them for all languages: calls without their arguments, no white space, "." for
every mark that reaches a member of a value ("?.", "&.", "->", "!."), "::" and a backslash as they
are; what only waits or checks on the way (`await`, `?`, `!`) is taken off.
"""

import re
from functools import lru_cache

_PLAIN = re.compile(r"[@$\w]+(?:\.[@$\w]+)*")
_CHAIN = re.compile(r"[@$\w]+!?(?:\(\))*(?:(?:\.|::|\\)[@$\w]+!?(?:\(\))*)*")
_WAITING = re.compile(r"^(?:await|yield|new|&(?:mut\b)?|\*)\s*")
_TYPE_ARGUMENTS = re.compile(r"::<[^()]*?>+(?=::|\(|$)")
# Calls that only look through a wrapper (see type_names), or give another of the same.
_SAME_THING = re.compile(
    r"\.(?:unwrap|expect|unwrap_or_default|clone|as_ref|as_mut|borrow|borrow_mut|lock|to_owned)"
    r"(?:\(\)|$)"
)
_MOST_CHARS = 400  # what is longer is an expression, whatever else


@lru_cache(maxsize=8_192)
def chain(written: str) -> str:
    """The chain, or "" if `written` is another expression.

    `self._http`, `Foo(a, b)` is "Foo()", `(await make(x))` is "make()", `a?.b` and `a->b` are
    "a.b"; `x[0]`, `"text"` and `a + b` are none.
    """
    if _PLAIN.fullmatch(written):
        return written
    if len(written) > _MOST_CHARS:
        return ""
    text = written.strip()
    while before := _WAITING.match(text):
        text = text[before.end() :]
    text = _without_arguments(_without_parentheses(text))
    text = re.sub(r"\s+", "", text)
    text = text.replace("->", ".").replace("&.", ".")
    text = text.replace("?.", ".").replace("!!.", ".").replace("!.", ".")
    text = _TYPE_ARGUMENTS.sub("", text).replace(".await", "").replace("?", "").rstrip("!")
    text = _SAME_THING.sub("", text)
    return text if _CHAIN.fullmatch(text) else ""


def maker_type(made_by: str) -> str:
    """The type of what a chain makes, as Binding.type has it.

    `Foo` and `pkg.Foo` make a Foo, `Foo.create` and `Foo::new` too; `make` gives "make()" and
    `self.pool.take` "self.pool.take()": whoever knows that function knows its result.
    """
    parts = re.split(r"::|[.\\]", made_by)
    for part in reversed(parts[-2:]):
        if is_type_name(part):
            return part
    return f"{made_by}()" if made_by else ""


def is_type_name(name: str) -> bool:
    """Whether a name is spelt as types are in most languages: it begins with a capital, and is no
    constant (`MAX_SIZE`)."""
    bare = name.lstrip("_$@")
    return bare[:1].isupper() and not (len(bare) > 1 and "_" in bare and bare.isupper())


def _without_parentheses(text: str) -> str:
    while text.startswith("(") and _closing(text, 0) == len(text) - 1:
        text = _WAITING.sub("", text[1:-1].strip())
    if text.startswith("("):  # (await make()).x
        end = _closing(text, 0)
        text = _WAITING.sub("", text[1:end].strip()) + text[end + 1 :]
    return text


def _without_arguments(text: str) -> str:
    pieces, position = [], 0
    while (start := text.find("(", position)) >= 0:
        pieces.append(text[position:start] + "()")
        position = _closing(text, start) + 1
    return "".join(pieces) + text[position:]


def _closing(text: str, start: int) -> int:
    """Where the parenthesis at `start` is closed; the last character if it is not."""
    level = 0
    for index in range(start, len(text)):
        if text[index] in "([{":
            level += 1
        elif text[index] in ")]}":
            level -= 1
            if level == 0:
                return index
    return len(text) - 1

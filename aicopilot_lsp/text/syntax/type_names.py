"""The one name of a type that tells its members, from the type as it is written.

Members are looked up by a class's name, so `Optional[Foo]`, `Promise<Foo>`, `&'a mut Foo`,
`"pkg.Foo | None"` and `Arc<Mutex<Foo>>` are all Foo, for that is what code gets to see behind
`await`, `?`, a check or a lock. A container stays what it is, for its members are its own:
`list[Foo]` is list, `Foo[]` is Array. Of several alternatives the first counts. What has no name
(functions, tuples, literal types) is "".
"""

import re
from functools import lru_cache

# What code looks through to get at the thing itself. A name counts only with type arguments, so
# that somebody's own class Task or Result stays itself.
_WORDS = """
    Annotated Arc Awaitable Awaited Box ClassVar CompletableFuture CompletionStage Coroutine Cow
    Deferred Final Future InitVar Lazy Mutable Mutex MutexGuard NonNullable NotRequired Nullable
    OnceCell OnceLock Optional Option Partial Pin Promise PromiseLike Rc ReadOnly Readonly Ref
    RefCell RefMut Required Result RwLock Task Type TypeGuard Unpack ValueTask Weak final optional
    shared_ptr type unique_ptr weak_ptr future
"""
_WRAPPERS = frozenset(_WORDS.split())
_NOTHING = {"None", "null", "undefined", "nil", "void", "never", "()", "NoneType", "nullptr_t"}
_BEFORE = re.compile(
    r"^(?:->|=>|[&*:?\s]|'\w+\b(?!')|(?:mut|dyn|impl|const|readonly|ref|in|out|inout|some|any"
    r"|struct|enum|union|class|typename|volatile|static|unsigned|signed|asserts|keyof|typeof)\s)+"
)
_NAME = re.compile(r"[@$\w]+(?:\s*(?:::|[.\\])\s*[@$\w]+)*")
_CLOSERS = {"[": "]", "<": ">", "(": ")", "{": "}"}


@lru_cache(maxsize=4_096)
def type_name(written: str, depth: int = 0) -> str:
    """The type's name, wrappers taken off; "" where it has none."""
    text = _alternative(_BEFORE.sub("", written.strip().strip("\"'`")).strip())
    match = _NAME.match(_BEFORE.sub("", text).removeprefix("\\"))
    if match is None or depth > 8:
        return _inside_parentheses(text, depth)
    text = _BEFORE.sub("", text).removeprefix("\\")
    name, rest = re.split(r"::|[.\\]", match[0])[-1].strip(), text[match.end() :].strip()
    if rest.startswith(("=>", "is ")):
        return ""  # `x => y`, `x is Foo`: no type of a thing
    if rest.startswith(("[", "<", "::<")) and name in _WRAPPERS:
        arguments = _arguments(rest.removeprefix("::"))
        wanted = arguments[-1:] if name == "Coroutine" else arguments[:1]
        return type_name(wanted[0], depth + 1) if wanted else name
    if rest.endswith("[]"):
        return "Array"
    return "" if name in _NOTHING else name


def _alternative(text: str) -> str:
    """The first part of `A | B` that is something."""
    if "|" not in text:
        return text
    parts = [part.strip() for part in _split(text, "|")]
    return next((part for part in parts if part and part not in _NOTHING), text)


def _inside_parentheses(text: str, depth: int) -> str:
    """`(Foo | null)` is Foo, `(Foo)[]` is Array; a tuple or a function has no name."""
    if depth > 8 or not text.startswith("("):
        return ""
    inner = _arguments(text)
    rest = text[sum(map(len, inner)) + len(inner) + 1 :].strip()
    if len(inner) != 1 or ":" in inner[0]:
        return ""
    if rest == "[]":
        return "Array"
    return "" if rest else type_name(inner[0], depth + 1)


def _arguments(text: str) -> list[str]:
    """What stands between the brackets that `text` begins with, cut at its commas."""
    level = 0
    for index, char in enumerate(text):
        if char in "[<({":
            level += 1
        elif char in "]>)}" and text[index - 1] not in "-=":
            level -= 1
            if level == 0:
                return _split(text[1:index], ",")
    return _split(text[1:], ",")


def _split(text: str, mark: str) -> list[str]:
    parts, level, start = [], 0, 0
    for index, char in enumerate(text):
        if char in "[<({":
            level += 1
        elif char in "]>)}" and text[index - 1 : index] not in {"-", "="}:
            level -= 1
        elif char == mark and level == 0:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]

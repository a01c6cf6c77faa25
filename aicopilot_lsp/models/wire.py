"""Fields of a server's JSON, each checked: a server may be of any version, or another one.

Pure functions. What is not of the type that it should have counts as not there, but for an answer's
text, without which there is no answer.
"""

import math
from collections.abc import Mapping
from typing import Any

from aicopilot_lsp.models import failures


def mapping(value: object) -> Mapping[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def first(value: object) -> Mapping[str, Any]:
    """The first of a list of objects, such as `choices`; empty where there is none."""
    return mapping(value[0]) if isinstance(value, list) and value else {}


def count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def milliseconds(value: object, per_ms: float = 1.0) -> float | None:
    """A duration that has `per_ms` units to the millisecond."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) / per_ms if math.isfinite(value) and value >= 0 else None


def word(value: object) -> str:
    """A string such as a name or a version; "" where there is none."""
    return well_formed(value) if isinstance(value, str) else ""


def text(value: object, where: str) -> str:
    """A piece of an answer; null is none. Raises ModelError PROTOCOL where it is no string."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise failures.bad_answer(where, "its text is not a string")
    return well_formed(value)


def well_formed(text: str) -> str:
    """JSON can spell lone surrogates, which nothing after us could encode."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

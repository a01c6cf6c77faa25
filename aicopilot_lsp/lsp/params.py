"""From plain JSON to lsprotocol's types and back: one converter, strict on the way in.

cattrs on its own coerces: a line of "3" or true becomes a number, a uri of null the text "None".
A client that sends such a thing is answered -32602 instead, for an edit applied in the wrong place
costs more than an edit refused.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import cattrs
from lsprotocol.converters import get_converter

T = TypeVar("T")


class InvalidParamsError(ValueError):
    """Params that are not of their method's type; holds no value of them (INV-7)."""


def make_converter() -> cattrs.Converter:
    """The converter of one server."""
    # Without detailed validation: its exception groups carry the values they complain about.
    converter = get_converter(cattrs.Converter(detailed_validation=False))
    for primitive in (str, int, float, bool):
        converter.register_structure_hook(primitive, _strictly(primitive))
    return converter


def structure(converter: cattrs.Converter, params: Any, wanted: type[T]) -> T:
    """`params` as a `wanted`.

    Raises
    ------
    InvalidParamsError
    """
    if not isinstance(params, dict):
        raise InvalidParamsError("not an object")
    try:
        return converter.structure(params, wanted)
    except Exception:  # noqa: BLE001 - generated code meeting any JSON at all: whatever it raises
        raise InvalidParamsError(f"not a {wanted.__name__}") from None


def _strictly(primitive: type) -> Callable[[Any, Any], Any]:
    accepted = (int, float) if primitive is float else primitive

    def check(value: Any, _: Any) -> Any:
        if not isinstance(value, accepted) or (primitive is not bool and isinstance(value, bool)):
            raise InvalidParamsError(f"not a {primitive.__name__}")
        return value

    return check

"""The kinds of text that options hold: each with what is wrong with one that is none.

Used by options.py as the types of its fields. The words of a fault follow the key's name, and never
repeat the value, which may be a key.
"""

import re
import warnings
from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from aicopilot_lsp.config.urls import header_name_fault, header_value_fault, proxy_fault, url_fault


def _exclude_pattern(pattern: str) -> str:
    from pathspec import GitIgnoreSpec

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            GitIgnoreSpec.from_lines([pattern])
    except (ValueError, re.error, Warning):
        raise ValueError("is not a pattern as in .gitignore") from None
    return pattern


def _folder_fault(path: str) -> str | None:
    absolute = PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
    home = path == "~" or path.startswith(("~/", "~\\"))
    return None if absolute or home else "must be an absolute path, or begin with ~/"


def _without(fault_of: Callable[[str], str | None]) -> AfterValidator:
    """Refuses a text that has a fault."""

    def check(text: str) -> str:
        if fault := fault_of(text):
            raise ValueError(fault)
        return text

    return AfterValidator(check)


Line = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f\x{2028}\x{2029}]+$", max_length=500)
]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=100)]
# Most keys that are pasted here by mistake have a dash; what is refused is not shown.
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]
Folder = Annotated[Line, _without(_folder_fault)]
Pattern = Annotated[Line, AfterValidator(_exclude_pattern)]
HeaderName = Annotated[str, _without(header_name_fault)]
HeaderValue = Annotated[str, _without(header_value_fault)]
ProxyUrl = Annotated[str, StringConstraints(max_length=2000), _without(proxy_fault)]
Url = Annotated[str, StringConstraints(max_length=2000), _without(url_fault)]

"""What editors' JSON looks like before anything in it is judged: wrapped, and in camelCase.

Apart, because the server looks into it before it imports what judges (parse.py, merge.py).
"""

import re
from collections.abc import Mapping
from typing import Any

SECTION = "aicopilot"


def unwrapped(data: Any) -> Any:
    """`data` without the "aicopilot" that some editors put around it."""
    if isinstance(data, Mapping) and isinstance(data.get(SECTION), Mapping):
        return data[SECTION]
    return data


def snake_case(key: str) -> str:
    """debounceMs is debounce_ms."""
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda found: f"_{found[0].lower()}", key)

"""What was probably meant by a name that is not there, for the end of a message about it."""

from collections.abc import Iterable

_MAX_LIKENED_NAME = 64  # comparing names takes time with the square of their length
_MAX_MEANT = 3


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """' Did you mean "a" or "b"?', "" where nothing known is like `name`: those that `name` begins,
    else the nearest one."""
    if not 0 < len(name) <= _MAX_LIKENED_NAME:
        return ""
    from difflib import get_close_matches

    likely = sorted(known)
    begun = [each for each in likely if each.startswith(name)]
    meant = begun[:_MAX_MEANT] or get_close_matches(name, likely, n=1)
    quoted = " or ".join(f'"{each}"' for each in meant)
    return f" Did you mean {quoted}?" if meant else ""

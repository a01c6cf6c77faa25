"""Which patterns a workspace may bring: none that takes files back into view, none that takes for
ever to match."""

from aicopilot_lsp.config.layers import Layer
from aicopilot_lsp.config.lines import KeyPath

# A pattern with many stars takes a regular expression seconds or minutes on one path: 45 s for
# seven stars and a path of 100 characters. Two stars of each kind stay under 0.1 s.
MAX_WORKSPACE_STARS = 2
MAX_WORKSPACE_PATTERNS = 100


def safe_patterns(
    layer: Layer, path: KeyPath, patterns: tuple[str, ...], *, taken: int = 0
) -> tuple[str, ...]:
    """Those of a workspace's patterns that it may bring; a problem for each of the others.

    Parameters
    ----------
    taken : int
        How many patterns it has brought already.
    """
    safe = []
    for at, pattern in enumerate(patterns):
        if pattern.lstrip().startswith("!"):  # a matcher may strip spaces
            refusal = "a workspace can't include what you exclude; left out"
        elif _stars(pattern) > MAX_WORKSPACE_STARS:
            refusal = f"has more than {MAX_WORKSPACE_STARS} stars of a kind; left out"
        elif taken + at >= MAX_WORKSPACE_PATTERNS:
            refusal = f"is beyond the {MAX_WORKSPACE_PATTERNS} that a workspace has; left out"
        else:
            safe.append(pattern)
            continue
        layer.say((*path, at), refusal)
    return tuple(safe)


def _stars(pattern: str) -> int:
    """The larger of the number of `**` that are a whole segment, and of all other stars."""
    segments = pattern.strip().split("/")
    others = sum(segment.count("*") for segment in segments if segment != "**")
    return max(segments.count("**"), others)

"""Whether a path is one of those that patterns mean, as `.gitignore` has them."""

from collections.abc import Iterable
from functools import lru_cache

from pathspec import GitIgnoreSpec

from aicopilot_lsp.config.settings import Settings

ANYWHERE = "**/"


def is_hidden(paths: Iterable[str], settings: Settings) -> bool:
    """Whether a file is kept from the prompts of other files. One of its paths is enough, and so is
    one of the two lists: what `completion.exclude` names, no `!` in `context.exclude` brings back.
    """
    lists = (settings.completion.exclude, settings.context.exclude)
    return any(is_meant(path, patterns) for path in paths for patterns in lists)


@lru_cache(maxsize=2048)
def is_meant(path: str, patterns: tuple[str, ...]) -> bool:
    """Asked with every keystroke, and a pattern with many stars may take seconds.

    Parameters
    ----------
    path : str
        With "/", relative to a workspace folder; "" is the path of nothing. One with a "/" in front
        is the whole path, which only patterns that begin with ANYWHERE are about: to any other it
        would say too much, as `tmp/` to all that lies under /tmp.
    """
    if path.startswith("/"):
        path = path[1:]
        patterns = tuple(one for one in patterns if one.startswith(ANYWHERE))
    return bool(path) and _spec(patterns).match_file(path)


@lru_cache(maxsize=64)
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(patterns)

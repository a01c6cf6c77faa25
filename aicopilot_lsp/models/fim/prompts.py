"""Filling a format's template with user text, made harmless on the way in."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from aicopilot_lsp.models.fim.format import FimFormat, Template, parted
from aicopilot_lsp.models.fim.neutral import neutralise

# A piece around one of these goes in even where there is no text to fill it.
_ALWAYS = frozenset({"prefix", "suffix", "middle", "text"})

# A stretch of the prompt, and whether it is ours (True) or the user's.
_Stretch = tuple[bool, str]


def assemble(
    fmt: FimFormat,
    prefix: str,
    suffix: str,
    middle: str,
    *,
    files: Sequence[tuple[str, str]] = (),
    path: str = "",
    repo: str = "",
    language: str = "",
) -> str:
    """The prompt for filling in between `prefix` and `suffix`, `middle` being what is already there
    of the middle. Markers in any of the texts are made harmless.

    Parameters
    ----------
    files : sequence of (path, text)
        Other files, the most important last; empty lines at their ends are dropped.
    path, repo, language : str
        Of the current file, where the format has a place for them; "" if unknown.
    """
    known = {
        "prefix": prefix,
        "suffix": suffix,
        "middle": middle,
        "path": _one_line(path),
        "repo": _one_line(repo),
        "language": _one_line(language),
    }
    template = fmt.among if files else fmt.alone
    stretches = _filled(template, known, fmt, files)
    # Neighbouring user texts are joined before they are neutralised: halves can make a marker.
    return "".join(
        text if ours else neutralise(text, fmt)
        for ours, run in groupby(stretches, key=lambda stretch: stretch[0])
        for text in ["".join(part for _, part in run)]
    )


def _filled(
    template: Template,
    known: Mapping[str, str],
    fmt: FimFormat,
    files: Sequence[tuple[str, str]] = (),
) -> Iterator[_Stretch]:
    for piece in template:
        before, slot, after = parted(piece)
        if slot == "files":
            for path, text in files:
                of_file = {"path": _one_line(path), "text": text.strip("\n")}
                yield from _filled(fmt.file, of_file, fmt)
        elif not slot:
            yield True, piece
        elif known[slot] or slot in _ALWAYS:
            if before:
                yield True, before
            yield False, known[slot]
            if after:
                yield True, after


def _one_line(name: str) -> str:
    """A path may hold a line break, and would begin a section with it."""
    return " ".join(name.splitlines())

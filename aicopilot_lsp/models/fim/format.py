"""What a format is made of: templates, stop strings and markers.

A template is a tuple of pieces, each a literal with at most one slot in it:

    {prefix} {suffix} {middle}   the text around the cursor; always filled
    {files}                      the other files, each written as `file` says
    {path} {text}                in `file`: one of them
    {repo} {path} {language}     of the current file; a piece whose value is unknown is left out

Braces name slots here and nothing more: user text is put in as it is, whatever it holds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_SLOT = re.compile(r"\{(\w+)\}")
_AROUND_CURSOR = frozenset({"prefix", "suffix", "middle"})
_IN_PROMPT = _AROUND_CURSOR | {"files", "repo", "path", "language"}
_IN_FILE = frozenset({"path", "text"})

Template = tuple[str, ...]


class Order(StrEnum):
    """Which comes first; a property of the checkpoint (the other one measured 1.7 % exact on a
    prefix-suffix-middle model, where its own order had 20 %)."""

    PSM = "psm"  # prefix, suffix, middle
    SPM = "spm"  # suffix, prefix, middle


@dataclass(frozen=True, slots=True, kw_only=True)
class FimFormat:
    """How one family of models is asked to fill in the middle.

    Attributes
    ----------
    alone : tuple of str
        The template of a prompt that holds the current file only.
    among : tuple of str
        The template of a prompt that holds other files as well, as the family was trained on
        them. It tells families apart that write the same prompt for one file (`structural`). What
        is sent has other files at the top of the prefix, which measured better
        (completion/prompt.py).
    file : tuple of str
        How one of these is written.
    stop : tuple of str
        What ends an answer, besides the model's own end token; the most telling first, since some
        servers take four. Words that are ordinary code (`<filename>`) only at a line's start.
    markers : tuple of str
        The control tokens of the family's vocabulary, as text.
    headings : tuple of str
        What opens a section at a line's start, and need not be a token.
    source : str
        Where the figures come from.
    """

    name: str
    alone: Template
    among: Template
    file: Template
    stop: tuple[str, ...]
    markers: tuple[str, ...]
    source: str
    headings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for template, slots in (
            (self.alone, _IN_PROMPT - {"files"}),
            (self.among, _IN_PROMPT),
            (self.file, _IN_FILE),
        ):
            for piece in template:
                found = _SLOT.findall(piece)
                if len(found) > 1 or not slots.issuperset(found):
                    raise ValueError(f"{self.name}: the piece {piece!r} has slots it can't have")
        for marker in self.markers:
            if len(marker) < 2 or any(map(str.isspace, marker)):
                raise ValueError(f"{self.name}: the marker {marker!r} can't be broken by a space")

    @property
    def structural(self) -> tuple[str, ...]:
        """The tokens that a prompt is built of, in the order of the multi-file form. Each has to be
        one token for the model, or the format is not its own."""
        ours = "\n".join(
            literal
            for piece in (*self.among, *self.file, *self.alone)
            for literal in literals(piece)
        )
        return tuple(sorted(filter(ours.__contains__, self.markers), key=ours.index))

    @property
    def order(self) -> Order:
        whole = "".join(self.alone)
        suffix_first = -1 < whole.find("{suffix}") < whole.find("{prefix}")
        return Order.SPM if suffix_first else Order.PSM

    @property
    def prefix(self) -> str:
        """What opens the prefix in a prompt that names nothing, and so for the other two; "" where
        nothing does."""
        return self._opener("prefix")

    @property
    def suffix(self) -> str:
        return self._opener("suffix")

    @property
    def middle(self) -> str:
        """As above. Where it is "" the layouts FROZEN and STANDARD are the same prompt."""
        return self._opener("middle")

    def _opener(self, wanted: str) -> str:
        opener = ""
        for piece in self.alone:
            before, slot, after = parted(piece)
            if slot == wanted:
                return opener + before
            if slot in _AROUND_CURSOR:
                opener = after
            elif not slot:
                opener += piece
        return ""

    @property
    def names_file(self) -> bool:
        """Whether a prompt of the current file only says its name."""
        return any("{path}" in piece for piece in self.alone)


def literals(piece: str) -> Iterator[str]:
    """What of a piece is ours, not the user's."""
    yield from filter(None, _SLOT.sub("\0", piece).split("\0"))


def parted(piece: str) -> tuple[str, str, str]:
    """The literal before the slot, the slot's name ("" if there is none), the literal after."""
    found = _SLOT.search(piece)
    if found is None:
        return piece, "", ""
    return piece[: found.start()], found[1], piece[found.end() :]

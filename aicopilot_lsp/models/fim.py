"""Fill-in-the-middle formats, as data: how a prompt is written for each family of models.

A family is one row of `FORMATS`; nothing else has to change when one is added. The format is
declared in the settings or by the backend, never guessed from a model's name.

User text may hold a family's own markers (a page on FIM formats does). They reach the model only
after `neutralise`, so a file can't end its own section or open a chat turn; `assemble` applies it,
which makes a prompt safe however it was put together.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from aicopilot_lsp.errors import ConfigError

# What is put inside a marker to break it. No marker holds it, which is what makes `neutralise`
# right in one pass: an insertion can't complete another marker.
_BREAK = " "


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
    prefix, suffix, middle : str
        The tokens that open each part.
    stop : tuple of str
        What ends an answer, besides the model's own end token.
    repo_name, file_separator : str or None
        The tokens of the multi-file form.
    markers : tuple of str
        Every string that the model's tokenizer reads as a control token, those above included.
    source : str
        Where the figures come from.
    """

    name: str
    prefix: str
    suffix: str
    middle: str
    order: Order
    stop: tuple[str, ...]
    markers: tuple[str, ...]
    source: str
    repo_name: str | None = None
    file_separator: str | None = None
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    @property
    def structural(self) -> tuple[str, ...]:
        """The tokens that a prompt is built of. Each has to be one token for the model, or the
        format is not its own."""
        own = (self.prefix, self.suffix, self.middle, self.repo_name, self.file_separator)
        return tuple(filter(None, own))

    def __post_init__(self) -> None:
        for marker in self.structural:
            if marker not in self.markers:
                raise ValueError(f"{self.name}: {marker!r} is missing among the markers")
        for marker in self.markers:
            if len(marker) < 2 or _BREAK in marker:
                raise ValueError(f"{self.name}: the marker {marker!r} can't be broken by a space")
        object.__setattr__(self, "_pattern", _occurrences(self.markers))


def format_for(name: str) -> FimFormat:
    """The format called `name`.

    Raises
    ------
    ConfigError
        There is none; names those that exist.
    """
    try:
        return FORMATS[name]
    except KeyError:
        known = ", ".join(sorted(FORMATS))
        raise ConfigError(f"There is no FIM format {name!r}. Known formats: {known}.") from None


def assemble(fmt: FimFormat, prefix: str, suffix: str, middle: str) -> str:
    """The prompt for filling in between `prefix` and `suffix`, `middle` being what is already
    there of the middle. Markers in the three texts are made harmless."""
    before = fmt.prefix + neutralise(prefix, fmt)
    after = fmt.suffix + neutralise(suffix, fmt)
    sections = before + after if fmt.order is Order.PSM else after + before
    return sections + fmt.middle + neutralise(middle, fmt)


def neutralise(text: str, fmt: FimFormat) -> str:
    """`text` with a space after the first character of every marker of `fmt` in it.

    Linear in the length of `text`; text without markers comes back as it is; applying it twice
    changes nothing. Texts are to be joined before they are neutralised, not after: two harmless
    halves can make a marker. Where a real marker stands between them (`assemble`) they can't.
    """
    # Zero-width matches, so that occurrences that overlap are each broken.
    return fmt._pattern.sub(_BREAK, text)


def neutralise_all(text: str) -> str:
    """`text` with the markers of every format broken: for prompts that others write, in tokens that
    are not known here."""
    return _EVERY_MARKER.sub(_BREAK, text)


def _occurrences(markers: tuple[str, ...]) -> re.Pattern[str]:
    """Matches the empty string behind the first character of every occurrence of a marker."""
    rest_by_first: dict[str, list[str]] = {}
    for marker in sorted(markers, key=len, reverse=True):
        rest_by_first.setdefault(marker[0], []).append(re.escape(marker[1:]))
    branches = (
        f"(?<={re.escape(first)})(?={'|'.join(rests)})" for first, rests in rest_by_first.items()
    )
    return re.compile("|".join(branches))


# Chat and control tokens that models of several families share. In a FIM prompt they are never
# ours; in a file they may try to open a turn of a chat.
_CHATML = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|endofprompt|>")
_TURNS = ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|eot_id|>")

_QWEN_FIM = (
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<|cursor|>",
)
# The rest of the control tokens in Qwen's vocabulary (ids 151646 to 151656).
_QWEN_OTHER = (
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)

_ROWS = (
    FimFormat(
        name="qwen2.5-coder",
        prefix="<|fim_prefix|>",
        suffix="<|fim_suffix|>",
        middle="<|fim_middle|>",
        order=Order.PSM,
        # <|cursor|> is not in the vocabulary; instruct checkpoints write it out all the same.
        stop=("<|endoftext|>", "<|im_start|>", "<|im_end|>", *_QWEN_FIM),
        repo_name="<|repo_name|>",
        file_separator="<|file_sep|>",
        markers=(*_QWEN_FIM, *_QWEN_OTHER, *_CHATML, *_TURNS),
        source="the model's README and tokenizer_config.json",
    ),
)

FORMATS = {row.name: row for row in _ROWS}
_EVERY_MARKER = _occurrences(tuple({marker for row in _ROWS for marker in row.markers}))

"""The prompt: a frozen prefix and suffix, and all that was typed since behind the middle token.

Layout (prefix-suffix-middle models):

    <prefix> above the freeze line <suffix> below the cursor <middle> freeze line to cursor

While the user types, only the part behind the middle token grows, so the model's KV cache holds all
the rest and a request evaluates the tokens just typed. Measured on 96 tasks with two models, this
layout also gives the 0.5B model nearly twice the exact matches of the usual one, if the prompt ends
on a token boundary; `heal` sees to that.

Deterministic: the plan follows from the snapshot, the plan before it and the budget (INV-2).
Next: generate.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from aicopilot_lsp.completion.types import Snapshot
from aicopilot_lsp.models.fim import assemble, neutralise_all
from aicopilot_lsp.models.protocol import GenerateRequest, Hole, Prompting, Snippet
from aicopilot_lsp.models.protocol import Layout as ModelLayout
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.languages import Language, language_for

# Lines above the cursor that go behind the middle token at a fresh freeze (8, 30 and all of them
# measured alike), and how far it may grow before the freeze line follows.
_FREEZE_LINES = 8
_MAX_MIDDLE_LINES = 48
# Shares of the prompt's characters. A fifth for the suffix, as in the measurements; a middle of
# long lines begins later, and one that outgrew its share ends the freeze.
_SUFFIX_SHARE = 0.2
_FRESH_MIDDLE_SHARE = 0.4
_MAX_MIDDLE_SHARE = 0.8
# A new window is cut to this share of its room, so that it can grow before it must move again.
_FRESH_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Frozen:
    """What stays as it is between keystrokes, for one document.

    `first` and `freeze` are line numbers: the prefix is lines first..freeze, the middle begins at
    `freeze`. `lines` are the prefix's own lines, to see that they are still the same. `room_chars`
    is the budget it was made for: the measured speed changes with every answer, and a window that
    followed it would be a new prompt each time.
    """

    first: int
    freeze: int
    lines: tuple[str, ...] = field(repr=False)
    room_chars: int

    def continues(self, earlier: "Frozen | None") -> bool:
        """Whether its prefix begins as the earlier one's, so that a model that has read that one
        need not read it anew."""
        if earlier is None or self.first != earlier.first:
            return False
        return self.lines[: len(earlier.lines)] == earlier.lines


@dataclass(frozen=True, slots=True)
class Layout:
    """The three texts of a prompt, newlines as "\\n", nothing neutralised yet.

    `header` is what the prefix begins with that is not the file's: its name, as a comment.
    """

    prefix: str = field(repr=False)
    suffix: str = field(repr=False)
    middle: str = field(repr=False)
    frozen: Frozen
    header: str = ""
    file_name: str = ""
    language_id: str = ""


def lay_out(snapshot: Snapshot, previous: Frozen | None, budget_chars: int) -> Layout:
    """Divide the text around the cursor, keeping what `previous` froze while it still holds."""
    document, cursor = snapshot.document, snapshot.cursor
    frozen = previous
    if frozen is None or not _still_holds(frozen, document, cursor):
        frozen = _freeze(document, cursor, previous, budget_chars)
    middle = "".join(document.lines[frozen.freeze : cursor.line])
    middle += document.line_text(cursor.line)[: cursor.column]
    header = _file_header(snapshot, frozen)
    return Layout(
        prefix=header + unix_newlines("".join(frozen.lines)),
        suffix=_window_after(document, cursor, _suffix_room(frozen.room_chars)),
        middle=unix_newlines(middle),
        frozen=frozen,
        header=header,
        file_name=_file_name(snapshot),
        language_id=document.language_id,
    )


def with_preface(layout: Layout, text: str) -> Layout:
    """The same with `text`, of the file's own, above the window: what the window does not reach."""
    if not text:
        return layout
    own = layout.prefix.removeprefix(layout.header)
    return replace(layout, prefix=f"{layout.header}{unix_newlines(text)}\n\n{own}")


def with_files_above(layout: Layout, files: Sequence[tuple[str, str]]) -> Layout:
    """The same with text of other files at the top of the prefix, each under a comment with its
    path: on 39 dev tasks the 0.5B matched more so (25.6 %) than with a section for each file in the
    model's own multi-file form (20.5 %), which bigger models of the family take as well."""
    if not files:
        return layout
    language = language_for(layout.language_id, layout.file_name)
    above = "".join(f"{_comment(path, language)}\n{text}\n\n" for path, text in files)
    if not layout.header and layout.file_name:
        above += f"{_comment(layout.file_name, language)}\n"
    return replace(layout, prefix=unix_newlines(above) + layout.prefix)


def render(layout: Layout, middle: str, prompting: Prompting) -> str:
    """The prompt as sent, in the mode RAW; `assemble` makes markers in user text harmless."""
    fmt = prompting.format
    if fmt is None:
        raise ValueError("a prompt needs a format")
    prefix, suffix = layout.prefix, layout.suffix
    if layout.file_name and fmt.names_file:
        prefix = prefix.removeprefix(layout.header)  # the format says it in its own way
    if prompting.layout is ModelLayout.STANDARD:
        prefix, middle = prefix + middle, ""
    return _encodable(
        assemble(
            fmt,
            prefix,
            suffix,
            middle,
            path=layout.file_name,
            language=layout.language_id,
        )
    )


def hole(
    layout: Layout, middle: str, snapshot: Snapshot, files: Sequence[tuple[str, str]] = ()
) -> Hole:
    """The same in the other modes, where a server or a chat template writes the prompt."""
    before, inner = neutralise_all(layout.prefix + middle), neutralise_all(middle)
    return Hole(
        # Markers may lie across the two: what breaks those is the prefix's.
        prefix=_encodable(before[: len(before) - len(inner)]),
        suffix=_encodable(neutralise_all(layout.suffix)),
        middle=_encodable(inner),
        file_name=_encodable(neutralise_all(layout.file_name)),
        language_id=snapshot.document.language_id,
        snippets=tuple(
            Snippet(_encodable(neutralise_all(path)), _encodable(neutralise_all(text)))
            for path, text in files
        ),
    )


def in_words(asked: Hole) -> str:
    """A hole as one text, for people to look at."""
    files = "".join(f"--- {one.path}\n{one.text}\n" for one in asked.snippets)
    return f"{files}--- {asked.file_name}\n{asked.before}[to be filled]{asked.suffix}"


def request_chars(request: GenerateRequest) -> int:
    """How much of our text a request carries."""
    asked = request.hole
    if asked is None:
        return len(request.prompt)
    snippets = sum(len(one.path) + len(one.text) for one in asked.snippets)
    return len(asked.before) + len(asked.suffix) + snippets


def _encodable(text: str) -> str:
    """Half a surrogate pair is legal in a document and not in UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def unix_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _file_header(snapshot: Snapshot, frozen: Frozen) -> str:
    """The file's name as a comment above its first line: in a file with little in it yet, nothing
    else tells the model the language."""
    language = language_for(snapshot.document.language_id, snapshot.path)
    name = _file_name(snapshot)
    if frozen.first > 0 or not name:
        return ""
    return f"{comment}\n" if (comment := _comment(name, language)) else ""


def _comment(text: str, language: Language) -> str:
    """`text` as a comment of one line; "" in a language without comments."""
    text = " ".join(text.splitlines())
    if language.line_comment:
        return f"{language.line_comment[0]} {text}"
    if language.block_comment:
        start, end = language.block_comment[0]
        return f"{start} {text} {end}"
    return ""


def _file_name(snapshot: Snapshot) -> str:
    """Without its folders, which may hold a user's name."""
    return snapshot.path.rpartition("/")[2]


def _still_holds(frozen: Frozen, document: DocumentSnapshot, cursor: Point) -> bool:
    """The prefix is untouched and the cursor is in the stretch that began at the freeze line."""
    middle = document.lines[frozen.freeze : cursor.line]
    return (
        frozen.freeze <= cursor.line <= frozen.freeze + _MAX_MIDDLE_LINES
        and document.lines[frozen.first : frozen.freeze] == frozen.lines
        and _chars(middle) + cursor.column <= frozen.room_chars * _MAX_MIDDLE_SHARE
    )


def is_worn(frozen: Frozen, snapshot: Snapshot) -> bool:
    """Whether half of what may be typed at a window has been: a good time to move it, when nobody
    waits."""
    document, cursor = snapshot.document, snapshot.cursor
    typed = _chars(document.lines[frozen.freeze : cursor.line]) + cursor.column
    return (
        2 * (cursor.line - frozen.freeze) > _MAX_MIDDLE_LINES
        or 2 * typed > frozen.room_chars * _MAX_MIDDLE_SHARE
    )


def _freeze(
    document: DocumentSnapshot, cursor: Point, previous: Frozen | None, budget_chars: int
) -> Frozen:
    """A new freeze line a few lines above the cursor, and a window above that."""
    freeze, room = cursor.line, int(budget_chars * _FRESH_MIDDLE_SHARE)
    while freeze > max(0, cursor.line - _FREEZE_LINES) and room >= len(document.lines[freeze - 1]):
        freeze -= 1
        room -= len(document.lines[freeze])
    prefix_room = budget_chars - _suffix_room(budget_chars)
    first = _first_line(document, freeze, prefix_room, previous)
    return Frozen(first, freeze, document.lines[first:freeze], budget_chars)


def _suffix_room(budget_chars: int) -> int:
    return int(budget_chars * _SUFFIX_SHARE)


def _first_line(
    document: DocumentSnapshot, freeze: int, room_chars: int, previous: Frozen | None
) -> int:
    """Where the prefix begins: as before while that still fits, else anew at a block's start."""
    lines = document.lines
    if previous is not None and previous.freeze <= freeze:
        kept = lines[previous.first : freeze]
        if kept[: len(previous.lines)] == previous.lines and _chars(kept) <= room_chars:
            return previous.first
    room = int(room_chars * _FRESH_SHARE)
    first = freeze
    while first > 0 and room >= len(lines[first - 1]):
        first -= 1
        room -= len(lines[first])
    if first == 0:
        return 0
    return _block_start(lines, first, freeze)


def _block_start(lines: tuple[str, ...], first: int, freeze: int) -> int:
    """The first line at or after `first` that follows a blank one and is least indented, in the
    upper half of the window; `first` itself when there is none."""
    best, best_indent = first, 1_000
    for row in range(first + 1, first + max(1, (freeze - first) // 2)):
        line = lines[row]
        indent = len(line) - len(line.lstrip())
        if line.strip() and not lines[row - 1].strip() and indent < best_indent:
            best, best_indent = row, indent
    return best


def _chars(lines: Sequence[str]) -> int:
    return sum(map(len, lines))


def _window_after(document: DocumentSnapshot, cursor: Point, room_chars: int) -> str:
    """Text below the cursor, cut at a line's end."""
    raw = document.after(cursor, room_chars)
    text = unix_newlines(raw)
    cut = text.rfind("\n")
    return text[: cut + 1] if len(raw) == room_chars and cut > 0 else text

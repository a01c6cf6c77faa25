"""From our types to LSP's: positions in the client's units, suggestions as the items it shows.

The one file that turns code points into what the client counts, and that knows what clients make of
the fields of an item.
"""

import re
from collections.abc import Iterable

from lsprotocol import types

from aicopilot_lsp.completion.types import Suggestion
from aicopilot_lsp.lsp.capabilities import ACCEPT_COMMAND
from aicopilot_lsp.lsp.client import Client
from aicopilot_lsp.text.document import Change, DocumentSnapshot, Point
from aicopilot_lsp.text.positions import Position, PositionEncoding, Range

_MAX_LABEL_CHARS = 60
_WORD_BEFORE = re.compile(r"\w*\Z")
_LINE_BREAK = re.compile(r"\r\n?")
_SNIPPET_SPECIAL = re.compile(r"[\\$}]")
_FENCE = re.compile(r"`{3,}")


def point(
    document: DocumentSnapshot, position: types.Position, encoding: PositionEncoding
) -> Point:
    """The place that the client means; clamped to the text as LSP has it."""
    wire = Position(position.line, position.character)
    return document.point_from_position(wire, encoding)


def changes(
    params: types.DidChangeTextDocumentParams,
) -> list[Change]:
    """The content changes of one notification, in order."""
    found = []
    for change in params.content_changes:
        where = getattr(change, "range", None)
        found.append(Change(None if where is None else _range_in(where), change.text))
    return found


def showable(suggestions: Iterable[Suggestion], cursor: Point) -> list[Suggestion]:
    """Those that an editor can take: in one line with the cursor, and without NUL.

    Editors agree on neither wider ranges nor several lines; Emacs drops a message with NUL in it.
    """
    return [
        suggestion
        for suggestion in suggestions
        if suggestion.start.line == suggestion.end.line == cursor.line
        and suggestion.start <= cursor <= suggestion.end
        and "\0" not in suggestion.text
    ]


def inline_item(
    suggestion: Suggestion, document: DocumentSnapshot, encoding: PositionEncoding
) -> types.InlineCompletionItem:
    """A suggestion as ghost text. Plain text with "\\n", also in a CRLF file: Neovim splits at
    nothing else, and ignores the range of a snippet."""
    return types.InlineCompletionItem(
        insert_text=_newlines(suggestion.text),
        range=_range_out(suggestion.start, suggestion.end, document, encoding),
        command=_accept(suggestion),
    )


def completion_item(
    suggestion: Suggestion, document: DocumentSnapshot, client: Client, *, model: str
) -> types.CompletionItem:
    """A suggestion as an item of a completion list.

    It replaces the whole word at the cursor, so that clients that filter by what is being typed
    find that word at its start.
    """
    line = document.line_text(suggestion.start.line)
    word = _WORD_BEFORE.search(line[: suggestion.start.column])
    at = word.start() if word else suggestion.start.column
    start = Point(suggestion.start.line, at)
    text = line[at : suggestion.start.column] + _newlines(suggestion.text)
    first_line = next((part for part in text.split("\n") if part.strip()), "").strip()
    return types.CompletionItem(
        label=_shortened(first_line),
        kind=types.CompletionItemKind.Text,
        detail=f"aicopilot, {model}" if model else "aicopilot",
        documentation=_documentation(text, document.language_id, client),
        sort_text="0000",
        filter_text=text.split("\n", 1)[0] or first_line,
        # Neovim cuts plain text at the first space.
        insert_text_format=(
            types.InsertTextFormat.Snippet if client.snippets else types.InsertTextFormat.PlainText
        ),
        insert_text_mode=types.InsertTextMode.AsIs if client.as_is else None,
        text_edit=types.TextEdit(
            range=_range_out(start, suggestion.end, document, client.encoding),
            new_text=_insertable(text, line, client),
        ),
        command=_accept(suggestion),
    )


def _insertable(text: str, line: str, client: Client) -> str:
    if not client.snippets:
        return text
    if not client.as_is:
        # Such a client indents the lines of a snippet like the line it goes into.
        text = _dedented(text, line[: len(line) - len(line.lstrip())])
    return _SNIPPET_SPECIAL.sub(r"\\\g<0>", text)


def _dedented(text: str, indent: str) -> str:
    first, *rest = text.split("\n")
    if not all(line.startswith(indent) for line in rest if line.strip()):
        return text
    return "\n".join([first, *(line.removeprefix(indent) for line in rest)])


def _documentation(text: str, language_id: str, client: Client) -> types.MarkupContent | str:
    if not client.markdown:
        return text
    longest = max((len(run) for run in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    language = language_id if re.fullmatch(r"[\w+#.-]+", language_id) else ""
    return types.MarkupContent(
        kind=types.MarkupKind.Markdown, value=f"{fence}{language}\n{text}\n{fence}"
    )


def _accept(suggestion: Suggestion) -> types.Command:
    return types.Command(
        title="Suggestion accepted", command=ACCEPT_COMMAND, arguments=[suggestion.id]
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_LABEL_CHARS else f"{text[: _MAX_LABEL_CHARS - 1]}…"


def _newlines(text: str) -> str:
    return _LINE_BREAK.sub("\n", text)


def _range_in(where: types.Range) -> Range:
    return Range(
        Position(where.start.line, where.start.character),
        Position(where.end.line, where.end.character),
    )


def _range_out(
    start: Point, end: Point, document: DocumentSnapshot, encoding: PositionEncoding
) -> types.Range:
    first = document.position_from_point(start, encoding)
    last = document.position_from_point(end, encoding)
    return types.Range(
        start=types.Position(line=first.line, character=first.character),
        end=types.Position(line=last.line, character=last.character),
    )

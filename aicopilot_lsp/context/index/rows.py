"""From an outline and its lines to the rows of the index: the same for files that the worker reads
and for documents that are open in the editor. Pure functions.
"""

import re
from collections.abc import Iterator, Sequence

from aicopilot_lsp.store.index.types import ChunkRow, FileRow, ImportRow, Symbol
from aicopilot_lsp.text.document import Point
from aicopilot_lsp.text.lines import content, split_lines
from aicopilot_lsp.text.syntax.outline import Definition, Outline
from aicopilot_lsp.text.syntax.words import term_text

MAX_SIGNATURE_CHARS = 400
MAX_DOC_CHARS = 200

# A longer one is data; the index is not the place for it.
_MAX_NAME_CHARS = 200
# Of a doc comment, how much is looked at for its first sentence.
_MAX_DOC_LINES = 12

_COMMENT_START = re.compile(
    r"""\s*(?:/\*[*!]*|\*+(?!/)|//[/!]*|\#+!?|--+(?:\[=*\[)?|;+|%+|<!--+|[rRuUbB]{0,2}(?:\"{3}|'{3}|[\"']))?\s?"""
)
_COMMENT_END = re.compile(r"(?:\*+/|--+>|\]=*\]|\"{3}|'{3}|[\"'])$")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
# A field of Javadoc, JSDoc, Doxygen, reST or Elixir: what follows is no sentence about it.
_DOC_FIELD = re.compile(r"[@\\:][A-Za-z]")
_SENTENCE_END = re.compile(r"[.!?](?=\s)|[\u3002\uff01\uff1f]")
# What ends a line of a signature that goes on below: a comment, if no string begins before it.
_TRAILING_COMMENT = re.compile(r"""^([^"'`]*?)\s+(?://|\#|--)\s.*$""")


def file_row(
    path: str,
    language: str,
    text: str,
    outline: Outline,
    *,
    digest: bytes,
    size_bytes: int,
    modified_ns: int,
    note: str = "",
) -> FileRow:
    """All that the index keeps of a file; targets of imports are for others to fill in."""
    lines = split_lines(text)
    return FileRow(
        path=path,
        language=language,
        digest=digest,
        size_bytes=size_bytes,
        modified_ns=modified_ns,
        text=text,
        note=note,
        symbols=tuple(symbol(one, lines) for one in outline.definitions),
        imports=tuple(imports(outline)),
        chunks=tuple(chunks(outline, lines)),
    )


def symbol(definition: Definition, lines: Sequence[str], path: str = "") -> Symbol:
    """The row of one definition."""
    return Symbol(
        name=definition.name[:_MAX_NAME_CHARS],
        kind=definition.kind.value,
        parent=definition.parent[:_MAX_NAME_CHARS],
        path=path,
        first=definition.start.line,
        last=_line_behind(definition.start, definition.end),
        signature=signature(definition, lines),
        doc=first_sentence(definition, lines),
        bases=definition.bases,
        result=definition.result,
    )


def imports(outline: Outline, path: str = "") -> Iterator[ImportRow]:
    """The rows of the imports, with no targets; each once."""
    rows = (
        ImportRow(module=one.module, name=one.name, alias=one.alias, path=path)
        for one in outline.imports
    )
    yield from dict.fromkeys(rows)


def chunks(outline: Outline, lines: Sequence[str]) -> Iterator[ChunkRow]:
    """The rows of the chunks, with their terms and without their text."""
    for chunk in outline.chunks:
        terms = term_text("".join(lines[chunk.first : chunk.last]))
        yield ChunkRow(first=chunk.first, last=chunk.last, terms=terms)


def signature(definition: Definition, lines: Sequence[str]) -> str:
    """What stands before the body, on one line, without comments behind its lines."""
    found: list[str] = []
    chars = 0
    for line in _between(lines, definition.head, definition.body or definition.end):
        words = " ".join(_without_comment(line).split())
        if words:
            found.append(words)
            chars += len(words)
        if chars > MAX_SIGNATURE_CHARS:
            break
    return _cut(" ".join(found), MAX_SIGNATURE_CHARS)


def first_sentence(definition: Definition, lines: Sequence[str]) -> str:
    """The first sentence of the doc comment, without marks; "" where there is none."""
    if definition.doc is None:
        return ""
    words: list[str] = []
    for number, line in enumerate(_between(lines, *definition.doc)):
        bare = _COMMENT_END.sub("", line[_end_of_mark(line) :].rstrip()).strip()
        if "<" in bare:
            bare = _TAG.sub("", bare).strip()
        is_over = bool(words) and not bare
        if is_over or number >= _MAX_DOC_LINES or _DOC_FIELD.match(bare):
            break
        words += bare.split()
    text = " ".join(words)
    end = _SENTENCE_END.search(text)
    return _cut(text[: end.end()] if end else text, MAX_DOC_CHARS)


def _without_comment(line: str) -> str:
    if "//" in line or "#" in line or "--" in line:  # the pattern looks at each place of a line
        return _TRAILING_COMMENT.sub(r"\1", line)
    return line


def _end_of_mark(line: str) -> int:
    found = _COMMENT_START.match(line)
    return found.end() if found else 0


def _between(lines: Sequence[str], start: Point, end: Point) -> Iterator[str]:
    """The text from one point to another, line by line, without terminators."""
    for number in range(start.line, min(end.line + 1, len(lines))):
        line = content(lines[number])
        if number == end.line:
            line = line[: end.column]
        yield line[start.column :] if number == start.line else line


def _line_behind(start: Point, end: Point) -> int:
    """The first line that is not part of it; what ends before the first character of a line ends
    with the line above."""
    return max(end.line + (end.column > 0), start.line + 1)


def _cut(text: str, chars: int) -> str:
    return text if len(text) <= chars else text[: chars - 1].rstrip() + "…"

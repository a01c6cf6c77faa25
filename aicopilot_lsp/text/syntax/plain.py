"""The outline of a file that has no parser: guessed from its indentation and its words.

A block is what is indented deeper than the line above it, or what the language's facts say a line
opens; shapes.py tells which such line is a definition. Guesses that are wrong cost a poor
suggestion and no more, so in doubt nothing is found. Never raises, whatever the text, and takes
time in proportion to it: about 1 s for 20,000 lines, and what lies beyond is only cut to pieces.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.languages import Language
from aicopilot_lsp.text.lines import content, content_length
from aicopilot_lsp.text.syntax.chunks import chunks
from aicopilot_lsp.text.syntax.outline import (
    Definition,
    Import,
    Kind,
    Outline,
    Reference,
    Role,
    Scope,
)
from aicopilot_lsp.text.syntax.shapes import head, imports

MOST_LINES = 20_000
"""Nothing is looked for in the lines behind."""
MOST_LINE_CHARS = 500
"""Nor in what stands behind these in a line: no person wrote that."""
MOST_REFERENCES = 50_000

_TAB_WIDTH = 4
_MOST_DEEP = 40  # blocks within blocks; deeper ones are a part of theirs
_STRING = r'"(?:\\.|[^"\\\n]){0,400}"|' + r"(?<!\w)'(?:\\.|[^'\\\n]){0,400}'(?!\w)"
# Where nothing is known of a language, only a line that is a comment as a whole is taken for one.
_PLAIN_COMMENT = r"^[ \t]*(?://|--|;|%|#(?![a-z])).*"
_CLOSER = re.compile(r"(?:[)\]}]|end\b|END\b|done\b|fi\b|esac\b)")
_NAME = re.compile(r"[^\W\d][\w$]*")
_LINKS = frozenset((".", "->", "::", "?."))
# Words of so many languages that they name nothing.
_COMMON_WORDS = (
    "if else elif elsif elseif then end fi for foreach while until loop do done return break "
    "continue switch case match when default try catch except finally throw raise new delete in "
    "not and or is let var val const fn fun func function def proc sub method class struct "
    "interface trait enum type module namespace package import from use using open include public "
    "private protected static final abstract true false null nil none None True False self this "
    "begin with as of where lambda yield await async void int float double bool char string"
)
_KEYWORDS = frozenset(_COMMON_WORDS.split())


def outline(document: DocumentSnapshot, language: Language) -> Outline:
    """What the looks of a file tell; `parsed` is False, there are no bindings.

    Definitions have names, kinds, parents, places and doc comments; bases and results are left out.
    References are all names outside of comments and strings but the commonest keywords.
    """
    rows = _rows(document.lines[:MOST_LINES], language)
    blocks = list(_blocks(rows, language))
    imported = list(_imports(rows, document.lines))
    definitions = tuple(_definitions(blocks, rows, document.lines))
    return Outline(
        language=language.name,
        parsed=False,
        definitions=definitions,
        references=tuple(_references(rows, definitions, {item.start.line for item in imported})),
        imports=tuple(imported),
        scopes=tuple(
            Scope(start=block.body, end=_end(document.lines, block.last))
            for block in blocks
            if block.body is not None
        ),
        chunks=tuple(
            chunks([(block.first, block.last + 1) for block in blocks], definitions, document.lines)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A line as it is read here.

    Attributes
    ----------
    code : str
        Comments and strings are blanks in it; so its columns are the line's.
    indent : int
        Its width. Meaningless where `code` is blank.
    blank : bool
        There is nothing in the line, not even a comment.
    """

    code: str
    indent: int
    blank: bool

    @property
    def bare(self) -> bool:
        """Whether it holds no code."""
        return not self.code or self.code.isspace()


def _rows(lines: Sequence[str], language: Language) -> list[_Row]:
    cut = [content(line)[:MOST_LINE_CHARS] for line in lines]
    masked = _masking(language).sub(_blanks, "\n".join(cut)).split("\n")
    return [
        _Row(code, _width(code), not line.strip()) for code, line in zip(masked, cut, strict=True)
    ]


def _masking(language: Language) -> re.Pattern[str]:
    """What is a string or a comment; one pass over the text, for either may hold the other's
    marks."""
    blocks = (
        rf"(?<![^\s()\[\]{{}},;]){re.escape(start)}[\s\S]*?(?:{re.escape(end)}|\Z)"
        for start, end in language.block_comment
    )
    lines = (rf"(?<!\S){re.escape(mark)}.*" for mark in language.line_comment)
    comments = [*blocks, *lines] or [_PLAIN_COMMENT]
    # A quote behind a backslash opens nothing; were each tried, a line of them would take 1 ms.
    # Ends of lines match too, so that Python's lock is let go of at each.
    return re.compile("|".join([*comments, r"\\.", _STRING, r"\n"]), re.MULTILINE)


_NOT_LINE_END = re.compile(r"[^\n]")


def _blanks(match: re.Match[str]) -> str:
    found = match[0]
    return found if found[0] in "\n\\" else _NOT_LINE_END.sub(" ", found)


def _width(code: str) -> int:
    blanks = code[: len(code) - len(code.lstrip())]
    return len(blanks.expandtabs(_TAB_WIDTH)) if "\t" in blanks else len(blanks)


@dataclass(slots=True)
class _Block:
    """A line and those that belong to it; `last` is inclusive."""

    first: int
    last: int
    indent: int
    body: Point | None = None
    kind: Kind | None = None
    name: str = ""
    name_column: int = 0
    around: list["_Block"] = field(default_factory=list)


def _blocks(rows: Sequence[_Row], language: Language) -> Iterator[_Block]:
    """The blocks and the definitions of one line, in file order; their ends are right when all
    have been taken."""
    code = [at for at, row in enumerate(rows) if not row.bare]
    stack: list[_Block] = []
    previous = -1
    for position, at in enumerate(code):
        row = rows[at]
        text = row.code.strip()
        while stack and stack[-1].indent > row.indent:
            stack.pop().last = previous
        if stack and stack[-1].indent == row.indent and text != "{":
            stack.pop().last = at if _closes(text, language) else previous
        following = code[position + 1] if position + 1 < len(code) else None
        if len(stack) < _MOST_DEEP and text != "{":
            block = _block_at(at, following, rows, language, stack)
            if block is not None:
                yield block
                if block.body is not None:
                    stack.append(block)
        previous = at
    while stack:
        stack.pop().last = previous


def _closes(text: str, language: Language) -> bool:
    return bool(_CLOSER.match(text)) or language.is_closer(text)


def _block_at(
    at: int, following: int | None, rows: Sequence[_Row], language: Language, stack: list[_Block]
) -> _Block | None:
    row = rows[at]
    body = _body(at, following, rows, language)
    found = head(row.code, opens=body is not None, top_level=not stack)
    if found is None:
        return None if body is None else _Block(at, at, row.indent, body)
    kind, name, column = found
    around = [block for block in stack if block.kind is not None]
    if kind is Kind.FUNCTION and around and around[-1].kind is Kind.CLASS:
        kind = Kind.METHOD
    return _Block(at, at, row.indent, body, kind, name, column, around)


def _body(at: int, following: int | None, rows: Sequence[_Row], language: Language) -> Point | None:
    """Where the block begins that line `at` opens, None if it opens none."""
    if following is None:
        return None
    code, below = rows[at].code.rstrip(), rows[following]
    if below.code.strip() == "{" and below.indent == rows[at].indent:
        return Point(following, below.code.index("{"))
    if code.endswith("{") and language.opens_block(code):
        return Point(at, len(code) - 1)
    if below.indent > rows[at].indent:
        return Point(following, len(below.code) - len(below.code.lstrip()))
    return None


def _definitions(
    blocks: Sequence[_Block], rows: Sequence[_Row], lines: Sequence[str]
) -> Iterator[Definition]:
    for block in blocks:
        if block.kind is None:
            continue
        first, doc = _above(block, rows, lines)
        yield Definition(
            name=block.name,
            kind=block.kind,
            parent=".".join(around.name for around in block.around),
            start=Point(first, 0 if first < block.first else _code_column(rows[first])),
            end=_end(lines, block.last),
            head=Point(block.first, _code_column(rows[block.first])),
            body=block.body,
            doc=doc,
        )


def _above(
    block: _Block, rows: Sequence[_Row], lines: Sequence[str]
) -> tuple[int, tuple[Point, Point] | None]:
    """The first line of the comments and attributes directly above a definition, and the place of
    the comments."""
    first = block.first
    while first > 0 and rows[first - 1].code.lstrip()[:1] in ("@", "["):
        first -= 1
    last = first
    while first > 0 and rows[first - 1].bare and not rows[first - 1].blank:
        first -= 1
    return first, (Point(first, 0), _end(lines, last - 1)) if first < last else None


def _imports(rows: Sequence[_Row], lines: Sequence[str]) -> Iterator[Import]:
    for at, row in enumerate(rows):
        if row.bare:
            continue
        for found in imports(content(lines[at])[:MOST_LINE_CHARS]):
            yield Import(
                module=found.module,
                name=found.name,
                alias=found.alias,
                start=Point(at, _code_column(row)),
                end=_end(lines, at),
            )


def _references(
    rows: Sequence[_Row], definitions: Sequence[Definition], without: set[int]
) -> Iterator[Reference]:
    heads = {definition.head.line: definition.name for definition in definitions}
    left = MOST_REFERENCES
    for at, row in enumerate(rows):
        if row.bare or at in without:
            continue
        defined = heads.get(at)
        for reference in _uses(row.code, at):
            if reference.name == defined:
                defined = None
                continue
            left -= 1
            if left < 0:
                return
            yield reference


def _uses(code: str, line: int) -> Iterator[Reference]:
    """The names of a line, with the chain that stands before each."""
    chain, end = "", -1
    for match in _NAME.finditer(code):
        name, start = match[0], match.start()
        receiver = chain if code[end:start] in _LINKS and end >= 0 else ""
        chain = f"{receiver}.{name}" if receiver else name
        end = match.end()
        called = code[end : end + 1] == "("
        if called and code[end : end + 2] == "()":
            chain, end = f"{chain}()", end + 2
        if receiver or name not in _KEYWORDS:
            role = Role.CALL if called else Role.MEMBER if receiver else Role.NAME
            yield Reference(name=name, at=Point(line, start), role=role, receiver=receiver)


def _code_column(row: _Row) -> int:
    return len(row.code) - len(row.code.lstrip())


def _end(lines: Sequence[str], line: int) -> Point:
    return Point(line, content_length(lines[line]))

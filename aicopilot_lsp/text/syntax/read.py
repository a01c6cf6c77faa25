"""What a file holds: the way in for everybody who has a document and wants its outline.

Never fails and never takes long: without a parser, and where the parser takes too long or finds a
tree too deep, the file is read by indentation and by words. Runs in worker processes and in threads
of the server.
"""

from urllib.parse import unquote, urlsplit

from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import Language, language_id_for
from aicopilot_lsp.text.syntax import plain
from aicopilot_lsp.text.syntax.encoding import encode
from aicopilot_lsp.text.syntax.extract import outline_from
from aicopilot_lsp.text.syntax.grammars import Grammar, parser_for
from aicopilot_lsp.text.syntax.outline import Outline
from aicopilot_lsp.text.syntax.parse import PIECE_BYTES, Deadline, OutOfTimeError, parse

MOST_BYTES = 1_000_000
"""A larger file is not parsed: it is data, or it was made by a program."""
LIMIT_MS = 2_000.0
"""Of the thread's own time: twice what the largest file takes that is parsed at all
(1 MB of Python: 0.9 s)."""


def outline(
    document: DocumentSnapshot,
    language: Language,
    *,
    limit_ms: float = LIMIT_MS,
    without: frozenset[str] = frozenset(),
    piece_bytes: int = PIECE_BYTES,
) -> Outline:
    """The outline of a document; `parsed` says whether by its parser or by its looks. `without` are
    questions (grammars.QUESTIONS) that need no answer; other threads run between two pieces of
    `piece_bytes`, each of which costs a look at the whole tree."""
    grammar = grammar_of(document, language, without=without)
    if grammar is None or sum(map(len, document.lines)) > MOST_BYTES:
        return plain.outline(document, language)
    deadline = Deadline.after_ms(limit_ms)
    content = encode(document.text)
    try:
        tree = parse(grammar.parser(), content, deadline)
        return outline_from(
            tree, content, document.lines, grammar, deadline, piece_bytes=piece_bytes
        )
    except OutOfTimeError:
        return plain.outline(document, language)


def grammar_of(
    document: DocumentSnapshot, language: Language, *, without: frozenset[str] = frozenset()
) -> Grammar | None:
    """The grammar for a document: of its language id, or of what its name says."""
    language_id = document.language_id
    if language_id not in language.language_ids:
        language_id = language_id_for(_path(document.uri))
    return parser_for(language, language_id, without=without)


def _path(uri: str) -> str:
    try:
        return unquote(urlsplit(uri).path)
    except ValueError:  # what stands where the host belongs is none
        return ""

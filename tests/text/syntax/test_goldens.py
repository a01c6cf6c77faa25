"""What the queries of each language find in a sample of it.

`UPDATE_GOLDEN=1 python -m pytest tests/text/syntax/test_goldens.py` writes the files anew; reading
their diff is the review. A sample `tests/golden/syntax/NAME.EXT` is enough for a new language.
"""

import os
from pathlib import Path

import pytest

from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import language_for, language_id_for
from aicopilot_lsp.text.syntax.encoding import encode
from aicopilot_lsp.text.syntax.extract import outline_from
from aicopilot_lsp.text.syntax.outline import Outline
from aicopilot_lsp.text.syntax.parse import Deadline, parse
from aicopilot_lsp.text.syntax.read import grammar_of, outline
from tests.text.syntax.dump import dump

GOLDEN = Path(__file__).parents[2] / "golden" / "syntax"
SAMPLES = sorted(path.name for path in GOLDEN.iterdir() if path.suffix != ".outline")


def sample(name: str) -> DocumentSnapshot:
    text = (GOLDEN / name).read_text(encoding="utf-8")
    return DocumentSnapshot.from_text(
        text, uri=f"file:///{name}", language_id=language_id_for(name)
    )


def outline_of(document: DocumentSnapshot) -> Outline:
    return outline(document, language_for(document.language_id), limit_ms=60_000)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_queries_find_in_the_sample_what_was_reviewed(name: str) -> None:
    document, file = sample(name), GOLDEN / f"{name}.outline"
    written = dump(outline_of(document), document)
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(written, encoding="utf-8", newline="\n")
    assert written == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SAMPLES)
def test_the_sample_is_parsed_without_errors_and_shows_definitions(name: str) -> None:
    found = outline_of(sample(name))
    assert (found.parsed, found.errors) == (True, 0)
    assert found.definitions


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_that_is_queried_in_small_pieces_has_the_same_outline(name: str) -> None:
    document = sample(name)
    grammar = grammar_of(document, language_for(document.language_id))
    assert grammar is not None
    content, deadline = encode(document.text), Deadline.after_ms(60_000)
    tree = parse(grammar.parser(), content, deadline)
    whole, pieces = (
        outline_from(tree, content, document.lines, grammar, deadline, piece_bytes=size)
        for size in (len(content) + 1, 100)
    )
    assert dump(pieces, document) == dump(whole, document)


@pytest.mark.parametrize("name", SAMPLES)
def test_chunks_hold_every_line_that_is_not_blank_once(name: str) -> None:
    document = sample(name)
    shown = [
        line for chunk in outline_of(document).chunks for line in range(chunk.first, chunk.last)
    ]
    assert shown == sorted(set(shown))
    hidden = set(range(len(document.lines))) - set(shown)
    assert not any(document.lines[line].strip() for line in hidden)


def test_no_outline_is_left_without_its_sample() -> None:
    outlines = sorted(p.name for p in GOLDEN.iterdir() if p.suffix == ".outline")
    assert outlines == [f"{name}.outline" for name in SAMPLES]

"""Parsing itself: what it keeps."""

import tracemalloc

from aicopilot_lsp.text.languages import language_for
from aicopilot_lsp.text.syntax.grammars import parser_for
from aicopilot_lsp.text.syntax.parse import Deadline, parse


def test_a_text_that_was_parsed_does_not_stay_in_memory() -> None:
    grammar = parser_for(language_for("python", ""))
    assert grammar is not None
    source = b"def f(x):\n    return x\n" * 5_000
    parser = grammar.parser()

    def parse_often() -> None:
        for _ in range(10):
            tree = parse(parser, source, Deadline.after_ms(60_000))
            assert tree.root_node.end_byte == len(source)

    parse_often()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        parse_often()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < len(source)

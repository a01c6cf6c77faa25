"""Holes with known middles, our own code: tiny ones that any code model fills.

Each text before a hole ends at a place where tokens end, so that a format is judged by itself,
without healing.
"""

from dataclasses import dataclass

from aicopilot_lsp.models.protocol import Hole

_BLANKS = " \t"


@dataclass(frozen=True, slots=True)
class KnownHole:
    """A hole and what belongs in it.

    Attributes
    ----------
    middles : tuple of str
        Right answers, without white space around them.
    needs_suffix : bool
        The text before it does not tell; a server that ignores the suffix, or gets the parts in
        the wrong order, does not fill it.
    """

    hole: Hole
    middles: tuple[str, ...]
    needs_suffix: bool = False

    def filled_by(self, answer: str) -> bool:
        """Whether `answer` begins with what belongs there, as whole words and on the cursor's
        line."""
        text = answer.lstrip(_BLANKS)
        return any(
            text.startswith(middle) and not _in_word(text, len(middle)) for middle in self.middles
        )

    def missed_by(self, answer: str) -> bool:
        """Whether `answer`, as far as it has come, can't become right any more."""
        text = answer.lstrip(_BLANKS)
        if not text or self.filled_by(answer):
            return False
        return not any(middle.startswith(text) for middle in self.middles)


def _in_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and all(
        char.isalnum() or char == "_" for char in text[at - 1 : at + 1]
    )


def _hole(file_name: str, language_id: str, before: str, after: str) -> Hole:
    return Hole(prefix=before, suffix=after, file_name=file_name, language_id=language_id)


# Those that need the suffix first: a wrong format fails there, and costs little.
TRIVIAL = (
    KnownHole(
        _hole("answer.js", "javascript", "const", " = 41;\nconsole.log(answerOfSeven + 1);\n"),
        ("answerOfSeven",),
        needs_suffix=True,
    ),
    KnownHole(
        _hole("square.c", "c", "int square(int", "){\n    return side * side;\n}\n"),
        ("side",),
        needs_suffix=True,
    ),
    KnownHole(
        _hole("dump.py", "python", "import", '\n\nprint(json.dumps({"a": 1}))\n'),
        ("json",),
        needs_suffix=True,
    ),
    KnownHole(
        _hole("add.py", "python", "def add(a, b):\n    return", "\n\n\nprint(add(1, 2))\n"),
        ("a + b", "(a + b)", "b + a", "a+b"),
    ),
    KnownHole(
        _hole(
            "last.ts",
            "typescript",
            "function last(items: string[]): string {\n  return items[items.",
            "- 1];\n}\n",
        ),
        ("length",),
    ),
)

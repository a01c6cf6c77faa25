"""Edit random files for as long as you like, and hold each updated tree against a fresh parse.

    python bench/fuzz_syntax.py --edits 200000 [--seed N] [--lines 8000]

Prints for each of six languages: edits, updates (several edits may come at once), how many texts
had errors, how many trees differed in any node from a fresh parse (must be 0, else the exit status
is 1 and the first one is printed), and the time of an update against that of a fresh parse.

The texts of the random edits are short, where an update saves little. So it also types 300
characters into a file of --lines lines, made from the language's sample, and prints the median and
the longest time of an update and of a fresh parse, with errors in the file and without.
"""

import argparse
import random
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import language_for, language_id_for
from aicopilot_lsp.text.syntax.tree import SyntaxTree
from tests.support.tree_fuzz import LANGUAGES, SAMPLES, Tally, has_error, run_random_sessions

KEYSTROKES = 300
NO_LIMIT_MS = 60_000.0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--edits", type=int, default=200_000, help="of all languages together")
    parser.add_argument("--seed", type=int, default=None, help="random when left out")
    parser.add_argument("--lines", type=int, default=8_000)
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"seed {seed}")
    differences = 0
    for language in LANGUAGES:
        tally = run_random_sessions(language, -(-options.edits // len(LANGUAGES)), seed)
        differences += len(tally.differences)
        _print_tally(language, tally)
    for language in LANGUAGES:
        _print_typing(language, options.lines, _type(language, options.lines, seed))
    return 1 if differences else 0


def _print_tally(language: str, tally: Tally) -> None:
    print(
        f"{language:10} {tally.edits:,} edits, {tally.updates:,} updates, "
        f"{tally.with_errors / tally.updates:.0%} of them to a text with errors: "
        f"{len(tally.differences)} differences; an update takes "
        f"{tally.updated_s / tally.fresh_s:.2f} of a fresh parse",
        flush=True,
    )
    if tally.differences:
        before, after = tally.differences[0]
        print(f"  the first: from {before!r}\n  to {after!r}")


@dataclass(slots=True)
class _Times:
    """In ms, by whether the text has errors."""

    updated: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    fresh: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})


def _type(language: str, lines: int, seed: int) -> _Times:
    """Lines of a large file taken out and typed again, one character at a time."""
    name, chance, times = LANGUAGES[language], random.Random(seed), _Times()
    sample = (SAMPLES / name).read_text(encoding="utf-8")
    text = sample * (lines // sample.count("\n") + 1)
    rows = text.splitlines(keepends=True)
    tree, typed = _parsed(text, name), 0
    while typed < KEYSTROKES:
        row = chance.randrange(len(rows))
        before, line, after = "".join(rows[:row]), rows[row], "".join(rows[row + 1 :])
        for end in range(len(line) + 1):
            document = _document(before + line[:end] + after, name)
            started = time.thread_time()
            updated = tree.updated(document, limit_ms=NO_LIMIT_MS)
            between = time.thread_time()
            fresh = _parsed(document.text, name)
            ended = time.thread_time()
            assert updated is not None
            broken, tree, typed = has_error(fresh), updated, typed + 1
            times.updated[broken].append(1000 * (between - started))
            times.fresh[broken].append(1000 * (ended - between))
    return times


def _print_typing(language: str, lines: int, times: _Times) -> None:
    for broken, updated in times.updated.items():
        fresh = times.fresh[broken]
        if updated:
            print(
                f"{language:10} {lines:,} lines, {len(updated)} keystrokes that leave "
                f"{'errors' if broken else 'no errors'}: update {_summary(updated)}, "
                f"fresh {_summary(fresh)}",
                flush=True,
            )


def _summary(milliseconds: list[float]) -> str:
    return f"{statistics.median(milliseconds):.1f} ms (at most {max(milliseconds):.1f})"


def _document(text: str, name: str) -> DocumentSnapshot:
    return DocumentSnapshot.from_text(text, uri=name, language_id=language_id_for(name))


def _parsed(text: str, name: str) -> SyntaxTree:
    document = _document(text, name)
    tree = SyntaxTree.parse(document, language_for(document.language_id), limit_ms=NO_LIMIT_MS)
    assert tree is not None, f"no parser for {name}"
    return tree


if __name__ == "__main__":
    sys.exit(main())

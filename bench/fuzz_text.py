"""Edit random texts for as long as you like, and hold each result against a second model.

    python bench/fuzz_text.py --edits 5000000 [--seed N]

Mixes \\n, \\r\\n and \\r, characters that only look like line ends, characters of one to four UTF-8
bytes, lone surrogates, places past the end, invalid ranges, several changes at once and changes of
the whole text, in all three position encodings. Ends with a line of counts. On a divergence it
prints the seed and the smallest session that still fails, and exits with 1.
"""

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.support.text_fuzz import (
    Divergence,
    Tally,
    run_bad_ranges,
    run_random_sessions,
)

EDITS_PER_ROUND = 250_000
WILDNESS = 0.02
BAD_RANGE_SHARE = 0.1


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--edits", type=int, default=5_000_000)
    parser.add_argument("--seed", type=int, default=None, help="random when left out")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    started = time.perf_counter()
    total = Tally()
    rounds = 0
    while total.edits < options.edits:
        round_seed = seed + rounds
        edits = min(EDITS_PER_ROUND, options.edits - total.edits)
        try:
            _add(total, run_random_sessions(edits, round_seed, wildness=WILDNESS))
            bad = run_bad_ranges(int(edits * BAD_RANGE_SHARE), round_seed)
        except Divergence as found:
            print(f"\ndivergence with --edits {edits} --seed {round_seed}:\n{found}")
            return 1
        total.bad_ranges += bad.edits
        total.suspended += bad.suspended
        rounds += 1
        if sys.stderr.isatty():
            print(f"{total.edits:,} edits\r", end="", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - started
    print(
        f"{total.edits:,} edits in {total.sessions:,} sessions and {total.bad_ranges:,} bad"
        f" ranges (seed {seed}): 0 divergences; {total.whole_text:,} whole texts,"
        f" {total.several_at_once:,} notifications of several changes, {total.suspended:,}"
        f" suspended; {seconds:.0f} s"
    )
    return 0


def _add(total: Tally, part: Tally) -> None:
    total.edits += part.edits
    total.whole_text += part.whole_text
    total.several_at_once += part.several_at_once
    total.suspended += part.suspended
    total.sessions += part.sessions


if __name__ == "__main__":
    sys.exit(main())

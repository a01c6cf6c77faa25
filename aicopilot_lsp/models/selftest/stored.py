"""A dozen holes on which layouts are compared: our own code, the cursor inside words, behind dots,
behind indentation and behind blanks, as it stands while somebody types.

Each middle is the rest of a line. `middle` of the Hole begins where the frozen layout would cut: a
few lines above the cursor.
"""

from aicopilot_lsp.models.protocol import Hole
from aicopilot_lsp.models.selftest.holes import KnownHole

_CURSOR = "¦"


def _at(file_name: str, language_id: str, rest: str, text: str) -> KnownHole:
    """The hole at the mark in `text`; `rest` is what belongs there."""
    before, _, after = text.partition(_CURSOR)
    lines = before.splitlines(keepends=True)
    cut = max(0, len(lines) - 4)
    hole = Hole(
        prefix="".join(lines[:cut]),
        middle="".join(lines[cut:]),
        suffix=after,
        file_name=file_name,
        language_id=language_id,
    )
    return KnownHole(hole, (rest,))


_BASKET = """\
from dataclasses import dataclass


@dataclass
class Item:
    name: str
    price_cents: int
    count: int


class Basket:
    def __init__(self):
        self.items = []

    def add(self, item):
        self.items.append(item)

    def total_cents(self):
        total = 0
        for item in self.items:
            total += item.price_cents * item.count
        return total

    def is_empty(self):
        return not self.items
"""

_QUEUE = """\
export interface Job {
  id: number;
  run: () => Promise<void>;
}

export class Queue {
  private waiting: Job[] = [];
  private running = 0;

  constructor(private readonly limit: number) {}

  push(job: Job): void {
    this.waiting.push(job);
    this.next();
  }

  private next(): void {
    if (this.running >= this.limit) {
      return;
    }
    const job = this.waiting.shift();
    if (job === undefined) {
      return;
    }
    this.running += 1;
    job.run().finally(() => {
      this.running -= 1;
      this.next();
    });
  }
}
"""

_STACK = """\
package stack

type Stack struct {
\titems []int
}

func (s *Stack) Push(value int) {
\ts.items = append(s.items, value)
}

func (s *Stack) Pop() (int, bool) {
\tif len(s.items) == 0 {
\t\treturn 0, false
\t}
\tlast := s.items[len(s.items)-1]
\ts.items = s.items[:len(s.items)-1]
\treturn last, true
}
"""

_COUNT = """\
use std::collections::HashMap;

pub fn count_words(text: &str) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for word in text.split_whitespace() {
        let key = word.to_lowercase();
        *counts.entry(key).or_insert(0) += 1;
    }
    counts
}
"""


def _in(source: str, file_name: str, language_id: str, line: str, typed: str) -> KnownHole:
    """The cursor behind `typed` in the only line of `source` that holds `line`."""
    at = source.index(line) + line.index(typed) + len(typed)
    end = source.index("\n", at)
    return _at(file_name, language_id, source[at:end], source[:at] + _CURSOR + source[end:])


def _python(line: str, typed: str) -> KnownHole:
    return _in(_BASKET, "basket.py", "python", line, typed)


def _typescript(line: str, typed: str) -> KnownHole:
    return _in(_QUEUE, "queue.ts", "typescript", line, typed)


def _go(line: str, typed: str) -> KnownHole:
    return _in(_STACK, "stack.go", "go", line, typed)


STORED = (
    _python("        self.items.append(item)", "        self.items.app"),  # inside a word
    _python("            total += item.price_cents * item.count", "            total += item."),
    _python("        return total\n", "        "),  # behind indentation
    _python("        for item in self.items:", "        for item in "),  # behind a blank
    _python("        return not self.items", "        ret"),
    _typescript("    this.waiting.push(job);", "    this.wai"),
    _typescript("    if (this.running >= this.limit) {", "    if (this.running >= this."),
    _typescript("    const job = this.waiting.shift();", "    const job ="),
    _typescript("    this.running += 1;", "    "),
    _go("\ts.items = append(s.items, value)", "\ts.items = app"),
    _go("\tif len(s.items) == 0 {", "\tif len(s."),
    _in(
        _COUNT,
        "count.rs",
        "rust",
        "        let key = word.to_lowercase();",
        "        let key = word.",
    ),
)

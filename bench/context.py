"""What of the names that a line needs from other files the context engine puts into the prompt.

    python -m bench.context TASKS.jsonl.gz CACHE [--every N] [--misses] [--shares] [--half tuned]
                         [--meaning]

No model. Each task's repository lies in CACHE/src/<name>/<version>; the task's file is the prefix
and the suffix, so the index never sees the truth at that place. A prompt holds the file's own
window and context in the same number of characters for every way of choosing it. Counted is the
share of the truth's names from other files (`cross_ids`) that stand in the prompt:

- all of them;
- hidden: those that the task's file does not hold anywhere else;
- unseen: those of the tasks that have a name which nothing else in the file shows.

Reported are two halves of the repositories, by their place in the alphabet, and both together. The
second half ("held out") is no clean one: weights were set by the first, but figures and misses of
both were looked at while the sources were written.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aicopilot_lsp.completion import planner
from aicopilot_lsp.context.gather import Gatherer
from aicopilot_lsp.context.protocol import Source
from aicopilot_lsp.context.select import select
from aicopilot_lsp.context.situation import situate
from aicopilot_lsp.context.sources import (
    definitions,
    embeddings,
    imports,
    members,
    same_file,
    siblings,
    similar,
)
from aicopilot_lsp.context.types import Chosen, Gathered
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.languages import language_for, language_id_for
from aicopilot_lsp.text.syntax.read import outline
from aicopilot_lsp.text.syntax.words import identifiers
from bench.context_repository import Repository, repositories
from bench.tasks import read

CHARS_PER_TOKEN = 3.2
SIZES = (512, 1024, 2048)
SHARES = (0.15, 0.25, 0.35, 0.45, 0.55, 0.65)
_SUFFIX_SHARE = 0.2
# Of the prompt, for context; what it does not take goes back to the file's own window.
_SHARE = {512: 0.45, 1024: 0.45, 2048: 0.45}
_JACCARD_LINES, _JACCARD_STEP, _JACCARD_BEST = 60, 20, 4
_SOURCES: tuple[Source, ...] = (
    definitions.create(),
    members.create(),
    imports.create(),
    same_file.create(),
    siblings.create(),
    similar.create(),
)
_GROUPS = ("all", "hidden", "unseen")


@dataclass(frozen=True, slots=True)
class Task:
    """One task, with what the sources found for it."""

    row: Mapping[str, Any]
    repository: Repository
    document: DocumentSnapshot
    cursor: Point
    gathered: Gathered
    names: frozenset[str]
    in_file: frozenset[str]


@dataclass(slots=True)
class Share:
    """Of how many names how many were shown, by group."""

    of: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_GROUPS, 0))
    shown: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_GROUPS, 0))

    def add(self, task: Task, prompt: str) -> list[str]:
        """Returns the hidden names that are missing."""
        there, missing = frozenset(identifiers(prompt)), []
        for name in task.names:
            hidden = name not in task.in_file
            groups = ["all", *(["hidden"] if hidden else [])]
            groups += ["unseen"] if task.row["unseen"] else []
            for group in groups:
                self.of[group] += 1
                self.shown[group] += name in there
            if hidden and name not in there:
                missing.append(name)
        return missing

    def of_group(self, group: str) -> float:
        return self.shown[group] / max(self.of[group], 1)

    def __str__(self) -> str:
        return "  ".join(f"{self.of_group(group):5.2f}" for group in _GROUPS)


def main() -> None:
    arguments = _arguments()
    rows = [row for row in read(arguments.tasks) if row["cross_ids"]][:: arguments.every]
    if arguments.languages:
        rows = [row for row in rows if row["language"] in arguments.languages]
    known = repositories(arguments.cache, {(row["repo"], row["version"]) for row in rows})
    halves = {name: number % 2 for number, name in enumerate(sorted({r["repo"] for r in rows}))}
    timings: dict[str, list[float]] = {}
    tasks = asyncio.run(_tasks(rows, known, timings, meaning=arguments.meaning))
    for half in (
        (0, 1) if arguments.half == "both" else ({"tuned": 0, "held-out": 1}[arguments.half],)
    ):
        of_half = [task for task in tasks if halves[task.row["repo"]] == half]
        print(f"\n== {('tuned on', 'held out')[half]}: {len(of_half)} tasks")
        _report(of_half, arguments)
    if arguments.half == "both":
        print(f"\n== together: {len(tasks)} tasks")
        _report(tasks, arguments)
    for stage, took in timings.items():
        p95 = statistics.quantiles(took, n=20)[-1]
        print(f"{stage:10} p50 {statistics.median(took):6.2f} ms  p95 {p95:6.2f} ms")


def _report(tasks: Sequence[Task], arguments: argparse.Namespace) -> None:
    counts = Share()
    for task in tasks:
        counts.add(task, "")
    print("names:", "  ".join(f"{group} {counts.of[group]}" for group in _GROUPS))
    for tokens in SIZES:
        print(f"-- {tokens} tokens: share of names shown: all, hidden, unseen")
        for label, share in _variants(tasks, tokens).items():
            print(f"  {label:14} {share}")
        if arguments.shares:
            for label, way in (("ours", _ours), ("jaccard", _jaccard)):
                for part in SHARES:
                    share = Share()
                    for task in tasks:
                        share.add(task, _prompt(task, tokens, part, way))
                    print(f"  {label:8} {part:.2f} {share}")
    if arguments.misses:
        _misses(tasks)


def _variants(tasks: Sequence[Task], tokens: int) -> dict[str, Share]:
    ways: dict[str, Any] = {
        "in-file": None,
        "random": _random,
        "jaccard": _jaccard,
        **{one.source: _alone(one.source) for task in tasks[:1] for one in task.gathered.yields},
        "ours, cold": _cold,
        "ours": _ours,
    }
    shares = {label: Share() for label in ways}
    for task in tasks:
        for label, way in ways.items():
            part = _SHARE[tokens] if way else 0.0
            shares[label].add(task, _prompt(task, tokens, part, way))
    return shares


def _misses(tasks: Sequence[Task]) -> None:
    share = Share()
    for task in tasks:
        missing = share.add(task, _prompt(task, 1024, _SHARE[1024], _ours))
        if missing:
            row = task.row
            found = {
                name: sorted(
                    {
                        (s.source, s.why, round(s.score, 2))
                        for s in task.gathered.snippets
                        for r in s.renderings
                        if name in r.names
                    }
                )
                for name in missing
            }
            print(row["id"], row["path"], row["cursor"]["line"] + 1)
            for name in missing:
                defs = next(x["defs"] for x in row["cross_ids"] if x["name"] == name)
                print(f"   {name} {defs} found: {found[name]}")
            print(f"   {row['prefix'][-60:]!r} => {row['ground_truth'][:80]!r}")
            types = {
                kind: round(weight, 2) for kind, weight in task.gathered.situation.types.items()
            }
            print(f"   types: {types}")


# --- prompts ---


def _prompt(task: Task, tokens: int, part: float, way: Any) -> str:
    total = int(tokens * CHARS_PER_TOKEN)
    if way is None:
        return _window(task, total)
    room = int(total * part)
    context: str = way(task, room, _window(task, total - room))
    return context[:room] + "\n" + _window(task, total - min(len(context), room))


def _window(task: Task, chars: int) -> str:
    after = task.document.after(task.cursor, int(chars * _SUFFIX_SHARE))
    before = task.document.before(task.cursor, chars - len(after))
    return before + task.document.after(task.cursor, chars - len(before))


def _ours(task: Task, room: int, window: str, gathered: Gathered | None = None) -> str:
    """As after a rest, when it is read that is worth little."""
    return text_of(select(gathered or task.gathered, room_chars=room, shown=window))


def _cold(task: Task, room: int, window: str) -> str:
    """As in a prompt that somebody waits for."""
    chosen = select(task.gathered, room_chars=room, shown=window, bar=planner._COLD_BAR)
    return text_of(chosen)


def _alone(source: str) -> Any:
    def way(task: Task, room: int, window: str) -> str:
        snippets = tuple(s for s in task.gathered.snippets if s.source == source)
        return _ours(task, room, window, replace(task.gathered, snippets=snippets))

    return way


def text_of(chosen: Iterable[Chosen]) -> str:
    lines, path = [], ""
    for one in chosen:
        if one.snippet.path != path:
            path = one.snippet.path
            lines.append(f"# {path}")
        lines.append(one.rendering.text)
    return "\n".join(lines)


def _random(task: Task, room: int, window: str) -> str:
    del window
    texts, taken = [], 0
    generator = random.Random(task.row["id"])
    chunks = task.repository.chunks
    while chunks and taken < room:
        path, text = generator.choice(chunks)
        if path != task.row["path"]:
            texts.append(f"# {path}\n{text}")
            taken += len(texts[-1]) + 1
    return "\n".join(texts)


def _jaccard(task: Task, room: int, window: str) -> str:
    del window
    first = max(task.cursor.line - _JACCARD_LINES + 1, 0)
    asked = frozenset(
        identifiers(
            "".join(task.document.lines[first : task.cursor.line])
            + task.document.before(task.cursor, task.cursor.column)
        )
    )
    suffix = Path(task.row["path"]).suffix
    ranked = sorted(
        (
            (len(asked & names) / max(len(asked | names), 1), path, number)
            for path, windows in task.repository.windows(_JACCARD_LINES, _JACCARD_STEP).items()
            if path != task.row["path"] and Path(path).suffix == suffix
            for number, (names, _) in enumerate(windows)
        ),
        reverse=True,
    )
    texts, used = [], set()
    for _, path, number in ranked:
        if path in used:
            continue  # one of a file, as the published scheme has it
        used.add(path)
        text = task.repository.windows(_JACCARD_LINES, _JACCARD_STEP)[path][number][1]
        texts.append(f"# {path}\n{text}")
        if len(texts) == _JACCARD_BEST:
            break
    each = room // max(len(texts), 1)
    return (
        "\n".join(text[:each] for text in texts)
        if sum(map(len, texts)) > room
        else "\n".join(texts)
    )


# --- tasks ---


async def _tasks(
    rows: Sequence[Mapping[str, Any]],
    known: Mapping[tuple[str, str], Repository],
    timings: dict[str, list[float]],
    *,
    meaning: bool,
) -> list[Task]:
    tasks = []
    by_meaning = [embeddings.create()] if meaning else []
    for row in rows:
        repository = known[row["repo"], row["version"]]
        text = row["prefix"] + row["suffix"]
        document = DocumentSnapshot.from_text(
            text, uri=f"file:///{row['id']}", language_id=language_id_for(row["path"])
        )
        cursor = document.point_at(len(row["prefix"]))
        language = language_for(document.language_id, row["path"])
        found = outline(document, language)
        index = repository.index.with_file(repository.file_row(row["path"], text))
        start = time.perf_counter()
        situation = situate(document, cursor, row["path"], found)
        timings.setdefault("situate", []).append(1000 * (time.perf_counter() - start))
        gatherer = Gatherer((*_SOURCES, *by_meaning), index, time.perf_counter)
        start = time.perf_counter()
        gathered = await gatherer.gather(situation, budget_s=10)
        timings.setdefault("gather", []).append(1000 * (time.perf_counter() - start))
        for one in gathered.yields:
            if one.fault:
                print(f"{one.source} raised {one.fault}", file=sys.stderr)
        task = Task(
            row,
            repository,
            document,
            cursor,
            gathered,
            frozenset(cross["name"] for cross in row["cross_ids"]),
            frozenset(identifiers(text)),
        )
        window = _window(task, 1800)
        start = time.perf_counter()
        select(gathered, room_chars=1400, shown=window)
        timings.setdefault("select", []).append(1000 * (time.perf_counter() - start))
        tasks.append(task)
    for source in by_meaning:
        await source.aclose()
    return tasks


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", type=Path)
    parser.add_argument("cache", type=Path, help="holds src/<repository>/<version>")
    parser.add_argument("--every", type=int, default=1, help="take every Nth task")
    parser.add_argument("--languages", nargs="*", help="only tasks in these")
    parser.add_argument("--half", choices=("both", "tuned", "held-out"), default="both")
    parser.add_argument("--meaning", action="store_true", help="with the extra embeddings")
    parser.add_argument("--misses", action="store_true", help="tell of each hidden name missing")
    parser.add_argument("--shares", action="store_true", help="try other splits of the prompt")
    return parser.parse_args()


if __name__ == "__main__":
    main()

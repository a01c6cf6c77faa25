"""How similar pieces are ranked: whether the line that was really there stands in the first ones.

    python -m bench.similar TASKS.jsonl.gz CACHE [--every N] [--meaning]

No model that completes. Each task's repository lies in CACHE/src/<name>/<version> and is put into a
real index; asked is what the sources ask, with the task's file left out. Counted are the tasks in
which one of the first 1, 3 and 8 pieces holds the first line of the truth, white space at its ends
aside, and how like it the likest line there is (Jaccard of identifiers, mean over the tasks).
`--meaning` adds the ways that need the extra `embeddings`.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aicopilot_lsp.context.index.local import LocalIndex
from aicopilot_lsp.context.protocol import Source
from aicopilot_lsp.context.situation import situate
from aicopilot_lsp.context.sources import embeddings, similar
from aicopilot_lsp.context.sources.pieces import around, candidates, shown
from aicopilot_lsp.context.types import Situation
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.store.index.types import ChunkRow
from aicopilot_lsp.store.index.writer import IndexWriter
from aicopilot_lsp.text.languages import language_for
from aicopilot_lsp.text.syntax.read import outline
from aicopilot_lsp.text.syntax.words import identifiers, terms
from bench import tasks
from bench.context_repository import Repository, repositories

FIRST = (1, 3, 8)
_MIN_LINE_CHARS = 6
_MAX_INDEX_BYTES = 1 << 30


@dataclass(slots=True)
class Score:
    """One way of ranking."""

    held: dict[int, int] = field(default_factory=lambda: dict.fromkeys(FIRST, 0))
    likeness: list[float] = field(default_factory=list)

    def add(self, line: str, texts: Sequence[str]) -> None:
        """The pieces that one task was shown, the nearest first."""
        lines = [[one.strip() for one in text.splitlines()] for text in texts]
        for first in FIRST:
            self.held[first] += any(line in of_piece for of_piece in lines[:first])
        wanted = frozenset(identifiers(line))
        found = (frozenset(identifiers(one)) for of_piece in lines[: FIRST[-1]] for one in of_piece)
        likest = max((len(wanted & one) / len(wanted | one) for one in found if one), default=0.0)
        self.likeness.append(likest)

    def __str__(self) -> str:
        held = "  ".join(f"{self.held[first]:4}" for first in FIRST)
        return f"{held}   {statistics.mean(self.likeness):.3f}"


def main() -> None:
    arguments = _arguments()
    rows = tasks.read(arguments.tasks)[:: arguments.every]
    known = repositories(arguments.cache, {(row["repo"], row["version"]) for row in rows})
    scores: dict[str, Score] = {}
    for name, repository in known.items():
        of_repository = [row for row in rows if (row["repo"], row["version"]) == name]
        asyncio.run(_score(of_repository, repository, scores, meaning=arguments.meaning))
    print(f"{len(next(iter(scores.values())).likeness)} places; among the first", *FIRST)
    for label, score in scores.items():
        print(f"  {label:42} {score}")


async def _score(
    rows: Iterable[tasks.Task],
    repository: Repository,
    scores: dict[str, Score],
    *,
    meaning: bool,
) -> None:
    nearest = _Nearest(repository) if meaning else None
    sources: list[Source] = [similar.create()]
    by_meaning = embeddings.create() if meaning else None
    sources += [by_meaning] if by_meaning is not None else []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "index.sqlite3")
        with IndexWriter.open(path, max_bytes=_MAX_INDEX_BYTES) as writer:
            writer.put(list(repository.index.files.values()))
        index = LocalIndex(IndexReader(path))
        for row in rows:
            line = _first_line(row)
            if line:
                ways = await _ways(_situation(row), index, sources, nearest)
                for label, texts in ways.items():
                    scores.setdefault(label, Score()).add(line, texts)
        await index.aclose()
    if by_meaning is not None:
        await by_meaning.aclose()


async def _ways(
    situation: Situation, index: LocalIndex, sources: Iterable[Source], nearest: "_Nearest | None"
) -> Mapping[str, Sequence[str]]:
    """For each way of ranking the texts of the pieces, the nearest first."""
    asked = around(situation)
    found = list(await candidates(asked, situation, index))
    ways = {"as the index has them": [shown(one) for one in found]}
    for source in sources:
        snippets = sorted(await source.find(situation, index), key=lambda one: -one.score)
        ways[f"source {source.name}"] = [one.renderings[0].text for one in snippets]
    if nearest is not None:
        all_pieces = nearest.to(asked, situation.path)
        more = await index.search(asked, exclude=[situation.path], limit=2 * len(found))
        ways["by meaning, of all pieces"] = [shown(one) for one in all_pieces]
        ways["by words, of twice as many"] = _by_words(asked, more)
        near = all_pieces[: len(found)]
        ways["by words, of those and as many by meaning"] = _by_words(asked, (*found, *near))
    return ways


def _by_words(asked: str, pieces: Iterable[ChunkRow]) -> list[str]:
    wanted = frozenset(terms(asked))
    each = {(one.path, one.first): one for one in pieces}.values()
    ranked = sorted(each, key=lambda one: -similar.nearness(wanted, frozenset(terms(one.text))))
    return [shown(one) for one in ranked]


class _Nearest:
    """All pieces of a repository by their meaning, as if their vectors were kept."""

    def __init__(self, repository: Repository) -> None:
        from aicopilot_lsp.context.embeddings.model import Model
        from aicopilot_lsp.context.embeddings.wire import package_folder

        folder = package_folder()
        assert folder is not None, "the extra embeddings is not installed"
        self._model = Model.load(folder)
        self._pieces = [one for file in repository.index.files.values() for one in file.chunks]
        self._vectors = self._model.embed([shown(one) for one in self._pieces])

    def to(self, asked: str, path: str) -> Sequence[ChunkRow]:
        """Those of other files, the nearest first."""
        near = self._vectors @ self._model.embed([asked])[0]
        ranked = (self._pieces[number] for number in (-near).argsort(kind="stable"))
        return [one for one in ranked if one.path != path]


def _situation(row: tasks.Task) -> Situation:
    snapshot = tasks.snapshot(row)
    language = language_for(snapshot.document.language_id, snapshot.path)
    found = outline(snapshot.document, language)
    return situate(snapshot.document, snapshot.cursor, snapshot.path, found)


def _first_line(row: tasks.Task) -> str:
    """The first line with something to it that the truth ends or is."""
    begun = row["prefix"].rpartition("\n")[2] + row["ground_truth"]
    lines = (line.strip() for line in begun.split("\n"))
    return next((line for line in lines if len(line) >= _MIN_LINE_CHARS), "")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", type=Path)
    parser.add_argument("cache", type=Path, help="holds src/<repository>/<version>")
    parser.add_argument("--every", type=int, default=1, help="take every Nth task")
    parser.add_argument("--meaning", action="store_true", help="with the extra embeddings")
    return parser.parse_args()


if __name__ == "__main__":
    main()

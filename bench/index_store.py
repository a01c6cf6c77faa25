"""The index's database alone: what it takes on the disk, and what putting and asking cost.

    python -m bench.index_store FOLDER... [--files 10000] [--at DIRECTORY]

Source files of the folders are read, outlined and put into one index, in batches of 200 as the
worker does; outlining is measured apart from putting. Then single files are replaced, and questions
are asked in this process, texts for searches being pieces of 16 lines of the same files, whose own
file is left out. Times are the wall clock's.
"""

import argparse
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from aicopilot_lsp.context.index.rows import file_row
from aicopilot_lsp.store.index.layout import distinct_terms
from aicopilot_lsp.store.index.rarity import rare_terms
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.store.index.types import ChunkRow, FileRow
from aicopilot_lsp.store.index.writer import IndexWriter
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import language_for
from aicopilot_lsp.text.syntax.read import outline
from aicopilot_lsp.text.syntax.words import term_text

BATCH = 200
MAX_FILE_BYTES = 300_000
MAX_BYTES = 2 << 30
QUESTIONS = 400


def sources(folders: Sequence[Path], count: int) -> list[Path]:
    """Source files in known languages, mixed by a fixed seed."""
    found = sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
        and language_for("", path.name).parser is not None
        and 0 < path.stat().st_size <= MAX_FILE_BYTES
    )
    random.Random(1).shuffle(found)
    return found[:count]


def row_of(path: Path, number: int) -> FileRow:
    content = path.read_bytes()
    text = content.decode("utf-8", "replace")
    language = language_for("", path.name)
    name = f"{number % 100}/{number}/{path.name}"
    document = DocumentSnapshot.from_text(text, uri=path.absolute().as_uri())
    return file_row(
        name,
        language.name,
        text,
        outline(document, language),
        digest=number.to_bytes(8),
        size_bytes=len(content),
        modified_ns=number,
    )


def build(writer: IndexWriter, paths: Sequence[Path]) -> list[FileRow]:
    """Put all files; returns every tenth row, for the questions."""
    kept: list[FileRow] = []
    outlining_s = putting_s = 0.0
    total_bytes = 0
    for start in range(0, len(paths), BATCH):
        began = time.perf_counter()
        rows = [row_of(path, start + n) for n, path in enumerate(paths[start : start + BATCH])]
        outlined = time.perf_counter()
        writer.put(rows)
        putting_s += time.perf_counter() - outlined
        outlining_s += outlined - began
        total_bytes += sum(row.size_bytes for row in rows)
        kept += rows[::10]
    began = time.perf_counter()
    writer.tidy()
    tidying_s = time.perf_counter() - began
    print(
        f"{len(paths)} files, {total_bytes / 1e6:.1f} MB: outlines {outlining_s:.1f} s,"
        f" put {putting_s:.1f} s ({total_bytes / putting_s / 1e6:.1f} MB/s), tidy {tidying_s:.2f} s"
    )
    return kept


def report(name: str, times_s: Sequence[float]) -> None:
    ordered = sorted(times_s)
    p95 = ordered[int(len(ordered) * 0.95)]
    print(
        f"{name:26} p50 {statistics.median(ordered) * 1e3:7.2f} ms  p95 {p95 * 1e3:7.2f}"
        f"  most {ordered[-1] * 1e3:7.2f}  ({len(ordered)})"
    )


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def search(reader: IndexReader, text: str, exclude: Sequence[str]) -> Sequence[ChunkRow]:
    rarity = reader.frequencies(distinct_terms(term_text(text)), exclude=exclude)
    return reader.search(rare_terms(rarity.chunks_of, rarity.chunks), exclude=exclude, limit=20)


def ask(reader: IndexReader, rows: Sequence[FileRow]) -> None:
    chance = random.Random(2)
    searches, defined, belonging, texts, outlines = [], [], [], [], []
    found = asked = 0
    for _ in range(QUESTIONS):
        row = chance.choice(rows)
        lines = row.text.splitlines(keepends=True)
        start = chance.randrange(max(len(lines) - 16, 1))
        text = "".join(lines[start : start + 16])

        searches.append(timed(lambda t=text, p=row.path: search(reader, t, [p])))  # type: ignore[misc]
        if len(set(text.split())) > 10:
            asked += 1
            found += any(
                hit.path == row.path and hit.first <= start < hit.last
                for hit in search(reader, text, [])
            )
        names = [symbol.name for symbol in chance.sample(row.symbols, min(12, len(row.symbols)))]
        defined.append(timed(lambda names=names: reader.defining(names)))  # type: ignore[misc]
        types = [s.name for s in row.symbols if s.kind == "class"][:4]
        if types:
            belonging.append(timed(lambda types=types: reader.members(types)))  # type: ignore[misc]
        texts.append(timed(lambda path=row.path: reader.lines(path, 0, 40)))  # type: ignore[misc]
        outlines.append(timed(lambda path=row.path: reader.symbols_in(path)))  # type: ignore[misc]
    report("search, 16 lines", searches)
    report("defining, up to 12 names", defined)
    report("members, up to 4 types", belonging)
    report("lines of a file", texts)
    report("symbols of a file", outlines)
    print(f"a piece's own chunk is among the first 20 for {found / max(asked, 1):.1%} of {asked}")
    assert not reader.fault, reader.fault


def disk(path: Path, source_bytes: int) -> None:
    taken = path.stat().st_size
    print(f"{taken / 1e6:.1f} MB on the disk, {taken / source_bytes:.2f} of the source")
    with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as connection:
        for name, size in connection.execute(
            "SELECT name, sum(pgsize) AS size FROM dbstat GROUP BY name ORDER BY size DESC LIMIT 9"
        ):
            print(f"  {name:24} {size / 1e6:7.1f} MB")
    connection.close()


def reader_rss(path: Path) -> None:
    """What reading adds to a process, its caches filled."""
    if not Path("/proc/self/statm").exists():
        return
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    reader = IndexReader(path)
    before = _rss()
    reader.status()
    for name in reader.paths("*", limit=2_000):
        reader.symbols_in(name)
        reader.lines(name, 0, 10)
        reader.search({"config": 1.0, "client": 1.0}, limit=20)
    print(f"a reader adds {(_rss() - before) / 1e6:.1f} MB", flush=True)
    os._exit(0)


def _rss() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--at", type=Path, help="keep the database in this directory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        path = (options.at or Path(directory)) / "index.sqlite3"
        with IndexWriter.open(path, max_bytes=MAX_BYTES, anew=True) as writer:
            rows = build(writer, sources(options.folders, options.files))
            reader_rss(path)
            reader = IndexReader(path)
            disk(path, reader.status().source_bytes)
            ask(reader, rows)
            changed = [
                replace(row, text=row.text + f"\nchanged_{number} = {number}\n")
                for number, row in enumerate(rows[:QUESTIONS])
            ]
            report(
                "one file replaced",
                [timed(lambda row=row: writer.put([row])) for row in changed],  # type: ignore[misc]
            )
            report(
                "200 files replaced",
                [timed(lambda k=k: writer.put(rows[k : k + BATCH])) for k in range(0, 800, BATCH)],  # type: ignore[misc]
            )
            report("known", [timed(writer.known) for _ in range(5)])
            print(reader.status())
        report(
            "opened again, checked",
            [timed(lambda: IndexWriter.open(path, max_bytes=MAX_BYTES).close()) for _ in range(3)],
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

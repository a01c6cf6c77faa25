"""`aicopilot index`: what is known of a project's files, and why something is not."""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from aicopilot_lsp.cli.options import AsJson, ConfigFile
from aicopilot_lsp.cli.printable import printable
from aicopilot_lsp.cli.session import resolved_for, settings_for
from aicopilot_lsp.cli.target import TargetError, root_of
from aicopilot_lsp.config.paths import state_dir
from aicopilot_lsp.context.index.refusal import MEANING, Refusal
from aicopilot_lsp.errors import AicopilotError
from aicopilot_lsp.store.index.layout import index_path
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.store.index.types import FileFacts, IndexStatus

app = typer.Typer(
    help="Show what is indexed of a project, and why something is not.",
    epilog="The index is made by itself when an editor opens a file of the project; it is searched"
    " for what a suggestion needs from other files. It holds text of those files, stays on this"
    " machine, and may be deleted at any time.",
    no_args_is_help=True,
)

Root = Annotated[
    Path | None,
    typer.Option(
        help="The project's folder, as your editor has it. Default: the nearest one above with"
        " .git, pyproject.toml or the like.",
        metavar="DIR",
    ),
]


@dataclass(frozen=True, slots=True)
class _Project:
    """A folder, links resolved, and where its index is."""

    root: Path
    database: Path

    def reader(self) -> "closing[IndexReader]":
        return closing(IndexReader(self.database))


def _project(root: Path | None) -> _Project:
    folder = (root or root_of(Path.cwd() / "any")).resolve()
    if not folder.is_dir():
        raise TargetError(f"--root {root}: there is no such folder.")
    return _Project(folder, index_path(str(folder), state_dir() / "index"))


@app.command()
def status(as_json: AsJson = False, root: Root = None, config: ConfigFile = None) -> None:
    """Print how much is indexed, what it takes on the disk, and what was left out and why.

    Exit code 0 when there is an index that can be used, 1 when there is none.
    """
    project = _project(root)
    with project.reader() as reader:
        found = reader.status()
    facts = status_facts(project.root, project.database, found)
    reason = _why_not(project, config)
    if reason:
        facts["not kept"] = reason
    if as_json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        for line in _status_lines(facts):
            print(printable(line))
    if found.fault:
        raise typer.Exit(1)


def status_facts(root: Path, database: Path, found: IndexStatus) -> dict[str, Any]:
    """What `status --json` prints."""
    facts: dict[str, Any] = {"folder": str(root), "index": str(database)}
    if found.fault:
        return {**facts, "state": found.fault}
    scan = _last_scan(found.state)
    left_out = Counter(scan.get("left_out", {})) + Counter(found.notes)
    return {
        **facts,
        "state": "usable",
        "files": found.files,
        "symbols": found.symbols,
        "chunks": found.chunks,
        "source_bytes": found.source_bytes,
        "disk_bytes": found.disk_bytes,
        "finished_at": scan.get("at"),
        "took_s": scan.get("spent_s"),
        "left_out": dict(left_out.most_common()),
    }


def _last_scan(state: Mapping[str, str]) -> dict[str, Any]:
    from aicopilot_lsp.context.index.build import LAST_SCAN

    try:
        scan = json.loads(state.get(LAST_SCAN, ""))
    except ValueError:
        return {}
    return scan if isinstance(scan, dict) else {}


def _status_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    yield f"folder    {facts['folder']}"
    if "files" not in facts:
        yield f"index     {facts['index']}: {facts['state']}"
        yield f"→ {facts['not kept']}" if "not kept" in facts else _TO_BUILD
        return
    yield f"index     {facts['index']}, {_megabytes(facts['disk_bytes'])}"
    yield f"files     {facts['files']:,}, {_megabytes(facts['source_bytes'])} of text"
    yield f"symbols   {facts['symbols']:,}"
    yield f"finished  {_finished(facts)}"
    yield from _left_out(facts["left_out"])
    if "not kept" in facts:
        yield f"→ {facts['not kept']}"


def _left_out(counts: Mapping[str, int]) -> Iterator[str]:
    for code, count in counts.items():
        yield f"left out  {count:,} {_told(code)}"
    if counts:
        yield "→ `aicopilot index explain FILE` says of one file whether it is left out, and why."


_TO_BUILD = (
    "→ It is made when an editor opens a file of the project, or now by `aicopilot index rebuild`."
)


def _finished(facts: Mapping[str, Any]) -> str:
    if facts["finished_at"] is None:
        return "not yet: what is there so far is used"
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(facts["finished_at"]))
    return f"{at}, after {facts['took_s']:.1f} s"


def _why_not(project: _Project, config: Path | None) -> str:
    from aicopilot_lsp.context.index.eligible import why_not

    context = resolved_for(config, project.root).settings.context
    if not (context.enabled and context.index):
        return "No index is kept: `context.index` or `context.enabled` is off."
    return why_not(project.root, context.index_folders)


@app.command()
def rebuild(as_json: AsJson = False, root: Root = None, config: ConfigFile = None) -> None:
    """Forget what is indexed and read the project anew, here and now.

    For when the index seems wrong, and to see how long it takes. An editor that has the project
    open goes on with the new one; while it keeps the index itself, nothing is done here.
    """
    project = _project(root)
    event = asyncio.run(_rebuilt(project, settings_for(config, project.root)))
    with project.reader() as reader:
        left_out = status_facts(project.root, project.database, reader.status()).get("left_out", {})
    if as_json:
        facts = {"files": event.files, "took_s": event.spent_s, "left_out": left_out}
        print(json.dumps(facts, indent=2))
        return
    print(f"{event.files:,} files in {event.spent_s:.1f} s")
    for line in _left_out(left_out):
        print(line)


async def _rebuilt(project: _Project, settings: Any) -> Any:
    from dataclasses import replace

    from aicopilot_lsp.context.index.rebuild import rebuild as run
    from aicopilot_lsp.context.index.services import job_for

    job = replace(job_for(project.root, settings, project.database.parent), watch=False)
    said = _Line()
    try:
        return await run(job, lambda event: said.say(f"{event.done:,} of {event.total:,} files"))
    finally:
        said.over()


class _Line:
    """One line on a terminal that says how far something is; nothing where there is none."""

    def __init__(self) -> None:
        self._width = 0

    def say(self, text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r{text:{self._width}}", end="", file=sys.stderr, flush=True)
            self._width = len(text)

    def over(self) -> None:
        if self._width:
            print(f"\r{'':{self._width}}\r", end="", file=sys.stderr, flush=True)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Code or words; names count by their parts.")],
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many places.")] = 10,
    as_json: AsJson = False,
    root: Root = None,
) -> None:
    """Print the places that share rare words with QUERY, the best first: path:lines and score.

    It is the search by which code like that at the cursor is found. With --json: the text, too.
    """
    project = _project(root)
    hits, fault = asyncio.run(_found(project, query, limit))
    if fault:
        raise AicopilotError(f"The index of {project.root} can't be asked: {fault}. {_TO_BUILD}")
    if as_json:
        print(json.dumps([asdict(hit) for hit in hits], indent=2, ensure_ascii=False))
        return
    if not hits:
        print(_NOTHING_LIKE_IT, file=sys.stderr)
    for hit in hits:
        head = next((line for line in hit.text.splitlines() if line.strip()), "").strip()
        print(printable(f"{hit.path}:{hit.first + 1}-{hit.last}  {hit.score:.2f}  {head[:80]}"))


_NOTHING_LIKE_IT = (
    "Nothing in the index shares rare words with it. Words that many files of the project have"
    " don't count; try a name, or a line of code."
)


async def _found(project: _Project, query: str, limit: int) -> tuple[list[Any], str]:
    from aicopilot_lsp.context.index.local import LocalIndex

    index = LocalIndex(IndexReader(project.database))
    try:
        status = await index.status()
        return list(await index.search(query, limit=limit)), status.fault
    finally:
        await index.aclose()


@app.command()
def explain(
    file: Annotated[
        Path,
        # One that can't be read is answered like any other.
        typer.Argument(help="A file of the project.", show_default=False, readable=False),
    ],
    as_json: AsJson = False,
    root: Root = None,
    config: ConfigFile = None,
) -> None:
    """Say whether FILE is indexed, and if not, which rule says so and where it is written.

    Of one that is: what it defines, and to which files its imports lead. Exit code 1 when it is
    not indexed.
    """
    from aicopilot_lsp.context.index.explain import explain as reason_for

    project = _project(root)
    resolved = resolved_for(config, project.root)
    reason = reason_for(project.root, file, resolved.settings, resolved.sources)
    with project.reader() as reader:
        facts = reader.explain(reason.path) if reason.path else None
        fault = reader.fault
    if as_json:
        shown = None if facts is None else asdict(facts)
        record = {"path": reason.path, "refused": reason.code, "why": reason.text, "facts": shown}
        print(json.dumps(record, indent=2, ensure_ascii=False))
    else:
        for line in _explained(reason.text, facts, fault):
            print(printable(line))
    if reason.code or facts is None or _is_empty(facts):
        raise typer.Exit(1)


def _explained(refusal: str, facts: FileFacts | None, fault: str) -> Iterator[str]:
    if refusal:
        yield f"It is not indexed. {refusal}"
        if facts is not None:
            yield "What the index still has of it goes with the next scan."
        return
    if facts is None:
        yield "Nothing speaks against indexing it, but it is not in the index yet" + (
            f": {fault}." if fault else "."
        )
        yield _TO_BUILD
        return
    if _is_empty(facts):
        yield f"It is not indexed. {_meaning(facts.note)}"
        return
    note = f", but not all of it. {_meaning(facts.note)}" if facts.note else ""
    yield f"It is indexed as {facts.language or 'text'}{note}"
    for symbol in facts.symbols:
        parent = f"{symbol.parent}." if symbol.parent else ""
        yield f"  {symbol.first + 1:5}  {symbol.kind:8} {parent}{symbol.name}"
    for row in facts.imports:
        name = f"{row.module} {row.name}".strip()
        yield f"  imports {name}: {row.target or 'not in this project'}"
    if facts.importers:
        yield f"  imported by {', '.join(facts.importers)}"


def _is_empty(facts: FileFacts) -> bool:
    """Whether the index has nothing of a file but why."""
    return bool(facts.note) and not (facts.symbols or facts.imports or facts.chunks)


def _told(code: str) -> str:
    """For a list: the code and what it means."""
    return f"{code}: {_meaning(code)}" if code in set(Refusal) else f"{code}."


def _meaning(code: str) -> str:
    return MEANING[Refusal(code)] if code in set(Refusal) else f"{code.capitalize()}."


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"

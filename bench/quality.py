"""Completion quality on tasks cut from real projects: what an editor would show, asked of the
language server itself.

    python -m bench.quality TASKS.jsonl.gz --out PREDICTIONS.jsonl [--config FILE] [--every N]
        [--repositories DIR] [--prompt-tokens N] [--ahead-tokens N] [--without SOURCE ...]

Each task (prefix, suffix, path, language) is a document that is opened in a real server process;
an automatic request is made at its cursor, over the protocol. The deadline is lifted: what is
measured is what is suggested, not how fast this machine is.

With --repositories (DIR/<name>/<version>, as the tasks name them) there is a server for each
repository, with that as its workspace, indexed before; the file of the task is the open document,
which wins over what the index read of it. With --ahead-tokens the model first reads ahead, as it
does after a rest, with so many tokens of snippets at most. --prompt-tokens sizes what is read cold,
on any machine (bench/quality_server.py).

Predictions go to a JSON-lines file for a scorer: id, prediction, replaces (how many characters
right of the cursor the prediction takes the place of), ms, reason, tokens, snippets. A run that was
cut short goes on where it was.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from aicopilot_lsp.cli.session import open_engine, settings_for
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.text.languages import language_id_for
from bench import tasks
from bench.tasks import Task

_CAPABILITIES = types.ClientCapabilities(
    general=types.GeneralClientCapabilities(
        position_encodings=[types.PositionEncodingKind.Utf32]  # columns as the tasks count them
    ),
    text_document=types.TextDocumentClientCapabilities(
        inline_completion=types.InlineCompletionClientCapabilities()
    ),
)
_AUTOMATIC = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic)


async def main() -> None:
    arguments = _arguments()
    done = _done(arguments.out)
    chosen = [
        task
        for task in tasks.read(arguments.tasks)[arguments.first :: arguments.every]
        if task["id"] not in done and (not arguments.kinds or task["kind"] in arguments.kinds)
    ]
    if arguments.config:
        os.environ["AICOPILOT_CONFIG"] = str(arguments.config.resolve())
    reasons: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, arguments.out.open("a", encoding="utf-8") as sink:
        os.environ.setdefault("AICOPILOT_STATE_DIR", folder)
        for root, group in groupby(chosen, key=lambda task: _root(task, arguments)):
            async for row in _predictions(list(group), root, Path(folder), arguments):
                reasons[row["reason"]] += 1
                sink.write(json.dumps(row) + "\n")
                sink.flush()
            print(f"{reasons.total()}/{len(chosen)} {dict(reasons)}", flush=True)


def _root(task: Task, arguments: argparse.Namespace) -> Path | None:
    return arguments.repositories and tasks.repository(task, arguments.repositories)


async def _predictions(
    chosen: list[Task], root: Path | None, folder: Path, arguments: argparse.Namespace
) -> AsyncIterator[dict[str, Any]]:
    """A row for each task, from one server."""
    if root is not None:
        await _index(root, settings_for(arguments.config, root))
    outcomes = folder / "outcomes.jsonl"
    outcomes.unlink(missing_ok=True)
    server = ["-m", "bench.quality_server", "--outcomes", str(outcomes)]
    server += ["--prompt-tokens", str(arguments.prompt_tokens)]
    server += ["--ahead-tokens", str(arguments.ahead_tokens)]
    client = LanguageClient("bench-quality", "1")
    await client.start_io(sys.executable, *server)
    try:
        await _greet(client, root, arguments)
        for task in chosen:
            start = time.perf_counter()
            items = await _ask(client, task, root)
            took_ms = round(1000 * (time.perf_counter() - start))
            told = json.loads(outcomes.read_text(encoding="utf-8").splitlines()[-1])
            if told.pop("uri") != _uri(task, root):
                raise RuntimeError(f"{task['id']}: no outcome was told")
            yield {"id": task["id"], **_prediction(task, items), "ms": took_ms, **told}
    finally:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(client.shutdown_async(None), timeout=10)
            client.exit(None)
        await client.stop()  # type: ignore[no-untyped-call]


async def _greet(client: LanguageClient, root: Path | None, arguments: argparse.Namespace) -> None:
    folders = [types.WorkspaceFolder(root.as_uri(), root.name)] if root else None
    options = {
        "completion": {"debounce_ms": 0, "read_ahead_ms": 0, "deadline_ms": 120_000},
        "context": {
            "enabled": root is not None,
            "budget_ms": 5_000,
            # Nobody looked at the other tasks' files.
            "disabled_sources": ["views", *arguments.without],
        },
    }
    await client.initialize_async(
        types.InitializeParams(
            capabilities=_CAPABILITIES,
            process_id=os.getpid(),
            root_uri=root.as_uri() if root else None,
            workspace_folders=folders,
            initialization_options=options,
        )
    )
    client.initialized(types.InitializedParams())


async def _ask(
    client: LanguageClient, task: Task, root: Path | None
) -> list[types.InlineCompletionItem]:
    """What is shown at the task's cursor, in a document that is open as long as that takes."""
    uri = _uri(task, root)
    text = task["prefix"] + task["suffix"]
    language = language_id_for(task["path"])
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, 1, text))
    )
    answer = await client.text_document_inline_completion_async(
        types.InlineCompletionParams(_AUTOMATIC, types.TextDocumentIdentifier(uri), _cursor(task))
    )
    client.text_document_did_close(
        types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
    )
    if answer is None:
        return []
    return list(answer.items if isinstance(answer, types.InlineCompletionList) else answer)


def _prediction(task: Task, items: list[types.InlineCompletionItem]) -> dict[str, Any]:
    """The first item as text from the cursor on, and how much it replaces there."""
    if not items:
        return {"prediction": "", "replaces": 0}
    item, cursor = items[0], _cursor(task)
    text = item.insert_text if isinstance(item.insert_text, str) else item.insert_text.value
    if item.range is None:
        return {"prediction": text, "replaces": 0}
    typed = cursor.character - item.range.start.character
    return {"prediction": text[typed:], "replaces": item.range.end.character - cursor.character}


def _cursor(task: Task) -> types.Position:
    cursor = tasks.snapshot(task).cursor
    return types.Position(cursor.line, cursor.column)


def _uri(task: Task, root: Path | None) -> str:
    if root is None:
        return f"file:///{task['id']}/{task['path']}"
    return Path(root, task["path"]).as_uri()


async def _index(root: Path, settings: Settings) -> None:
    engine = open_engine(settings, remembers_speed=False, with_context=True)
    await engine.context_ready(root)
    await engine.aclose()


def _done(out: Path) -> set[str]:
    if not out.exists():
        return set()
    return {json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--config", type=Path, help="stands in for the user's config file")
    parser.add_argument("--every", type=int, default=1, help="take every Nth task")
    parser.add_argument("--first", type=int, default=0, help="begin with this one")
    parser.add_argument("--repositories", type=Path, help="give the model context from these")
    parser.add_argument("--prompt-tokens", type=int, default=0)
    parser.add_argument("--ahead-tokens", type=int, default=0)
    parser.add_argument("--without", nargs="*", default=[], help="sources that are not asked")
    parser.add_argument("--kinds", nargs="*", help="only tasks of these kinds")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())

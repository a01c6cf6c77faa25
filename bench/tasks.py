"""Completion tasks cut from real projects: JSON lines, compressed, with id, repo, version, path,
prefix, suffix, kind and what was really there."""

import gzip
import json
from pathlib import Path
from typing import Any

from aicopilot_lsp.completion.types import Snapshot
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import language_id_for

Task = dict[str, Any]


def read(path: Path) -> list[Task]:
    """All tasks of a file, in its order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def repository(task: Task, repositories: Path) -> Path:
    """The folder with the project that a task is from: repositories/<name>/<version>."""
    name = task["repo"].replace("@", "").replace("/", "-")
    return Path(repositories, name, str(task["version"])).resolve()


def snapshot(task: Task) -> Snapshot:
    """The task as a request of the engine."""
    document = DocumentSnapshot.from_text(
        task["prefix"] + task["suffix"],
        uri=f"file:///{task['id']}/{task['path']}",
        language_id=language_id_for(task["path"]),
        version=1,
    )
    cursor = document.point_at(len(task["prefix"]))
    return Snapshot(document=document, cursor=cursor, path=task["path"])

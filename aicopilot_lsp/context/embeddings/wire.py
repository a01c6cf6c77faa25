"""What the server and the process with the model say to each other: a JSON line each way.

Nothing heavy is imported here: the server does.
"""

import json
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

EXIT_UNUSABLE = 3
"""The process's exit code where starting it again won't help."""


def command() -> list[str]:
    """How the process is started; -P for INV-6, as the index's worker is."""
    return [sys.executable, "-P", "-m", "aicopilot_lsp.context.embeddings.process"]


def package_folder() -> Path | None:
    """Where the package with the model is installed; None where it is not. Imports nothing."""
    spec = find_spec("wordllama")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def question_line(near: str, texts: Sequence[str]) -> bytes:
    """How near is each of these texts?"""
    return json.dumps({"near": near, "texts": list(texts)}).encode() + b"\n"


def question_of(line: bytes) -> tuple[str, list[str]]:
    raw = json.loads(line)
    return raw["near"], raw["texts"]


def answer_line(nearness: Sequence[float]) -> bytes:
    """For each text -1 to 1."""
    return json.dumps(list(nearness)).encode() + b"\n"


def answer_of(line: bytes, texts: Sequence[str]) -> list[float]:
    """Raises ValueError for what is no answer to a question with these texts."""
    raw = json.loads(line)
    if not isinstance(raw, list) or len(raw) != len(texts):
        raise ValueError("another number of answers")
    if not all(isinstance(one, float | int) for one in raw):
        raise ValueError("an answer that is no number")
    return raw

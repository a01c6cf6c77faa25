"""The process that knows the model (`python -m` this; asking.py starts it).

It reads questions from stdin, answers each on stdout in turn, and ends when stdin does. It opens
the two files of the model and nothing else, and no connection. Texts that it was asked about lately
are known by their hash: from one key that is typed to the next most are the same.
"""

import contextlib
import hashlib
import os
import signal
import sys
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aicopilot_lsp.context.embeddings.wire import (
    EXIT_UNUSABLE,
    answer_line,
    package_folder,
    question_of,
)
from aicopilot_lsp.context.index.lowly import limit_resources

if TYPE_CHECKING:
    from aicopilot_lsp.context.embeddings.model import Model, Vectors

_KEPT_TEXTS = 4_096  # 1 KB each


def main() -> int:
    """Returns the exit code, when nobody asks any more: EXIT_UNUSABLE where there is no model."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: it is the parent's to end us
    limit_resources()
    # Before they are loaded: neither is to start a thread for each core.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        known = Known(_loaded())
    except (ImportError, ValueError):
        return EXIT_UNUSABLE
    with contextlib.suppress(OSError):
        for line in sys.stdin.buffer:
            near, texts = question_of(line)
            sys.stdout.buffer.write(answer_line(known.nearness(near, texts)))
            sys.stdout.buffer.flush()
    os._exit(0)  # not by way of Python, which would write to a closed pipe once more


class Known:
    """A model, and the vectors of the texts that it was asked about last."""

    def __init__(self, model: "Model") -> None:
        self._model = model
        self._vectors: OrderedDict[bytes, Vectors] = OrderedDict()

    def nearness(self, near: str, texts: Sequence[str]) -> list[float]:
        """For each text the cosine of its vector and that of `near`, -1 to 1."""
        keys = [
            hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            for text in texts
        ]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._vectors}
        to_embed = [near, *new.values()]
        embedded = self._model.embed(to_embed)
        self._vectors.update(zip(new, embedded[1:], strict=True))
        found = [round(float(self._vectors[key] @ embedded[0]), 4) for key in keys]
        for key in keys:
            self._vectors.move_to_end(key)
        while len(self._vectors) > _KEPT_TEXTS:
            self._vectors.popitem(last=False)
        return found


def _loaded() -> "Model":
    from aicopilot_lsp.context.embeddings.model import Model

    folder = package_folder()
    if folder is None:
        raise ValueError("there is no model")
    return Model.load(folder)


if __name__ == "__main__":
    sys.exit(main())

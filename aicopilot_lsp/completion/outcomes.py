"""The outcomes that are remembered for their user: of each document the latest, and of the few
that a model was asked for last what it was sent. That holds source text and all that the sources
found, a megabyte at times, and is kept of no more documents than a person looks at in turns.
"""

from collections import OrderedDict
from dataclasses import replace

from aicopilot_lsp.completion.types import Outcome

_DOCUMENTS = 64
_WITH_WHAT_WAS_SENT = 4


class Outcomes:
    """By URI. Owned by one event loop."""

    def __init__(self) -> None:
        self._latest: OrderedDict[str, Outcome] = OrderedDict()
        self._asked: OrderedDict[str, Outcome] = OrderedDict()  # each with `sent`

    def put(self, uri: str, outcome: Outcome) -> None:
        """It is the latest of `uri` from here on."""
        self._latest[uri] = outcome
        self._latest.move_to_end(uri)
        if outcome.sent is not None:
            self._asked[uri] = outcome
            self._asked.move_to_end(uri)
        while len(self._asked) > _WITH_WHAT_WAS_SENT:
            old, _ = self._asked.popitem(last=False)
            self._latest[old] = replace(self._latest[old], sent=None)
        while len(self._latest) > _DOCUMENTS:
            old, _ = self._latest.popitem(last=False)
            self._asked.pop(old, None)

    def latest(self, uri: str) -> Outcome | None:
        """What became of the last request for `uri`."""
        return self._latest.get(uri)

    def asked(self, uri: str) -> Outcome | None:
        """What became of the last one in which a model was sent something, while that is kept: the
        latest, or one before it."""
        return self._asked.get(uri)

    def forget(self, uri: str) -> None:
        """The document is closed."""
        self._latest.pop(uri, None)
        self._asked.pop(uri, None)

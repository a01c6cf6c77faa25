"""What one request leaves for the next. Owned by one event loop."""

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from aicopilot_lsp.completion.cache import SuggestionCache
from aicopilot_lsp.completion.prompt import Frozen
from aicopilot_lsp.completion.speed import Speeds
from aicopilot_lsp.completion.types import Lookup
from aicopilot_lsp.context.types import Chosen

# All that the sources found is a megabyte at times; it is kept to be looked at.
_LOOKUPS = 4


@dataclass(frozen=True, slots=True)
class Read:
    """What a model has read of one file: the window, the snippets in front of it, and the time that
    the sources gave something to choose those from last."""

    frozen: Frozen
    held: tuple[Chosen, ...] = ()
    lookup: Lookup | None = None


@dataclass(slots=True)
class ModelMemory:
    """What one model has read, by URI."""

    _read: dict[str, Read] = field(default_factory=dict)
    _with_lookup: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def read(self, uri: str) -> Read | None:
        """What it has read of this file last."""
        return self._read.get(uri)

    def note(self, uri: str, read: Read) -> None:
        """This is what it has read now."""
        self._read[uri] = read
        if read.lookup is None:
            return
        self._with_lookup[uri] = None
        self._with_lookup.move_to_end(uri)
        if len(self._with_lookup) > _LOOKUPS:
            old, _ = self._with_lookup.popitem(last=False)
            if old in self._read:
                self._read[old] = replace(self._read[old], lookup=None)

    def forget(self, uri: str) -> None:
        self._read.pop(uri, None)
        self._with_lookup.pop(uri, None)


@dataclass(slots=True)
class Memory:
    """Suggestions by file, and the rest by model."""

    cache: SuggestionCache = field(default_factory=SuggestionCache)
    models: dict[str, ModelMemory] = field(default_factory=dict)
    speeds: Speeds = field(default_factory=Speeds)

    def of(self, model: str) -> ModelMemory:
        """What is known of a model, by its name in the configuration."""
        return self.models.setdefault(model, ModelMemory())

    def left_in_silence(self, model: str, identity: str, uri: str) -> None:
        """A model had no first word by the end of its time: it is taken for half as fast, and the
        window of `uri` is made anew, since with that one the next request would take as long."""
        self.speeds.halve(identity)
        self.of(model).forget(uri)

    def forget(self, uri: str) -> None:
        self.cache.forget(uri)
        for known in self.models.values():
            known.forget(uri)

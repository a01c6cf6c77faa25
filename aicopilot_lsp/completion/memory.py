"""What one request leaves for the next. Owned by one event loop."""

from dataclasses import dataclass, field

from aicopilot_lsp.completion.cache import SuggestionCache
from aicopilot_lsp.completion.prompt import Frozen
from aicopilot_lsp.completion.speed import Speeds
from aicopilot_lsp.context.types import Chosen


@dataclass(slots=True)
class ModelMemory:
    """What is known of one model: the window that it has read of each file, by URI, and the
    snippets in front of it."""

    frozen: dict[str, Frozen] = field(default_factory=dict)
    held: dict[str, tuple[Chosen, ...]] = field(default_factory=dict)

    def state_of(self, uri: str) -> tuple[Frozen | None, tuple[Chosen, ...]]:
        """What is known for one file; for `restore`."""
        return self.frozen.get(uri), self.held.get(uri, ())

    def restore(self, uri: str, state: tuple[Frozen | None, tuple[Chosen, ...]]) -> None:
        frozen, self.held[uri] = state
        if frozen is None:
            self.forget(uri)
        else:
            self.frozen[uri] = frozen

    def forget(self, uri: str) -> None:
        self.frozen.pop(uri, None)
        self.held.pop(uri, None)


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

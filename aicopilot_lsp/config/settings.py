"""Settings as resolved: what the rest of the program is given.

Options (options.py) are what people write, with anything missing or wrong; settings are complete
and immutable. Each stage is passed the smallest section it needs; nothing looks settings up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

DEFAULT_MODEL_NAME = "embedded"
# The tables of which there is one each; each is a field of Settings.
SECTION_NAMES = ("embedded", "completion", "context", "latency", "filters", "log")


@dataclass(frozen=True, slots=True)
class Secret:
    """A key that never prints itself (INV-7); `reveal()` is called where a header is built."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """One `[[models]]` table.

    Attributes
    ----------
    provider : str
        Name of a backend in the catalogue (`aicopilot plugins`): "embedded", "llama.cpp", ...
    url : str or None
        Base URL, for providers that are reached over HTTP.
    model : str or None
        The provider's own name of the model; for "embedded" a catalogue name or None for
        the default chosen by RAM and cores.
    fim_format : str or None
        The model's FIM format, "native" or "chat"; None: it is found out by a test.
    layout : str or None
        "frozen" or "standard" (models/protocol.py, Layout); None: what suits the format.
    api_key_env, api_key_file : where the key is read from when it is needed.
    ca_file : Path or None
        The authorities to trust over https in place of the system's (PEM).
    proxy : str or None
        URL of the http:// proxy to go through.
    """

    name: str
    provider: str
    url: str | None = None
    model: str | None = None
    roles: tuple[str, ...] = ("autocomplete",)
    fim_format: str | None = None
    layout: str | None = None
    headers: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}))
    api_key: Secret | None = None
    api_key_env: str | None = None
    api_key_file: Path | None = None
    ca_file: Path | None = None
    proxy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataClass:
    """Files of one kind, by gitignore-style patterns.

    Attributes
    ----------
    added : tuple of str
        What workspaces add to it: counts where something is forbidden, not where it is allowed.
    unclear : bool
        Some of it could not be read: any file may be meant.
    """

    patterns: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    unclear: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    """One `[[routes]]` table: which models may see which files. All conditions that are not None
    have to be met.

    Attributes
    ----------
    use, only, never : tuple of str or None
        Names of models, or "local" and "remote"; `use` names models in the order to be tried.
    source : str
        Where it is written, for messages.
    """

    data_class: str | None = None
    paths: tuple[str, ...] | None = None
    languages: tuple[str, ...] | None = None
    use: tuple[str, ...] | None = None
    only: tuple[str, ...] | None = None
    never: tuple[str, ...] | None = None
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedSettings:
    """The embedded model's process. Shared by all editors of a user, so user scope only."""

    idle_s: float = 900.0
    threads: int | None = None
    context_tokens: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionSettings:
    """One inline completion.

    Attributes
    ----------
    debounce_ms : int
        Rest after a keystroke before the model is asked; explicit requests never wait.
    read_ahead_ms : int
        Rest after which the model reads what the next request begins with; 0: never.
    deadline_ms : int
        From the request to its answer; what is complete by then is returned.
    max_prompt_tokens, max_output_tokens : int
        The most; what is sent and asked for follows from the measured speed.
    max_metered_prompt_tokens : int
        The most for servers under public names, which may bill by the token.
    max_lines : int
        Longest suggestion.
    exclude : tuple of str
        gitignore-style patterns, relative to a workspace folder; matching files are never read.
    disabled_languages : tuple of str
        LSP language ids.
    completion_items : str
        "auto": offer items in textDocument/completion when the client did not declare
        inline completion; "always"; "never".
    """

    enabled: bool = True
    debounce_ms: int = 75
    read_ahead_ms: int = 2_000
    deadline_ms: int = 15_000
    max_prompt_tokens: int = 8192
    max_metered_prompt_tokens: int = 2048
    max_output_tokens: int = 160
    max_lines: int = 12
    exclude: tuple[str, ...] = ()
    disabled_languages: tuple[str, ...] = ()
    completion_items: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextSettings:
    """What the model sees of other files.

    Attributes
    ----------
    index : bool
        Keep an index of each workspace folder.
    index_folders : tuple of str
        Folders, absolute or with "~", that are indexed whatever they are.
    disabled_sources : tuple of str
        Names of sources (context/protocol.py, Source).
    embeddings : bool
        Ask the source of that name, which is not asked otherwise.
    exclude : tuple of str
        As CompletionSettings.exclude, which holds here too: see config/matching.py, is_hidden.
    max_index_mb : int
        Of one folder, on disk; 10^6 bytes each.
    max_file_kb : int
        1024 bytes each.
    budget_ms : int
        How long one request waits for all sources together, where they are asked.
    """

    enabled: bool = True
    index: bool = True
    index_folders: tuple[str, ...] = ()
    disabled_sources: tuple[str, ...] = ()
    embeddings: bool = False
    exclude: tuple[str, ...] = ()
    max_index_mb: int = 500
    max_file_kb: int = 1024
    budget_ms: int = 50

    @property
    def unasked_sources(self) -> tuple[str, ...]:
        """Names of the sources that are not asked."""
        return self.disabled_sources if self.embeddings else (*self.disabled_sources, "embeddings")


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencySettings:
    """What prompts and answers are sized for, in milliseconds from asking the model to its whole
    answer: for suggestions that come while the user types, and for those asked for by hand."""

    target_ms: int = 500
    explicit_target_ms: int = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterSettings:
    """What may reach the user."""

    disabled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    level: str = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything, resolved. `trusted` is whether the workspace may do more than narrow (INV-6)."""

    models: tuple[ModelSettings, ...] = (
        ModelSettings(name=DEFAULT_MODEL_NAME, provider="embedded"),
    )
    data_classes: Mapping[str, DataClass] = field(default_factory=lambda: MappingProxyType({}))
    routes: tuple[RouteSettings, ...] = ()
    embedded: EmbeddedSettings = EmbeddedSettings()
    completion: CompletionSettings = CompletionSettings()
    context: ContextSettings = ContextSettings()
    latency: LatencySettings = LatencySettings()
    filters: FilterSettings = FilterSettings()
    log: LogSettings = LogSettings()
    trusted: bool = False

    def models_for(self, role: str) -> tuple[ModelSettings, ...]:
        """The models that serve `role` ("autocomplete", later "chat", "edit"...), in order."""
        return tuple(model for model in self.models if role in model.roles)

"""From everything that says something about settings to the settings: `resolve`.

The layers, later ones over earlier ones:

1. defaults (settings.py)
2. the user's file (paths.config_file, or the one named)
3. `client`: initializationOptions. They come from where the server's own command line comes from;
   who can write them could run any program, so they are the user's scope.
4. `client_settings`: answers to workspace/configuration and didChangeConfiguration. Editors mix
   values of the workspace into them (VS Code: .vscode/settings.json) and do not tell which, so they
   count as the workspace's.
5. `.aicopilot.toml` of each workspace folder.

4 and 5 only narrow unless the workspace is trusted, and never choose models, endpoints, keys or
headers. `resolve` never raises for what it reads; what is wrong becomes a Problem.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from aicopilot_lsp.config.editor_json import unwrapped
from aicopilot_lsp.config.files import TomlFile, read_user_file, read_workspace_file
from aicopilot_lsp.config.layers import Layer, Scope
from aicopilot_lsp.config.paths import config_file as default_config_file
from aicopilot_lsp.config.paths import named_config_file
from aicopilot_lsp.config.problems import Problem, ProblemList, printable_path
from aicopilot_lsp.config.settings import SECTION_NAMES, Settings

__all__ = ["Problem", "Resolved", "resolve"]

DEFAULT = "default"
CLIENT = "initializationOptions"
CLIENT_SETTINGS = "workspace/configuration"
# What clients send beside options: trust, and what editors of the Copilot dialect always add.
_NOT_OPTIONS = frozenset(
    ("trusted", "editorInfo", "editorPluginInfo", "http", "telemetry", "github-enterprise")
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings, what was wrong on the way, and where each value came from.

    Attributes
    ----------
    sources : mapping of str to str
        Dotted key ("completion.debounce_ms", "models[0].url") to "default", a file and line, or
        what the editor sent.
    """

    settings: Settings
    problems: tuple[Problem, ...]
    sources: Mapping[str, str]


def resolve(
    *,
    config_file: Path | None = None,
    client: Mapping[str, object] | None = None,
    client_settings: Mapping[str, object] | None = None,
    workspace_roots: Sequence[Path] = (),
    trusted: bool = False,
) -> Resolved:
    """Read and join all layers. Opens the user's file and one file in each root; nothing else.

    Parameters
    ----------
    config_file : Path or None
        Stands in for AICOPILOT_CONFIG, which stands in for the file in the platform's directory.
    client : mapping or None
        initializationOptions, as decoded from JSON.
    client_settings : mapping or None
        The latest answer to workspace/configuration, or didChangeConfiguration's settings; with or
        without "aicopilot" around it.
    workspace_roots : sequence of Path
        Absolute.
    trusted : bool
        See trust.is_trusted; decided by the caller.
    """
    problems = ProblemList()
    layers = [
        *_user_layers(config_file, problems),
        *_client_layers(client, CLIENT, Scope.USER, problems),
        *_client_layers(client_settings, CLIENT_SETTINGS, Scope.WORKSPACE, problems),
        *_workspace_layers(workspace_roots, problems),
    ]
    settings = Settings(trusted=trusted)
    sources = _default_sources(settings)
    if any(layer.data for layer in layers):
        # pydantic takes 90 ms to import: not for a server that runs on defaults.
        from aicopilot_lsp.config.merge import merge

        settings, sources = merge(layers, settings, sources)
    return Resolved(settings, problems.result(), MappingProxyType(sources))


def _user_layers(named: Path | None, problems: ProblemList) -> Iterator[Layer]:
    named = named or named_config_file()
    path = (named or default_config_file()).absolute()
    file = read_user_file(path, problems, must_exist=named is not None)
    if file:
        yield _file_layer(file, Scope.USER, problems)


def _workspace_layers(roots: Sequence[Path], problems: ProblemList) -> Iterator[Layer]:
    for root in dict.fromkeys(roots):
        file = read_workspace_file(root, problems)
        if file:
            yield _file_layer(file, Scope.WORKSPACE, problems)


def _file_layer(file: TomlFile, scope: Scope, problems: ProblemList) -> Layer:
    return Layer(
        source=printable_path(file.path),
        data=file.data,
        scope=scope,
        problems=problems,
        lines=file.lines,
        base_dir=file.path.parent,
        readable_by_others=file.readable_by_others,
    )


def _client_layers(
    data: object, source: str, scope: Scope, problems: ProblemList
) -> Iterator[Layer]:
    data = unwrapped(data)
    if isinstance(data, Mapping):
        options = {key: value for key, value in data.items() if key not in _NOT_OPTIONS}
        yield Layer(source=source, data=options, scope=scope, problems=problems, from_editor=True)
    elif data:
        problems.add(source, "must be a JSON object; nothing of it is used")


def _default_sources(settings: Settings) -> dict[str, str]:
    sources = {"models": DEFAULT, "data_classes": DEFAULT, "routes": DEFAULT}
    for section in SECTION_NAMES:
        for field in dataclasses.fields(getattr(settings, section)):
            sources[f"{section}.{field.name}"] = DEFAULT
    return sources

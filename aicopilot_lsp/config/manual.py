"""The manual of the configuration, made from the options: `python -m aicopilot_lsp.config.manual`.

It prints docs/CONFIGURATION.md; a test fails where that page differs from what this prints.
"""

import dataclasses
import sys
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from aicopilot_lsp.config.fields import WorkspaceRule, expects, workspace_rule
from aicopilot_lsp.config.files import MAX_WORKSPACE_BYTES
from aicopilot_lsp.config.options import (
    DATA_CLASSES,
    MODELS,
    ROUTES,
    SECTIONS,
    ModelOptions,
    RouteOptions,
)
from aicopilot_lsp.config.patterns import MAX_WORKSPACE_PATTERNS, MAX_WORKSPACE_STARS
from aicopilot_lsp.config.settings import Settings

_HEAD = f"""\
# Configuration

<!-- Made by `python -m aicopilot_lsp.config.manual` from the options themselves; don't edit. -->

Everything works without configuration: the server then runs a model on your own machine.

## Where it is

| Platform | Your file |
| --- | --- |
| Linux | `~/.config/aicopilot/config.toml` (or under `$XDG_CONFIG_HOME`) |
| macOS | `~/Library/Application Support/aicopilot/config.toml` |
| Windows | `%LOCALAPPDATA%\\aicopilot\\config.toml` |

`aicopilot config path` prints the paths of your machine.
The environment variable `AICOPILOT_CONFIG` names another file; `AICOPILOT_STATE_DIR` and \
`AICOPILOT_CACHE_DIR` move the state and the model files.
`aicopilot config show` prints every setting with the file and line it came from, and what is wrong.
A mistake costs the key it is in and nothing else: the server starts and tells you.
A file that is not valid TOML is not used at all; the line is named.

## What counts more

Later sources count more than earlier ones:

1. the defaults;
2. your file;
3. `initializationOptions`, which your editor sends when it starts the server;
4. the editor's settings (`workspace/configuration`);
5. `.aicopilot.toml` in each folder of the workspace.

The editor's JSON has the same keys as the file, in `snake_case` or `camelCase`.

```lua
vim.lsp.config("aicopilot", {{
  cmd = {{ "aicopilot" }},
  init_options = {{ completion = {{ maxLines = 6 }} }},
}})
```

## What a workspace may do

Your file and `initializationOptions` are yours alone.
Sources 4 and 5 are not: whoever wrote a repository can have written them, and editors mix \
`.vscode/settings.json` and the like into the settings that they send.
So a workspace can only narrow: switch completion off, exclude files and languages, lower \
limits, switch filters on.
More than that it may only if it is trusted, which your editor says: `trusted = true` in \
`initializationOptions`.
Trusted or not, it never chooses a model, a URL, a header, a key, a path or a log level.
What it may not do is ignored, and you are told.
With several folders, what one of them narrows is narrowed for all.

`.aicopilot.toml` has to be a regular file, not a link, of at most \
{MAX_WORKSPACE_BYTES >> 10} KiB.
Its patterns are at most {MAX_WORKSPACE_PATTERNS}, each with at most \
{MAX_WORKSPACE_STARS} `**` and {MAX_WORKSPACE_STARS} other stars, and none begins with `!`.

## Examples

A chosen model on this machine:

```toml
[[models]]
provider = "embedded"
model = "qwen2.5-coder-1.5b"
```

A llama.cpp server in your network:

```toml
[[models]]
name = "gpu-box"
provider = "llama.cpp"
url = "http://192.168.1.20:8080"
```

A server that asks for a key, with the key in the environment:

```toml
[[models]]
name = "team"
provider = "llama.cpp"
url = "https://models.example.com"
api_key_env = "TEAM_MODELS_KEY"
```

A server, a model on this machine for when it is down, and files that only the latter may see:

```toml
[[models]]
name = "gpu-box"
provider = "llama.cpp"
url = "http://192.168.1.20:8080"

[[models]]
provider = "embedded"

[data_classes]
restricted = ["restricted/**", "**/secrets/**"]

[[routes]]
data_class = "restricted"
only = ["local"]

[[routes]]
languages = ["python"]
use = ["embedded", "gpu-box"]
```

A repository's `.aicopilot.toml`:

```toml
[completion]
exclude = ["secrets/", "*.pem"]
disabled_languages = ["markdown"]

[[routes]]
paths = ["internal/"]
never = ["remote"]
```
"""


_FAILOVER = (
    "The next model of a role is asked where one fails, and where one has not begun to answer: "
    "within 2 seconds, 5 for a suggestion that you ask for by hand, or half of the time there is "
    "if that is less. One on this machine has that half in any case. A model that failed is asked "
    "again after 1 second, then after pauses that grow to 25 seconds, or when its server has said; "
    "by hand, every 2 seconds. You are told once that it is down, and once that it answers again; "
    "of one that comes and goes, when it has answered for 30 seconds on end."
)


def manual() -> str:
    """The whole page, Markdown."""
    return "\n".join([_HEAD, *_models(), *_routes(), *_sections()]).rstrip() + "\n"


def _models() -> Iterator[str]:
    yield "## Models\n"
    yield f"Each under `[[{MODELS}]]`.\n{_about(ModelOptions)}"
    yield "The tables of a later source replace those of an earlier one; they are not mixed."
    yield "A model whose provider, URL or model name is wrong is left out."
    yield "A workspace may do nothing with any of these keys.\n"
    yield from _sentences(_FAILOVER)
    yield ""
    yield from _keys(ModelOptions, {"roles": ["autocomplete"]}, show_rule=False)


def _routes() -> Iterator[str]:
    yield f"## `[{DATA_CLASSES}]`\n"
    yield "Kinds of files, for routes: a name of your own, and patterns as in `completion.exclude`."
    yield (
        "A pattern with a slash in its middle is anchored: `restricted/**` is that folder at the "
        "top of a workspace folder, and `**/restricted/**` wherever it is, also outside of them."
    )
    yield (
        "The name of a workspace folder is no part of the paths in it: where `restricted` is opened"
        " by itself, neither pattern matches; an `.aicopilot.toml` in it can forbid the same."
    )
    yield "A workspace may add patterns to a data class, and classes of its own."
    yield "What it adds counts where a route forbids, and not where one allows.\n"
    yield f"## `[[{ROUTES}]]`\n"
    yield _about(RouteOptions)
    yield "The routes of `initializationOptions` replace those of your file; a workspace adds some."
    yield (
        "What can't be read or names nothing known is taken in the way that shows less to models: "
        "a condition that is wrong holds for every file, an `only` or `never` that is wrong "
        "forbids every model, and a route that is no table leaves local models only.\n"
    )
    yield from _keys(RouteOptions, {}, show_rule=True)


def _sections() -> Iterator[str]:
    defaults = Settings()
    for section, model in SECTIONS.items():
        values = {
            field.name: getattr(getattr(defaults, section), field.name)
            for field in dataclasses.fields(getattr(defaults, section))
        }
        yield f"## `[{section}]`\n"
        yield f"{_about(model)}\n"
        yield from _keys(model, values, show_rule=True)


def _keys(model: type[BaseModel], defaults: dict[str, Any], *, show_rule: bool) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield f"### `{name}`\n"
        yield from _sentences(field.description or "")
        default = _toml(defaults.get(name))
        yield f"\n- Takes {expects(field)}."
        yield f"- Default: {f'`{default}`' if default else 'not set'}."
        rule = workspace_rule(field)
        if show_rule:
            at_all = "may not set it" if rule is WorkspaceRule.NEVER else f"may {rule}"
            yield f"- A workspace {at_all}."
        yield ""


def _about(model: type[BaseModel]) -> str:
    return "\n".join(_sentences(" ".join((model.__doc__ or "").split())))


def _sentences(text: str) -> list[str]:
    """One sentence a line."""
    return text.replace(". ", ".\n").split("\n")


def _toml(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return f'"{value}"' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    sys.stdout.write(manual())

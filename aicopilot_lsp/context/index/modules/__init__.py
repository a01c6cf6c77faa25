"""Which file of the workspace an import means. Paths in, paths out; no disk.

Each language's rules are a function of one signature; what they can't tell for certain they answer
with "" where a wrong file would be likely, and with the nearest file where it would be rare. What a
module passes on from others (re-exports) is for those to follow who look for a name.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from aicopilot_lsp.context.index.modules.javascript import javascript
from aicopilot_lsp.context.index.modules.known import CONFIG_NAMES, Known
from aicopilot_lsp.context.index.modules.others import (
    by_relative_path,
    c,
    dotted_class,
    elixir,
    go,
    lua,
    php,
    ruby,
    stylesheet,
)
from aicopilot_lsp.context.index.modules.python import python
from aicopilot_lsp.context.index.modules.rust import rust

__all__ = ["CONFIG_NAMES", "Known", "resolve"]

# (what is known, path of the importing file, module, name) -> path or ""
Rules = Callable[[Known, str, str, str], str]

_RULES: Mapping[str, Rules] = MappingProxyType(
    {
        "python": python,
        "javascript": javascript,
        "typescript": javascript,
        "rust": rust,
        "go": go,
        "java": dotted_class,
        "kotlin": dotted_class,
        "scala": dotted_class,
        "csharp": dotted_class,
        "c": c,
        "cpp": c,
        "ruby": ruby,
        "php": php,
        "lua": lua,
        "elixir": elixir,
        "css": stylesheet,
    }
)


def resolve(known: Known, path: str, language: str, module: str, name: str = "") -> str:
    """The path that `module` is, or its part `name` if that is a module itself; "" for what lies
    outside of the workspace, and for the file itself.

    Parameters
    ----------
    path : str
        Of the file that imports.
    language : str
        Name of its folder in grammars/.
    module, name : str
        As Import (text/syntax/outline.py) has them.
    """
    if not module:
        return ""
    found = _RULES.get(language, by_relative_path)(known, path, module, name)
    return "" if found == path else found

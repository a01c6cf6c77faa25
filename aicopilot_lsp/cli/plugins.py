"""`aicopilot plugins`: what is active, and which package it came with."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from aicopilot_lsp import plugins as catalogue


def plugins(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what is active, and which package it came with.

    Packages in the server's own environment may add to these; a workspace can't.
    """
    found = list(catalogue.installed())
    if as_json:
        print(json.dumps([asdict(plugin) for plugin in found], indent=2))
        return
    for plugin in found:
        kind = plugin.group.rpartition(".")[2]
        print(f"{kind:10} {plugin.name:16} {plugin.distribution} {plugin.version}")

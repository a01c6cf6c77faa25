"""Fill-in-the-middle formats, as data: how a prompt is written for each family of models.

A family is one row of `families.FORMATS`; nothing else has to change when one is added. The format
is declared in the settings or proved by asking the server, never guessed from a model's name.

User text may hold a family's own markers (a page on FIM formats does). They reach the model only
after `neutralise`, so a file can't end its own section or open a chat turn; `assemble` applies it,
which makes a prompt safe however it was put together.
"""

from aicopilot_lsp.models.fim.families import FORMATS, format_for
from aicopilot_lsp.models.fim.format import FimFormat, Order
from aicopilot_lsp.models.fim.neutral import distinctive, neutralise, neutralise_all
from aicopilot_lsp.models.fim.prompts import assemble

__all__ = [
    "FORMATS",
    "FimFormat",
    "Order",
    "assemble",
    "distinctive",
    "format_for",
    "neutralise",
    "neutralise_all",
]

"""How the small Qwen models are asked, and a llama.cpp backend that asks so."""

from typing import Any

from aicopilot_lsp.models.fim import format_for
from aicopilot_lsp.models.httpbackend import HttpBackend, Locate
from aicopilot_lsp.models.llamacpp import LlamaCppApi
from aicopilot_lsp.models.protocol import Healing, Layout, Mode, Prompting

QWEN_FROZEN = Prompting(
    mode=Mode.RAW,
    format=format_for("qwen2.5-coder"),
    layout=Layout.FROZEN,
    healing=Healing.CONSTRAINED,
)


def llamacpp_backend(locate: Locate, **more: Any) -> HttpBackend:
    return HttpBackend(LlamaCppApi(), locate, prompting=QWEN_FROZEN, **more)

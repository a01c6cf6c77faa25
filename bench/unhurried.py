"""What is measured does not depend on how fast this machine is: no deadline, no rest, and prompts
of a size that is asked for."""

from dataclasses import replace

import aicopilot_lsp.completion.budget as sizes
from aicopilot_lsp.config.settings import Settings

FOREVER_MS = 600_000


def size_prompts(prompt_tokens: int, ahead_tokens: int) -> None:
    """As on a machine of the speed that comes to these sizes: of a prompt that is read cold, and of
    the snippets besides that are read in a rest."""
    sizes._FLOOR_PROMPT_TOKENS, sizes._COLD_READ_MS = prompt_tokens, float(FOREVER_MS)
    sizes._RESTING_TOKENS, sizes._RESTING_READ_MS = ahead_tokens, float(FOREVER_MS)


def unhurried(settings: Settings) -> Settings:
    """Settings under which everything is waited for, and reading ahead is left to the benchmark."""
    completion = replace(
        settings.completion, deadline_ms=FOREVER_MS, debounce_ms=0, read_ahead_ms=0
    )
    context = replace(settings.context, budget_ms=FOREVER_MS)
    return replace(settings, completion=completion, context=context)

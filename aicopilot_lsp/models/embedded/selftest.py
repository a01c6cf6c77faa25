"""`aicopilot model test`: does this model do on this machine what completions need of it?

Three things are checked: each FIM marker is one token (else prompts would mean something else), a
trivial hole is filled, and how fast it reads and writes.
"""

import secrets
from contextlib import aclosing
from pathlib import Path

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
from aicopilot_lsp.errors import ModelProcessError
from aicopilot_lsp.models import fim
from aicopilot_lsp.models.embedded import backend
from aicopilot_lsp.models.http import Deadline, Transport
from aicopilot_lsp.models.protocol import Finished, GenerateRequest, TextChunk, Usage
from aicopilot_lsp.plugins import BackendContext

_DEADLINE_S = 120.0
_PREFIX = "def add(a, b):\n    return "
_SUFFIX = "\n\n\nprint(add(1, 2))\n"
_EXPECTED = "a + b"
_SPEED_LINES = 40


async def run(name: str | None, *, state_dir: Path, cache_dir: Path) -> list[str]:
    """Run the checks; returns lines for people.

    Raises
    ------
    ModelError
        The model can't be started or asked.
    ModelProcessError
        It runs, but can't do the work.
    """
    context = BackendContext(embedded=EmbeddedSettings(), state_dir=state_dir, cache_dir=cache_dir)
    tested = backend.create(ModelSettings(name="test", provider="embedded", model=name), context)
    try:
        await tested.prepare()
        form = tested.prompting.format
        if form is None:
            raise ModelProcessError(f"{tested.model} is not asked in a FIM format.")
        markers = await _markers(tested, form)
        filled = await _fill(tested, form)
        usage = await _measure(tested, form)
        return [
            f"{tested.model} runs.",
            f"markers    {markers} of {markers} are one token each",
            f"a hole     filled: return {filled!r}",
            *_speed(usage),
        ]
    finally:
        await tested.aclose()


async def _markers(tested: backend.EmbeddedBackend, form: fim.FimFormat) -> int:
    """How many markers a prompt is built of, all of them single tokens. Markers that are only
    kept out of prompts and answers may be foreign to this model."""
    endpoint = await tested.endpoint()
    transport = Transport()
    try:
        for marker in form.structural:
            answer = await transport.fetch_json(
                endpoint,
                "/tokenize",
                body={"content": marker, "add_special": False, "parse_special": True},
                deadline=Deadline(_DEADLINE_S),
            )
            tokens = answer.get("tokens")
            if not isinstance(tokens, list) or len(tokens) != 1:
                raise ModelProcessError(
                    f"{tested.model} does not know the marker {marker!r}: the format {form.name!r}"
                    " is not its own."
                )
    finally:
        await transport.aclose()
    return len(form.structural)


async def _fill(tested: backend.EmbeddedBackend, form: fim.FimFormat) -> str:
    text, _ = await _generate(tested, fim.assemble(form, _PREFIX, _SUFFIX, ""), 8, ("\n",))
    if text.strip() != _EXPECTED:
        raise ModelProcessError(
            f"{tested.model} runs but did not fill a trivial hole: expected {_EXPECTED!r}, got"
            f" {text!r}."
        )
    return text


async def _measure(tested: backend.EmbeddedBackend, form: fim.FimFormat) -> Usage:
    """Speed on a prompt that no cache knows: its first line is random."""
    lines = [f"# {secrets.token_hex(8)}"]
    lines += [f"def step_{n}(value):\n    return value + {n}\n" for n in range(_SPEED_LINES)]
    _, usage = await _generate(tested, fim.assemble(form, "\n".join(lines), "\n", ""), 32, ())
    return usage


async def _generate(
    tested: backend.EmbeddedBackend, prompt: str, max_tokens: int, stop: tuple[str, ...]
) -> tuple[str, Usage]:
    request = GenerateRequest(
        prompt=prompt, max_tokens=max_tokens, stop=stop, deadline_s=_DEADLINE_S
    )
    text, usage = "", Usage()
    async with aclosing(tested.generate(request)) as events:
        async for event in events:
            match event:
                case TextChunk():
                    text += event.text
                case Finished():
                    usage = event.usage
    return text, usage


def _speed(usage: Usage) -> list[str]:
    lines = []
    if usage.prefill_ms and usage.evaluated_tokens:
        rate = usage.evaluated_tokens * 1000 / usage.prefill_ms
        lines.append(f"reading    {rate:.0f} tokens/s ({usage.evaluated_tokens} tokens)")
    if usage.decode_ms and usage.generated_tokens:
        rate = usage.generated_tokens * 1000 / usage.decode_ms
        lines.append(f"writing    {rate:.0f} tokens/s ({usage.generated_tokens} tokens)")
    return lines

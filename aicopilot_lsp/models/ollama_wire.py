"""Ollama's JSON: what `/api/show` and `/api/ps` tell of a model, what an answer cost, and what an
error says. Pure functions; every field is checked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aicopilot_lsp.models.protocol import FinishReason, Usage
from aicopilot_lsp.models.wire import count, mapping, milliseconds, word

# The window that a model is asked with unless its file says another. Ollama's own default depends
# on the graphics memory and is 4,096 on most machines. The memory for it is taken as a whole: at
# 8,192, half a gigabyte for a 7B model of today and four for one of 2023.
FIRST_WINDOW_TOKENS = 8_192
_NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a model.

    Attributes
    ----------
    window_tokens : int
        The num_ctx to ask it with.
    fills_holes : bool
        Its template has a place for a suffix.
    thinks : bool
        It reasons before it answers, unless told not to.
    """

    window_tokens: int = FIRST_WINDOW_TOKENS
    fills_holes: bool = False
    thinks: bool = False


def facts(shown: Mapping[str, Any], loaded: int | None = None) -> Facts:
    """What `/api/show` tells.

    Parameters
    ----------
    loaded : int or None
        The window that the model is loaded with now, for whomever. Where it is enough it is asked
        for again: another would load the model anew.
    """
    most = _context_length(mapping(shown.get("model_info")))
    chosen = _parameter(shown.get("parameters"), "num_ctx")
    window = chosen or max(FIRST_WINDOW_TOKENS, loaded or 0)
    known = shown.get("capabilities")
    known = known if isinstance(known, list) else []
    # Servers from before the middle of 2025 list no capabilities.
    fills = "insert" in known if known else ".Suffix" in word(shown.get("template"))
    return Facts(
        window_tokens=min(window, most or window),
        fills_holes=fills,
        thinks="thinking" in known,
    )


def loaded_tokens(running: Mapping[str, Any], model: str) -> int | None:
    """The window that `/api/ps` shows `model` loaded with."""
    models = running.get("models")
    for entry in map(mapping, models if isinstance(models, list) else []):
        if _full_name(model) in (entry.get("name"), entry.get("model")):
            return count(entry.get("context_length"))
    return None


def details(shown: Mapping[str, Any]) -> list[str]:
    about = mapping(shown.get("details"))
    found = [word(about.get(key)) for key in ("parameter_size", "quantization_level")]
    found.append("fills holes by itself" if facts(shown).fills_holes else "")
    return list(filter(None, found))


def usage(line: Mapping[str, Any]) -> Usage:
    """What the last line of an answer says that it cost.

    `prompt_eval_count` is the whole prompt, cached tokens included, or absent: versions before
    mid-2024 leave it out when all was cached. How many were cached is told from August 2026 on
    (`prompt_eval_cached_count`); without it nobody knows how many tokens the duration was for, so
    neither is passed on, and the caller's clock has to do.
    """
    prompt = count(line.get("prompt_eval_count")) or None
    cached = count(line.get("prompt_eval_cached_count"))
    if prompt is None or cached is None or cached > prompt:
        cached = None
    is_told = prompt is not None and cached is not None
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=cached,
        evaluated_tokens=prompt - cached if prompt is not None and cached is not None else None,
        generated_tokens=count(line.get("eval_count")),
        prefill_ms=_ms(line.get("prompt_eval_duration")) if is_told else None,
        decode_ms=_ms(line.get("eval_duration")),
    )


def finish_reason(line: Mapping[str, Any], stopped: FinishReason) -> FinishReason:
    """`stopped` is what "stop" means, which Ollama says for the end token and for stop strings."""
    match line.get("done_reason"):
        case "length":
            return FinishReason.LIMIT
        case "stop" | None:
            return stopped
    return FinishReason.END  # "load", "unload": there was nothing to answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What an error's sentence was recognised as; `sizes` in our words, from its figures."""

    is_known: bool = False
    no_such_model: bool = False
    needs_newer: bool = False
    no_insert: bool = False
    no_generate: bool = False
    no_memory: bool = False
    too_long: bool = False
    sizes: str = ""


def fault(body: Mapping[str, Any]) -> Fault:
    """What the `error` of an answer says: a sentence, or the error of its engine as JSON."""
    said = body.get("error")
    if not isinstance(said, str):
        return Fault()
    words = said.lower()
    return Fault(
        is_known=True,
        no_such_model="not found" in words and "model" in words,
        needs_newer="newer version of ollama" in words,
        no_insert="does not support insert" in words,
        no_generate="does not support generate" in words,
        no_memory="more system memory" in words or "out of memory" in words,
        too_long="context length" in words or "exceed_context_size" in words,
        sizes=_sizes(said),
    )


def _sizes(said: str) -> str:
    try:
        told = mapping(mapping(json.loads(said)).get("error"))
    except (ValueError, RecursionError):
        return ""
    prompt, window = count(told.get("n_prompt_tokens")), count(told.get("n_ctx"))
    if prompt is None or window is None:
        return ""
    return f"the prompt's {prompt:,} tokens ({window:,})"


def _context_length(info: Mapping[str, Any]) -> int | None:
    architecture = word(info.get("general.architecture"))
    return count(info.get(f"{architecture}.context_length")) or None


def _parameter(listed: object, name: str) -> int | None:
    """A number among the parameters of the model's file, which are listed one a line."""
    for line in word(listed).splitlines():
        key, _, value = line.strip().partition(" ")
        if key == name and (value := value.strip()).isdecimal():
            return int(value[:9]) or None
    return None


def _full_name(model: str) -> str:
    """As Ollama lists it: with its tag."""
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


def _ms(nanoseconds: object) -> float | None:
    return milliseconds(nanoseconds, _NS_PER_MS)

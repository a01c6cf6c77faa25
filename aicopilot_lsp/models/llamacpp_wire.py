"""llama.cpp's JSON, both ways: options of a request, and what an answer's fields say.

Pure functions over decoded JSON; llamacpp.py does the talking. Every field is checked: a server may
be of any version, or not llama.cpp at all.
"""

import math
from collections.abc import Mapping
from typing import Any

from aicopilot_lsp.models import failures, gbnf
from aicopilot_lsp.models.protocol import FinishReason, GenerateRequest, Usage

# Without this the last event repeats the prompt and some fifty settings.
_RESPONSE_FIELDS = ("content", "stop", "stop_type", "tokens_evaluated", "timings", "error")
_FINISH = {"eos": FinishReason.END, "word": FinishReason.STOP, "limit": FinishReason.LIMIT}


def sampling(request: GenerateRequest, stop: tuple[str, ...]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "n_predict": request.max_tokens,
        "temperature": request.temperature,
        "stop": list(stop),
        "stream": True,
        "cache_prompt": True,
        # Most answers are left before their end: the cost has to come with each token.
        "timings_per_token": True,
        # llama.cpp looks for a client that left only when it has something to send: with this, at
        # each batch of the prompt.
        "return_progress": True,
        "response_fields": _RESPONSE_FIELDS,
    }
    if grammar := gbnf.begins_with(request.must_begin_with):
        options["grammar"] = grammar
    return options


def content(answer: Mapping[str, Any], where: str) -> str:
    content = answer.get("content", "")
    if not isinstance(content, str):
        raise failures.bad_answer(where, "its text is not a string")
    return _well_formed(content)


def _well_formed(text: str) -> str:
    """JSON can spell lone surrogates, which nothing after us could encode."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def finish_reason(answer: Mapping[str, Any]) -> FinishReason:
    stop_type = answer.get("stop_type")
    if isinstance(stop_type, str) and stop_type in _FINISH:
        return _FINISH[stop_type]
    # Servers from before the end of 2024 have a flag for each.
    if answer.get("stopped_limit") is True:
        return FinishReason.LIMIT
    return FinishReason.STOP if answer.get("stopped_word") is True else FinishReason.END


def usage(answer: Mapping[str, Any]) -> Usage:
    """What the answer has cost so far. While the prompt is being read, `evaluated_tokens` and
    `prefill_ms` grow with each batch and `prompt_tokens` is the whole."""
    timings = _mapping(answer.get("timings"))
    progress = _mapping(answer.get("prompt_progress"))
    evaluated, cached = _count(timings.get("prompt_n")), _count(timings.get("cache_n"))
    prompt = _count(answer.get("tokens_evaluated"))
    if progress:
        prompt = _count(progress.get("total")) or prompt
    elif evaluated is not None and cached is not None:
        prompt = evaluated + cached
    elif prompt is not None and evaluated is not None:
        cached = max(0, prompt - evaluated)
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=cached,
        evaluated_tokens=evaluated,
        generated_tokens=_count(timings.get("predicted_n")),
        prefill_ms=_milliseconds(timings.get("prompt_ms")),
        decode_ms=_milliseconds(timings.get("predicted_ms")),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _milliseconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def joined_pieces(tokens: object, where: str) -> tuple[str, ...]:
    """The tokens' texts; those that hold parts of a character, as lists of bytes, joined."""
    if not isinstance(tokens, list):
        raise failures.bad_answer(where, "it has no list of tokens")
    pieces: list[str] = []
    pending = bytearray()
    for token in tokens:
        piece = token.get("piece") if isinstance(token, dict) else None
        if isinstance(piece, str):
            if pending:
                pieces.append(pending.decode("utf-8", "replace"))
                pending.clear()
            pieces.append(piece)
            continue
        try:
            pending += bytes(piece or ())
            pieces.append(pending.decode("utf-8"))
            pending.clear()
        except UnicodeDecodeError:
            continue  # the rest of the character is in the next token
        except (TypeError, ValueError):
            raise failures.bad_answer(where, "a token has no text") from None
    if pending:
        pieces.append(pending.decode("utf-8", "replace"))
    return tuple(filter(None, pieces))


def model_name(props: Mapping[str, Any]) -> str:
    """The alias; where that is the file's path, as it is by default, its name."""
    for key in ("model_alias", "model_path"):
        if isinstance(value := props.get(key), str) and value:
            return value.replace("\\", "/").rpartition("/")[2]
    return "unknown"


def context_tokens(props: Mapping[str, Any]) -> int | None:
    defaults = props.get("default_generation_settings")
    return _count(defaults.get("n_ctx")) if isinstance(defaults, Mapping) else None


def details(props: Mapping[str, Any]) -> list[str]:
    found = []
    if isinstance(quantisation := props.get("model_ftype"), str) and quantisation:
        found.append(quantisation)
    if (slots := _count(props.get("total_slots"))) is not None:
        found.append(f"{slots} slot" + ("s" if slots != 1 else ""))
    if isinstance(build := props.get("build_info"), str) and build:
        found.append(f"llama.cpp {build}")
    return found

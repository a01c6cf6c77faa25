"""llama.cpp's JSON, both ways: options of a request, and what an answer's fields say.

Pure functions over decoded JSON; llamacpp.py does the talking. Every field is checked: a server may
be of any version, or not llama.cpp at all.
"""

from collections.abc import Mapping
from typing import Any

from aicopilot_lsp.models import failures, gbnf
from aicopilot_lsp.models.protocol import FinishReason, GenerateRequest, Usage
from aicopilot_lsp.models.wire import count, mapping, milliseconds, word

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
    timings = mapping(answer.get("timings"))
    progress = mapping(answer.get("prompt_progress"))
    evaluated, cached = count(timings.get("prompt_n")), count(timings.get("cache_n"))
    prompt = count(answer.get("tokens_evaluated"))
    if progress:
        prompt = count(progress.get("total")) or prompt
    elif evaluated is not None and cached is not None:
        prompt = evaluated + cached
    elif prompt is not None and evaluated is not None:
        cached = max(0, prompt - evaluated)
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=cached,
        evaluated_tokens=evaluated,
        generated_tokens=count(timings.get("predicted_n")),
        prefill_ms=milliseconds(timings.get("prompt_ms")),
        decode_ms=milliseconds(timings.get("predicted_ms")),
    )


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
        if value := word(props.get(key)):
            return value.replace("\\", "/").rpartition("/")[2]
    return "unknown"


def context_tokens(props: Mapping[str, Any]) -> int | None:
    return count(mapping(props.get("default_generation_settings")).get("n_ctx"))


def details(props: Mapping[str, Any]) -> list[str]:
    found = []
    if quantisation := word(props.get("model_ftype")):
        found.append(quantisation)
    if (slots := count(props.get("total_slots"))) is not None:
        found.append(f"{slots} slot" + ("s" if slots != 1 else ""))
    if build := word(props.get("build_info")):
        found.append(f"llama.cpp {build}")
    return found

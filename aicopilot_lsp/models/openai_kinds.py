"""Which server it is that speaks OpenAI's `/v1/completions`, and what it offers beyond.

They are told apart by what they say of themselves, at paths that are theirs; a server that says
nothing is asked for what all of them have.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models import begins_with_regex, gbnf
from aicopilot_lsp.models.api import Ask
from aicopilot_lsp.models.wire import count, mapping, word


class Kind(Enum):
    """What constrains an answer, and where tokens are counted."""

    PLAIN = "OpenAI-compatible"
    LLAMACPP = "llama.cpp"
    VLLM = "vLLM"  # from 0.12 on
    OLD_VLLM = "vLLM before 0.12"
    SGLANG = "SGLang"

    def constraint(self, must_begin_with: str) -> dict[str, Any]:
        """The fields that make an answer begin so; none where that can't be said."""
        if self is Kind.LLAMACPP:
            grammar = gbnf.begins_with(must_begin_with)
            return {"grammar": grammar} if grammar else {}
        regex = begins_with_regex.begins_with(must_begin_with)
        if regex is None:
            return {}
        match self:
            case Kind.VLLM:
                return {"structured_outputs": {"regex": regex}}
            case Kind.OLD_VLLM:  # "guided_regex" was taken out in 0.12
                return {"guided_regex": regex}
            case Kind.SGLANG:
                return {"regex": regex}
        return {}

    def options(self) -> dict[str, Any]:
        """More fields for every request."""
        match self:
            case Kind.LLAMACPP:
                # The cost with each token, and a look at whether we are still there with each batch
                # of the prompt: see llamacpp_wire.py.
                return {"cache_prompt": True, "timings_per_token": True, "return_progress": True}
            case Kind.VLLM | Kind.OLD_VLLM:
                # Left out, as is usual, a model's own control tokens would never meet our stop
                # strings, and it would run on into the next file.
                return {"skip_special_tokens": False}
        return {}

    def stream_options(self) -> dict[str, Any]:
        if self in (Kind.VLLM, Kind.OLD_VLLM):
            # The cost with each token: most answers are left before their end.
            return {"include_usage": True, "continuous_usage_stats": True}
        return {"include_usage": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a server says of itself and of one model.

    Attributes
    ----------
    model : str
        The name to ask for: the one in the settings, or that of the only one there is; "" unknown.
    is_listed : bool
        Whether the server lists it, or lists none.
    is_refused : bool
        Whether it has refused to constrain an answer.
    """

    kind: Kind = Kind.PLAIN
    model: str = ""
    version: str = ""
    context_tokens: int | None = None
    is_listed: bool = True
    is_refused: bool = False

    @property
    def constrains(self) -> bool:
        return self.kind is not Kind.PLAIN and not self.is_refused


async def find(ask: Ask, version_path: str, model: str) -> Found:
    """Ask a server what it is: one question, and one more to vLLM. Raises ModelError, but not where
    it has no such path."""
    answer = await _asked(ask, f"{version_path}/models")
    data = answer.get("data")
    entries = [mapping(one) for one in data] if isinstance(data, list) else []
    named = next((one for one in entries if one.get("id") == model), None)
    if not model and len(entries) == 1:
        named = entries[0]
    entry = named or next(iter(entries), {})
    kind, version = await _kind(ask, word(entry.get("owned_by")))
    return Found(
        kind=kind,
        model=model or word(mapping(named).get("id")),
        version=version,
        context_tokens=count(mapping(named).get("max_model_len")),
        # llama.cpp serves its one model under any name.
        is_listed=named is not None or not entries or kind is Kind.LLAMACPP,
    )


async def _kind(ask: Ask, owner: str) -> tuple[Kind, str]:
    match owner:
        case "llamacpp":
            return Kind.LLAMACPP, ""
        case "sglang":
            return Kind.SGLANG, ""
        case "vllm":
            version = word((await _asked(ask, "/version")).get("version"))
            number = re.match(r"v?(\d+)\.(\d+)", version)
            if number is None:
                return Kind.PLAIN, ""  # behind a gateway that hides it: either field may be wrong
            is_new = (int(number[1]), int(number[2])) >= (0, 12)
            return (Kind.VLLM if is_new else Kind.OLD_VLLM), version
    return Kind.PLAIN, ""


async def _asked(ask: Ask, path: str) -> Mapping[str, Any]:
    """The answer, or an empty one where there is none to be had."""
    try:
        return await ask(path)
    except ModelError as error:
        if error.kind in (ModelErrorKind.NOT_FOUND, ModelErrorKind.REJECTED):
            return {}
        raise

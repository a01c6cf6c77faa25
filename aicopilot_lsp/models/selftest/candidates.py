"""Which formats may be a model's own, most likely first: those whose markers its tokenizer knows.

Where the server tells no tokens all may be, and the holes decide.
"""

from collections.abc import Iterable

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.fim import FORMATS, FimFormat
from aicopilot_lsp.models.selftest.asking import Subject

# Those whose models are asked for most: all that is tried where the tokenizer can't choose.
_LIKELY = (
    "qwen2.5-coder",
    "starcoder2",
    "deepseek-coder",
    "codestral",
    "codellama",
    "seed-coder",
    "mellum",
    "glm",
)
_TOKENIZER_FAILS = frozenset(
    (
        ModelErrorKind.NOT_FOUND,
        ModelErrorKind.REJECTED,
        ModelErrorKind.SERVER,
        ModelErrorKind.PROTOCOL,
    )
)


async def own_formats(subject: Subject) -> tuple[list[FimFormat], list[FimFormat]]:
    """Formats to try, in order, and those that the tokenizer rules out. Raises ModelError where
    the server can't be reached."""
    # What has no markers asks for no hole to be filled: a user may declare it, no test choose it.
    forms = [form for form in FORMATS.values() if form.structural]
    single: dict[str, bool | None] = {}
    known: list[FimFormat] = []
    for form in forms:
        verdict = await _all_single(subject, form.structural, single)
        if verdict is None:
            return [FORMATS[name] for name in _LIKELY], []
        if verdict:
            known.append(form)
    # Families share tokens; the one that knows more of the model's own is nearer to it.
    known.sort(key=lambda form: -len(form.structural))
    return _first_of_each_shape(known), [form for form in forms if form not in known]


async def unknown_markers(subject: Subject, form: FimFormat) -> tuple[str, ...]:
    """Those of the tokens that `form` writes around a hole which are no single tokens of the model:
    prompts would mean something else. None are, where the server does not tell."""
    markers = [marker for marker in form.structural if any(marker in part for part in form.alone)]
    return tuple([marker for marker in markers if await _is_single(subject, marker) is False])


async def _all_single(
    subject: Subject, markers: Iterable[str], single: dict[str, bool | None]
) -> bool | None:
    """Whether each marker is one token; None where the server does not tell."""
    for marker in markers:
        if marker not in single:
            single[marker] = await _is_single(subject, marker)
        if single[marker] is not True:
            return single[marker]
    return True


async def _is_single(subject: Subject, marker: str) -> bool | None:
    try:
        pieces = await subject.tokenize(marker, special=True)
    except ModelError as error:
        if error.kind in _TOKENIZER_FAILS:
            return None
        raise
    return None if pieces is None else len(pieces) == 1


def _first_of_each_shape(forms: Iterable[FimFormat]) -> list[FimFormat]:
    """Formats that write the same prompt for one file need one try between them."""
    shapes: dict[object, FimFormat] = {}
    for form in forms:
        shapes.setdefault(form.alone, form)
    return list(shapes.values())[: len(_LIKELY)]

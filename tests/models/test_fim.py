"""The table of formats, and the prompts that are assembled from it."""

import re

import pytest

from aicopilot_lsp.errors import ConfigError
from aicopilot_lsp.models.fim import FORMATS, FimFormat, Order, assemble, distinctive, format_for
from aicopilot_lsp.models.fim.format import literals

FAMILIES = (
    *("qwen2.5-coder", "qwen3-coder", "starcoder", "starcoder2", "santacoder", "stable-code"),
    *("codellama", "deepseek-coder", "codegemma", "codestral", "granite", "granite4"),
    *("seed-coder", "mellum", "refact", "glm", "codegeex4", "mercury", "plain"),
)
# What looks like a control token. `[...]` may be code, and is one where the letters are large.
TOKEN_LIKE = re.compile(r"<[|｜\[]?[\w▁-]+[|｜\]]?>|\[[A-Z]+\]")


@pytest.fixture(params=FAMILIES)
def fmt(request: pytest.FixtureRequest) -> FimFormat:
    return FORMATS[request.param]


def row(**fields: object) -> FimFormat:
    known: dict[str, object] = {
        "name": "x",
        "alone": ("<p>{prefix}", "<m>{middle}"),
        "among": ("{files}", "<p>{prefix}", "<m>{middle}"),
        "file": ("{path}\n", "{text}\n"),
        "stop": (),
        "markers": ("<p>", "<m>"),
        "source": "this test",
    }
    return FimFormat(**(known | fields))  # type: ignore[arg-type]


def literals_of(fmt: FimFormat) -> list[str]:
    pieces = (*fmt.alone, *fmt.among, *fmt.file)
    return [literal for piece in pieces for literal in literals(piece)]


def test_every_family_has_a_row() -> None:
    assert tuple(FORMATS) == FAMILIES


def test_a_row_is_complete(fmt: FimFormat) -> None:
    assert fmt is format_for(fmt.name)
    assert fmt.source
    for template in (fmt.alone, fmt.among):
        whole = "".join(template)
        assert whole.count("{prefix}") == whole.count("{middle}") == 1
        assert whole.count("{suffix}") == (fmt.name != "plain")
    assert "".join(fmt.among).count("{files}") == 1
    assert "".join(fmt.file).count("{path}") == "".join(fmt.file).count("{text}") == 1


def test_every_token_that_a_template_writes_is_a_marker(fmt: FimFormat) -> None:
    written = {token for literal in literals_of(fmt) for token in TOKEN_LIKE.findall(literal)}
    written -= set(fmt.headings)
    assert written == set(fmt.structural)
    assert written <= set(fmt.markers)


def test_every_token_that_ends_an_answer_is_a_marker(fmt: FimFormat) -> None:
    ended_by = {token for stop in fmt.stop for token in TOKEN_LIKE.findall(stop)}
    assert ended_by <= {*fmt.markers, *fmt.headings}


def test_no_answer_is_ended_by_ordinary_code(fmt: FimFormat) -> None:
    documented = {"<EOT>", "<PRE> ", "<SUF>", "<MID>", "[PREFIX]", "[SUFFIX]"}
    for stop in fmt.stop:
        assert stop.startswith("\n") or stop in documented or distinctive(stop)


# Between two texts of the user's there is a literal of ours. What no marker could do: begin in one
# and end in the other.
def test_no_text_can_make_a_marker_with_a_literal(fmt: FimFormat) -> None:
    markers = {marker for known in FORMATS.values() for marker in known.markers}
    for literal in literals_of(fmt):
        for marker in markers - {literal}:
            cuts = range(1, len(marker))
            assert not any(literal.startswith(marker[cut:]) for cut in cuts)
            assert not any(literal.endswith(marker[:cut]) for cut in cuts)
            assert literal not in marker


@pytest.mark.parametrize(
    ("name", "structural"),
    [
        (
            "qwen2.5-coder",
            (
                *("<|repo_name|>", "<|file_sep|>"),
                *("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
            ),
        ),
        ("codestral", ("[SUFFIX]", "[PREFIX]")),
        ("codellama", ("<PRE>", "<SUF>", "<MID>")),
        ("seed-coder", ("<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>")),
        ("plain", ()),
    ],
)
def test_the_tokens_that_a_prompt_is_built_of(name: str, structural: tuple[str, ...]) -> None:
    assert format_for(name).structural == structural


def test_the_order_is_the_checkpoints_own() -> None:
    suffix_first = {name for name, known in FORMATS.items() if known.order is Order.SPM}
    assert suffix_first == {"codestral", "seed-coder", "mellum", "refact", "codegeex4"}


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("qwen2.5-coder", "<|fim_prefix|>p<|fim_suffix|>s<|fim_middle|>m"),
        ("santacoder", "<fim-prefix>p<fim-suffix>s<fim-middle>m"),
        ("codellama", "<PRE> p <SUF>s <MID>m"),
        ("codestral", "[SUFFIX]s[PREFIX]pm"),
        ("mellum", "<fim_suffix>s<fim_prefix>p<fim_middle>m"),
        (
            "codegeex4",
            "<|user|>\n###MODE:BLOCK\n<|code_suffix|>s<|code_prefix|>p"
            "<|code_middle|><|assistant|>\nm",
        ),
        ("plain", "pm"),
    ],
)
def test_what_is_not_known_is_left_out_of_a_prompt(name: str, prompt: str) -> None:
    assert assemble(format_for(name), "p", "s", "m") == prompt


def test_the_openers_are_what_stands_before_each_text(fmt: FimFormat) -> None:
    prompt = assemble(fmt, "PPP", "SSS", "MMM")
    assert fmt.prefix + "PPP" in prompt
    assert fmt.name == "plain" or fmt.suffix + "SSS" in prompt
    assert prompt.endswith(fmt.middle + "MMM")
    assert (fmt.middle == "") == (assemble(fmt, "a", "s", "b") == assemble(fmt, "ab", "s", ""))


def test_only_some_formats_say_the_name_of_a_file_alone(fmt: FimFormat) -> None:
    assert fmt.names_file == (fmt.name in {"mellum", "codegeex4"})


def test_a_path_stays_on_its_line() -> None:
    named = assemble(format_for("mellum"), "p", "s", "", path="a\r\nb\u2028c.py\n")
    assert named == "<filename>a b c.py\n<fim_suffix>s<fim_prefix>p<fim_middle>"


def test_braces_in_user_text_are_no_slots(fmt: FimFormat) -> None:
    around, file = ("{suffix}{0}", "{prefix}{{", "{middle}}"), ("{text}", "{path}{files}")
    prompt = assemble(fmt, *around, files=[file], path="{repo}")
    before, after, typed = around
    shown = {before, typed, *file, "{repo}"} | ({after} if fmt.name != "plain" else set())
    assert all(text in prompt for text in shown)


@pytest.mark.parametrize("marker", ["x", "<a b>", "<a\n>"])
def test_a_row_whose_markers_could_not_be_broken_is_refused(marker: str) -> None:
    with pytest.raises(ValueError, match="can't be broken"):
        row(markers=("<p>", "<m>", marker))


@pytest.mark.parametrize("template", ["alone", "among", "file"])
def test_a_row_with_a_slot_that_is_not_there_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="slots"):
        row(**{template: ("{who}",)})


def test_a_piece_with_two_slots_is_refused() -> None:
    with pytest.raises(ValueError, match="slots"):
        row(alone=("<p>{prefix}<m>{middle}",))


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"one of these: .*qwen2\.5-coder"):
        format_for("gpt-99")


@pytest.mark.parametrize("name", ["qwen", "qwen2.5-code", "qwen25-coder"])
def test_an_unknown_format_is_likened_to_a_known_one(name: str) -> None:
    with pytest.raises(ConfigError, match=r'Did you mean .*"qwen2\.5-coder"'):
        format_for(name)

"""Each rule on candidates it must pass, trim or block: `before ‸ after`, the text, what is left."""

import pytest

from aicopilot_lsp.filters.protocol import Action, Candidate, Verdict
from aicopilot_lsp.filters.quality import RULES
from aicopilot_lsp.models.fim import FORMATS, distinctive
from tests.support.fixture import CURSOR


def check(rule: str, text: str, place: str = CURSOR, *, complete: bool = True) -> Verdict:
    before, _, after = place.partition(CURSOR)
    return RULES[rule](
        Candidate(text=text, before=before, after=after, language_id="python", complete=complete)
    )


PASS, BLOCK = object(), object()


@pytest.mark.parametrize(
    ("rule", "text", "place", "wanted"),
    [
        ("control-token", "x = 1", "‸", PASS),
        ("control-token", "x = 1<|endoftext|>more", "‸", "x = 1"),
        ("control-token", "x<\uff5cfim_hole\uff5c>y", "‸", "x"),
        ("control-token", "x <MID>y", "‸", "x "),
        ("control-token", "<PRE>x</PRE>", "‸", PASS),
        ("control-token", "cat <<EOT>out", "‸", PASS),
        ("control-token", "x = 1</s>\n", "‸", "x = 1"),
        ("control-token", "x = 1\n[PREFIX]y", "‸", "x = 1\n"),
        ("control-token", "x = [PREFIX] + y[SUFFIX]", "‸", PASS),
        ("control-token", "<s>old</s> new", "‸", PASS),
        ("control-token", "<s>old</s>", "‸", PASS),
        ("control-token", "old</s>\n", "<p><s class='x'>‸", PASS),
        ("control-token", "fn f(x: Box<[u8]>) -> <[T]>::Out", "‸", PASS),
        ("control-token", "usage: cp <filename> <repo_name> <pad> <unk>", "‸", PASS),
        ("control-token", "Map<KEY, T>, [INST], p <|> q, x <|y|> z", "‸", PASS),
        ("control-token", "'<|im_end|>' y<|eot|>z", "# <|im_end|>\n‸", "'<|im_end|>' y"),
        ("control-token", "a <| b |> c", "‸", PASS),
        ("control-token", "'<|im_end|>'", "STOP = '<|im_end|>'\nx = ‸", PASS),  # the file has it
        ("repetition", "a = 1\nb = 2\na = 1\nb = 2", "‸", PASS),
        ("repetition", "x.y()\nx.y()\nx.y()\nx.y()", "‸", "x.y()"),
        ("repetition", "x.y()\nx.y()\nx.y()", "‸", PASS),
        ("repetition", "  a {\n}\n}\n}\n}\n}", "‸", PASS),
        ("repetition", "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]", "x = [‸", PASS),
        ("repetition", "q\na = 1\nb = 2\na = 1\nb = 2\na = 1\nb = 2", "‸", "q\na = 1\nb = 2"),
        ("repetition", "}\n}\n}", "‸", PASS),
        ("repetition", "foo, " * 20, "‸", BLOCK),
        ("repetition", "-" * 80, "‸", PASS),
        ("echo-above", "x = 1", "x = 1\n‸", BLOCK),
        ("echo-above", "x = 1", "x = 1\ny = 2\n‸", PASS),
        ("echo-above", "x = 1\ny = 2", "x = 1\ny = 2\n‸", BLOCK),
        ("echo-above", "x = 1", "x = 1\ny = ‸", PASS),
        ("echo-above", "}", "}\n‸", PASS),
        ("echo-above", "return x", "    return x\n‸", PASS),  # another scope
        ("echo-below", "y = 2", "x = 1\n‸\ny = 2\n", BLOCK),
        ("echo-below", "a = 1\ny = 2", "x = 1\n‸\ny = 2\n", "a = 1"),
        ("echo-below", "a = 1\ny = 2\nz = 3", "‸\ny = 2\nz = 3\n", "a = 1"),
        ("echo-below", "a = 1\ny = 2\nq = 3", "‸\ny = 2\nz = 3\n", PASS),
        ("echo-below", "return total", "if x:\n    ‸\nreturn total\n", PASS),  # another scope
        ("echo-below", "x_offset = x_offset + 1", "‸\ny_offset = y_offset + 1\n", PASS),
        ("echo-below", "if x < 0:\n        return None", "    ‸\n    return None\n", PASS),
        (
            "echo-below",
            "a_total = one + b\nshow(a_total)",
            "‸\na_total = one + a\nshow(a_total)",
            BLOCK,
        ),
        ("echo-below", "foo(bar)", "x = ‸\nfoo(bar)\n", PASS),
        ("echo-below", "a = 1\n)", "‸\n)\n", PASS),  # too short to tell
        ("spare-closer", "a()\n}", "‸\n}\n", "a()"),
        ("spare-closer", "a()\n  }\n}", "‸\n}\n", "a()\n  }"),
        ("spare-closer", "a()\n  }", "‸\n}\n", PASS),
        ("spare-closer", "}", "‸\n}\n", BLOCK),
        ("spare-closer", "a))", "f(‸\n", "a)"),
        ("spare-closer", "))", "print(x‸\n", ")"),
        ("spare-closer", "a)", "f(\n    b,\n    ‸\n", PASS),
        ("fence", "x = 1\n```\nThis adds", "‸", "x = 1"),
        ("fence", "x = 1\n```", "```py\n‸", PASS),
        ("trailing-space", "a  \nb\t\n\n", "‸", "a\nb"),
        ("trailing-space", "a\n\nb", "‸", PASS),
        ("empty", " \n\t", "‸", BLOCK),
        ("empty", "x", "‸", PASS),
    ],
)
def test_the_rule_judges(rule: str, text: str, place: str, wanted: object) -> None:
    verdict = check(rule, text, place)
    assert verdict.rule == rule
    if wanted is PASS:
        assert (verdict.action, verdict.text) == (Action.PASS, text)
    elif wanted is BLOCK:
        assert (verdict.action, verdict.text) == (Action.BLOCK, "")
        assert verdict.reason
    else:
        assert (verdict.action, verdict.text) == (Action.TRIM, wanted)
        assert verdict.reason


def test_a_line_cut_off_by_a_limit_is_not_shown() -> None:
    assert check("half-line", "a = 1\nb = ", complete=False).text == "a = 1"
    assert check("half-line", "a = ", complete=False).action is Action.BLOCK
    assert check("half-line", "a = ", complete=True).action is Action.PASS


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "text", ["x" * 20_000, "(" * 20_000, "a b " * 5_000, "x = 1\n" * 2_000, "<|" * 10_000]
)
def test_no_rule_is_slow_on_long_text(rule: str, text: str) -> None:
    # Under the suite's per-test limit even when quadratic in lines; catastrophic regexes are not.
    assert check(rule, text, f"y = 1\n{CURSOR}\nz = 2").rule == rule


@pytest.mark.parametrize("family", FORMATS)
def test_no_token_of_any_family_leaks_into_a_suggestion(family: str) -> None:
    for token in filter(distinctive, FORMATS[family].markers):
        verdict = check("control-token", f"x = 1{token}\ny = 2")
        assert (verdict.action, verdict.text) == (Action.TRIM, "x = 1")


@pytest.mark.parametrize("family", FORMATS)
def test_what_the_filter_lets_pass_ends_the_answer_of_its_family(family: str) -> None:
    fmt = FORMATS[family]
    for token in fmt.structural:
        caught = check("control-token", f"x = 1{token}\ny = 2").action is Action.TRIM
        assert caught or any(token in stop for stop in fmt.stop)

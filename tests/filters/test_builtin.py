"""The list of filters, its order, and what users may switch off."""

from importlib.metadata import EntryPoint

import pytest

from aicopilot_lsp import plugins
from aicopilot_lsp.filters.builtin import LAST, ORDER, BrokenFilter, FunctionFilter, in_order
from aicopilot_lsp.filters.protocol import Action, Candidate, Verdict
from aicopilot_lsp.filters.quality import RULES


def test_rules_order_and_catalogue_name_the_same_filters() -> None:
    catalogue = {one.name for one in plugins.installed() if one.group == plugins.FILTERS}
    assert {*ORDER, LAST} == set(RULES) == catalogue
    assert [one.rule for one in in_order(plugins.filters(), ())] == [*ORDER, LAST]


def test_a_disabled_rule_is_left_out() -> None:
    kept = in_order(plugins.filters(), ["repetition"])
    assert [one.rule for one in kept] == [rule for rule in (*ORDER, LAST) if rule != "repetition"]


def test_a_filter_that_can_not_be_loaded_blocks_under_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = EntryPoint(name="gone", value="no_such_module:create", group=plugins.FILTERS)
    monkeypatch.setattr(plugins, "entry_points", lambda **_: [entry])
    (made,) = plugins.filters()
    assert made == BrokenFilter("gone")
    candidate = Candidate(text="x", before="", after="", language_id="python")
    verdict = made.check(candidate)
    assert verdict.action is Action.BLOCK
    assert "filters.disabled" in verdict.reason


def test_filters_of_others_come_before_the_last_of_ours() -> None:
    def pass_all(candidate: object) -> Verdict:
        return Verdict(rule="a-rule", action=Action.PASS, text="")

    theirs = FunctionFilter("a-rule", pass_all)
    assert in_order([theirs, *plugins.filters()], ())[-2] is theirs

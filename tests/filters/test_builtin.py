"""The list of filters, its order, and what users may switch off."""

from aicopilot_lsp import plugins
from aicopilot_lsp.filters.builtin import ORDER, FunctionFilter, in_order
from aicopilot_lsp.filters.protocol import Action, Verdict
from aicopilot_lsp.filters.quality import RULES


def test_rules_order_and_catalogue_name_the_same_filters() -> None:
    catalogue = {one.name for one in plugins.installed() if one.group == plugins.FILTERS}
    assert set(ORDER) == set(RULES) == catalogue
    assert [one.rule for one in in_order(plugins.filters(), ())] == list(ORDER)


def test_a_disabled_rule_is_left_out() -> None:
    kept = in_order(plugins.filters(), ["repetition"])
    assert [one.rule for one in kept] == [rule for rule in ORDER if rule != "repetition"]


def test_filters_of_others_come_last() -> None:
    def pass_all(candidate: object) -> Verdict:
        return Verdict(rule="a-rule", action=Action.PASS, text="")

    theirs = FunctionFilter("a-rule", pass_all)
    assert in_order([theirs, *plugins.filters()], ())[-1] is theirs

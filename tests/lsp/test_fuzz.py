"""The fuzzer of bench/, small, in each run of the tests; a new seed is a new test."""

import pytest

from bench.fuzz_rpc import run


@pytest.mark.parametrize("seed", [1, 2])
def test_inv_3_of_five_thousand_damaged_messages_each_request_is_answered_once(seed: int) -> None:
    report = run(5_000, seed)
    assert report.passed, report
    assert report.requests > 1_000

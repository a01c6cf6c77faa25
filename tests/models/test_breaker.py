"""When a model that has failed is asked again, on a clock that the test moves."""

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.breaker import PAUSES_S, Breaker, Permit

DOWN = ModelError("It is down.", kind=ModelErrorKind.UNREACHABLE)
NEUTRAL = ("not_configured", "not_installed", "starting")


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Bench:
    def __init__(self) -> None:
        self.clock = Clock()
        self.breaker = Breaker(self.clock)

    def fail(self, error: ModelError = DOWN, *, on_purpose: bool = False) -> None:
        self.breaker.failed(self.breaker.admit(on_purpose=on_purpose), error)

    def admitted(self, *, on_purpose: bool = False) -> Permit | None:
        try:
            return self.breaker.admit(on_purpose=on_purpose)
        except ModelError:
            return None

    def probes(self, *, seconds: float, step_s: float, on_purpose: bool = False) -> list[float]:
        """The seconds at which a probe was let through, each of which fails."""
        begin, found = self.clock.now_s, []
        for step in range(1, int(seconds / step_s) + 1):
            self.clock.now_s = begin + step * step_s
            permit = self.admitted(on_purpose=on_purpose)
            if permit is not None:
                found.append(round(self.clock.now_s - begin, 3))
                self.breaker.failed(permit, DOWN)
        return found


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("kind", [kind for kind in ModelErrorKind if kind not in NEUTRAL])
def test_after_a_failure_calls_fail_at_once_with_the_same_words(
    bench: Bench, kind: ModelErrorKind
) -> None:
    bench.fail(ModelError("What it was.", kind=kind))
    with pytest.raises(ModelError) as refused:
        bench.breaker.admit()
    error = refused.value
    assert (str(error), error.kind, error.asked) == ("What it was.", kind, False)
    assert error.retry_after_s == PAUSES_S[0]


@pytest.mark.parametrize("kind", NEUTRAL)
def test_what_is_only_missing_or_on_its_way_pauses_nothing(bench: Bench, kind: str) -> None:
    bench.fail(ModelError("Not yet.", kind=ModelErrorKind(kind)))
    assert bench.admitted()


def test_probes_come_after_pauses_that_grow_up_to_a_limit(bench: Bench) -> None:
    bench.fail()
    assert bench.probes(seconds=110, step_s=0.25) == [1, 3, 7, 15, 31, 56, 81, 106]


def test_ten_minutes_cost_at_most_thirty_probes(bench: Bench) -> None:
    bench.fail()
    assert len(bench.probes(seconds=600, step_s=0.2)) <= 29


def test_who_asks_by_hand_may_probe_every_two_seconds(bench: Bench) -> None:
    bench.fail()
    bench.probes(seconds=60, step_s=0.5)
    assert bench.probes(seconds=9, step_s=0.5, on_purpose=True) == [0.5, 2.5, 4.5, 6.5, 8.5]


def test_there_is_one_probe_at_a_time(bench: Bench) -> None:
    bench.fail()
    bench.clock.now_s += 40
    probe = bench.admitted()
    assert probe
    assert probe.probe
    bench.clock.now_s += 40
    assert bench.admitted() is None
    assert bench.admitted(on_purpose=True) is None
    bench.breaker.release(probe)
    assert bench.admitted()


def test_a_probe_that_tells_nothing_has_had_its_turn(bench: Bench) -> None:
    bench.fail()
    spent = 0
    for _ in range(600 * 5):
        bench.clock.now_s += 0.2
        if permit := bench.admitted():
            bench.breaker.release(permit)
            spent += 1
    assert spent <= 29


def test_a_probe_whose_end_nobody_tells_does_not_keep_the_model_away_for_ever(
    bench: Bench,
) -> None:
    bench.fail()
    bench.clock.now_s += 1
    assert bench.admitted()
    bench.clock.now_s += 61
    assert bench.admitted()


def test_a_success_lets_all_through_at_once_and_forgets_the_pauses(bench: Bench) -> None:
    bench.fail()
    bench.probes(seconds=100, step_s=1)
    bench.clock.now_s += 25
    probe = bench.admitted()
    assert probe
    assert bench.breaker.succeeded(probe) is True
    assert bench.admitted()
    assert bench.admitted()
    bench.fail()
    assert bench.probes(seconds=4, step_s=0.5) == [1, 3]


def test_calls_begun_before_the_outage_neither_prolong_it_nor_begin_another(bench: Bench) -> None:
    early = [bench.breaker.admit() for _ in range(3)]
    assert bench.breaker.failed(early[0], DOWN) is True
    bench.clock.now_s += 0.9
    assert bench.breaker.failed(early[1], ModelError("x", kind=ModelErrorKind.SERVER)) is False
    bench.clock.now_s += 0.1
    assert bench.admitted()
    assert bench.breaker.succeeded(early[2]) is True


@pytest.mark.parametrize("on_purpose", [True, False])
def test_what_the_server_asks_for_is_kept_to(bench: Bench, on_purpose: bool) -> None:
    busy = ModelError("Busy.", kind=ModelErrorKind.BUSY, retry_after_s=90)
    bench.fail(busy)
    assert bench.probes(seconds=89, step_s=1, on_purpose=on_purpose) == []
    bench.clock.now_s += 1
    assert bench.admitted(on_purpose=on_purpose)

"""How long a broken-down model rests: 1 s, 2, 4 ... 60; a healthy minute starts again."""

from aicopilot_lsp.models.embedded.restarts import Restarts


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_first_start_is_allowed_at_once() -> None:
    assert Restarts(Clock()).wait_s() == 0


def test_each_breakdown_doubles_the_pause_up_to_a_minute() -> None:
    clock = Clock()
    restarts = Restarts(clock)
    pauses = []
    for _ in range(9):
        restarts.started()
        restarts.broke_down()
        pauses.append(restarts.wait_s())
        clock.now += pauses[-1]
        assert restarts.wait_s() == 0
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_healthy_minute_starts_the_count_again() -> None:
    clock = Clock()
    restarts = Restarts(clock)
    for _ in range(4):
        restarts.broke_down()
    clock.now += 60
    restarts.started()
    clock.now += 60
    restarts.broke_down()
    assert restarts.wait_s() == 1


def test_an_orderly_end_is_no_breakdown() -> None:
    clock = Clock()
    restarts = Restarts(clock)
    restarts.started()
    restarts.stopped()
    assert restarts.wait_s() == 0

import pytest

from aicopilot_lsp.config.trust import is_trusted


@pytest.mark.parametrize("value", [None, False, 0, 1, "true", "yes", [True], {"all": True}])
def test_only_true_is_trust(value: object) -> None:
    assert not is_trusted({"trusted": value})


def test_the_client_or_the_user_can_trust() -> None:
    assert is_trusted({"trusted": True})
    assert is_trusted(None, by_user=True)
    assert not is_trusted(None)
    assert not is_trusted({})

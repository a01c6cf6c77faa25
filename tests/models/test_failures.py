"""What a server asks for is understood, and what it says is not repeated."""

from datetime import UTC, datetime

import pytest

from aicopilot_lsp.errors import ModelErrorKind
from aicopilot_lsp.models.failures import (
    from_error_object,
    from_status,
    hung_up,
    of_embedded,
    parse_retry_after,
    timed_out,
)

_NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("1e300", 3_600.0),
        ("inf", 3_600.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("Thu, 01 Jan 9999 12:00:00 GMT", 3_600.0),
        ("Thu, 99 Jan 2026", None),
    ],
)
def test_retry_after_in_both_forms(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, _NOW) == seconds


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("canary", ModelErrorKind.SERVER),
        (["canary"], ModelErrorKind.SERVER),
        ({}, ModelErrorKind.SERVER),
        ({"code": "canary"}, ModelErrorKind.SERVER),
        ({"code": 10**9}, ModelErrorKind.SERVER),
        ({"code": 404}, ModelErrorKind.NOT_FOUND),
        ({"type": ["canary"]}, ModelErrorKind.SERVER),
        ({"type": "invalid_request_error"}, ModelErrorKind.REJECTED),
        ({"type": "exceed_context_size_error", "n_ctx": "canary"}, ModelErrorKind.REJECTED),
        ({"type": "unavailable_error", "message": "Loading model"}, ModelErrorKind.STARTING),
    ],
)
def test_error_objects_of_any_shape(error: object, kind: ModelErrorKind) -> None:
    found = from_error_object("http://h", error)
    assert found.kind is kind
    assert "canary" not in str(found)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_without_our_paths_is_said_to_be_another(status: int) -> None:
    said = "does not look like a llama.cpp server"
    assert said in str(from_status("http://h", status))
    assert said not in str(from_status("http://h", status, error={"type": "not_found_error"}))


def test_the_embedded_model_is_no_server_at_an_address() -> None:
    error = of_embedded(timed_out("unix:/s", 2.0), "unix:/s")
    assert str(error).startswith("The embedded model had not finished after 2 s.")
    assert error.kind is ModelErrorKind.TIMEOUT


def test_an_account_without_money_is_no_matter_of_the_request() -> None:
    found = from_status("http://h", 402)
    assert found.kind is ModelErrorKind.AUTH
    assert "nothing left (402). Top it up. Editing is not affected." in str(found)


@pytest.mark.parametrize(
    ("where", "is_told"), [("http://host:8000", True), ("https://host:8000", False)]
)
def test_who_is_hung_up_on_over_http_is_told_to_try_https(where: str, is_told: bool) -> None:
    assert ("begin with https://" in str(hung_up(where, "the connection was reset"))) is is_told

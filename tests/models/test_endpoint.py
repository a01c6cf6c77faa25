"""What an endpoint shows of itself."""

from pathlib import Path

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.models.endpoint import Endpoint
from tests.support.canary import new_key


def test_an_endpoint_shows_scheme_host_and_port_only() -> None:
    key = new_key()
    endpoint = Endpoint(base_url="https://h:1/secret-path", key=Secret(key))
    assert endpoint.display == "https://h:1"
    assert key not in repr(endpoint)
    assert Endpoint(base_url="http://localhost", uds=Path("/s")).display == "unix:/s"

"""A model's server goes down and comes back, as any editor sees it: the real `aicopilot serve`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.outage import Outage
from tests.support.rpc_client import RpcClient, did_change, did_open, inline, insert

SERVE = (str(Path(sys.executable).parent / "aicopilot"), "serve")
URI = "file:///w/a.py"


class Typist:
    """Types into one file and asks after each letter, as an editor does."""

    def __init__(self, client: RpcClient) -> None:
        self.client, self.version = client, 1
        client.send(did_open(URI, "value = \n"))

    def suggestion(self) -> str | None:
        """What is suggested behind one more letter; every request is answered."""
        self.version += 1
        column = len("value = ") + self.version - 2
        self.client.send(
            did_change(URI, self.version, insert(0, column, "x")),
            inline(self.version, URI, 0, column + 1),
        )
        answer = self.client.answer(self.version)
        assert "error" not in answer
        items: list[dict[str, Any]] = (answer["result"] or {"items": []})["items"]
        return items[0]["insertText"] if items else None

    def until(self, suggestion: str | None) -> None:
        """Type on until this is suggested; `timeout` ends it."""
        while self.suggestion() != suggestion:
            continue


def messages(client: RpcClient) -> list[str]:
    shown = [m for m in client.unread if isinstance(m, dict)]
    found = [m["params"]["message"] for m in shown if m.get("method") == "window/showMessage"]
    return [message.removeprefix("aicopilot: ") for message in found]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[RpcClient]:
    (tmp_path / "none.toml").touch()
    places = {"AICOPILOT_CONFIG": str(tmp_path / "none.toml")}
    with RpcClient(SERVE, env=places, state_dir=tmp_path / "state") as client:
        yield client
        assert client.stop() == 0


def start(client: RpcClient, *models: dict[str, str]) -> Typist:
    options = {"models": list(models), "completion": {"debounce_ms": 0}}
    client.initialize(initializationOptions=options)
    return Typist(client)


def test_an_outage_is_told_once_each_way_and_suggestions_come_back(
    client: RpcClient, tmp_path: Path
) -> None:
    with Outage(tmp_path / "server", "pass\n") as server:
        typist = start(client, server.model("box"))
        typist.until("pass")
        server.down()
        typist.until(None)
        for _ in range(20):
            assert typist.suggestion() is None
        (down,) = messages(client)
        assert f"{server.url} can't be reached" in down
        server.up()
        typist.until("pass")
        assert messages(client) == [down, "The model box answers again."]


def test_where_another_model_serves_suggestions_never_stop(
    client: RpcClient, tmp_path: Path
) -> None:
    with Outage(tmp_path / "first", "one\n") as first, Outage(tmp_path / "next", "two\n") as second:
        typist = start(client, first.model("box"), second.model("spare"))
        typist.until("one")
        first.down()
        for _ in range(20):
            assert typist.suggestion() == "two"
        (down,) = messages(client)
        assert down.endswith("Until then suggestions come from spare.")
        first.up()
        typist.until("one")
        assert messages(client) == [down, "The model box answers again."]

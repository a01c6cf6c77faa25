"""`aicopilot model test` and `formats`: any model is tested, and what is said is true."""

import asyncio
import json
import sys
from dataclasses import dataclass, replace
from typing import Any

import pytest

from aicopilot_lsp.models.fim import FORMATS, format_for
from aicopilot_lsp.models.selftest.holes import TRIVIAL
from aicopilot_lsp.models.selftest.stored import STORED
from tests.cli.conftest import Cli
from tests.support.toy_fim import ToyModel, ToyServer

HOLES = (*TRIVIAL, *STORED)


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


def unhurried(stderr: str) -> list[str]:
    """Without what is said when a step takes more than a second, as on a busy machine."""
    return [line for line in stderr.splitlines() if not line.startswith("... ")]


async def aicopilot(cli: Cli, *arguments: str) -> Done:
    """The command, while a server of this process answers it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "aicopilot_lsp", *arguments),
        env=cli.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


async def held(cli: Cli, server: ToyServer, *arguments: str) -> tuple[str, Done]:
    """What the command says first while the server sends no answer, and how it ends once it
    does."""
    server.hold()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aicopilot_lsp", *arguments),
        env=cli.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    await server.next_completion()
    said = (await process.stderr.readline()).decode()
    while "asking" not in said and said:  # a busy machine has said what it did before
        said = (await process.stderr.readline()).decode()
    server.release()
    out, err = await process.communicate()
    assert process.returncode is not None
    return said.rstrip(), Done(process.returncode, out.decode(), err.decode())


def configure(cli: Cli, url: str, *more: str, provider: str = "llama.cpp") -> None:
    lines = ["[[models]]", 'name = "mine"', f'provider = "{provider}"', f'url = "{url}"', *more]
    cli.config.write_text("\n".join(lines) + "\n")


async def test_a_model_is_tested_and_the_editor_asks_it_as_the_test_says(cli: Cli) -> None:
    async with ToyServer(ToyModel(format=format_for("codestral"), holes=HOLES)) as server:
        configure(cli, server.url)
        done = await aicopilot(cli, "model", "test")
        assert (done.returncode, unhurried(done.stderr)) == (0, [])
        assert "in the format codestral, found out by this test\n" in done.stdout
        assert "Three holes; what" in done.stdout
        assert "codestral: fills 5 of 5 holes" in done.stdout
        assert "formats whose markers it does not know" in done.stdout
        assert "self.items.app⟦end(item)⟧" in done.stdout
        assert "reads " in done.stdout
        assert "first token " in done.stdout
        assert done.stdout.splitlines()[-1].startswith("Good: mine works")
        server.requests.clear()
        doctor = await aicopilot(cli, "doctor", "--json", "--root", str(cli.folder))
    assert "in the format codestral, layout standard, tested on 20" in doctor.json["asked"]
    # What was found is kept: no holes are asked again but for doctor's own.
    assert len(server.completions) == 3


async def test_a_trial_that_takes_long_is_named_while_it_runs(cli: Cli) -> None:
    async with ToyServer(ToyModel(holes=HOLES)) as server:
        configure(cli, server.url)
        said, done = await held(cli, server, "model", "test", "--json")
    assert said == "... asking it in this way: qwen2.5-coder"
    assert done.json["works"] is True


async def test_json_says_all_that_the_lines_say(cli: Cli) -> None:
    async with ToyServer(ToyModel(holes=HOLES)) as server:
        configure(cli, server.url)
        found = (await aicopilot(cli, "model", "test", "mine", "--json")).json
    assert (found["works"], found["few_right"]) == (True, False)
    assert (found["mode"], found["fim_format"], found["origin"]) == (
        "raw",
        "qwen2.5-coder",
        "tested",
    )
    assert found["tried"][0]["passed"] is True
    assert found["endpoint"] == server.url
    assert found["layouts"]["frozen"] == {"holes": 12, "exact": 12, "similarity": 1.0}
    assert found["layout"] == "frozen"
    assert found["speed"]["told_by_server"] is True
    assert found["speed"]["prefill_tokens_per_s"] > 0
    assert len(found["holes"]) == 3


async def test_a_chat_model_is_refused_as_fim_and_used_to_fill_holes(cli: Cli) -> None:
    async with ToyServer(ToyModel(format=None, chat=True, holes=HOLES)) as server:
        configure(cli, server.url)
        done = await aicopilot(cli, "model", "test")
    assert done.returncode == 0, done.stderr
    assert "native: no: the server fails when asked so" in done.stdout
    assert "chat: fills 5 of 5 holes" in done.stdout
    assert "told to fill the hole in a chat (chat)" in done.stdout
    assert "writes       can't be told (the answer came in one piece)" in done.stdout
    assert "Usable: mine fills holes when it is told to in words" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("toy", [ToyModel(), ToyModel(format=None, chat=True)], ids=["fim", "chat"])
async def test_a_model_that_fills_only_the_tiny_holes_is_called_poor(
    cli: Cli, toy: ToyModel
) -> None:
    async with ToyServer(toy) as server:
        configure(cli, server.url)
        done = await aicopilot(cli, "model", "test")
        found = (await aicopilot(cli, "model", "test", "--json")).json
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    assert "Poor: mine answers, but fills holes badly (0 of 12 lines right)" in last
    assert (found["works"], found["few_right"], found["verdict"]) == (True, True, last)


async def test_a_server_that_leaks_tokens_is_caught(cli: Cli) -> None:
    async with ToyServer(ToyModel(leaks=True, holes=HOLES)) as server:
        configure(cli, server.url)
        done = await aicopilot(cli, "model", "test")
        as_json = await aicopilot(cli, "model", "test", "--json")
    assert done.returncode == 1
    assert "qwen2.5-coder: no: writes control tokens into the text" in done.stdout
    assert "keep control tokens out" in done.stderr
    assert "endoftext" not in done.stdout + done.stderr
    assert as_json.returncode == 1
    assert as_json.json["works"] is False


async def test_a_declared_format_that_is_not_the_models_own_is_told(cli: Cli) -> None:
    async with ToyServer(ToyModel(holes=HOLES)) as server:
        configure(cli, server.url, 'fim_format = "codestral"')
        done = await aicopilot(cli, "model", "test")
    assert done.returncode == 1
    asked = next(line for line in done.stdout.splitlines() if line.startswith("asked"))
    assert asked.endswith("as your configuration says; its markers are unknown to this model")
    assert "Three holes, guessed without markers that it knows; what" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert "Not good" in last
    assert "[SUFFIX]" in last
    assert "Take fim_format out" in last


async def test_a_wrong_key_is_told_as_that(cli: Cli) -> None:
    keyed = replace(cli, more={"TOY_KEY": "canary-wrong"})
    async with ToyServer(ToyModel(), key="right") as server:
        configure(cli, server.url, 'api_key_env = "TOY_KEY"')
        cli.config.chmod(0o600)
        done = await aicopilot(keyed, "model", "test")
        as_json = await aicopilot(keyed, "model", "test", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Check the model's key" in done.stderr
    assert (as_json.returncode, unhurried(as_json.stderr)) == (1, [])
    assert (as_json.json["name"], as_json.json["works"]) == ("mine", False)
    assert "Check the model's key" in as_json.json["verdict"]
    assert "canary" not in done.stderr + as_json.stdout


def test_a_dead_port_is_told_in_one_line(cli: Cli) -> None:
    configure(cli, "http://127.0.0.1:9")
    done = cli.run("model", "test")
    assert (done.returncode, done.stdout) == (1, "")
    assert "can't be reached" in done.stderr
    assert len(unhurried(done.stderr)) == 1


def test_json_is_printed_of_a_model_that_can_not_be_reached_as_well(cli: Cli) -> None:
    configure(cli, "http://127.0.0.1:9")
    done = cli.run("model", "test", "--json")
    assert (done.returncode, unhurried(done.stderr)) == (1, [])
    found = json.loads(done.stdout)
    assert found.keys() == {"name", "works", "verdict"}
    assert (found["name"], found["works"]) == ("mine", False)
    assert "http://127.0.0.1:9 can't be reached" in found["verdict"]


async def test_a_wrong_provider_for_the_port_is_no_matter_of_formats(cli: Cli) -> None:
    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(hello, "127.0.0.1", 0)
    async with server:
        configure(cli, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        done = await aicopilot(cli, "model", "test")
    assert done.returncode == 1
    assert "does not look like a llama.cpp server" in done.stderr
    assert "provider" in done.stderr


def test_a_name_that_is_nowhere_is_answered_with_those_that_are(cli: Cli) -> None:
    done = cli.run("model", "test", "gpt")
    assert done.returncode == 1
    assert "Configured: scripted. In the catalogue: qwen2.5-coder-0.5b" in done.stderr


def test_formats_lists_the_table_with_order_and_source(cli: Cli) -> None:
    listed = cli.run("model", "formats").stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(FORMATS)
    rows = {row["name"]: row for row in cli.json("model", "formats", "--json")}
    assert rows["codestral"]["order"] == "spm"
    assert all(row["source"] for row in rows.values())


def test_help_says_what_the_test_does_and_what_the_exit_code_means(cli: Cli) -> None:
    said = " ".join(cli.run("model", "test", "--help").stdout.split())
    assert "how it is asked" in said
    assert "Exit code 0 when it works" in said


@pytest.mark.parametrize("known", STORED, ids=lambda known: known.hole.file_name)
def test_a_stored_hole_is_the_rest_of_a_line(known: Any) -> None:
    assert known.middles[0].strip()
    assert "\n" not in known.middles[0]
    assert known.hole.suffix.startswith("\n")

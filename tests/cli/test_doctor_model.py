"""What doctor says of how the model is asked, who decided that, and how fast it is."""

from tests.cli.conftest import Cli
from tests.cli.test_model_test import HOLES, aicopilot, configure, held
from tests.support.toy_fim import ToyModel, ToyServer


def test_a_declared_format_is_said_to_be_the_configurations(cli: Cli) -> None:
    asked = cli.json("doctor", "--json", "--root", cli.folder)["asked"]
    assert asked == "in the format qwen2.5-coder, layout frozen, as your configuration says"


def test_speed_is_measured_as_the_models_test_does(cli: Cli) -> None:
    speed = cli.json("doctor", "--json", "--root", cli.folder)["speed"]
    assert "reads 1,000 tokens/s" in speed  # the scripted server's own figures
    assert "first token after" in speed


async def test_what_is_not_declared_is_tested_and_dated(cli: Cli) -> None:
    async with ToyServer(ToyModel(holes=HOLES)) as server:
        configure(cli, server.url)
        done = await aicopilot(cli, "doctor", "--json", "--root", str(cli.folder))
    assert done.returncode == 0, done.stdout
    assert "in the format qwen2.5-coder" in done.json["asked"]
    assert "tested on 20" in done.json["asked"]
    assert done.json["test answer"] == "a + b"


async def test_what_takes_long_is_named_while_it_is_done(cli: Cli) -> None:
    async with ToyServer(ToyModel(holes=HOLES)) as server:
        configure(cli, server.url, 'fim_format = "qwen2.5-coder"')
        said, done = await held(cli, server, "doctor", "--json", "--root", str(cli.folder))
    assert said == "... asking it to fill a hole"
    assert done.json["test answer"] == "a + b"


async def test_a_model_that_is_not_suitable_is_advised_on(cli: Cli) -> None:
    async with ToyServer(ToyModel(format=None)) as server:
        configure(cli, server.url)
        done = await aicopilot(cli, "doctor", "--json", "--root", str(cli.folder))
    assert done.returncode == 1
    assert done.json["answers"] == "no"
    (advice,) = done.json["advice"]
    assert "did not fill the test's holes" in advice
    assert "aicopilot model test mine" in advice


async def test_the_models_that_stand_in_are_looked_at_as_well(cli: Cli) -> None:
    stand_in = '[[models]]\nname = "{}"\nprovider = "llama.cpp"\nurl = "{}"\n'
    async with ToyServer(ToyModel(holes=HOLES)) as server:
        more = stand_in.format("well", server.url) + stand_in.format("dead", "http://127.0.0.1:9")
        cli.config.write_text(f"{cli.config.read_text()}{more}")
        done = await aicopilot(cli, "doctor", "--json", "--root", str(cli.folder))
    assert done.returncode == 1
    assert done.json["test answer"] == "a + b"
    assert f"at {server.url}, in the format qwen2.5-coder" in done.json["then well"]
    assert done.json["then dead"] == "does not answer"
    (advice,) = done.json["advice"]
    assert advice.startswith("dead: ")
    assert "http://127.0.0.1:9 can't be reached" in advice


def test_a_speed_that_was_not_measured_yet_is_called_assumed(cli: Cli) -> None:
    found = cli.json("doctor", "--json", "--root", cli.folder)
    assert "tokens/s (assumed until measured)" in found["sized by"]

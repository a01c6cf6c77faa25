"""The process with the model, from the server's side: real ones, and ones that misbehave."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from aicopilot_lsp.context.embeddings.asking import EmbeddingProcess
from aicopilot_lsp.context.embeddings.wire import EXIT_UNUSABLE

_LIMIT_S = 30
_GUARDED = """
import os, sys
def guard(event, arguments):
    if event.startswith("socket.") or event == "import" and arguments[0] == "wordllama":
        os._exit(9)
sys.addaudithook(guard)
from aicopilot_lsp.context.embeddings.process import main
sys.exit(main())
"""

Make = Callable[..., EmbeddingProcess]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made = []

    def make(*arguments: str, limit_s: float = _LIMIT_S) -> EmbeddingProcess:
        made.append(EmbeddingProcess(arguments, limit_s=limit_s))
        return made[-1]

    yield make
    for one in made:
        await one.aclose()


def _python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-c", code)


async def test_texts_are_compared_by_a_process_that_opens_no_connection(make: Make) -> None:
    process = make(*_python(_GUARDED))
    near, far = await process.nearness("delete user", ["remove_account(customer)", "draw_circle()"])
    assert 1 > near > far > -1


async def test_answers_are_the_same_whatever_was_asked_before(make: Make) -> None:
    process = make()
    texts = ["load(path)", "save(path)", "", "load(path)", "\ud800 half a pair"]
    first = await process.nearness("read the file", texts)
    assert first[0] == first[3] != first[1]
    await process.nearness("another", ["load(path)", "and more"])
    assert await process.nearness("read the file", texts) == first
    assert await process.nearness("", ["load(path)"]) == [0]


async def test_questions_at_once_get_their_own_answers(make: Make) -> None:
    process = make()
    asked = [["a" * number for _ in range(number)] for number in range(1, 6)]
    answers = await asyncio.gather(*(process.nearness("word", texts) for texts in asked))
    assert [len(answer) for answer in answers] == [1, 2, 3, 4, 5]


async def test_a_question_that_is_given_up_ends_the_process_and_the_next_has_its_own(
    make: Make, tmp_path: Path
) -> None:
    was_asked = tmp_path / "was-asked"
    os.mkfifo(was_asked)
    code = (
        "import json, os\n"
        "texts = json.loads(input())['texts']\n"
        "if texts == ['slow']:\n"
        f"    open({str(was_asked)!r}, 'w').close()\n"
        "    input()\n"
        "print([0.5] * len(texts), flush=True)\n"
        "input()\n"
    )
    process = make(*_python(code))
    given_up = asyncio.create_task(process.nearness("word", ["slow"]))
    await asyncio.to_thread(was_asked.read_text)
    slow = psutil.Process(process.pid)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    assert await process.nearness("word", ["one", "two"]) == [0.5, 0.5]
    await asyncio.to_thread(psutil.wait_procs, [slow], timeout=_LIMIT_S)
    assert not slow.is_running()


async def test_a_process_that_is_killed_is_started_again(make: Make) -> None:
    process = make()
    assert await process.nearness("word", ["one"])
    assert process.pid is not None
    killed = psutil.Process(process.pid)
    killed.kill()
    assert await process.nearness("word", ["one"]) == ()
    assert not killed.is_running()
    assert len(await process.nearness("word", ["one"])) == 1


@pytest.mark.parametrize("says", ["[]", "[0.5, 0.5]", "nonsense", "[null]", "{}"])
async def test_one_that_talks_nonsense_is_given_up_after_three_times(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture, says: str
) -> None:
    starts = tmp_path / "starts"
    code = f"open({str(starts)!r}, 'a').write('x'); input(); print({says!r}, flush=True); input()"
    process = make(*_python(code))
    with caplog.at_level(logging.WARNING, "aicopilot_lsp"):
        for _ in range(5):
            assert await process.nearness("word", ["a text of somebody's"]) == ()
    assert starts.read_text() == "xxx"
    (record,) = caplog.records
    assert "context.embeddings = false" in record.getMessage()
    assert "somebody" not in caplog.text


async def test_one_that_hangs_is_given_up_too(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    process = make(*_python("while True: input()"), limit_s=0.05)
    with caplog.at_level(logging.WARNING, "aicopilot_lsp"):
        for _ in range(4):
            assert await process.nearness("word", ["one"]) == ()
    assert process.pid is None
    assert len(caplog.records) == 1


async def test_closing_it_in_the_middle_of_a_question_is_no_failure(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    was_asked = tmp_path / "was-asked"
    os.mkfifo(was_asked)
    process = make(*_python(f"input(); open({str(was_asked)!r}, 'w').close(); input()"))
    asking = asyncio.create_task(process.nearness("word", ["one"]))
    await asyncio.to_thread(was_asked.read_text)
    with caplog.at_level(logging.WARNING, "aicopilot_lsp"):
        await process.aclose()
        assert await asking == ()
    assert caplog.records == []


async def test_one_without_a_model_is_given_up_at_once(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    process = make(*_python(f"input(); raise SystemExit({EXIT_UNUSABLE})"))
    with caplog.at_level(logging.WARNING, "aicopilot_lsp"):
        assert await process.nearness("word", ["one"]) == ()
    assert len(caplog.records) == 1


async def test_one_that_can_not_be_started_costs_nothing_else(make: Make, tmp_path: Path) -> None:
    process = make(str(tmp_path / "nothing"))
    assert await process.nearness("word", ["one"]) == ()


async def test_it_ends_when_it_is_closed_and_is_not_started_again(make: Make) -> None:
    process = make()
    assert await process.nearness("word", ["one"])
    pid = process.pid
    assert pid is not None
    await process.aclose()
    assert not psutil.pid_exists(pid)
    assert await process.nearness("word", ["one"]) == ()
    assert process.pid is None


async def test_it_ends_with_the_server() -> None:
    code = (
        "import asyncio, os\n"
        "from aicopilot_lsp.context.embeddings.asking import EmbeddingProcess\n"
        "async def main():\n"
        "    process = EmbeddingProcess()\n"
        "    await process.nearness('word', ['one'])\n"
        "    print(process.pid, flush=True)\n"
        "    os._exit(1)\n"
        "asyncio.run(main())\n"
    )
    server = await asyncio.create_subprocess_exec(
        *_python(code), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said, _ = await server.communicate()
    try:
        left = psutil.Process(int(said))
    except psutil.NoSuchProcess:
        return
    await asyncio.to_thread(psutil.wait_procs, [left], timeout=_LIMIT_S)
    assert not left.is_running()

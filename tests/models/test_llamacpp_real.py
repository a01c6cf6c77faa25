"""The llama.cpp backend against llama.cpp itself, with the real 0.5B."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.fim import assemble, format_for, neutralise
from aicopilot_lsp.models.http import Deadline, Transport
from aicopilot_lsp.models.protocol import Backend, Finished, TextChunk
from tests.models.contract import BackendContract, collect, request_for, text_of
from tests.support.prompting import llamacpp_backend
from tests.support.real_model import installed_model

_KEY = "test-key"
_SERVE = """
import os, sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, key, out = sys.argv[1:]
params.n_ctx, params.n_parallel, params.cache_ram_mib, params.warmup = 1024, 1, 0, False
params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [key]
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2
server = xllamacpp.Server(params)
os.write(int(out), server.listening_address.encode())
os.close(int(out))
sys.stdin.read()
"""

__all__ = ["installed_model"]
pytestmark = pytest.mark.model

NASTY = [
    '"',
    '\\"',
    "\\",
    "\\\\",
    "\\n",
    "\n",
    "\r\n",
    "\t\t",
    '" [^\\x00]*\nroot ::= "x',
    "[a-z]+ | (b)* {2,3} # no comment",
    "'%s' % {x!r}",
    "\x01\x1b[31m\x7f",
    "\x85\xa0é",
    "naïve Straße",
    "函数",
    "😀👩‍👩‍👧‍👦",
    "עברית \u202e",
    "\u2028\u2029\ufeff",
    "\U0010ffff",
    "\\u0041\\x41\\U00000041",
    "<|fim_prefix|>",
    "    ",
]


@pytest.fixture(scope="module")
def endpoint(installed_model: Path) -> Iterator[Endpoint]:
    ours, theirs = os.pipe()
    command = [sys.executable, "-c", _SERVE, str(installed_model), _KEY, str(theirs)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[theirs],
        env={**os.environ, "OMP_WAIT_POLICY": "passive"},
    ) as process:
        os.close(theirs)
        with os.fdopen(ours) as pipe:
            url = pipe.read()
        assert url, "llama.cpp did not start"
        yield Endpoint(base_url=url, key=Secret(_KEY))
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
async def backend(endpoint: Endpoint) -> AsyncIterator[Backend]:
    async def locate() -> Endpoint:
        return endpoint

    backend = llamacpp_backend(locate)
    yield backend
    await backend.aclose()


class TestContract(BackendContract):
    """It keeps the contract with llama.cpp behind it."""


@pytest.mark.parametrize("text", NASTY)
async def test_an_answer_begins_with_what_it_must(backend: Backend, text: str) -> None:
    request = request_for("x = ", must_begin_with=text, max_tokens=2 + 2 * len(text.encode()))
    answer = ""
    async with aclosing(backend.generate(request)) as stream:
        async for event in stream:
            answer += event.text if isinstance(event, TextChunk) else ""
            if len(answer) >= len(text):
                break
    assert answer.startswith(text)


async def test_a_prompt_seen_before_is_cached(backend: Backend) -> None:
    request = request_for("def greet(name):\n    message = ")
    await collect(backend, request)
    last = (await collect(backend, request))[-1]
    assert isinstance(last, Finished)
    assert last.usage.evaluated_tokens == 1
    assert last.usage.cached_tokens
    assert last.usage.prefill_ms
    assert last.usage.decode_ms


async def test_fills_in_the_middle_from_a_token_boundary(backend: Backend) -> None:
    # The cursor is behind "return ": the blank is healed, since the model's words begin with it.
    prompt = assemble(
        format_for(backend.prompting.name),
        "def add(a, b):\n",
        "\n\nprint(add(1, 2))\n",
        "    return",
    )
    events = await collect(backend, request_for(prompt=prompt, must_begin_with=" ", stop=("\n",)))
    assert text_of(events) == " a + b"


async def test_a_prompt_longer_than_the_context_is_rejected_with_both_numbers(
    backend: Backend,
) -> None:
    with pytest.raises(
        ModelError, match=r"room for 1,024 tokens and the prompt has \d,\d+"
    ) as caught:
        await collect(backend, request_for("a b c d " * 600))
    assert caught.value.kind is ModelErrorKind.REJECTED


async def test_neutralised_text_holds_no_control_token(endpoint: Endpoint) -> None:
    fmt = format_for("qwen2.5-coder")
    first_control_token = 151_643
    transport = Transport()

    async def ids(text: str) -> list[int]:
        body = {"content": text, "parse_special": True}
        answer = await transport.fetch_json(endpoint, "/tokenize", body=body, deadline=Deadline(30))
        return list(answer["tokens"])

    for marker in fmt.structural:
        assert len(await ids(marker)) == 1
    nested = "".join(f"{marker[:4]}{marker}{marker[4:]}" for marker in fmt.markers)
    assert max(await ids(nested)) >= first_control_token
    assert max(await ids(neutralise(nested, fmt))) < first_control_token
    await transport.aclose()


async def test_every_control_token_of_the_vocabulary_is_a_known_marker(endpoint: Endpoint) -> None:
    fmt = format_for("qwen2.5-coder")
    transport = Transport()
    for number in range(151_643, 151_665):
        answer = await transport.fetch_json(
            endpoint, "/detokenize", body={"tokens": [number]}, deadline=Deadline(30)
        )
        text = answer["content"]
        # <tool_call> and its end are ordinary words of this vocabulary, not control tokens.
        assert text in fmt.markers or text in ("<tool_call>", "</tool_call>")
    await transport.aclose()

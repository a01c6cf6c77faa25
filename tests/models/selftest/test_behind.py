"""On a fast server the layouts are compared behind the user's requests, and never in their way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.fim import format_for
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.llamacpp import create
from aicopilot_lsp.models.protocol import Healing, Layout, Mode, Prompting
from aicopilot_lsp.models.selftest import behind
from aicopilot_lsp.models.selftest.behind import compare, is_fast
from aicopilot_lsp.models.selftest.holes import TRIVIAL
from aicopilot_lsp.models.selftest.prove import Prover
from aicopilot_lsp.models.selftest.stored import STORED
from aicopilot_lsp.plugins import BackendContext
from tests.support.toy_fim import ToyModel, ToyServer, ToySubject

QWEN = Prompting(
    mode=Mode.RAW,
    format=format_for("qwen2.5-coder"),
    layout=Layout.FROZEN,
    healing=Healing.CONSTRAINED,
)
BOTH = (Layout.FROZEN, Layout.STANDARD)
SETTINGS = ModelSettings(name="mine", provider="toy")


async def compared(subject: ToySubject) -> list[Layout]:
    kept: list[Layout] = []

    async def keep(layout: Layout) -> None:
        kept.append(layout)

    await compare(subject, QWEN, BOTH, keep)
    return kept


async def test_the_better_layout_is_used_and_kept() -> None:
    subject = ToySubject(ToyModel(holes=STORED))
    assert await compared(subject) == [Layout.FROZEN]
    assert subject.preferred is Layout.FROZEN
    assert len(subject.asked) == 2 * len(STORED)


async def test_a_request_takes_the_place_of_a_hole_which_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(behind, "_LOOK_S", 0.0)
    monkeypatch.setattr(behind, "_REST_S", 0.0)
    subject = ToySubject(ToyModel(holes=STORED))
    comparing = asyncio.create_task(compared(subject))
    while len(subject.asked) < 3:  # noqa: ASYNC110 - turns of the loop, no waiting
        await asyncio.sleep(0)
    subject.busy = True
    for _ in range(200):
        await asyncio.sleep(0)
    served_at = len(subject.asked)
    for _ in range(200):
        await asyncio.sleep(0)
    assert len(subject.asked) == served_at
    subject.busy = False
    assert await comparing == [Layout.FROZEN]
    assert 2 * len(STORED) < len(subject.asked) <= 2 * len(STORED) + 1


async def test_a_server_that_fails_meanwhile_leaves_the_layout_as_it_is() -> None:
    subject = ToySubject(ToyModel(holes=STORED))
    subject.failure = ModelError("gone", kind=ModelErrorKind.UNREACHABLE)
    assert await compared(subject) == []
    assert subject.preferred is None


def test_only_a_server_that_is_done_soon_is_asked_behind() -> None:
    assert is_fast(0.1, 2)
    assert not is_fast(1.0, 2)
    assert not is_fast(None, 2)


@pytest.mark.parametrize("layout", [None, "standard"])
async def test_a_declared_layout_is_compared_with_none(tmp_path: Path, layout: str | None) -> None:
    subject = ToySubject(ToyModel(holes=(*TRIVIAL, *STORED)))
    subject.keeps_work = True
    settings = replace(SETTINGS, layout=layout)
    prover = Prover(settings, tmp_path / "state", lambda name: QWEN, where="")
    await prover(subject)
    assert (subject.behind is not None) is (layout is None)
    if subject.behind is not None:
        await subject.behind
        again = Prover(settings, tmp_path / "state", lambda name: QWEN, where="")
        subject.behind = None
        await again(subject)
        assert subject.behind is None
        assert again.result is not None
        assert again.result.layout is Layout.FROZEN


@pytest.mark.parametrize(
    ("where", "compares"),
    [("http://10.0.0.7:8000", True), ("http://gpu.lan", True), ("https://api.example.com", False)],
)
async def test_a_service_that_may_charge_for_requests_is_spared_the_comparison(
    tmp_path: Path, where: str, compares: bool
) -> None:
    subject = ToySubject(ToyModel(holes=(*TRIVIAL, *STORED)))
    subject.keeps_work = True
    await Prover(SETTINGS, tmp_path / "state", lambda name: QWEN, where=where)(subject)
    assert (subject.behind is not None) is compares
    if subject.behind is not None:
        subject.behind.close()


@pytest.fixture
async def server() -> AsyncIterator[ToyServer]:
    async with ToyServer(ToyModel(holes=(*TRIVIAL, *STORED))) as server:
        yield server


@pytest.fixture
async def backend(server: ToyServer, tmp_path: Path) -> AsyncIterator[HttpBackend]:
    context = BackendContext(
        embedded=EmbeddedSettings(), state_dir=tmp_path / "state", cache_dir=tmp_path
    )
    made = create(ModelSettings(name="m", provider="llama.cpp", url=server.url), context)
    yield made
    await made.aclose()


async def test_callers_share_one_test_which_outlives_them(
    backend: HttpBackend, server: ToyServer
) -> None:
    server.hold()
    first = asyncio.create_task(backend.prepare())
    await server.next_completion()
    assert backend.starting
    first.cancel()
    second = asyncio.create_task(backend.prepare())
    await asyncio.gather(first, return_exceptions=True)
    server.release()
    await second
    assert backend.prompting.name == "qwen2.5-coder"
    prompts = [request.prompt for request in server.completions]
    assert prompts[0] not in prompts[1 : len(TRIVIAL)]


async def test_a_test_that_is_closed_says_so_to_those_who_wait(
    backend: HttpBackend, server: ToyServer
) -> None:
    server.hold()
    waiting = asyncio.create_task(backend.prepare())
    await server.next_completion()
    await backend.aclose()
    with pytest.raises(ModelError, match="connections were closed"):
        await waiting


async def test_a_real_backend_compares_behind_and_ends_it_with_itself(
    backend: HttpBackend, server: ToyServer
) -> None:
    await backend.prepare()
    assert not backend.busy
    for _ in range(len(TRIVIAL) + 1):
        await server.next_completion()  # the last of them is a stored hole
    await backend.aclose()

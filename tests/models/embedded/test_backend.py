"""The embedded backend when its process goes, its settings change or its model does."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models.embedded import backend as embedded
from aicopilot_lsp.models.embedded import store, supervisor, wanted
from aicopilot_lsp.models.embedded.catalogue import CATALOGUE
from aicopilot_lsp.models.embedded.store import Selection
from aicopilot_lsp.models.fim import FORMATS, format_for
from aicopilot_lsp.models.http import Transport
from aicopilot_lsp.models.protocol import Finished, TextChunk
from aicopilot_lsp.plugins import BackendContext
from tests.models.embedded.processes import REQUEST, SPEC, answer, embedded_at

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops by POSIX signals")


@pytest.fixture
async def state_dir(tmp_path: Path, transport: Transport) -> AsyncIterator[Path]:
    path = tmp_path / "state"
    yield path
    await supervisor.stop(path, transport)


async def test_requests_that_wait_for_a_start_are_told_when_it_is_given_up(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with embedded_at(state_dir, monkeypatch, spec=replace(SPEC, path="loading")) as backend:
        waiting = [asyncio.create_task(answer(backend)) for _ in range(3)]
        while not supervisor.lives(state_dir):  # noqa: ASYNC110 - another process's start
            await asyncio.sleep(0.01)
        await backend.aclose()
        for found in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(found, ModelError)
            assert "settings changed" in str(found)
        with pytest.raises(ModelError):
            await backend.prepare()


async def test_a_caller_that_is_cancelled_while_the_model_starts_is_cancelled(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with embedded_at(state_dir, monkeypatch, spec=replace(SPEC, path="loading")) as backend:
        waiting = asyncio.create_task(answer(backend))
        while not backend.starting:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_all_requests_that_meet_an_orderly_end_are_made_again(
    state_dir: Path, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with embedded_at(state_dir, monkeypatch, spec=replace(SPEC, path="silent")) as backend:
        await backend.prepare()
        waiting = [asyncio.create_task(answer(backend)) for _ in range(8)]
        while True:
            running = await supervisor.status(state_dir, transport)
            if running is not None and running.status["active_requests"] == len(waiting):
                break
        monkeypatch.setattr(wanted, "process_spec", lambda *_: SPEC)
        await supervisor.stop(state_dir, transport)
        assert [len(events) for events in await asyncio.gather(*waiting)] == [2] * 8


async def test_an_orderly_end_in_the_middle_of_an_answer_is_told_in_plain_words(
    state_dir: Path, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with embedded_at(state_dir, monkeypatch, spec=replace(SPEC, path="one")) as backend:
        events = backend.generate(REQUEST)
        assert isinstance(await anext(events), TextChunk)
        await supervisor.stop(state_dir, transport)
        with pytest.raises(ModelError, match="was stopped in the middle") as caught:
            await anext(events)
        assert "127.0.0.1" not in str(caught.value)
        assert caught.value.kind is ModelErrorKind.INTERRUPTED


async def test_an_orderly_end_while_the_prompt_is_read_goes_unseen(
    state_dir: Path, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with embedded_at(state_dir, monkeypatch, spec=replace(SPEC, path="reading")) as backend:
        events = backend.generate(REQUEST)
        first = await anext(events)
        assert isinstance(first, TextChunk)
        assert not first.text
        monkeypatch.setattr(wanted, "process_spec", lambda *_: SPEC)
        await supervisor.stop(state_dir, transport)
        assert [type(event) for event in [event async for event in events]] == [TextChunk, Finished]


async def test_a_model_chosen_meanwhile_is_taken_at_the_next_start(
    state_dir: Path, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with embedded_at(state_dir, monkeypatch) as backend:
        await answer(backend)
        other = next(entry for entry in CATALOGUE if entry.name != backend.model)
        store.choose(other.name, state_dir)
        await supervisor.stop(state_dir, transport)
        await answer(backend)
        assert backend.model == other.name


async def test_a_prompt_in_the_format_of_the_model_before_is_not_sent(
    state_dir: Path, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with embedded_at(state_dir, monkeypatch) as backend:
        await answer(backend)
        other = replace(CATALOGUE[0], name="other", fim_format="other")
        monkeypatch.setitem(FORMATS, "other", replace(format_for("qwen2.5-coder"), name="other"))
        monkeypatch.setattr(store, "selected_model", lambda *_, **__: Selection(other, "use"))
        await supervisor.stop(state_dir, transport)
        with pytest.raises(ModelError, match="other now") as caught:
            await answer(backend)
        assert caught.value.kind is ModelErrorKind.STARTING
        assert backend.prompting.name == "other"
        assert len(await answer(backend)) == 2


def test_what_would_cut_the_text_is_refused(tmp_path: Path) -> None:
    settings = ModelSettings(name="mine", provider="embedded", fim_format="native")
    context = BackendContext(embedded=EmbeddedSettings(), state_dir=tmp_path, cache_dir=tmp_path)
    with pytest.raises(ConfigError, match="would cut the text"):
        embedded.create(settings, context)

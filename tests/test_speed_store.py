"""What was measured outlives a session, and nothing that is in its file can do harm."""

import asyncio
import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from aicopilot_lsp import plugins
from aicopilot_lsp.assembly import Engine
from aicopilot_lsp.completion.speed import Speed, Speeds
from aicopilot_lsp.completion.types import Trigger
from aicopilot_lsp.config.settings import FilterSettings, Settings
from aicopilot_lsp.speed_store import SpeedStore, speeds_from, text_of
from tests.support.fixture import at_cursor
from tests.support.scripted_backend import ScriptedBackend

MEASURED = Speed(reads_per_s=2_000.0, writes_per_s=80.0, overhead_ms=12.0, readings=9, writings=7)
KNOWN = {"qwen": MEASURED, "codestral https://api.example.com": Speed()}


async def test_speeds_outlive_settings_and_sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = ScriptedBackend("1\n")
    monkeypatch.setattr(plugins, "backend_factory", lambda _: lambda _settings, _context: backend)
    lines = "".join(f"total_{n} = {n}\n" for n in range(50))

    async def readings(engine: Engine) -> int:
        outcome = await engine.complete(at_cursor(f"{lines}x = ‸\n", trigger=Trigger.INVOKED))
        assert outcome.budget is not None
        return outcome.budget.speed.readings

    settings = Settings()
    engine = Engine(settings, state_dir=tmp_path, cache_dir=tmp_path)
    assert await readings(engine) == 0
    await engine.reconfigure(replace(settings, filters=FilterSettings(disabled=("echo-below",))))
    assert await readings(engine) == 1
    await engine.aclose()
    engine = Engine(settings, state_dir=tmp_path, cache_dir=tmp_path)
    assert await readings(engine) == 2
    await engine.aclose()
    engine = Engine(settings, state_dir=tmp_path, cache_dir=tmp_path, remembers_speed=False)
    assert await readings(engine) == 0
    await engine.aclose()


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_the_next_session_begins_with_what_was_measured(tmp_path: Path) -> None:
    store = SpeedStore(tmp_path / "state", Clock())
    assert not (await store.load()).all()
    await store.aclose(Speeds(KNOWN))
    again = await SpeedStore(tmp_path / "state", Clock()).load()
    assert again.all() == KNOWN


async def test_how_the_user_types_is_not_kept(tmp_path: Path) -> None:
    jumpy = Speed(fresh_share=0.9, readings=1)
    await SpeedStore(tmp_path, Clock()).save(Speeds({"qwen": jumpy}))
    kept = await SpeedStore(tmp_path, Clock()).load()
    assert kept.of("qwen").fresh_share == Speed().fresh_share


@pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")
async def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    await SpeedStore(tmp_path / "state", Clock()).save(Speeds(KNOWN))
    (file,) = (tmp_path / "state").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_it_is_written_at_most_once_a_minute_and_only_what_is_new(tmp_path: Path) -> None:
    clock = Clock()
    store, speeds = SpeedStore(tmp_path, clock), Speeds()
    await store.load()
    file = tmp_path / "speeds.json"
    speeds.halve("qwen")
    store.keep(speeds)
    await asyncio.sleep(0)
    assert not file.exists()
    clock.now_s += 61
    store.keep(speeds)
    await store.aclose(speeds)
    assert speeds_from(file.read_text("utf-8")) == speeds.all()
    file.unlink()
    await store.aclose(speeds)
    assert not file.exists()


async def test_a_state_directory_that_can_not_be_written_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the directory should be")
    store = SpeedStore(tmp_path / "state", Clock())
    speeds = await store.load()
    speeds.halve("qwen")
    await store.aclose(speeds)
    assert (tmp_path / "state").is_file()


def changed(**figures: object) -> str:
    content = json.loads(text_of({"qwen": MEASURED}))
    content["models"]["qwen"] |= figures
    return json.dumps(content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        '{"version": 2, "models": {}}',
        '{"version": 1}',
        '{"version": 1, "models": []}',
        '{"version": 1, "models": {"qwen": 5}}',
        '{"version": 1, "models": {"qwen": {}}}',
        json.dumps({"version": 1, "models": {"q" * 1_001: {}}}),
        changed(reads_per_s=0),
        changed(reads_per_s=float("nan")),
        changed(reads_per_s=float("inf")),
        changed(reads_per_s="fast"),
        changed(reads_per_s=True),
        changed(writes_per_s=10**400),
        changed(overhead_ms=-1),
        changed(chars_per_token=None),
        changed(readings=1.5),
        changed(readings=-1),
        changed(fresh_share=0.5),
    ],
)
def test_what_is_wrong_in_the_file_is_passed_over(text: str) -> None:
    assert not speeds_from(text)


def test_one_entry_that_is_wrong_costs_no_other() -> None:
    content = json.loads(text_of(KNOWN))
    content["models"]["qwen"]["reads_per_s"] = -5
    assert list(speeds_from(json.dumps(content))) == ["codestral https://api.example.com"]

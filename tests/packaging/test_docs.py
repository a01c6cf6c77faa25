"""The configurations that the documentation shows can be used as they stand."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from aicopilot_lsp import plugins
from aicopilot_lsp.config.load import resolve

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/MODELS.md", "editors/neovim/README.md")
_TOML = re.compile(r"```toml\n(.*?)```", re.DOTALL)


def examples() -> Iterator[object]:
    for page in PAGES:
        for number, block in enumerate(_TOML.findall((ROOT / page).read_text()), 1):
            yield pytest.param(block, id=f"{page}-{number}")


@pytest.mark.parametrize("block", list(examples()))
def test_an_example_is_understood_and_its_models_can_be_made(block: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(block)
    file.chmod(0o600)
    resolved = resolve(config_file=file)
    assert not resolved.problems
    context = plugins.BackendContext(
        embedded=resolved.settings.embedded, state_dir=tmp_path, cache_dir=tmp_path
    )
    for model in resolved.settings.models:
        assert plugins.backend_factory(model.provider)(model, context).model

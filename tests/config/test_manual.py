import re
import tomllib
from pathlib import Path

import pytest

from aicopilot_lsp.config.manual import manual
from aicopilot_lsp.config.options import TABLES
from tests.support.configured import Configured

PAGE = Path(__file__).parents[2] / "docs" / "CONFIGURATION.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", manual(), re.DOTALL)


def test_the_page_is_what_the_options_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == manual(), (
        "run: python -m aicopilot_lsp.config.manual > docs/CONFIGURATION.md"
    )


def test_every_option_is_described() -> None:
    for model in TABLES.values():
        assert model.__doc__
        for name, field in model.model_fields.items():
            assert f"### `{name}`\n" in manual()
            assert field.description
            assert field.description.endswith(".")


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_work_as_written(configured: Configured, example: str) -> None:
    resolved = configured.resolve(user=example)
    assert not resolved.problems
    assert tomllib.loads(example)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


def test_the_page_has_one_sentence_a_line() -> None:
    text = re.sub(r"```.*?```", "", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r"[a-z`)]\. [A-Z`]", text)

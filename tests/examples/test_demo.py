"""The demo says that it showed completions only when it did."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import scripted_model, write_config

DEMO = Path(__file__).parents[2] / "examples" / "demo.py"
BOAST = "These were real completions."


def run_demo(folder: Path, script: dict[str, Any], more: str = "") -> tuple[int, str]:
    config = folder / "config.toml"
    with scripted_model(folder, script) as url:
        write_config(config, url, more=more)
        done = subprocess.run(
            [sys.executable, DEMO, "--config", config],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return done.returncode, done.stdout


# The indentation is the model's to write. A prompt may show what another file defines, so the line
# at the cursor comes first.
ANSWERS = [
    {"when": "for line in", "text": "cart):\n"},
    {"when": "interface Money", "text": "  return a;\n"},
    {"when": "class Cart:", "text": "        return self.items\n"},
]


def test_three_completions_are_shown_in_place(tmp_path: Path) -> None:
    code, said = run_demo(tmp_path, {"rules": ANSWERS})
    assert code == 0, said
    assert "\n        return self.items\n" in said
    assert "\n  return a;\n" in said
    assert "\n    for line in lines(cart):\n" in said
    assert said.count(" prompt tokens evaluated") == 3
    assert BOAST in said


@pytest.mark.parametrize(
    ("answer", "more", "reason"),
    [
        ({"text": ""}, "", "empty: model"),
        ({"text": "x", "token_ms": 60_000}, "[completion]\ndeadline_ms = 2_000\n", "timeout"),
        ({"status": 500}, "", "500"),
    ],
)
def test_a_place_without_a_completion_ends_it_with_one(
    tmp_path: Path, answer: dict[str, Any], more: str, reason: str
) -> None:
    rules = [{"when": "interface Money", **answer}, *ANSWERS]
    code, said = run_demo(tmp_path, {"rules": rules}, more)
    assert code == 1
    assert reason in said
    assert "No completion at money.ts:15:3." in said
    assert BOAST not in said

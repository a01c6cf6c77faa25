"""A package of twenty lines adds a backend and a filter, and can't take a place of ours."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PLUGIN = Path(__file__).parent.parent / "sample_plugin"


@pytest.fixture(scope="module")
def with_plugin(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the sample plug-in is installed beside us."""
    target = tmp_path_factory.mktemp("plugin")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(PLUGIN)], check=True)
    home = tmp_path_factory.mktemp("home")
    return {
        **os.environ,
        "PYTHONPATH": str(target),
        "AICOPILOT_STATE_DIR": str(home / "state"),
        "AICOPILOT_CACHE_DIR": str(home / "cache"),
        "AICOPILOT_CONFIG": str(home / "none.toml"),
    }


def aicopilot(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "aicopilot_lsp", *arguments]
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout


def completed(environment: dict[str, str], folder: Path, provider: str, says: str) -> Any:
    config = folder / "config.toml"
    config.write_text(f'[[models]]\nname = "m"\nprovider = "{provider}"\nmodel = "{says}"\n')
    source = folder / "a.py"
    source.write_text("x = ")
    arguments = ("complete", str(source), "--json", "--config", str(config))
    return json.loads(aicopilot(environment, *arguments))


def test_plugins_lists_what_is_active_and_where_it_came_from(with_plugin: dict[str, str]) -> None:
    listed = json.loads(aicopilot(with_plugin, "plugins", "--json"))
    found = {(one["name"], one["distribution"], one["version"]) for one in listed}
    assert ("sample", "aicopilot-sample-plugin", "1.2.3") in found
    assert ("no-foo", "aicopilot-sample-plugin", "1.2.3") in found
    assert any(one["name"] == "llama.cpp" for one in listed)


def test_a_backend_of_ones_own_completes(with_plugin: dict[str, str], tmp_path: Path) -> None:
    record = completed(with_plugin, tmp_path, "sample", "bar")
    assert (record["text"], record["model"]) == ("bar", "bar")
    assert {"rule": "no-foo", "action": "pass", "reason": ""} in record["filters"]


def test_a_filter_of_ones_own_decides(with_plugin: dict[str, str], tmp_path: Path) -> None:
    record = completed(with_plugin, tmp_path, "sample", "foo")
    assert (record["text"], record["outcome"]["rule"]) == ("", "no-foo")


def test_a_name_of_ours_keeps_its_meaning(
    with_plugin: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        "from aicopilot_lsp import plugins;print(plugins.backend_factory('embedded').__module__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=with_plugin, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip().startswith("aicopilot_lsp.")

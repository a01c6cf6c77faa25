"""The built wheel works in an environment that holds nothing else."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_and_the_grammars_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "aicopilot_lsp/_grammars/python/language.toml" in names
    assert "aicopilot_lsp/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "bench/"))]


def test_the_installed_wheel_runs_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    venv.create(tmp_path / "v", with_pip=True)
    python = tmp_path / "v" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel)], check=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AICOPILOT_STATE_DIR": str(home / "state"),
        "AICOPILOT_CACHE_DIR": str(home / "cache"),
    }
    source = tmp_path / "a.rs"
    source.write_text("fn main() {\n    let x = ")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [tmp_path / "v" / "bin" / "aicopilot", *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    assert run("--version").stdout.startswith("aicopilot-lsp ")
    # No runtime and no model: said in one line, with what to do (INV-9).
    done = run("complete", str(source), "--json")
    record = json.loads(done.stdout)
    assert (done.returncode, record["outcome"]["reason"]) == (1, "not_installed")
    assert "aicopilot model pull" in record["outcome"]["message"]
    assert "Traceback" not in done.stderr
    script = (
        "from aicopilot_lsp.text.languages import language_for as f;print(f('rust').line_comment)"
    )
    facts = subprocess.run(
        [python, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert facts.stdout.strip() == "('//',)"

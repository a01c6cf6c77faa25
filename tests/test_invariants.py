"""The invariants of ARCHITECTURE.md that can be held for the whole tree at once, and a test that
each has a test that names it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

# (room, what is not for it): at least one for each import contract in pyproject.toml.
_NOT_ALLOWED = (
    ("text", "aicopilot_lsp.models.protocol"),
    ("config", "aicopilot_lsp.text.lines"),
    ("context", "aicopilot_lsp.completion.types"),
    ("filters", "aicopilot_lsp.models.protocol"),
    ("filters", "aicopilot_lsp.config.settings"),
    ("models", "aicopilot_lsp.text.lines"),
    ("models", "aicopilot_lsp.filters.protocol"),
    ("models", "aicopilot_lsp.cli.target"),
    ("completion", "aicopilot_lsp.plugins"),
    ("completion", "aicopilot_lsp.models.http"),
    ("completion", "aicopilot_lsp.assembly"),
    ("lsp", "aicopilot_lsp.models.protocol"),
    ("lsp", "aicopilot_lsp.cli.target"),
    ("completion", "lsprotocol"),
    ("cli", "pygls"),
    ("lsp", "httpx"),
    ("cli", "keyring"),
    ("models", "truststore"),
    ("models", "h11"),
    ("models", "filelock"),
    ("cli", "xllamacpp"),
    ("filters", "pydantic"),
    ("models", "platformdirs"),
    ("lsp", "pathspec"),
    ("models", "typer"),
    ("text", "rich"),
    ("models", "tree_sitter"),
    ("context", "sqlite3"),
    ("text", "watchfiles"),
    ("context", "numpy"),
    ("models", "safetensors"),
    ("store", "aicopilot_lsp.text.lines"),
)


def test_every_invariant_is_named_by_a_test() -> None:
    promised = set(re.findall(r"^- (INV-\d+) ", _text(ROOT / "ARCHITECTURE.md"), re.MULTILINE))
    tests = "\n".join(_text(path) for path in (ROOT / "tests").rglob("test_*.py"))
    named = {f"INV-{number}" for number in re.findall(r"(?:inv_|INV-)(\d+)", tests)}
    assert len(promised) == 11
    assert promised - named == set()


def test_inv_1_lsp_types_stop_at_lsp() -> None:
    for path in _sources():
        if path.is_relative_to(ROOT / "aicopilot_lsp" / "lsp"):
            continue
        assert not re.search(r"^\s*(?:from|import) (?:pygls|lsprotocol)\b", _text(path), re.M), path


def test_inv_2_the_pipeline_names_neither_disk_nor_network_nor_clock() -> None:
    forbidden = re.compile(
        r"^\s*(?:from|import) (?:os|pathlib|socket|httpx|time|random|subprocess|datetime)\b", re.M
    )
    for path in (ROOT / "aicopilot_lsp" / "completion").glob("*.py"):
        assert not forbidden.search(_text(path)), path


def test_the_rooms_import_only_what_they_may() -> None:
    done = _lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


def test_every_import_contract_can_break(tmp_path: Path) -> None:
    """A copy of the tree gets one import that is not allowed of each kind, all at once."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    package = tmp_path / "aicopilot_lsp"
    shutil.copytree(ROOT / "aicopilot_lsp", package, ignore=shutil.ignore_patterns("__pycache__"))
    for room, imported in _NOT_ALLOWED:
        with (package / room / "planted.py").open("a") as file:
            file.write(f"def use_{imported.replace('.', '_')}():\n    import {imported}\n")
    (package / "new_room.py").touch()

    done = _lint_imports(tmp_path, "--no-cache")

    assert done.returncode == 1, done.stdout + done.stderr
    assert ", ".join(re.findall(r"^(.+) KEPT", done.stdout, re.MULTILINE)) == ""
    # Long lines are broken at spaces.
    said = " ".join(done.stdout.split())
    assert "new_room" in said
    for room, imported in _NOT_ALLOWED:
        line = f"aicopilot_lsp.{room}.planted -> {imported} (l."
        assert line in said, line


def test_every_error_is_in_the_drawing_or_said_to_stay_in_its_room() -> None:
    drawn = _text(ROOT / "aicopilot_lsp" / "errors.py").split('"""')[1]
    for path in _sources():
        for name in re.findall(r"^class ([A-Z]\w*(?:Error|Exception))\(", _text(path), re.M):
            assert re.search(rf"\b{name}\b", drawn), (path, name)


def test_nothing_we_ship_speaks_of_how_it_was_made() -> None:
    """No machine's paths, no index host names, no talk of the workplace."""
    forbidden = re.compile(
        r"/work/|/root/|pypi\.org|pythonhosted|registry\.npmjs|\bissue #?\d", re.I
    )
    shipped = [*_sources(), *ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "Makefile"]
    for path in [*shipped, *(ROOT / "editors").rglob("*.*"), *(ROOT / "grammars").rglob("*.*")]:
        found = forbidden.search(_text(path))
        assert found is None, (path, found)


def _lint_imports(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def _sources() -> list[Path]:
    return sorted((ROOT / "aicopilot_lsp").rglob("*.py"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")

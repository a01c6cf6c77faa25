"""The invariants of ARCHITECTURE.md that can be held for the whole tree at once, and a test that
each has a test that names it."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


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
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_nothing_we_ship_speaks_of_how_it_was_made() -> None:
    """No machine's paths, no index host names, no talk of the workplace."""
    forbidden = re.compile(
        r"/work/|/root/|pypi\.org|pythonhosted|registry\.npmjs|\bissue #?\d", re.I
    )
    shipped = [*_sources(), *ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "Makefile"]
    for path in [*shipped, *(ROOT / "editors").rglob("*.*"), *(ROOT / "grammars").rglob("*.*")]:
        found = forbidden.search(_text(path))
        assert found is None, (path, found)


def _sources() -> list[Path]:
    return sorted((ROOT / "aicopilot_lsp").rglob("*.py"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")

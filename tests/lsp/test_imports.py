"""INV-11: what the server's room loads, with everything that it must not load installed."""

import subprocess
import sys
from pathlib import Path

import pytest

FORBIDDEN = ["numpy", "pandas", "sqlite_utils", "xllamacpp", "mcp", "starlette", "rich", "torch"]
FORBIDDEN += ["tokenizers", "safetensors", "wordllama"]
LATE = ["httpx", "pydantic"]  # of ours, but not before they are needed

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import {module}
print(*[name for name in {names} if name in sys.modules])
"""


@pytest.mark.parametrize("module", ["aicopilot_lsp.lsp", "aicopilot_lsp.lsp.server"])
def test_inv_11_importing_the_server_loads_nothing_heavy(module: str, tmp_path: Path) -> None:
    for name in ("numpy", "pandas", "torch", "mcp", "starlette"):
        (tmp_path / f"{name}.py").touch()  # there to be found, like the real ones
    program = PROGRAM.format(module=module, names=FORBIDDEN + LATE)
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []

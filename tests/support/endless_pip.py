"""Stands in for pip_child.py: does as it does, then a pip that never ends. Leaves its pid."""

import os
import runpy
import signal
from pathlib import Path
from typing import Any

from aicopilot_lsp.models.embedded import pip_child


def _never_ending(*_: Any, **__: Any) -> None:
    Path("pid").write_text(f"{os.getpid()}\n")
    while True:
        signal.pause()


if __name__ == "__main__":
    runpy.run_module = _never_ending  # type: ignore[assignment]
    pip_child.main()

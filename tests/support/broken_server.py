"""A server process whose engine can't be made, and that prints where it must not."""

import sys

from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.lsp.engine import Engine
from aicopilot_lsp.lsp.server import ServeOptions, run_stdio


def broken(settings: Settings) -> Engine:
    print("Content-Length: 5\r\n\r\nnoise", flush=True)
    raise RuntimeError(f"no engine for {settings}")


if __name__ == "__main__":
    sys.exit(run_stdio(ServeOptions(engine_factory=broken)))

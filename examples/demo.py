"""The demo: complete code at three places of the small project beside this file.

Each is one `aicopilot complete --view`, as anybody could run it. The first call starts the model's
process and reads the model; the others find it warm.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SHOP = Path(__file__).parent / "shop"
PLACES = (("cart.py", "25:9"), ("money.ts", "15:3"), ("report.py", "12:23"))
MODEL = "qwen2.5-coder-0.5b"


def main() -> int:
    """Run the three completions with the small model, whatever the user's own configuration."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "demo.toml"
        config.write_text(f'[[models]]\nname = "demo"\nprovider = "embedded"\nmodel = "{MODEL}"\n')
        for name, place in PLACES:
            command = ["complete", str(SHOP / name), "--at", place, "--root", str(SHOP), "--view"]
            done = subprocess.run(  # noqa: S603 - our own command
                [sys.executable, "-m", "aicopilot_lsp", *command, "--config", str(config)],
                check=False,
                env={**os.environ, "FORCE_COLOR": "1"} if sys.stdout.isatty() else None,
            )
            if done.returncode != 0:
                return done.returncode
    print("These were real completions. Next: `aicopilot doctor`, then set up your editor.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

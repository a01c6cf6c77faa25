"""The demo: complete code at three places of the small project beside this file.

    python examples/demo.py [--config FILE]

Each is one `aicopilot complete --json --view`, as anybody could run it: the view is shown, and the
record says whether there was a completion. The first call starts the model's process and reads the
model; the others find it warm. Exit code 0 only when each place got its completion.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SHOP = Path(__file__).parent / "shop"
PLACES = (("cart.py", "25:9"), ("money.ts", "15:3"), ("report.py", "12:23"))
# The small model, whatever the user's own configuration; and time to read it from a slow disk.
CONFIG = """
[[models]]
name = "demo"
provider = "embedded"
model = "qwen2.5-coder-0.5b"

[completion]
deadline_ms = 120_000
"""


def main() -> int:
    """Run the three completions, say how it went, return the exit code."""
    given = _given_config()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "demo.toml"
        config.write_text(CONFIG, encoding="utf-8")
        for name, place in PLACES:
            if not _completed(name, place, given or config):
                print(f"No completion at {name}:{place}. `aicopilot doctor` looks for the cause.")
                return 1
    print("These were real completions. Next: `aicopilot doctor`, then set up your editor.")
    return 0


def _completed(name: str, place: str, config: Path) -> bool:
    """Show one completion; whether there was one."""
    where = [str(SHOP / name), "--at", place, "--root", str(SHOP), "--config", str(config)]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "aicopilot_lsp", "complete", *where, "--json", "--view"],
        check=False,
        stdout=subprocess.PIPE,
        stderr=sys.stdout,
        encoding="utf-8",
    )
    return done.returncode == 0 and bool(json.loads(done.stdout)["text"])


def _given_config() -> Path | None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--config", type=Path, metavar="FILE", help="in place of the small model")
    given: Path | None = parser.parse_args().config
    return given


if __name__ == "__main__":
    sys.exit(main())

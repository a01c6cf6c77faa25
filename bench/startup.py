"""How long an editor waits for `initialize`, beside an empty pygls server in the same run.

    python bench/startup.py [--rounds 15]

The two servers take turns, so that load on the machine meets both. Printed: medians, the median of
the ratios of neighbouring rounds (goal: at most 1.3), and memory at rest, when everything that is
imported later has been imported (goal: ours at most 70 MB).
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.support import rpc_client as rpc

MAX_RATIO = 1.3
MAX_RSS_MB = 70.0
OURS = (sys.executable, "-m", "aicopilot_lsp", "serve")
EMPTY = (
    sys.executable,
    "-c",
    "from pygls.lsp.server import LanguageServer\nLanguageServer('empty', '1').start_io()",
)


def start_s(command: Sequence[str]) -> tuple[float, float]:
    """Seconds from starting the process to its answer; and its memory in MB once it rests."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with rpc.RpcClient(command, state_dir=Path(folder)) as client:
            client.send(rpc.request(1, "initialize", {"processId": None, "capabilities": {}}))
            client.answer(1)
            seconds = time.perf_counter() - started
            client.notify("initialized", {})
            process = psutil.Process(client.process.pid)
            _until_idle(process)
            return seconds, float(process.memory_info().rss / 1e6)


def _until_idle(process: psutil.Process) -> None:
    """Return when the process has used no processor time for a while."""
    before = -1.0
    while (used := sum(process.cpu_times()[:2])) != before:
        before = used
        time.sleep(0.3)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    subprocess.run([*OURS[:2], "compileall", "-q", "aicopilot_lsp"], cwd=rpc.ROOT, check=True)
    start_s(OURS)
    start_s(EMPTY)
    pairs = [(start_s(OURS), start_s(EMPTY)) for _ in range(rounds)]
    ours, empty = zip(*pairs, strict=True)
    ratio = statistics.median(one[0] / other[0] for one, other in pairs)
    rss_mb = statistics.median(one[1] for one in ours)
    for name, seen in (("ours", ours), ("empty pygls", empty)):
        seconds = statistics.median(each[0] for each in seen)
        print(f"{name:12} {seconds:.3f} s  {statistics.median(each[1] for each in seen):.1f} MB")
    print(
        f"ratio {ratio:.2f} (goal <= {MAX_RATIO}), ours at rest {rss_mb:.1f} MB (<= {MAX_RSS_MB})"
    )
    return 0 if ratio <= MAX_RATIO and rss_mb <= MAX_RSS_MB else 1


if __name__ == "__main__":
    sys.exit(main())

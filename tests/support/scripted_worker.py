"""A stand-in for the index's worker: `python -m tests.support.scripted_worker FOLDER`.

It follows `FOLDER/script.json`, a list with a list of steps for each life; the last is for all that
follow. A step is an event to say (an object), or:

    "listen"      take commands until told to stop, or until stdin ends
    "exit N"      end with that code
    "nonsense"    say what no worker says
    "hang"        never look at anything again

What it was told is written to `FOLDER/told`, a line each, beginning with its process id.
"""

import json
import os
import sys
import threading
from pathlib import Path


def main(folder: Path) -> int:
    told = folder / "told"
    script = json.loads((folder / "script.json").read_text())
    life = sum("root" in line for line in told.read_text().splitlines()) if told.exists() else 0
    _note(told, sys.stdin.buffer.readline())
    for step in script[min(life, len(script) - 1)]:
        if isinstance(step, dict):
            print(json.dumps(step), flush=True)
        elif step == "nonsense":
            print("{", flush=True)
        elif step == "hang":
            threading.Event().wait()
        elif step == "listen":
            for line in sys.stdin.buffer:
                _note(told, line)
                print(json.dumps({"say": "updated", "changed": 1}), flush=True)
                if json.loads(line)["do"] == "stop":
                    return 0
            return 0
        else:
            return int(step.removeprefix("exit "))
    return 0


def _note(told: Path, line: bytes) -> None:
    with told.open("a") as out:
        out.write(f"{os.getpid()} {line.decode().strip()}\n")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

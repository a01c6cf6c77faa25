"""pip as a child that does not outlive its parent (`python -m` this, with pip's arguments).

A pull that is killed can't end its child; on Linux the system does it. Elsewhere the download goes
on to its end, in a folder that the next pull sweeps.
"""

import ctypes
import os
import runpy
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """The first argument is the parent's pid; the others are pip's."""
    parent = int(sys.argv.pop(1))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it had ended already
            return
    runpy.run_module("pip", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

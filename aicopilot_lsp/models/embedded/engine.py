"""The engine: llama.cpp and nothing else, in a child of the model process (`python -m` this).

A process of its own for two measured reasons: xllamacpp holds the interpreter's lock while it loads
(1.5 s for the 0.5B), and after a failed load it never returns. It is told what to run on stdin,
says on stdout where it listens, and ends when stdin does, so it cannot outlive who started it.
"""

import contextlib
import json
import os
import signal
import sys
from typing import Any

# Small batches: a running prefill is left only at the end of a batch. At 64 tokens a cancelled one
# ends within 0.6 s on two cores; prefill speed was the same from 32 to 2,048.
BATCH_TOKENS = 64
LOAD_TIMEOUT_S = 300
_HTTP_THREADS = 4


def main() -> None:
    # What is stuck in native code hears no Python signal; the default action of this one ends it.
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, LOAD_TIMEOUT_S)
    config = json.loads(sys.stdin.buffer.readline())
    server = _start(config)
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
    # From here on requests come, and llama.cpp prints parts of them with its complaints, whatever
    # its log level (broken JSON at level 2, grammars at 0): nobody reads that (INV-7).
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, sys.stderr.fileno())
    sys.stdout.write(json.dumps({"address": server.listening_address}) + "\n")
    sys.stdout.flush()
    os.dup2(silence, sys.stdout.fileno())
    sys.stdin.buffer.read()
    remove_socket(config["host"])
    # No destructors: they would wait for answers that nobody reads any more.
    os._exit(0)


def _start(config: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = config["path"]
    params.hostnames = [config["host"]]
    params.port = 0
    params.api_keys = [config["key"]]
    params.cors_origins = ""
    params.cors_headers = ""
    params.ui = False
    params.n_ctx = config["context_tokens"]
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    params.n_parallel = 1
    params.n_threads_http = _HTTP_THREADS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = config["threads"]
    params.cache_ram_mib = config["cache_ram_mib"]
    params.warmup = True
    return xllamacpp.Server(params)


def remove_socket(host: str) -> None:
    """Also when the model process was killed and can't tidy up itself."""
    if host.endswith(".sock"):
        with contextlib.suppress(OSError):
            os.unlink(host)  # noqa: PTH108 - pathlib is not loaded here
            os.rmdir(os.path.dirname(host))  # noqa: PTH106, PTH120


if __name__ == "__main__":
    main()

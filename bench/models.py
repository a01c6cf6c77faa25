"""The embedded 0.5B through every interface that llama.cpp serves: self-test and speed.

    python bench/models.py [--only NAME ...]        (or: make bench-models)

Starts llama.cpp with the small model (`aicopilot model pull qwen2.5-coder-0.5b`) on a port of its
own and runs the test of `aicopilot model test` once for each interface, asked by the provider that
a user would configure for it. Interfaces that no installed provider speaks are left out.
"""

import argparse
import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aicopilot_lsp.config.paths import cache_dir
from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings, Secret
from aicopilot_lsp.errors import AicopilotError
from aicopilot_lsp.models.embedded import store
from aicopilot_lsp.models.embedded.catalogue import entry_named
from aicopilot_lsp.models.selftest.full import Report, run
from aicopilot_lsp.models.selftest.layouts import Score
from aicopilot_lsp.plugins import BackendContext, backend_factory

MODEL = "qwen2.5-coder-0.5b"
_FORMAT = "qwen2.5-coder"
_CONTEXT_TOKENS = 2048
_SERVE = """
import os, sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, key, out, context = sys.argv[1:]
params.n_ctx, params.n_parallel, params.cache_ram_mib, params.warmup = int(context), 1, 0, False
params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [key]
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = os.cpu_count() or 2
server = xllamacpp.Server(params)
os.write(int(out), server.listening_address.encode())
os.close(int(out))
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Interface:
    """One way in.

    Attributes
    ----------
    name : str
        The path that is asked.
    fim_format : str or None
        As the configuration would say it; None: found out.
    """

    name: str
    provider: str
    fim_format: str | None
    path: str = ""


INTERFACES = (
    Interface("/completion", "llama.cpp", None),
    Interface("/infill", "llama.cpp", "native"),
    Interface("/v1/completions", "openai-compatible", _FORMAT, "/v1"),
    Interface("/v1/chat/completions", "openai-chat", None, "/v1"),
    Interface("/v1/messages", "anthropic", None),
    Interface("/v1/responses", "openai-responses", None, "/v1"),
)
_COLUMNS = (
    ("interface", 21),
    ("asked as", 14),
    ("holes", 7),
    ("standard", 12),
    ("frozen", 12),
    ("reads t/s", 10),
    ("writes t/s", 11),
    ("first token, new / known", 24),
)


def main() -> int:
    arguments = _arguments()
    wanted = [one for one in INTERFACES if not arguments.only or one.name in arguments.only]
    entry = entry_named(MODEL)
    if not store.is_installed(entry, cache_dir()):
        print(f"The model is missing: run `aicopilot model pull {MODEL}`.", file=sys.stderr)
        return 1
    failed = 0
    with _served(store.model_path(entry, cache_dir())) as (url, key):
        print("".join(f"{title:{width}}" for title, width in _COLUMNS), flush=True)
        for interface in wanted:
            try:
                print(_row(interface, asyncio.run(_tested(interface, url, key))), flush=True)
            except AicopilotError as error:
                failed += 1
                print(f"{interface.name:21}{error}", flush=True)
    return 1 if failed else 0


async def _tested(interface: Interface, url: str, key: str) -> Report:
    settings = ModelSettings(
        name=interface.name,
        provider=interface.provider,
        url=url + interface.path,
        model=MODEL if interface.provider != "llama.cpp" else None,
        fim_format=interface.fim_format,
        api_key=Secret(key),
    )
    with tempfile.TemporaryDirectory() as state_dir:
        context = BackendContext(
            embedded=EmbeddedSettings(), state_dir=Path(state_dir), cache_dir=cache_dir()
        )
        backend = backend_factory(interface.provider)(settings, context)
        try:
            return await run(backend, settings, lambda what: None)
        finally:
            await backend.aclose()


def _row(interface: Interface, report: Report) -> str:
    scores = {score.layout.value: score for score in report.scores}
    trial = next(one for one in report.trials if one.name == report.prompting.name)
    speed = report.speed
    by = "" if speed.told else "~"
    cells = (
        interface.name,
        report.prompting.name,
        f"{trial.filled}{'' if trial.passed else ' no'}",
        _scored(scores.get("standard")),
        _scored(scores.get("frozen")),
        f"{by}{speed.prefill_tokens_per_s:.0f}",
        "-" if speed.decode_tokens_per_s is None else f"{by}{speed.decode_tokens_per_s:.0f}",
        f"{speed.cold_first_token_s:.2f} / {speed.warm_first_token_s:.2f} s",
    )
    widths = [width for _, width in _COLUMNS]
    return "".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True))


def _scored(score: Score | None) -> str:
    return "-" if score is None else f"{score.exact}/{len(score.attempts)} {score.similarity:.0%}"


@contextmanager
def _served(model: Path) -> Iterator[tuple[str, str]]:
    """llama.cpp's address, and its key."""
    key = secrets.token_hex(16)
    ours, theirs = os.pipe()
    command = [sys.executable, "-c", _SERVE, str(model), key, str(theirs), str(_CONTEXT_TOKENS)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[theirs],
        env={**os.environ, "OMP_WAIT_POLICY": "passive"},
    ) as process:
        os.close(theirs)
        with os.fdopen(ours) as pipe:
            url = pipe.read()
        if not url:
            sys.exit("llama.cpp did not start")
        yield url, key
        assert process.stdin is not None
        process.stdin.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    names = [one.name for one in INTERFACES]
    parser.add_argument("--only", nargs="*", choices=names, help="just these interfaces")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

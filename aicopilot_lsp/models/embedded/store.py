"""The model directory, and which model is in use.

A file under its own name was checked when it was put there (pull.py renames it only after its hash
was compared), and is checked again before it is loaded if it has changed since (verified.py). The
choice of `aicopilot model use` is kept in
`model.json` in the state directory: it is this machine's, not part of the user's configuration.
"""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from aicopilot_lsp.config.paths import ensure_private_dir
from aicopilot_lsp.errors import ModelFileError
from aicopilot_lsp.models.embedded import hardware, verified
from aicopilot_lsp.models.embedded.catalogue import (
    CATALOGUE,
    CatalogueEntry,
    default_model,
    entry_named,
)
from aicopilot_lsp.models.embedded.partial import partial_paths, pull_folder, pull_lock

_CHOICE_FILE = "model.json"


@dataclass(frozen=True, slots=True)
class Selection:
    """The model to run, and where that was decided: "settings", "use" or "default"."""

    entry: CatalogueEntry
    origin: str


def store_dir(cache_dir: Path) -> Path:
    """Where model files are."""
    return cache_dir / "models"


def model_path(entry: CatalogueEntry, cache_dir: Path) -> Path:
    return store_dir(cache_dir) / entry.file_name


def is_installed(entry: CatalogueEntry, cache_dir: Path) -> bool:
    """Whether the file is there, in its size and not known to be damaged."""
    path = model_path(entry, cache_dir)
    try:
        has_size = path.stat().st_size == entry.size_bytes
    except OSError:
        return False
    return has_size and not is_damaged(entry, cache_dir)


def is_damaged(entry: CatalogueEntry, cache_dir: Path) -> bool:
    """Whether the file is there and known not to be the model; hashes nothing."""
    path = model_path(entry, cache_dir)
    try:
        has_size = path.stat().st_size == entry.size_bytes
    except OSError:
        return False
    return not has_size or verified.known_sha256(path) not in (None, entry.sha256)


def require_sound(entry: CatalogueEntry, cache_dir: Path) -> None:
    """Check the file before it is loaded: at once where it was checked before, else by hashing it
    (0.5 to 2 s). Not on an event loop.

    Raises
    ------
    ModelFileError
        It is not the model, or can't be read.
    """
    path = model_path(entry, cache_dir)
    try:
        sound = verified.verify(path, entry.sha256)
    except OSError as error:
        raise ModelFileError(f"{path} can't be read: {error.strerror}.") from error
    if not sound:
        raise ModelFileError(damage(entry, cache_dir))


def damage(entry: CatalogueEntry, cache_dir: Path) -> str:
    """What to say of a damaged file."""
    return (
        f"The file of the model {entry.name} is damaged: run `aicopilot model pull {entry.name}`."
        f" It is {model_path(entry, cache_dir)}, and is not loaded. Everything else works."
    )


def selected_model(name: str | None, *, cache_dir: Path, state_dir: Path) -> Selection:
    """The model to run: as the settings name it, else the chosen one, else the default.

    Where nothing was chosen, an installed model is preferred to one that would have to be pulled.

    Raises
    ------
    ModelFileError
        The settings name one that is not in the catalogue.
    """
    if name is not None:
        return Selection(entry_named(name), "settings")
    chosen = _chosen_name(state_dir)
    for entry in CATALOGUE:
        if entry.name == chosen:
            return Selection(entry, "use")
    preferred = default_model(hardware.ram_bytes(), hardware.physical_cores())
    present = _present(CATALOGUE, cache_dir)
    if present and preferred not in present:
        return Selection(present[0], "default")
    return Selection(preferred, "default")


def choose(name: str, state_dir: Path) -> Path:
    """Make `name` the model in use on this machine; returns the file that says so.

    Raises
    ------
    ModelFileError
        There is no such model, or the state directory can't be written.
    """
    entry = entry_named(name)
    target = state_dir / _CHOICE_FILE
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    try:
        ensure_private_dir(state_dir)
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(json.dumps({"model": entry.name}) + "\n")
        temporary.replace(target)
    except OSError as error:
        raise ModelFileError(f"The choice can't be kept in {target}: {error.strerror}.") from error
    return target


def remove(
    entry: CatalogueEntry, cache_dir: Path, *, first: Callable[[], object] = lambda: None
) -> int:
    """Delete the file and what is left of a pull; returns the bytes freed.

    Parameters
    ----------
    first : callable
        What has to be done before, when it is sure that no pull runs.

    Raises
    ------
    ModelFileError
        A pull of it runs, or it can't be deleted.
    """
    target = model_path(entry, cache_dir)
    if not target.parent.is_dir():
        return 0
    try:
        with pull_lock(target).acquire(timeout=0):
            first()
            return _remove(target)
    except Timeout as error:
        raise ModelFileError(
            f"A pull of {entry.name} is running, and nothing is deleted. End it first, or wait."
        ) from error
    except OSError as error:
        raise ModelFileError(f"{target} can't be deleted: {error.strerror}.") from error


def _remove(target: Path) -> int:
    folder = pull_folder(target)
    freed = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder, ignore_errors=True)
    for path in (target, verified.stamp_path(target), *partial_paths(target)):
        try:
            size = path.stat().st_size
            path.unlink()
            freed += size if path.suffix != ".verified" else 0
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ModelFileError(f"{path} can't be deleted: {error.strerror}.") from error
    return freed


def _chosen_name(state_dir: Path) -> str | None:
    try:
        choice = json.loads((state_dir / _CHOICE_FILE).read_bytes())
        return str(choice["model"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # no choice, or a damaged file: the default is still a model


def _present(entries: Sequence[CatalogueEntry], cache_dir: Path) -> list[CatalogueEntry]:
    return [entry for entry in entries if is_installed(entry, cache_dir)]

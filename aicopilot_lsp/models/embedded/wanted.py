"""What is to run: the selected model as a ProcessSpec, and what is missing before it can."""

import importlib.util
from pathlib import Path

from aicopilot_lsp.config.settings import EmbeddedSettings
from aicopilot_lsp.errors import ModelFileError
from aicopilot_lsp.models.embedded import store
from aicopilot_lsp.models.embedded.catalogue import CatalogueEntry
from aicopilot_lsp.models.embedded.record import ProcessSpec


def missing(entry: CatalogueEntry, cache_dir: Path) -> str | None:
    """What to do before `entry` can run, for a person; None when it can."""
    if store.is_damaged(entry, cache_dir):
        return store.damage(entry, cache_dir)
    if not store.is_installed(entry, cache_dir):
        return (
            f"No model yet: run `aicopilot model pull {entry.name}`"
            f" ({entry.size_bytes / 1e9:.1f} GB, once). Everything else works without it."
        )
    if importlib.util.find_spec("xllamacpp") is None:
        return (
            "The model is here, but llama.cpp is not: run"
            " `pip install 'aicopilot-lsp[local]'` in the environment of aicopilot-lsp."
        )
    return None


def damaged(entry: CatalogueEntry, cache_dir: Path) -> str | None:
    """What is wrong with the file that is to be loaded; None where nothing is. May hash it."""
    try:
        store.require_sound(entry, cache_dir)
    except ModelFileError as error:
        return str(error)
    return None


def process_spec(entry: CatalogueEntry, settings: EmbeddedSettings, cache_dir: Path) -> ProcessSpec:
    return ProcessSpec(
        model=entry.name,
        path=str(store.model_path(entry, cache_dir)),
        sha256=entry.sha256,
        context_tokens=settings.context_tokens,
        threads=settings.threads,
        idle_s=settings.idle_s,
    )

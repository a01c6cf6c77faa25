"""The `[context]` table: what is kept from other files' prompts, and where folders may lie."""

import pytest

from aicopilot_lsp.config.matching import is_hidden
from aicopilot_lsp.config.settings import CompletionSettings, ContextSettings, Settings
from tests.support.configured import Configured


def hidden(path: str, *, completion: tuple[str, ...] = (), context: tuple[str, ...] = ()) -> bool:
    settings = Settings(
        completion=CompletionSettings(exclude=completion), context=ContextSettings(exclude=context)
    )
    return is_hidden([path], settings)


@pytest.mark.parametrize(
    ("completion", "context", "expected"),
    [
        ((), (), False),
        (("secrets/",), (), True),
        ((), ("secrets/",), True),
        (("*.env",), ("*.pem",), False),
        (("secrets/",), ("!secrets/",), True),
        (("secrets/*", "!secrets/a.py"), (), False),
        (("secrets/*", "!secrets/a.py"), ("a.py",), True),
    ],
)
def test_a_file_is_hidden_if_either_list_names_it(
    completion: tuple[str, ...], context: tuple[str, ...], expected: bool
) -> None:
    assert hidden("secrets/a.py", completion=completion, context=context) is expected


def test_a_file_is_hidden_under_any_of_its_paths() -> None:
    settings = Settings(context=ContextSettings(exclude=("private/",)))
    assert is_hidden(["public/a.py", "private/a.py"], settings)
    assert not is_hidden(["public/a.py", "/private/a.py"], settings)  # a whole path


@pytest.mark.parametrize(
    ("written", "kept"),
    [("/srv/notes", True), ("~/notes", True), ("~", True), ("C:\\notes", True), ("notes", False)],
)
def test_folders_to_index_are_absolute_or_in_your_home(
    configured: Configured, written: str, kept: bool
) -> None:
    resolved = configured.resolve(user=f"context.index_folders = ['{written}']")
    assert resolved.settings.context.index_folders == ((written,) if kept else ())
    assert ["must be an absolute path" in one.message for one in resolved.problems] == (
        [] if kept else [True]
    )

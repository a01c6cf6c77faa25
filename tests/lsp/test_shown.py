"""What is open in an editor is shown along with other files only if the index would read it."""

from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import (
    CompletionSettings,
    ContextSettings,
    DataClass,
    RouteSettings,
    Settings,
)
from aicopilot_lsp.lsp.client import Folder
from aicopilot_lsp.lsp.files import Places
from aicopilot_lsp.lsp.shown import Beside, Shown

EVER_S = 60.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (tmp_path / "other" / "lib").mkdir(parents=True)
    return folder


async def shown(
    root: Path, *files: Path, settings: Settings | None = None, more: tuple[Path, ...] = ()
) -> list[str]:
    """The paths of those of `files` that may be shown beside src/main.py."""
    folders = tuple(Folder(uri=folder.as_uri()) for folder in (root, *more))
    beside = Beside((root / "src" / "main.py").as_uri(), folders)
    languages = {file.as_uri(): "" for file in files}
    found = await Shown(Places(), patience_s=EVER_S).paths_of(
        languages, beside, settings or Settings()
    )
    return list(found.values())


async def test_files_of_the_folder_have_their_path_in_it(root: Path) -> None:
    assert await shown(root, root / "src" / "a.py", root / "b.py") == ["src/a.py", "b.py"]


@pytest.mark.parametrize("name", [".env", "id_rsa", "server.pem", "secrets.yaml", "yarn.lock"])
async def test_secrets_and_generated_files_are_not_shown_wherever_they_are(
    root: Path, name: str
) -> None:
    files = [root / name, root / "src" / name, root.parent / name]
    assert await shown(root, *files) == []


async def test_what_ignore_files_name_is_not_shown(root: Path) -> None:
    (root / ".gitignore").write_text("/local.py\nbuild/\n")
    (root / "src" / ".aicopilotignore").write_text("hidden.py\n")
    files = [root / "local.py", root / "build" / "a.py", root / "src" / "hidden.py"]
    assert await shown(root, *files, root / "hidden.py") == ["hidden.py"]


async def test_a_link_to_what_is_ignored_is_not_shown(root: Path) -> None:
    (root / ".gitignore").write_text("/local.py\n")
    (root / "local.py").write_text("x")
    (root / "link.py").symlink_to(root / "local.py")
    assert await shown(root, root / "link.py") == []


@pytest.mark.parametrize(
    "settings",
    [
        Settings(completion=CompletionSettings(exclude=("src/",))),
        Settings(context=ContextSettings(exclude=("src/",))),
    ],
    ids=["completion.exclude", "context.exclude"],
)
async def test_what_is_excluded_is_not_shown(root: Path, settings: Settings) -> None:
    files = [root / "src" / "a.py", root / "b.py"]
    assert await shown(root, *files, settings=settings) == ["b.py"]


async def test_files_elsewhere_tell_no_folder_but_a_workspaces_own(root: Path) -> None:
    other = root.parent / "other"
    files = [other / "lib" / "a.py", root.parent / "lone.py"]
    assert await shown(root, *files, more=(other,)) == ["../other/lib/a.py", "../lone.py"]


async def test_a_file_that_a_route_forbids_by_what_its_shown_path_does_not_tell_is_not_shown(
    root: Path,
) -> None:
    """Whether a snippet may go to a model is decided by its path in the prompt alone."""
    other = root.parent / "other"
    settings = Settings(
        data_classes={"restricted": DataClass(patterns=("lib/**",))},
        routes=(RouteSettings(data_class="restricted", only=("local",)),),
    )
    (root / "lib").mkdir()
    (root / "link.py").symlink_to(root / "lib" / "b.py")
    files = [root / "lib" / "a.py", other / "lib" / "a.py", root / "link.py"]
    assert await shown(root, *files, settings=settings, more=(other,)) == ["lib/a.py"]


async def test_what_has_no_path_on_the_disk_is_not_shown(root: Path) -> None:
    beside = Beside((root / "a.py").as_uri(), (Folder(uri=root.as_uri()),))
    uris = {"untitled:Untitled-1": "", "git:/w/a.py": "", "file:///a%00b": ""}
    assert await Shown(Places(), patience_s=EVER_S).paths_of(uris, beside, Settings()) == {}


async def test_what_is_not_known_in_time_is_left_out_and_known_the_next_time(root: Path) -> None:
    shown = Shown(Places(), patience_s=0.0)
    beside = Beside((root / "a.py").as_uri(), (Folder(uri=root.as_uri()),))
    uris = {(root / "b.py").as_uri(): ""}
    assert await shown.paths_of(uris, beside, Settings()) == {}
    (task,) = shown._asked.values()
    await task
    assert list((await shown.paths_of(uris, beside, Settings())).values()) == ["b.py"]


async def test_an_ignore_file_that_is_saved_counts_from_then_on(root: Path) -> None:
    shown = Shown(Places(), patience_s=EVER_S)
    beside = Beside((root / "a.py").as_uri(), (Folder(uri=root.as_uri()),))
    uris = {(root / "b.py").as_uri(): ""}
    assert await shown.paths_of(uris, beside, Settings())
    (root / ".gitignore").write_text("b.py\n")
    shown.saved((root / "c.py").as_uri())
    assert await shown.paths_of(uris, beside, Settings())
    shown.saved((root / ".gitignore").as_uri())
    assert not await shown.paths_of(uris, beside, Settings())

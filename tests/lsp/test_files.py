"""A document has one path, however the editor spells its URI and its folders'."""

from pathlib import Path

import pytest

from aicopilot_lsp.lsp.client import Folder
from aicopilot_lsp.lsp.files import Places


@pytest.fixture
def linked(tmp_path: Path) -> tuple[Path, Path]:
    """A directory with secrets/a.py in it, and a link to it."""
    real, link = tmp_path / "real" / "w", tmp_path / "link"
    (real / "secrets").mkdir(parents=True)
    link.symlink_to(real)
    return real, link


async def paths_of(document: Path | str, *folders: Path | str) -> tuple[str, ...]:
    uris = [each if isinstance(each, str) else each.as_uri() for each in (document, *folders)]
    found = await Places().paths_of(uris[0], [Folder(uri=uri) for uri in uris[1:]])
    return tuple(path for path in found if not path.startswith("/"))


async def path_of(document: Path | str, *folders: Path | str) -> str:
    return (await paths_of(document, *folders))[0]


async def test_paths_are_relative_to_the_innermost_folder() -> None:
    assert await path_of("file:///w/pkg/a%20b.py", "file:///w", "file:///w/pkg") == "a b.py"
    assert await path_of("file:///w/x/../pkg/a.py", "file:///w") == "pkg/a.py"


async def test_it_makes_no_difference_which_of_folder_and_document_came_by_a_link(
    linked: tuple[Path, Path],
) -> None:
    for folder in linked:
        for way in linked:
            assert await path_of(way / "secrets" / "a.py", folder) == "secrets/a.py"


async def test_a_file_has_the_path_that_a_link_leads_to_as_well(linked: tuple[Path, Path]) -> None:
    folder, _ = linked
    (folder / "secrets" / "a.py").touch()
    (folder / "ok.py").symlink_to(folder / "secrets" / "a.py")
    (folder / "open").symlink_to(folder / "secrets")
    (folder / "log").symlink_to(folder.parent)
    assert await paths_of(folder / "ok.py", folder) == ("ok.py", "secrets/a.py")
    assert await paths_of(folder / "open" / "a.py", folder) == ("open/a.py", "secrets/a.py")
    outside = (folder.parent / "b.py").as_posix()[1:]
    assert await paths_of(folder / "log" / "b.py", folder) == ("log/b.py", outside)


async def test_a_file_has_its_path_in_outer_folders_as_well(linked: tuple[Path, Path]) -> None:
    folder, _ = linked
    found = await paths_of(folder / "secrets" / "a.py", folder, folder / "secrets")
    assert found == ("a.py", "secrets/a.py")
    assert await paths_of("git:/w/s/a.py", "file:///w", "file:///w/s") == ("a.py", "s/a.py")


async def test_a_file_has_its_whole_path_last(linked: tuple[Path, Path]) -> None:
    real, link = linked
    places = Places()
    found = await places.paths_of((link / "a.py").as_uri(), [Folder(uri=link.as_uri())])
    assert found == ("a.py", (link / "a.py").as_posix(), (real / "a.py").as_posix())


async def test_a_file_that_is_not_there_yet_counts_as_what_it_would_be(
    linked: tuple[Path, Path],
) -> None:
    real, link = linked
    assert await path_of(link / "new" / "deeper" / "a.py", real) == "new/deeper/a.py"


async def test_outside_all_folders_every_directory_can_be_matched() -> None:
    assert await path_of("file:///home/me/secrets/a.py") == "home/me/secrets/a.py"
    assert await path_of("file:///home/me/secrets/a.py", "file:///w") == "home/me/secrets/a.py"


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("untitled:Untitled-1", ""),
        ("inmemory://model/1", "1"),
        ("vscode-notebook-cell:/w/secrets/n.ipynb#W0", "w/secrets/n.ipynb"),
        ("git:/w/secrets/a.py?%7B%7D", "w/secrets/a.py"),
        ("FILE:///w/secrets/a.py", "w/secrets/a.py"),
        ("file:///a%00b", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
async def test_other_uris_have_the_path_that_they_tell(uri: str, path: str) -> None:
    assert await path_of(uri) == path


async def test_documents_of_other_schemes_are_in_the_folder_that_their_path_is_in() -> None:
    assert await path_of("git:/w/secrets/a.py", "file:///w") == "secrets/a.py"

"""Projects are indexed, home directories are not."""

from pathlib import Path

import pytest

from aicopilot_lsp.context.index.eligible import why_not


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / "me").mkdir(parents=True)
    return (tmp_path / "home" / "me").resolve()


def refusal(root: Path, home: Path, *wanted: str) -> str:
    root.mkdir(parents=True, exist_ok=True)
    return why_not(root, wanted, home=home)


@pytest.mark.parametrize("mark", [".git", "pyproject.toml", "package.json", "Makefile"])
def test_a_folder_with_a_mark_is_a_project_and_so_is_what_lies_in_it(home: Path, mark: str) -> None:
    (home / "work" / "src" / "deep").mkdir(parents=True)
    (home / "work" / mark).touch()
    assert refusal(home / "work", home) == ""
    assert refusal(home / "work" / "src" / "deep", home) == ""


def test_a_folder_without_one_is_none(home: Path) -> None:
    said = refusal(home / "downloads", home)
    assert "marks a project" in said
    assert "`context.index_folders`" in said


def test_a_home_directory_is_none_even_under_version_control(home: Path) -> None:
    (home / ".git").mkdir()
    for folder in (home, home.parent, Path("/")):
        assert "home directory" in refusal(folder, home)
    assert refusal(home / "downloads", home), "dotfiles mark nothing below them"


def test_a_project_may_lie_outside_of_the_home_directory(home: Path, tmp_path: Path) -> None:
    project = (tmp_path / "srv" / "project").resolve()
    assert refusal(project, home)
    (project / ".git").touch()
    assert refusal(project, home) == ""


def test_what_the_user_names_is_indexed_whatever_it_is(home: Path) -> None:
    (home / "link").symlink_to(home / "notes")
    assert refusal(home, home, str(home)) == ""
    assert refusal(home / "notes", home, str(home / "link")) == ""
    assert refusal(home / "notes", home, str(home)), "what lies in it is not"


def test_a_folder_that_can_not_be_looked_into_is_no_project(tmp_path: Path) -> None:
    assert why_not(tmp_path / ("x" * 300) / "project", (), home=tmp_path / "home")

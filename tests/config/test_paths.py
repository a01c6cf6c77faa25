from pathlib import Path

import pytest

from aicopilot_lsp.config import paths


def test_each_place_is_the_platforms_own_unless_a_variable_moves_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable, place in (
        (paths.CACHE_DIR_VARIABLE, paths.cache_dir),
        (paths.STATE_DIR_VARIABLE, paths.state_dir),
        (paths.CONFIG_FILE_VARIABLE, paths.config_file),
    ):
        assert "aicopilot" in str(place())
        monkeypatch.setenv(variable, str(tmp_path / variable))
        assert place() == tmp_path / variable
        monkeypatch.setenv(variable, "")
        assert place() != tmp_path / variable, "an empty variable is an unset one"


def test_asking_for_a_place_creates_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / "empty home"
    for place in (paths.cache_dir, paths.state_dir, paths.config_file):
        assert place().is_relative_to(home)
    assert not home.exists()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("relative/dir", "{cwd}/relative/dir"),
        ("~/models", "{home}/models"),
        ("~nobody-of-that-name/models", "{cwd}/~nobody-of-that-name/models"),
    ],
)
def test_a_variable_may_hold_a_tilde_or_a_relative_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(paths.CACHE_DIR_VARIABLE, written)
    wanted = expected.format(cwd=tmp_path, home=tmp_path / "empty home")
    assert paths.cache_dir() == Path(wanted)


def test_a_private_directory_is_0700_even_if_it_was_there_before(tmp_path: Path) -> None:
    fresh = paths.ensure_private_dir(tmp_path / "a" / "b")
    assert fresh.stat().st_mode & 0o777 == 0o700
    open_before = tmp_path / "open"
    open_before.mkdir(mode=0o755)
    assert paths.ensure_private_dir(open_before).stat().st_mode & 0o777 == 0o700


def test_a_file_in_the_place_of_a_private_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        paths.ensure_private_dir(tmp_path / "file")

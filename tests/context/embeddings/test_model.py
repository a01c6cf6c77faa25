"""The model itself, from the files of the package."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from aicopilot_lsp.context.embeddings.model import Model, words
from aicopilot_lsp.context.embeddings.wire import package_folder


@pytest.fixture(scope="module")
def folder() -> Path:
    found = package_folder()
    assert found is not None, "`make setup` installs the extra embeddings"
    return found


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return Model.load(folder)


@pytest.mark.parametrize(
    ("near", "alike", "other"),
    [
        ("def remove_user(account)", "deleteCustomer(profile)", "parse_json_number(text)"),
        ("read the file from disk", "loadDocument(folder, path)", "drawCircle(radius, colour)"),
        ("class HttpError(Exception)", "throw new NetworkFailure()", "sum(matrix.columns)"),
    ],
)
def test_what_means_the_same_is_nearer_though_no_word_is_shared(
    model: Model, near: str, alike: str, other: str
) -> None:
    assert not set(words(near).split()) & set(words(alike).split())
    asked, same, different = model.embed([near, alike, other])
    assert asked @ same > asked @ different + 0.05


def test_a_vector_has_the_length_one_and_that_of_a_text_without_words_is_zero(model: Model) -> None:
    found = model.embed(["return total", "{}();", "", "\ud800\ud800", "名前 = 1"])
    assert np.linalg.norm(found, axis=1).round(3).tolist() == [1, 0, 0, 0, 1]


def test_how_often_and_in_which_order_words_occur_does_not_count(model: Model) -> None:
    one, other = model.embed(["getUser(user)\nuser.name", "userName; get_user"])
    assert one @ other == pytest.approx(1, abs=1e-4)


def test_files_that_are_missing_damaged_or_do_not_fit_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="can't be read"):
        Model.load(tmp_path)
    weights = next((folder / "weights").glob("*.safetensors"))
    for part in ("weights", "tokenizers"):
        (tmp_path / part).mkdir()
    for name in ("tokenizers/l2_supercat_tokenizer_config.json", f"weights/{weights.name}"):
        shutil.copyfile(folder / name, tmp_path / name)
    Model.load(tmp_path)
    (tmp_path / "weights" / weights.name).write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ValueError, match="can't be read"):
        Model.load(tmp_path)

"""INV-9: whatever is written anywhere, there are settings, and never an exception."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.config.load import resolve
from aicopilot_lsp.config.options import TABLES
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.config.show import as_json, as_text

_names = st.sampled_from(
    sorted({*TABLES, *(name for table in TABLES.values() for name in table.model_fields)})
)
_keys = st.one_of(_names, st.text(max_size=5))
_anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(), max_size=10),
        st.sampled_from(["http://h", "llama.cpp", "embedded", "auto", "*.py", "\ud800"]),
        st.dates(),
        st.binary(max_size=3),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(_keys, inner, max_size=4),
        st.tuples(inner, inner),
    ),
    max_leaves=12,
)
_options = st.one_of(
    _anything,
    st.dictionaries(st.sampled_from(sorted(TABLES)), _anything),
    st.dictionaries(
        st.sampled_from(sorted(TABLES)),
        st.one_of(
            st.dictionaries(_names, _anything),
            st.lists(st.dictionaries(_names, _anything), max_size=3),
        ),
    ),
)


def check(**given_: Any) -> None:
    resolved = resolve(**given_)
    assert isinstance(resolved.settings, Settings)
    assert all(problem.message for problem in resolved.problems)
    assert all(str(problem).isprintable() for problem in resolved.problems)
    assert as_json(resolved)["settings"]
    assert all(line.isprintable() for line in as_text(resolved))


@given(client=_options, client_settings=_options, trusted=st.booleans())
def test_any_json_of_an_editor_gives_settings(
    client: Any, client_settings: Any, trusted: bool
) -> None:
    check(client=client, client_settings=client_settings, trusted=trusted)


_toml_words = st.lists(
    st.one_of(
        st.sampled_from(
            ["[", "]", "[[", "]]", "=", ".", ",", "{", "}", '"', "'", '"""', "\n", "#", " ", "\\"]
        ),
        st.sampled_from(["1", "true", "nan", "'a'", "1979-05-27", "0x1", "-", "\r\n", "é"]),
        _names,
    ),
    max_size=40,
).map(lambda words: "".join(words).encode())


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("anything")


@given(raw=st.one_of(st.binary(max_size=200), _toml_words), trusted=st.booleans())
def test_any_bytes_in_a_file_give_settings(raw: bytes, trusted: bool, directory: Path) -> None:
    for name in ("config.toml", ".aicopilot.toml"):
        (directory / name).write_bytes(raw)
    check(
        config_file=directory / "config.toml",
        workspace_roots=[directory],
        trusted=trusted,
    )

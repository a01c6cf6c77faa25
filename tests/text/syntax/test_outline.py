"""What a file calls what it imports."""

import pytest

from aicopilot_lsp.text.syntax.outline import local_name


@pytest.mark.parametrize(
    ("module", "called"),
    [
        ("os.path", "path"),
        ("..pkg.mod", "mod"),
        ("crate::sync", "sync"),
        ("App\\Models", "Models"),
        ("./util", "util"),
        ("./lib/log.sh", "log"),
        ("../theme/dark.min.css", "dark"),
        ("./.hidden/", "hidden"),
        ("before.css", "before"),
        ("gopkg.in/yaml.v3", "yaml"),
        (".", ""),
        ("..", ""),
        ("./", ""),
    ],
)
def test_a_module_is_called_by_the_last_part_of_its_name_and_a_file_by_its_stem(
    module: str, called: str
) -> None:
    assert local_name(module, "", "") == called


def test_an_alias_comes_before_the_name_and_a_wildcard_has_no_name_of_its_own() -> None:
    assert local_name("pkg.mod", "thing", "") == "thing"
    assert local_name("pkg.mod", "thing", "other") == "other"
    assert local_name("pkg.mod", "*", "") == ""
    assert local_name("pkg.mod", "*", "all") == "all"

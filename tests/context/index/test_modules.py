"""Which path an import means, language by language."""

import pytest

from aicopilot_lsp.context.index.modules import Known, resolve


def check(
    language: str,
    paths: str,
    path: str,
    module: str,
    expected: str,
    *,
    name: str = "",
    configs: dict[str, str] | None = None,
) -> None:
    known = Known([path, *paths.split()], configs)
    assert resolve(known, path, language, module, name) == expected


PYTHON = (
    "pkg/__init__.py pkg/util.py pkg/sub/__init__.py pkg/sub/deep.py"
    " src/app/__init__.py src/app/core.py tools/os.py tools/helper.py"
)


@pytest.mark.parametrize(
    ("path", "module", "name", "expected"),
    [
        ("pkg/main.py", "pkg.util", "f", "pkg/util.py"),
        ("pkg/main.py", "pkg", "util", "pkg/util.py"),
        ("pkg/main.py", "pkg", "Thing", "pkg/__init__.py"),
        ("pkg/main.py", "pkg", "*", "pkg/__init__.py"),
        ("pkg/main.py", ".", "util", "pkg/util.py"),
        ("pkg/main.py", ".util", "f", "pkg/util.py"),
        ("pkg/sub/deep.py", "..util", "f", "pkg/util.py"),
        ("pkg/sub/deep.py", "..", "util", "pkg/util.py"),
        ("pkg/sub/deep.py", "....gone", "f", ""),
        ("pkg/sub/x.py", ".", "", "pkg/sub/__init__.py"),
        ("tests/test_core.py", "app.core", "f", "src/app/core.py"),
        ("tests/test_core.py", "app", "core", "src/app/core.py"),
        ("tools/run.py", "helper", "f", "tools/helper.py"),
        # A library's name, which a file in another folder happens to have.
        ("pkg/main.py", "os", "path", ""),
        ("pkg/main.py", "util", "f", ""),
        ("pkg/main.py", "numpy.linalg", "norm", ""),
        # The file itself is no target.
        ("pkg/util.py", "pkg.util", "f", ""),
    ],
)
def test_python_modules_are_found_from_their_dots_and_from_source_roots(
    path: str, module: str, name: str, expected: str
) -> None:
    check("python", PYTHON, path, module, expected, name=name)


TYPESCRIPT = (
    "web/src/util.ts web/src/view/index.tsx web/src/view/card.tsx web/src/data.json"
    " web/src/lib/a.ts packages/core/src/index.ts packages/core/src/http.ts"
)
TYPESCRIPT_CONFIGS = {
    "web/tsconfig.json": """{
      // aliases
      "extends": "./base.json",
      "compilerOptions": {
        "baseUrl": ".",
        "paths": { "@lib/*": ["src/lib/*"], "x": ["src/util"], } },
    }""",
    "packages/core/package.json": '{"name": "@acme/core", "main": "dist/index.js"}',
}


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("./util", "web/src/util.ts"),
        ("./util.js", "web/src/util.ts"),
        ("./view", "web/src/view/index.tsx"),
        ("./view/card", "web/src/view/card.tsx"),
        ("./data.json", "web/src/data.json"),
        ("./data.json?raw", "web/src/data.json"),
        ("../../../../etc/passwd", ""),
        ("@lib/a", "web/src/lib/a.ts"),
        ("x", "web/src/util.ts"),
        ("src/util", "web/src/util.ts"),
        ("@/util", "web/src/util.ts"),
        ("@acme/core", "packages/core/src/index.ts"),
        ("@acme/core/http", "packages/core/src/http.ts"),
        ("react", ""),
        ("@acme/other", ""),
    ],
)
def test_modules_of_typescript_are_found_with_aliases_and_own_packages(
    module: str, expected: str
) -> None:
    check("typescript", TYPESCRIPT, "web/src/main.ts", module, expected, configs=TYPESCRIPT_CONFIGS)


def test_a_tsconfig_that_extends_itself_or_is_no_json_costs_only_its_aliases() -> None:
    loop = {"tsconfig.json": '{"extends": "./tsconfig.json", "compilerOptions": {"paths": 3}}'}
    check("typescript", "util.ts", "main.ts", "./util", "util.ts", configs=loop)
    check("typescript", "util.ts", "main.ts", "lib", "", configs=loop)
    check("typescript", "util.ts", "main.ts", "lib", "", configs={"tsconfig.json": "[" * 100_000})


RUST = (
    "core/src/lib.rs core/src/net/mod.rs core/src/net/http.rs core/src/sync.rs"
    " core/src/sync/lock.rs app/src/main.rs"
)
RUST_CONFIGS = {
    "core/Cargo.toml": '[package]\nname = "my-core"\n',
    "app/Cargo.toml": '[package]\nname = "app"\n',
    "Cargo.toml": '[workspace]\nmembers = ["core"]\n',
    "bad/Cargo.toml": "[package",
}


@pytest.mark.parametrize(
    ("path", "module", "name", "expected"),
    [
        ("core/src/sync.rs", "crate::net::http", "Client", "core/src/net/http.rs"),
        ("core/src/sync.rs", "crate::net", "http", "core/src/net/http.rs"),
        ("core/src/sync.rs", "crate::net", "*", "core/src/net/mod.rs"),
        ("core/src/sync.rs", "crate", "Error", "core/src/lib.rs"),
        ("core/src/sync.rs", "lock", "", "core/src/sync/lock.rs"),
        ("core/src/lib.rs", "net", "", "core/src/net/mod.rs"),
        ("core/src/sync/lock.rs", "super", "Guard", "core/src/sync.rs"),
        ("core/src/net/http.rs", "super::super::sync", "Guard", "core/src/sync.rs"),
        ("core/src/net/mod.rs", "self::http", "Client", "core/src/net/http.rs"),
        ("app/src/main.rs", "my_core::sync", "Guard", "core/src/sync.rs"),
        ("app/src/main.rs", "my_core", "Error", "core/src/lib.rs"),
        ("app/src/main.rs", "std::sync", "Arc", ""),
        ("app/src/main.rs", "serde", "Serialize", ""),
    ],
)
def test_modules_of_rust_are_followed_as_far_as_they_are_files(
    path: str, module: str, name: str, expected: str
) -> None:
    check("rust", RUST, path, module, expected, name=name, configs=RUST_CONFIGS)


@pytest.mark.parametrize(
    ("language", "paths", "path", "module", "expected"),
    [
        ("go", "srv/a/a.go srv/a/x.go", "srv/main.go", "example.com/srv/a", "srv/a/a.go"),
        ("go", "srv/b/z_test.go srv/b/y.go", "srv/main.go", "example.com/srv/b", "srv/b/y.go"),
        ("go", "srv/b/fmt/x.go", "srv/main.go", "fmt", ""),
        ("java", "m/src/org/acme/Http.java", "m/src/org/acme/x/A.java", "org.acme.Http",
         "m/src/org/acme/Http.java"),
        ("java", "m/src/org/acme/Http.java", "A.java", "org.acme.Http.Client",
         "m/src/org/acme/Http.java"),
        ("java", "m/util/List.java", "A.java", "java.util.List", ""),
        ("kotlin", "m/org/acme/Http.java", "A.kt", "org.acme.Http", "m/org/acme/Http.java"),
        ("csharp", "src/Net/Http.cs", "src/App/A.cs", "Acme.Net.Http", "src/Net/Http.cs"),
        ("c", "src/a.h include/a.h", "src/a.c", "a.h", "src/a.h"),
        ("cpp", "include/lib/b.hpp", "src/x/b.cpp", "lib/b.hpp", "include/lib/b.hpp"),
        ("c", "third/deep/lib/b.h", "src/b.c", "lib/b.h", "third/deep/lib/b.h"),
        ("c", "src/a.h", "src/a.c", "stdio.h", ""),
        ("c", "src/a.h", "src/a.c", "../../../etc/passwd", ""),
        ("ruby", "lib/acme/http.rb", "lib/acme.rb", "acme/http", "lib/acme/http.rb"),
        ("ruby", "lib/acme/http.rb", "lib/acme/x.rb", "./http", "lib/acme/http.rb"),
        ("ruby", "x/json.rb", "lib/acme/x.rb", "json", ""),
        ("php", "src/Http/Client.php", "src/App.php", "Acme\\Http\\Client", "src/Http/Client.php"),
        ("php", "src/inc/a.php", "src/App.php", "./inc/a.php", "src/inc/a.php"),
        ("lua", "lua/acme/init.lua", "plugin/x.lua", "acme", "lua/acme/init.lua"),
        ("lua", "lua/acme/http.lua", "lua/acme/init.lua", "acme.http", "lua/acme/http.lua"),
        ("elixir", "lib/my_app/http_client.ex", "lib/my_app.ex", "MyApp.HTTPClient",
         "lib/my_app/http_client.ex"),
        ("css", "a/_vars.scss", "a/main.scss", "vars", "a/_vars.scss"),
        ("bash", "bin/lib.sh", "bin/run.sh", "./lib.sh", "bin/lib.sh"),
        ("zig", "src/net.zig", "src/main.zig", "net.zig", "src/net.zig"),
        ("plain", "docs/a.txt", "docs/b.txt", "a.txt", "docs/a.txt"),
    ],
)  # fmt: skip
def test_modules_of_other_languages_are_found_by_their_paths(
    language: str, paths: str, path: str, module: str, expected: str
) -> None:
    configs = {"srv/go.mod": "module example.com/srv\n\ngo 1.22\n"}
    check(language, paths, path, module, expected, configs=configs)


def test_of_several_files_the_nearest_is_meant() -> None:
    paths = "one/include/x/a.h two/include/x/a.h"
    check("c", paths, "two/src/deep/a.c", "x/a.h", "two/include/x/a.h")


def test_a_file_that_comes_is_found_and_one_that_goes_is_not() -> None:
    known = Known(["pkg/__init__.py", "pkg/a.py"])
    assert resolve(known, "pkg/a.py", "python", "pkg.b") == ""
    known.add("pkg/b.py")
    assert resolve(known, "pkg/a.py", "python", "pkg.b") == "pkg/b.py"
    known.remove("pkg/b.py")
    assert resolve(known, "pkg/a.py", "python", "pkg.b") == ""


def test_aliases_follow_when_their_file_changes() -> None:
    known = Known(["main.ts", "src/a.ts"])
    assert resolve(known, "main.ts", "typescript", "#a") == ""
    known.set_config("tsconfig.json", '{"compilerOptions": {"paths": {"#a": ["./src/a.ts"]}}}')
    assert resolve(known, "main.ts", "typescript", "#a") == "src/a.ts"
    known.set_config("tsconfig.json", None)
    assert resolve(known, "main.ts", "typescript", "#a") == ""


@pytest.mark.parametrize("language", ["python", "typescript", "rust", "go", "java", "c", "php"])
@pytest.mark.parametrize("module", ["", ".", "...", "/", "//", "*", "::", "\\", "a" * 5000, "é/ü"])
def test_what_is_no_module_is_no_error(language: str, module: str) -> None:
    assert resolve(Known(["a.py", "b/c.ts"]), "b/main.x", language, module, "*") in ("", "a.py")

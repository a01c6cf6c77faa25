"""Which files are left out by names, ignore files and the configuration."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicopilot_lsp.context.index.ignore import MAX_IGNORE_BYTES, IgnoreRules
from aicopilot_lsp.context.index.refusal import MEANING, Refusal


def rules(
    files: dict[str, str] | None = None, *, exclude: tuple[tuple[str, ...], ...] = ()
) -> IgnoreRules:
    return IgnoreRules((files or {}).get, root="/home/me/project", exclude=exclude)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/a.py", None),
        ("a.log.py", None),
        ("x/debug.tmp", Refusal.GITIGNORE),
        ("build/a.py", Refusal.GITIGNORE),
        ("src/build/a.py", None),  # /build/ is the root's only
        ("out/a.py", Refusal.GITIGNORE),
        ("src/out", None),  # out/ is for folders only
        ("src/keep.tmp", None),  # brought back by a nested file
        ("src/lost.tmp", Refusal.GITIGNORE),
        ("src/gen/x.py", Refusal.GITIGNORE),
        ("docs/a/b/c.html", Refusal.GITIGNORE),
        ("docs/b/c.html", Refusal.GITIGNORE),
        ("local/x.py", Refusal.GITIGNORE),  # .git/info/exclude
    ],
)
def test_gitignore_holds_as_git_has_it(path: str, expected: Refusal | None) -> None:
    files = {
        ".gitignore": "# made\n*.tmp\n/build/\nout/\ndocs/**/c.html\n!\n\\\n[\n",
        "src/.gitignore": "!keep.tmp\ngen\n",
        ".git/info/exclude": "local\n",
    }
    assert rules(files).refusal(path) is expected


def test_what_lies_in_an_ignored_folder_is_not_brought_back_from_within() -> None:
    files = {".gitignore": "/gen\n", "gen/.gitignore": "!*\n"}
    assert rules(files).refusal("gen/a.py") is Refusal.GITIGNORE


def test_our_own_ignore_file_wins_both_ways() -> None:
    files = {
        ".gitignore": "*.pb.py\n",
        ".aicopilotignore": "!*.pb.py\nlegacy/\n",
        "legacy/.gitignore": "!*\n",
    }
    asked = rules(files)
    assert asked.refusal("api.pb.py") is None
    assert asked.refusal("legacy/a.py") is Refusal.AICOPILOTIGNORE


def test_what_the_user_excludes_no_workspace_brings_back() -> None:
    files = {".aicopilotignore": "!*\n", ".gitignore": "!*\n"}
    asked = rules(files, exclude=((), ("private/", "*.sql"), ("**/project/top.py", "!dump.sql")))
    assert asked.refusal("private/a.py") is Refusal.EXCLUDED
    assert asked.refusal("db/dump.sql") is Refusal.EXCLUDED
    assert asked.refusal("top.py") is Refusal.EXCLUDED  # by the whole path
    assert asked.refusal("public/a.py") is None


@pytest.mark.parametrize(
    "path",
    [
        ".env", "app/.env.production", "prod.env", "deploy/server.PEM", "tls.key", "id_rsa",
        "id_ed25519.pub", ".npmrc", ".netrc", ".pypirc", "store.p12", "kubeconfig",
        "kubeconfig.yaml", "conf/credentials.json", "credentials", "my-secrets.yaml",
        "client_secret_123.json", "PASSWORDS.txt", "terraform.tfstate", "prod.tfvars",
        "config/master.key", "app/secrets.py", "api_key.txt", ".git-credentials",
    ],
)  # fmt: skip
def test_files_that_look_like_secrets_are_not_read_whatever_ignore_files_say(path: str) -> None:
    assert rules({".aicopilotignore": "!*\n"}).refusal(path) is Refusal.SECRET


@pytest.mark.parametrize(
    "path",
    ["secret_manager.go", "src/password_reset.ts", ".env.example", "keys.py", "environment.py"],
)
def test_code_about_secrets_is_read(path: str) -> None:
    assert rules().refusal(path) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".git/config", Refusal.FOLDER),
        ("web/node_modules/x/index.js", Refusal.FOLDER),
        (".venv/lib/a.py", Refusal.FOLDER),
        ("a/__pycache__/a.py", Refusal.FOLDER),
        ("a/.ssh/config", Refusal.FOLDER),
        ("package-lock.json", Refusal.GENERATED),
        ("static/app.min.js", Refusal.GENERATED),
        ("logo.PNG", Refusal.BINARY),
        ("target/a.rs", None),  # a name of source folders too
        ("build/a.py", None),
        ("dist/a.ts", None),
        ("bad\udcff.py", Refusal.NAME),
        ("line\nbreak.py", Refusal.NAME),
        ("bell\x07/a.py", Refusal.NAME),
        ("/".join("d" * 70) + "/a.py", Refusal.TOO_DEEP),
    ],
)
def test_a_name_alone_may_be_reason_enough(path: str, expected: Refusal | None) -> None:
    assert rules().refusal(path) is expected


def test_an_ignore_file_too_large_to_be_understood_leaves_out_its_folder() -> None:
    asked = rules({"a/.gitignore": "x" * (MAX_IGNORE_BYTES + 1), "b/.gitignore": "x\n" * 3000})
    assert asked.refusal("a/y.py") is Refusal.GITIGNORE
    assert asked.refusal("b/y.py") is Refusal.GITIGNORE
    assert asked.refusal("y.py") is None


@pytest.mark.parametrize(
    "pattern", ["a*" * 30 + "b", "**/a/" * 20 + "b", "*a*a/" * 10 + "b", "a*?*?*?*?*?*?*b"]
)
def test_no_pattern_of_a_workspace_takes_long(pattern: str) -> None:
    asked = rules({".gitignore": pattern + "\n"})
    began = time.process_time()
    asked.refusal("/".join(["a" * 100] * 9))
    asked.refusal("/".join(["a"] * 60))
    assert time.process_time() - began < 5  # minutes, were it matched as it stands


def test_a_pattern_that_would_take_long_hides_more_and_never_less() -> None:
    files = {".gitignore": "gen/a*b*c*d*e.py\n!x*x*x*x*x.log\n*.log\n"}
    asked = rules(files)
    assert asked.refusal("gen/a1b2c3d4e.py") is Refusal.GITIGNORE
    assert asked.refusal("x1x2x3x4x.log") is not None
    assert asked.refusal("src/a1b2c3d4e.py") is None


def test_each_reason_is_explained_to_people() -> None:
    assert set(MEANING) == set(Refusal)
    assert all(text.endswith(".") for text in MEANING.values())


NAMES = st.sampled_from(["a", "b", "ab", "a.x", "b.x"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PATHS = PATHS.filter(lambda path: path != "a")  # a folder of the repository
SEGMENTS = st.sampled_from(["a", "b", "*", "a*", "*.x", "?", "[ab]", "**"])
PATTERNS = st.builds(
    lambda bang, lead, segments, trail: bang + lead + "/".join(segments) + trail,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(SEGMENTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is what is compared with")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    outer=st.lists(PATTERNS, max_size=4),
    inner=st.lists(PATTERNS, max_size=3),
    paths=st.lists(PATHS, min_size=1, max_size=20, unique=True),
)
def test_git_itself_ignores_the_same_files(
    repository: Path, outer: list[str], inner: list[str], paths: list[str]
) -> None:
    files = {".gitignore": "\n".join(outer), "a/.gitignore": "\n".join(inner)}
    for name, text in files.items():
        (repository / name).write_text(text)
    run = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin", "-z"],
        cwd=repository,
        input="\0".join(paths) + "\0",
        capture_output=True,
        text=True,
        check=False,
    )
    ignored = set(run.stdout.split("\0")) - {""}
    asked = rules(files)
    assert {path for path in paths if asked.refusal(path) is not None} == ignored


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    (tmp_path / "a").mkdir()
    return tmp_path

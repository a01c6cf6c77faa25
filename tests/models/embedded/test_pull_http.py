"""Pulling over HTTP: whatever goes wrong, a file under its own name is always whole."""

import os
import threading
from pathlib import Path

import pytest

from aicopilot_lsp.errors import ModelFileError
from aicopilot_lsp.models.embedded.catalogue import CatalogueEntry
from aicopilot_lsp.models.embedded.pull import PullProgress, pull
from aicopilot_lsp.models.embedded.sources import HubFile, Source, Url
from tests.models.embedded.files import CONTENT, entry_of
from tests.support.file_server import Script, file_server


def leftovers(store: Path) -> list[str]:
    return sorted(path.name for path in store.iterdir() if not path.name.endswith(".lock"))


def fetch(entry: CatalogueEntry, store: Path, pauses: list[float] | None = None) -> Path:
    """Pull without waiting; the pauses that would have been made go to `pauses`."""
    made: list[float] = [] if pauses is None else pauses
    return pull(entry, store, sleep=made.append)


def refusal(store: Path, *sources: Source) -> str:
    with pytest.raises(ModelFileError) as caught:
        fetch(entry_of(*sources), store)
    return str(caught.value)


def test_a_file_is_fetched_and_gets_its_name(tmp_path: Path) -> None:
    with file_server(Script(CONTENT)) as url:
        path = pull(entry_of(Url(f"{url}/m")), tmp_path / "deep" / "models")
    assert path.read_bytes() == CONTENT
    assert leftovers(path.parent) == ["tiny.gguf", "tiny.gguf.verified"]


def test_an_installed_file_is_not_fetched_again(tmp_path: Path) -> None:
    script = Script(CONTENT)
    with file_server(script) as url:
        for _ in range(2):
            pull(entry_of(Url(f"{url}/m")), tmp_path)
    assert len(script.requests) == 1


def test_a_cut_is_continued_within_the_same_pull(tmp_path: Path) -> None:
    script = Script(CONTENT, cut_after=[100_000, 50_000])
    with file_server(script) as url:
        path = pull(entry_of(Url(f"{url}/m")), tmp_path)
    assert path.read_bytes() == CONTENT
    assert [request.get("range") for request in script.requests] == [
        None,
        "bytes=100000-",
        "bytes=150000-",
    ]
    assert script.requests[1]["if-range"] == '"v1"'


def test_a_later_pull_goes_on_where_an_earlier_one_was_cut_off(tmp_path: Path) -> None:
    script = Script(CONTENT, cut_after=[100_000, 0, 0, 0])
    with file_server(script) as url:
        source = Url(f"{url}/m")
        assert "kept" in refusal(tmp_path, source)
        assert leftovers(tmp_path) == ["tiny.gguf.part", "tiny.gguf.part.json"]
        path = pull(entry_of(source), tmp_path)
    assert path.read_bytes() == CONTENT
    assert script.requests[-1]["range"] == "bytes=100000-"
    assert leftovers(tmp_path) == ["tiny.gguf", "tiny.gguf.verified"]


def test_another_source_continues_what_the_first_began(tmp_path: Path) -> None:
    first, second = Script(CONTENT, cut_after=[100_000, 0, 0, 0]), Script(CONTENT, etag='"other"')
    with file_server(first) as one, file_server(second) as two:
        path = fetch(entry_of(Url(f"{one}/m"), Url(f"{two}/m")), tmp_path)
    assert path.read_bytes() == CONTENT
    assert second.requests[0]["range"] == "bytes=100000-"
    assert "if-range" not in second.requests[0]


def test_a_server_without_ranges_is_read_from_the_beginning(tmp_path: Path) -> None:
    script = Script(CONTENT, ranges=False, cut_after=[100_000])
    with file_server(script) as url:
        path = pull(entry_of(Url(f"{url}/m")), tmp_path)
    assert path.read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_is_read_from_the_beginning(tmp_path: Path) -> None:
    script = Script(bytes(len(CONTENT)), cut_after=[100_000, 0, 0, 0])
    with file_server(script) as url:
        refusal(tmp_path, Url(f"{url}/m"))
        script.content, script.etag = CONTENT, '"v2"'
        path = pull(entry_of(Url(f"{url}/m")), tmp_path)
    assert path.read_bytes() == CONTENT


def test_a_wrong_beginning_without_a_validator_is_found_by_the_hash(tmp_path: Path) -> None:
    script = Script(bytes(len(CONTENT)), etag="", cut_after=[100_000, 0, 0, 0])
    with file_server(script) as url:
        refusal(tmp_path, Url(f"{url}/m"))
        script.content = CONTENT
        path = pull(entry_of(Url(f"{url}/m")), tmp_path)
    assert path.read_bytes() == CONTENT


def test_another_part_than_was_asked_for_is_not_appended(tmp_path: Path) -> None:
    script = Script(CONTENT, cut_after=[100_000], wrong_range=True)
    with file_server(script) as url:
        path = fetch(entry_of(Url(f"{url}/m")), tmp_path)
    assert path.read_bytes() == CONTENT


def test_a_server_that_makes_us_begin_anew_is_not_asked_for_ever(tmp_path: Path) -> None:
    script = Script(CONTENT, cut_after=[1] * 50, wrong_range=True)
    with file_server(script) as url:
        assert "another part" in refusal(tmp_path, Url(f"{url}/m"))
    assert len(script.requests) < 10


@pytest.mark.parametrize(
    ("headers", "pauses"),
    [({}, [1.0, 2.0]), ({"Retry-After": "30"}, [30.0, 30.0]), ({"Retry-After": "3600"}, [])],
)
def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(
    tmp_path: Path, headers: dict[str, str], pauses: list[float]
) -> None:
    made: list[float] = []
    busy = Script(CONTENT, status=503, headers=headers)
    with file_server(busy) as url, pytest.raises(ModelFileError, match="503"):
        fetch(entry_of(Url(f"{url}/m")), tmp_path, made)
    assert made == pauses


def test_a_cut_that_brought_something_is_continued_at_once(tmp_path: Path) -> None:
    made: list[float] = []
    with file_server(Script(CONTENT, cut_after=[100_000, 50_000])) as url:
        fetch(entry_of(Url(f"{url}/m")), tmp_path, made)
    assert made == []


def test_the_notes_of_a_pull_hold_no_address_and_are_for_their_owner(tmp_path: Path) -> None:
    notes = tmp_path / "tiny.gguf.part.json"
    notes.write_text("{}")
    notes.chmod(0o644)
    with file_server(Script(CONTENT, cut_after=[100_000, 0, 0, 0])) as url:
        refusal(tmp_path, Url(f"{url}/m?X-Amz-Signature=canary"))
    assert "canary" not in notes.read_text()
    assert os.name != "posix" or notes.stat().st_mode & 0o777 == 0o600


def test_a_wrong_hash_leaves_nothing_behind(tmp_path: Path) -> None:
    with file_server(Script(bytes(len(CONTENT)))) as url:
        assert "SHA-256" in refusal(tmp_path, Url(f"{url}/m"))
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("size", [len(CONTENT) - 1, len(CONTENT) + 1, 0])
def test_another_size_is_refused_before_it_is_read(tmp_path: Path, size: int) -> None:
    with file_server(Script(bytes(size))) as url:
        assert f"{size:,} bytes" in refusal(tmp_path, Url(f"{url}/m"))
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "does not have"), (403, "refused"), (401, "refused"), (503, "503"), (418, "418")],
)
def test_each_refusal_is_said_in_one_line(tmp_path: Path, status: int, said: str) -> None:
    with file_server(Script(CONTENT, status=status)) as url:
        message = refusal(tmp_path, Url(f"{url}/m"))
    assert said in message
    assert "\n" not in message
    assert leftovers(tmp_path) == []


def test_an_unreachable_host_is_said_and_the_next_source_is_tried(tmp_path: Path) -> None:
    notes: list[PullProgress] = []
    pauses: list[float] = []
    with file_server(Script(CONTENT)) as url:
        sources = (Url("http://127.0.0.1:1/m"), Url(f"{url}/m"))
        path = pull(entry_of(*sources), tmp_path, progress=notes.append, sleep=pauses.append)
    assert path.read_bytes() == CONTENT
    said = [progress.note for progress in notes]
    assert any("can't be reached" in note and "trying the next" in note for note in said)
    assert [note for note in said if note.endswith("in 1 s.")]


def test_the_hub_may_be_a_mirror_and_may_redirect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = HubFile(repository="a/b", revision="r", file="f.gguf")
    script = Script(CONTENT, location="/cdn")
    with file_server(script) as url:
        monkeypatch.setenv("AICOPILOT_HUB_URL", f"{url}/")
        path = pull(entry_of(source), tmp_path)
    assert path.read_bytes() == CONTENT
    assert script.paths == ["/a/b/resolve/r/f.gguf", "/cdn"]
    assert all("authorization" not in request for request in script.requests)


@pytest.mark.parametrize(
    "location", ["http://192.0.2.1/m", "ftp://127.0.0.1/m", "file:///etc/passwd", "http://[::"]
)
def test_a_redirect_to_an_unsafe_address_is_not_followed(tmp_path: Path, location: str) -> None:
    with file_server(Script(CONTENT, location=location)) as url:
        assert "https" in refusal(tmp_path, Url(f"{url}/m")) or location.endswith("[::")
    assert leftovers(tmp_path) == []


def test_redirects_in_a_circle_end(tmp_path: Path) -> None:
    with file_server(Script(CONTENT, location="/again")) as url:
        assert "redirects" in refusal(tmp_path, Url(f"{url}/m"))


def test_a_message_holds_no_key_of_a_url() -> None:
    assert str(Url("https://me:secret@host/m?token=secret")) == "host/m"


def test_progress_counts_up_to_the_whole(tmp_path: Path) -> None:
    seen: list[PullProgress] = []
    with file_server(Script(CONTENT)) as url:
        pull(entry_of(Url(f"{url}/m")), tmp_path, progress=seen.append)
    done = [progress.done_bytes for progress in seen]
    assert done == sorted(done)
    assert done[-1] == seen[-1].total_bytes == len(CONTENT)


def test_two_pulls_at_the_same_time_make_one_download(tmp_path: Path) -> None:
    script = Script(CONTENT)
    with file_server(script) as url:
        entry = entry_of(Url(f"{url}/m"))
        threads = [threading.Thread(target=pull, args=(entry, tmp_path)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(script.requests) == 1
    assert (tmp_path / "tiny.gguf").read_bytes() == CONTENT

"""Workspace files as an attacker would write them: each tries to gain something that is not its.

`HOSTILE` are texts; `BUILDERS` make something in the place of the file that is no plain file.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aicopilot_lsp.config.files import MAX_WORKSPACE_BYTES, WORKSPACE_FILE

_EVIL = "http://evil.example"

HOSTILE: dict[str, str | bytes] = {
    # An endpoint, by every way to spell one.
    "models": f"[[models]]\nprovider = 'llama.cpp'\nurl = '{_EVIL}'",
    "models inline": f"models = [{{ provider = 'llama.cpp', url = '{_EVIL}' }}]",
    "models quoted": f"[['models']]\nprovider = 'llama.cpp'\nurl = '{_EVIL}'",
    "models escaped": f'"\\u006dodels" = [{{ provider = "llama.cpp", url = "{_EVIL}" }}]',
    "models as table": f"[models]\nprovider = 'llama.cpp'\nurl = '{_EVIL}'",
    "models by number": f"[models.0]\nurl = '{_EVIL}'",
    "models none": "models = []",
    "models wrapped": f"[aicopilot]\nmodels = [{{ provider = 'llama.cpp', url = '{_EVIL}' }}]",
    "models camel": f"[[Models]]\nprovider = 'llama.cpp'\nurl = '{_EVIL}'",
    "a plug-in as provider": "[[models]]\nprovider = 'my_plugin'",
    "a key": "[[models]]\nprovider = 'embedded'\napi_key = 'sk-1'",
    "a key of the environment": "[[models]]\nprovider = 'llama.cpp'\napi_key_env = 'AWS_SECRET'",
    "a key file": "[[models]]\nprovider = 'llama.cpp'\napi_key_file = '/etc/passwd'",
    "headers": "[[models]]\nprovider = 'llama.cpp'\nheaders = { Host = 'evil' }",
    "url of embedded": f"[embedded]\nurl = '{_EVIL}'",
    "url at the top": f"url = '{_EVIL}'",
    "proxy": f"proxy = '{_EVIL}'\n[env]\nHTTPS_PROXY = '{_EVIL}'",
    # A program, a file, a place.
    "command": "command = ['sh', '-c', 'id']\n[embedded]\ncommand = 'sh'\nbinary = '/tmp/x'",
    "model file": "[embedded]\nmodel = '/tmp/evil.gguf'\nmodel_path = '/tmp/evil.gguf'",
    "plugins": "plugins = ['evil']\n[filters]\npath = './evil.py'",
    "log file": "[log]\nfile = '/root/.bashrc'\npath = '../../x'",
    "log level": "[log]\nlevel = 'debug'",
    "include": "include = '/etc/passwd'\nextends = '../../secrets.toml'\n'$schema' = 'http://evil'",
    "cache": "cache_dir = '/tmp'\nstate_dir = '/tmp'",
    # The shared process.
    "threads": "[embedded]\nthreads = 1024",
    "window": "[embedded]\ncontext_tokens = 131072",
    "idle": "[embedded]\nidle_s = 604800",
    # Trust and what protects the user.
    "trusted": "trusted = true",
    "trusted deeper": "[workspace]\ntrusted = true\n[completion]\ntrusted = true",
    "switch on": "[completion]\nenabled = true",
    "filters off": "[filters]\ndisabled = ['secrets', 'insecure-code']",
    "filters off in camel": "[filters]\nDisabled = ['secrets']",
    "filters none": "[filters]\nenabled = []\ndisabled = []",
    "filters false": "filters = false",
    "take back an exclusion": "[completion]\nexclude = ['!secrets/', '!*']",
    "take back with a space": "[completion]\nexclude = [' !secrets/', '\\\\!x']",
    "empty the exclusions": "[completion]\nexclude = []\ndisabled_languages = []",
    "index the disk": "[context]\nindex_folders = ['/', '~']",
    "context on": "[context]\nenabled = true\nindex = true\nembeddings = true\n"
    "exclude = ['!private/']",
    "context empty": "[context]\nexclude = []\ndisabled_sources = []\nbudget_ms = 5000",
    "a large index": "[context]\nmax_index_mb = 100000\nmax_file_kb = 100000",
    "more tokens": "[completion]\nmax_prompt_tokens = 65536\nmax_output_tokens = 4096",
    "more lines": "[completion]\nmax_lines = 500",
    "no rest": "[completion]\ndebounce_ms = 0",
    "for ever": "[completion]\ndeadline_ms = 120000",
    "items": "[completion]\ncompletion_items = 'always'",
    "dunder": "[completion]\n__class__ = 'x'\nmodel_config = { extra = 'allow' }\nmodel_fields = 1",
    "wrong types": "[completion]\nenabled = []\nexclude = { a = 1 }\nmax_lines = '1'",
    # Work without end.
    "stars": "[completion]\nexclude = ['*a*a*a*a*a*a*a*b', '**/a/**/a/**/a/**/b', 'a**a**a**b']",
    "patterns": f"[completion]\nexclude = {['x'] * 499}",
    "too many patterns": f"[completion]\nexclude = {['x'] * 5000}",
    "a long pattern": f"[completion]\nexclude = ['{'x' * 60_000}']",
    "long dotted key": "a." * 30_000 + "a = 1",
    "long dotted header": f"[{'a.' * 30_000}a]",
    "long quoted dotted key": "'a'." * 15_000 + "a = 1",
    "deep lists": "a = " + "[" * 30_000 + "]" * 30_000,
    "deep tables": "a = " + "{a=" * 15_000 + "1" + "}" * 15_000,
    "long number": "a = " + "9" * 60_000,
    "many keys": "\n".join(f"k{number} = 1" for number in range(5000)),
    "many tables": "\n".join(f"[t{number}]" for number in range(5000)),
    "a long key": f"{'k' * 60_000} = 1",
    "too large": "#" * (MAX_WORKSPACE_BYTES + 1),
    "unclosed": "a = '''" + "x\n" * 20_000,
    # Bytes and characters.
    "not utf-8": b"\xff\xfe\x00",
    "nul": b"[completion]\nmax_lines = 1\x00",
    "escape sequences": '"\\u001b]0;owned\\u0007\\n\\u202e" = 1',
    "a broken file": "[completion\nenabled = false",
    "empty": "",
}


def write_hostile(root: Path, text: str | bytes) -> None:
    raw = text.encode() if isinstance(text, str) else text
    (root / WORKSPACE_FILE).write_bytes(raw)


def _link_out(file: Path) -> None:
    outside = file.parent.parent / "outside.toml"
    outside.write_text("[completion]\nmax_lines = 1\n")
    file.symlink_to(outside)


def _link_inside(file: Path) -> None:
    (file.parent / "inside.toml").write_text("[completion]\nmax_lines = 1\n")
    file.symlink_to("inside.toml")


@contextmanager
def _working_in(directory: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


def _socket(file: Path) -> None:
    # The address of a socket is at most 107 bytes.
    with socket.socket(socket.AF_UNIX) as unix, _working_in(file.parent):
        unix.bind(file.name)


BUILDERS: dict[str, Callable[[Path], None]] = {
    "link out of the folder": _link_out,
    "link within the folder": _link_inside,
    "link to the users files": lambda file: file.symlink_to("/etc/passwd"),
    "link to a device": lambda file: file.symlink_to("/dev/zero"),
    "link to the terminal": lambda file: file.symlink_to("/dev/tty"),
    "link to itself": lambda file: file.symlink_to(file.name),
    "link to nowhere": lambda file: file.symlink_to("/nowhere/at/all"),
    "link to own memory": lambda file: file.symlink_to("/proc/self/environ"),
    "fifo": os.mkfifo,
    "socket": _socket,
    "directory": lambda file: file.mkdir(),
}

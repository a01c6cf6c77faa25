"""Where our files are: one place for each kind, by the platform's own rules.

Asking creates nothing and reads nothing; `ensure_private_dir` makes a directory when it is first
written to. `AICOPILOT_CACHE_DIR`, `AICOPILOT_STATE_DIR` and `AICOPILOT_CONFIG` take the place of
the platform's directories, for tests and for machines whose home is small or shared.
"""

import os
from pathlib import Path

import platformdirs

APP_NAME = "aicopilot"
CACHE_DIR_VARIABLE = "AICOPILOT_CACHE_DIR"
STATE_DIR_VARIABLE = "AICOPILOT_STATE_DIR"
CONFIG_FILE_VARIABLE = "AICOPILOT_CONFIG"

_PRIVATE_MODE = 0o700


def cache_dir() -> Path:
    """What can be fetched again: model files."""
    return _named(CACHE_DIR_VARIABLE) or platformdirs.user_cache_path(APP_NAME, appauthor=False)


def state_dir() -> Path:
    """What is ours and stays on this machine: logs, the store, the model process's key and lock."""
    return _named(STATE_DIR_VARIABLE) or platformdirs.user_state_path(APP_NAME, appauthor=False)


def config_file() -> Path:
    """The user's own options: `config.toml` in the platform's config directory."""
    return named_config_file() or (
        platformdirs.user_config_path(APP_NAME, appauthor=False) / "config.toml"
    )


def keys_dir() -> Path:
    """The keys that `aicopilot key set` stores: keys/ beside the user's options."""
    return config_file().parent / "keys"


def named_config_file() -> Path | None:
    """The file that AICOPILOT_CONFIG names. A file that someone named should be there."""
    return _named(CONFIG_FILE_VARIABLE)


def ensure_private_dir(path: Path) -> Path:
    """Make `path` a directory that only its owner may enter (0700), and return it.

    A directory that is there already is narrowed. On Windows the profile's own rights apply.

    Raises
    ------
    OSError
        It can't be made, is no directory, or belongs to someone else.
    """
    path.mkdir(mode=_PRIVATE_MODE, parents=True, exist_ok=True)
    if os.name == "posix" and path.stat().st_mode & 0o777 != _PRIVATE_MODE:
        path.chmod(_PRIVATE_MODE)
    return path


def _named(variable: str) -> Path | None:
    """The absolute path in an environment variable; None where it is unset or empty."""
    value = os.environ.get(variable, "")
    if not value:
        return None
    # Shells expand ~, but editors' settings do not.
    return Path(os.path.expanduser(value)).absolute()  # noqa: PTH111 - Path's raises without a home

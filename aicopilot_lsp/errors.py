"""The errors that one room raises and another catches, drawn as one tree.

AicopilotError
├── ConfigError            options that can't be used, found when they are
├── ModelError             a call to a model failed; `kind` says how, see ModelErrorKind
│   ├── OnlyReasonedError  models/chat/: it thought, and wrote no answer
│   └── NotSuitableError   models/selftest/: it answers, and can't be used; with all that was tried
├── ModelFileError         a model file can't be found, fetched, verified or stored
├── ModelProcessError      the embedded model's process could not be started or reached
├── StoreError             store/: a database can't be used; `kind` says how, see StoreErrorKind
└── TargetError            cli/target.py: no such place in a file, as the command line names it

Callers catch by branch. The text of each is written for a person: what happened, what still works,
what to do. It never holds source text, prompts, headers or keys (INV-7). What is wrong in a
configuration file is no exception: config/load.py returns it as a list of Problems.

Some errors stay in the room that raises them and become an answer on its wire: ParseError and
InvalidParamsError (a message of the editor), ClientError (the editor's answer to us) in lsp/,
RefusedError (a request to the guard) in models/embedded/. Others become a value of their room:
OutOfTimeError (reading a file's syntax) in text/, DamagedError (what an index holds) in store/.
"""

from enum import StrEnum


class AicopilotError(Exception):
    """Root of the tree; `str(error)` is a message fit to show to a user."""


class ConfigError(AicopilotError):
    """Options that can't be used."""


class ModelErrorKind(StrEnum):
    """How a call to a model failed; the value is the reason code in outcome records."""

    NOT_CONFIGURED = "not_configured"  # no model for this role
    NOT_INSTALLED = "not_installed"  # embedded model: file or runtime missing
    STARTING = "starting"  # the model is being loaded
    UNREACHABLE = "unreachable"  # refused, reset before an answer, DNS, TLS
    TIMEOUT = "timeout"  # total deadline passed
    AUTH = "auth"  # 401, 403, 402: the account behind the key is empty
    NOT_FOUND = "not_found"  # 404: wrong path or unknown model
    BUSY = "busy"  # 429, 503
    REJECTED = "rejected"  # other 4xx
    SERVER = "server"  # other 5xx
    REDIRECT = "redirect"  # 3xx; never followed
    PROTOCOL = "protocol"  # the answer is not what this interface promises
    TOO_LARGE = "too_large"  # the answer passed a byte cap
    INTERRUPTED = "interrupted"  # the answer broke off in the middle
    NOT_SUITABLE = "not_suitable"  # it answers, but does not fill in the middle


class ModelError(AicopilotError):
    """A call to a model failed.

    Parameters
    ----------
    message : str
        For a person; no source text, no key.
    kind : ModelErrorKind
    retry_after_s : float or None
        What the server asked for (Retry-After), in seconds.
    asked : bool
        False where the model was not asked: it rests after an earlier failure, which this repeats.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: ModelErrorKind,
        retry_after_s: float | None = None,
        asked: bool = True,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after_s = retry_after_s
        self.asked = asked


class ModelFileError(AicopilotError):
    """A model file can't be found, fetched, verified or stored."""


class ModelProcessError(AicopilotError):
    """The embedded model's process could not be started or reached."""


class StoreErrorKind(StrEnum):
    """Why a database can't be used, or not now."""

    BUSY = "busy"  # somebody else writes it, and did not end in time
    FULL = "full"  # no room left on the disk
    DENIED = "denied"  # the folder or the file can't be written
    DAMAGED = "damaged"  # it was, and is removed: opening it again makes a new one
    UNSUITABLE = "unsuitable"  # this SQLite is too old or lacks what is needed
    FAILED = "failed"  # anything else that SQLite says


class StoreError(AicopilotError):
    """A database can't be used. What was committed before stays, unless it is DAMAGED."""

    def __init__(self, message: str, *, kind: StoreErrorKind) -> None:
        super().__init__(message)
        self.kind = kind

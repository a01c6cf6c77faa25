"""The operating system's keyring, over the `keyring` package; the only file that touches it.

A keyring may ask its user to unlock it and wait for that as long as it takes, and the package loads
what it finds installed. So it is imported when a key in it is needed, and asked in a thread of its
own, for a time: an answer that comes later counts at the next call. Not for the event loop.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind

SERVICE = "aicopilot-lsp"
_ANSWER_S = 5.0
# A person who is asked for a password needs longer; only a command waits for that.
PATIENT_S = 120.0
_ELSEWHERE = (
    "`aicopilot key set MODEL --file` keeps a key in a file that only you can read, and api_key_env"
    " names an environment variable"
)


class OsKeyring:
    """One entry per origin. Every method raises ModelError AUTH when the keyring can't do it.

    Parameters
    ----------
    answer_s : float
        How long it may take, in seconds.
    """

    def __init__(self, answer_s: float = _ANSWER_S) -> None:
        self._answer_s = answer_s
        self._lock = threading.Lock()
        self._asked: dict[str, tuple[float, Future[str | None]]] = {}

    def get(self, origin: str) -> Secret | None:
        """The key for `origin`, or None. Callers at one time share one question."""
        with self._lock:
            if origin not in self._asked:
                self._asked[origin] = (time.monotonic(), _begin(lambda: _get(origin)))
            asked_at, answer = self._asked[origin]
        left_s = max(0.0, asked_at + self._answer_s - time.monotonic())
        try:
            found = self._result(answer, left_s)
        finally:
            if answer.done():
                with self._lock:
                    self._asked.pop(origin, None)
        return Secret(found) if found else None

    def set(self, origin: str, key: Secret) -> None:
        """Keep `key`, and make sure that it was kept."""
        if self._result(_begin(lambda: _set(origin, key.reveal())), self._answer_s) != key.reveal():
            raise _failed("did not keep the key")

    def remove(self, origin: str) -> None:
        """Remove the key for `origin`, if there is one."""
        self._result(_begin(lambda: _remove(origin)), self._answer_s)

    def _result(self, answer: "Future[str | None]", wait_s: float) -> str | None:
        try:
            return answer.result(wait_s)
        except ModelError:
            raise
        except TimeoutError:
            raise _failed("does not answer; it may be waiting to be unlocked") from None
        except Exception as error:  # noqa: BLE001 - a keyring is a plug-in: it may raise anything
            # `from None`, and not a word of the error's: who knows what it quotes (INV-7).
            raise _failed(_why(error)) from None


def _begin(work: Callable[[], str | None]) -> "Future[str | None]":
    """Do `work` in a thread that may hang without holding up the end of the program."""
    answer: Future[str | None] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            answer.set_exception(error)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    return answer


def _get(origin: str) -> str | None:
    import keyring

    return keyring.get_password(SERVICE, origin)


def _set(origin: str, key: str) -> str | None:
    import keyring

    keyring.set_password(SERVICE, origin, key)
    return keyring.get_password(SERVICE, origin)


def _remove(origin: str) -> None:
    import keyring

    if keyring.get_password(SERVICE, origin) is not None:
        keyring.delete_password(SERVICE, origin)


def _why(error: BaseException) -> str:
    from keyring.errors import InitError, KeyringLocked, NoKeyringError

    match error:
        case NoKeyringError() | InitError():
            return "is not there, as on a machine without a desktop"
        case KeyringLocked():
            return "is locked; unlock it"
    return "can't be used"


def _failed(why: str) -> ModelError:
    return ModelError(
        f"The operating system's keyring {why}. Editing is not affected. {_ELSEWHERE}.",
        kind=ModelErrorKind.AUTH,
    )

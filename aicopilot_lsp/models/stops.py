"""Stop strings kept to on our side of the stream: servers take few of them, or none."""


class StopGate:
    """Lets text through up to the first stop string, and holds back what may become one.

    Parameters
    ----------
    stop : tuple of str
        Empty strings count for nothing.
    """

    def __init__(self, stop: tuple[str, ...]) -> None:
        self._stop = tuple(filter(None, stop))
        self._held = ""
        self.stopped = False

    def feed(self, text: str) -> str:
        """What of the text so far may be given out now; sets `stopped` when a stop was found."""
        if self.stopped:
            return ""
        held = self._held + text
        ends = [at for stop in self._stop if (at := held.find(stop)) >= 0]
        if ends:
            self.stopped, self._held = True, ""
            return held[: min(ends)]
        keep = max((_overlap(held, stop) for stop in self._stop), default=0)
        self._held = held[len(held) - keep :]
        return held[: len(held) - keep]

    def close(self) -> str:
        """What was held back, now that nothing follows."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` are a beginning of `stop`, but not all of it."""
    for size in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:size]):
            return size
    return 0

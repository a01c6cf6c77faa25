"""From a stream of bytes to message bodies, and back: the base protocol's Content-Length framing.

Pure: bytes go in, frames and faults come out. The reader forgives what is harmless (case and order
of headers, bare newlines), bounds what it holds, and finds its way back after anything else.

The way back rests on one fact: JSON allows no raw line break inside a string, so the bytes
"Content-Length: <digits>" followed by one can't occur inside a message. Wherever they stand, a
frame begins there, whatever a wrong length said before.
"""

import re
from dataclasses import dataclass

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_HEADER_BYTES = 8 * 1024

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_FRAME_START = re.compile(rb"content-length[ \t]{0,8}:[ \t]{0,8}[0-9]{1,19}[ \t]{0,8}\r?\n", re.I)
_FRAME_START_BYTES = 64  # no match is longer
_LENGTH = re.compile(rb"[0-9]{1,19}")
_CHARSET = re.compile(rb"charset[ \t]*=[ \t]*\"?([^\s;\"]*)", re.I)
# Bodies that fail to parse are searched for swallowed frames up to this size only, and what is
# read again must stay in proportion to what arrives: a stream of lies costs a few times its length.
_MAX_RECOVERED_BYTES = 256 * 1024
_REREAD_PER_BYTE = 4
_MAX_REREAD_AHEAD_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Frame:
    body: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """Bytes that are no frame; `reason` is for the log and holds nothing of them (INV-7)."""

    reason: str


def encode_frame(body: bytes) -> bytes:
    """`body` with the headers that every client understands."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class FrameDecoder:
    """Cuts a stream into frames; `feed` what arrives, then call `next` until it gives None."""

    def __init__(
        self,
        *,
        max_body_bytes: int = MAX_BODY_BYTES,
        max_header_bytes: int = MAX_HEADER_BYTES,
    ) -> None:
        self._max_body_bytes = max_body_bytes
        self._max_header_bytes = max_header_bytes
        self._buffer = bytearray()
        self._header: _Header | None = None  # read already; its body is awaited
        self._lost = False  # looking for the start of a frame
        self._may_reread_bytes = _MAX_REREAD_AHEAD_BYTES

    def feed(self, data: bytes) -> None:
        self._buffer += data
        earned = self._may_reread_bytes + _REREAD_PER_BYTE * len(data)
        self._may_reread_bytes = min(earned, _MAX_REREAD_AHEAD_BYTES)

    def next(self) -> Frame | Fault | None:
        """The next frame or fault; None until more has been fed."""
        if self._lost and not self._find_frame_start():
            return None
        if self._header is None:
            header = self._take_header()
            if not isinstance(header, _Header):
                return header
            self._header = header
        return self._take_body(self._header)

    def recover(self, body: bytes) -> None:
        """Give back a body that was no JSON: frames that it swallowed are read after all."""
        if len(body) > _MAX_RECOVERED_BYTES or self._header is not None:
            return
        cost = len(body) + len(self._buffer)
        if cost > self._may_reread_bytes:
            return
        self._may_reread_bytes -= cost
        # The start of a swallowed frame may lie across the end of the body.
        start = _FRAME_START.search(body + self._buffer[:_FRAME_START_BYTES])
        if start is not None and start.start() < len(body):
            self._buffer[:0] = body[start.start() :]

    @property
    def in_frame(self) -> bool:
        """Whether the stream would break off in the middle of a frame if it ended here."""
        return self._header is not None or bool(self._buffer.strip())

    def _take_header(self) -> "_Header | Fault | None":
        end = _HEADER_END.search(self._buffer, 0, self._max_header_bytes + 4)
        if end is None:
            if len(self._buffer) <= self._max_header_bytes:
                return None
            return self._lose(f"no end of headers within {self._max_header_bytes} bytes")
        header = _parse_header(bytes(self._buffer[: end.start()]))
        if isinstance(header, Fault):
            return self._lose(header.reason)
        del self._buffer[: end.end()]
        if header.body_bytes > self._max_body_bytes:
            # Nothing is counted off: the frame after it is recognised by its start.
            self._lost = True
            return Fault(f"a message of {header.body_bytes} bytes is over the limit")
        return header

    def _take_body(self, header: "_Header") -> Frame | Fault | None:
        if len(self._buffer) < header.body_bytes:
            return None
        with memoryview(self._buffer) as view:
            body = bytes(view[: header.body_bytes])
        del self._buffer[: header.body_bytes]
        self._header = None
        return Frame(body) if header.is_utf8 else Fault("a message in another charset than UTF-8")

    def _lose(self, reason: str) -> Fault:
        del self._buffer[:1]  # so that the same place isn't found again
        self._lost = True
        return Fault(reason)

    def _find_frame_start(self) -> bool:
        start = _FRAME_START.search(self._buffer)
        if start is None:
            del self._buffer[:-_FRAME_START_BYTES]
            return False
        del self._buffer[: start.start()]
        self._lost = False
        return True


@dataclass(frozen=True, slots=True)
class _Header:
    body_bytes: int
    is_utf8: bool


def _parse_header(block: bytes) -> _Header | Fault:
    lengths: set[bytes] = set()
    is_utf8 = True
    for line in _LINE_END.split(block):
        name, _, value = line.partition(b":")
        match name.strip(b" \t").lower():
            case b"content-length":
                lengths.add(value.strip(b" \t"))
            case b"content-type":
                charset = _CHARSET.search(value)
                # "utf8" is what clients before LSP 2.0 sent.
                is_utf8 = charset is None or charset[1].lower() in (b"utf-8", b"utf8")
    if len(lengths) != 1:
        return Fault("headers without a Content-Length" if not lengths else "two Content-Lengths")
    length = lengths.pop()
    if not _LENGTH.fullmatch(length):
        return Fault("a Content-Length that is no number")
    return _Header(int(length), is_utf8)

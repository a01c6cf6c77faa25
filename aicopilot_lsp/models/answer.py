"""One answer on its way: bytes in, events out, stop strings kept to. httpbackend.py feeds it."""

import asyncio

from aicopilot_lsp.errors import ModelError
from aicopilot_lsp.models import failures
from aicopilot_lsp.models.api import Dialect, Piece
from aicopilot_lsp.models.framing import decoder
from aicopilot_lsp.models.http import Reply
from aicopilot_lsp.models.protocol import (
    Finished,
    FinishReason,
    GenerateRequest,
    TextChunk,
    Usage,
)
from aicopilot_lsp.models.stops import StopGate

# The rest of a finished answer is a few bytes that let the connection be used again, and for some
# servers what it has cost.
_DRAIN_S = 0.05
_USAGE_S = 0.25
# A piece is a token or more, with some gateways a part of one. A server that sends so many for each
# token of the limit knows no limit, and whoever judges a growing text has nothing else to do: in a
# flood of 13,000 pieces a second the event loop stood still for 0.35 s.
_PIECES_PER_TOKEN = 16


class Answer:
    """The answer to `request`, asked in `dialect`."""

    def __init__(self, dialect: Dialect, request: GenerateRequest) -> None:
        self._decoder = decoder(dialect.framing)
        self._reader = dialect.reader(request)
        self._gate = StopGate(request.stop)
        self._finish: FinishReason | None = None
        self._usage = Usage()
        self._usage_follows = False
        self._goes_on = False
        self._pieces_left = _PIECES_PER_TOKEN * request.max_tokens

    @property
    def ended(self) -> bool:
        return self._finish is not None

    @property
    def finished(self) -> Finished:
        return Finished(self._finish or FinishReason.END, self._usage)

    def feed(self, data: bytes, where: str) -> list[TextChunk]:
        """What `data`, b"" at the answer's end, adds to it. Raises ModelError."""
        chunks: list[TextChunk] = []
        for event in self._decoder.feed(data) if data else self._decoder.close():
            piece = self._reader.read(event, where)
            if piece is not None and not self.ended:
                chunks += self._taken(piece)
        if not data and not self.ended:
            raise failures.broke_off(where)
        return chunks

    async def drain(self, reply: Reply) -> None:
        """Once it has ended: read what is left of it, for the cost, if that comes at once."""
        if self._goes_on:
            return
        try:
            async with asyncio.timeout(_USAGE_S if self._usage_follows else _DRAIN_S):
                while data := await reply.chunk():
                    for event in self._decoder.feed(data):
                        piece = self._reader.read(event, reply.where)
                        if piece is not None and piece.usage is not None:
                            self._usage = piece.usage
        except (TimeoutError, ModelError):
            return

    def _taken(self, piece: Piece) -> list[TextChunk]:
        self._usage = piece.usage or self._usage
        text = self._gate.feed(piece.text)
        self._pieces_left -= bool(piece.text)
        if self._gate.stopped:
            self._finish, self._goes_on = FinishReason.STOP, True
        elif piece.finish is None and self._pieces_left <= 0:
            self._finish, self._goes_on = FinishReason.LIMIT, True
            text += self._gate.close()
        elif piece.finish is not None:
            self._finish, self._usage_follows = piece.finish, piece.usage_follows
            text += self._gate.close()
        # Also without text: a call that is left before the first token then still tells how fast
        # the prompt was read.
        told = piece.usage is not None and bool(piece.usage.evaluated_tokens)
        if text or (told and not self.ended):
            return [TextChunk(text, piece.usage)]
        return []

"""What the readers of all chat APIs share: text through the cleaner, and how answers end."""

from aicopilot_lsp.models.api import Piece
from aicopilot_lsp.models.chat import faults
from aicopilot_lsp.models.chat.clean import Cleaner
from aicopilot_lsp.models.chat.prompt import Conversation
from aicopilot_lsp.models.protocol import FinishReason, GenerateRequest, Usage, hole_of


class Answer:
    """One chat answer on its way.

    Parameters
    ----------
    begun : Conversation or None
        Given if the model was given the beginning of its answer. Servers send that again, or only
        what follows it.
    """

    def __init__(self, request: GenerateRequest, *, begun: Conversation | None = None) -> None:
        self._begun = begun.begun if begun else ""
        self._start = ""
        self._cleaner = Cleaner(hole_of(request), near=begun.near if begun else None)
        self._ended = False
        self._given = False
        self.reasoned = False  # set by readers whose API tells of reasoning apart

    def piece(
        self,
        text: str,
        *,
        where: str,
        finish: FinishReason | None = None,
        usage: Usage | None = None,
        usage_follows: bool = False,
    ) -> Piece | None:
        """What an event adds that brings `text`, or `finish`; None if nothing.

        The insertion may end before the answer does; what the model still says is not waited for.

        Raises ModelError where the model has used up its answer for reasoning.
        """
        if self._ended:
            return Piece(usage=usage) if usage else None
        clean = self._cleaner.feed(self._with_start(text, is_last=finish is not None))
        if finish is not None or self._cleaner.done:
            clean += self._cleaner.close()
        if finish is None:  # then the cost, too, comes when the model is done with talking
            finish, usage_follows = FinishReason.END if self._cleaner.done else None, False
        self._given = self._given or bool(clean.strip())
        if finish is FinishReason.LIMIT and not self._given and self._has_reasoned:
            raise faults.only_reasoned(where)
        self._ended = finish is not None
        if not (clean or usage or finish):
            return None
        return Piece(text=clean, usage=usage, finish=finish, usage_follows=usage_follows)

    def _with_start(self, text: str, *, is_last: bool) -> str:
        """`text`, and before the first of it the beginning that the model was given."""
        if not self._begun:
            return text
        self._start += text
        if self._begun.startswith(self._start) and not is_last:
            return ""
        begun, self._begun = self._begun, ""
        return self._start if self._start.startswith(begun) else begun + self._start

    @property
    def _has_reasoned(self) -> bool:
        return self.reasoned or self._cleaner.reasoned

"""Which of the pieces that the index finds are nearest to the lines around the cursor."""

from collections.abc import Collection, Sequence

from aicopilot_lsp.context.sources import similar
from aicopilot_lsp.store.index.types import ChunkRow
from tests.context.asking import situation_of
from tests.support.memory_index import MemoryIndex

_MARKED = "def c(order):\n    total = order.price\n    return frobnicate(‸\n"


class _Finds(MemoryIndex):
    """Finds these pieces, in this order."""

    def __init__(self, *texts: str) -> None:
        super().__init__()
        self._rows = [
            ChunkRow(path=f"src/{number}.py", first=0, last=text.count("\n"), text=text, score=9.0)
            for number, text in enumerate(texts)
        ]

    async def search(
        self, text: str, *, exclude: Collection[str] = (), limit: int = 20
    ) -> Sequence[ChunkRow]:
        del text, exclude
        return self._rows[:limit]


async def test_the_piece_that_shares_most_of_its_words_is_nearest_whatever_the_index_says() -> None:
    rare = "def a():\n    return frobnicate(one, two, three, four)\n"
    alike = "def b(order):\n    total = order.price\n    return frobnicate(total)\n"
    found = await similar.create().find(situation_of(_MARKED), _Finds(rare, alike))
    assert [snippet.path for snippet in found] == ["src/1.py", "src/0.py"]
    assert found[0].score == 0.25 > found[1].score > 0


async def test_of_many_pieces_eight_are_shown_and_of_each_the_first_lines() -> None:
    texts = [f"order.price({number})\n" for number in range(20)]
    texts[10] = "total = order.price\n" * 100
    found = await similar.create().find(situation_of(_MARKED), _Finds(*texts))
    assert len(found) == 8
    assert found[0].path == "src/10.py"
    assert (found[0].first, found[0].last) == (0, 40)
    assert found[0].renderings[0].text.count("\n") == 39


async def test_what_shares_no_word_is_no_similar_piece() -> None:
    found = await similar.create().find(situation_of(_MARKED), _Finds("while True: pass\n", ""))
    assert found == []

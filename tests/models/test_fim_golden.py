"""The exact prompt of every family, for the same example: a file alone and among two others, in
either layout.

`UPDATE_GOLDEN=1 python -m pytest tests/models/test_fim_golden.py` writes the files anew; reading
their diff is the review. The cursor mark at the end of each prompt is not part of it: it shows
where the answer begins.
"""

import os
from pathlib import Path

import pytest

from aicopilot_lsp.models.fim import FORMATS, FimFormat, assemble

GOLDEN = Path(__file__).parent.parent / "golden" / "fim"
CURSOR = "‸"

PATH = "shop/cart.py"
ABOVE = "from shop.tax import with_tax\n\n\ndef total(items):\n    net = sum(items)\n"
TYPED = "    return with"
BELOW = "\n\n\nprint(total([1, 2]))\n"
FILES = (
    ("shop/tax.py", "RATE = 0.19\n\n\ndef with_tax(net):\n    return net * (1 + RATE)\n"),
    ("shop/money.js", "export const cents = (euros) => Math.round(euros * 100);\n"),
)


def prompts(fmt: FimFormat) -> str:
    shown = [f"{fmt.name} ({fmt.order.value.upper()})"]
    for title, files in (("alone", ()), ("among others", FILES)):
        for layout, (prefix, middle) in (
            ("standard", (ABOVE + TYPED, "")),
            ("frozen", (ABOVE, TYPED)),
        ):
            prompt = assemble(
                *(fmt, prefix, BELOW, middle),
                files=files,
                path=PATH,
                repo="shop",
                language="python",
            )
            shown.append(f"======== {title}, {layout}\n{prompt}{CURSOR}")
    return "\n".join(shown) + "\n"


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_prompt_is_the_familys(name: str) -> None:
    written, file = prompts(FORMATS[name]), GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(written, encoding="utf-8", newline="\n")
    assert written == file.read_text(encoding="utf-8")


def test_there_is_no_golden_file_without_a_family() -> None:
    assert sorted(file.stem for file in GOLDEN.iterdir()) == sorted(FORMATS)

"""What we know of a language that is not syntax: comment marks, block openers, scoping.

The facts lie in grammars/<language>/language.toml, which ships inside the wheel; a language without
a folder gets PLAIN and falls back to indentation. Pure data: this reads only files of the package.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePath
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language.

    Attributes
    ----------
    block_openers : tuple of str
        A line of code that ends with one of these opens a block.
    block_words : tuple of str
        So does one that begins with one of these words.
    block_closers : tuple of str
        Words, or marks other than brackets, that close a block.
    indentation_scoped : bool
        A block ends where its indentation does; there is no closing token.
    markup : bool
        Tags open and close blocks too.
    """

    name: str
    extensions: tuple[str, ...] = ()
    language_ids: tuple[str, ...] = ()
    line_comment: tuple[str, ...] = ()
    block_comment: tuple[tuple[str, str], ...] = ()
    block_openers: tuple[str, ...] = ()
    block_words: tuple[str, ...] = ()
    block_closers: tuple[str, ...] = ()
    indentation_scoped: bool = False
    markup: bool = False
    test_files: tuple[str, ...] = ()
    _closer: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_closer", _closer_pattern(self))

    def opens_block(self, line: str) -> bool:
        """Whether `line` (without what follows it) opens a block."""
        code = self.without_comment(line).strip()
        if not code:
            return False
        return code.endswith(self.block_openers) or any(
            code.startswith(word + " ") for word in self.block_words
        )

    def is_closer(self, line: str) -> bool:
        """Whether `line` holds nothing but what closes blocks and brackets, comments aside.

        True for `}`, `});`, `})();`, `end,`, `</li></ul>`. False for a blank line, and where
        something else follows: `} else {`, `} while (x);`, `end.join`, `):`.
        """
        return self._closer.fullmatch(self.without_comment(line).strip()) is not None

    def without_comment(self, line: str) -> str:
        """`line` up to a trailing line comment. Lexical: a mark inside a string that stands
        after white space is taken for a comment, which errs towards saying less."""
        for mark in self.line_comment:
            at = line.find(mark)
            while at != -1:
                if at == 0 or line[at - 1].isspace():
                    return line[:at]
                at = line.find(mark, at + 1)
        return line

    def is_comment(self, line: str) -> bool:
        """Whether `line` begins with a line comment."""
        return bool(self.line_comment) and line.lstrip().startswith(self.line_comment)


def _closer_pattern(language: Language) -> re.Pattern[str]:
    tokens = [r"[)\]}]"]
    tokens += [_whole(closer) for closer in language.block_closers]
    if language.markup:
        tokens += [r"</[\w.:-]*\s*>", "/>"]
    closing = "|".join(tokens)
    return re.compile(rf"(?:{closing})(?:{closing}|[;,?\s]|\(\))*")


def _whole(token: str) -> str:
    """A pattern for `token`; for a word, not as a part of another and not as a name: `x.end`."""
    escaped = re.escape(token)
    return rf"(?<![\w.:@$-]){escaped}(?!\w)" if token[-1].isalnum() else escaped


PLAIN = Language(name="plain", block_openers=("{", ":", "(", "["))


def language_for(language_id: str, path: str = "") -> Language:
    """The language of an LSP language id, else of the file's extension, else PLAIN."""
    by_id, by_extension = _tables()
    return by_id.get(language_id) or by_extension.get(PurePath(path).suffix.lower()) or PLAIN


def language_id_for(path: str) -> str:
    """The LSP language id that an editor would send for `path`; "plaintext" when unknown."""
    language = _tables()[1].get(PurePath(path).suffix.lower())
    return language.language_ids[0] if language else "plaintext"


@cache
def _tables() -> tuple[Mapping[str, Language], Mapping[str, Language]]:
    languages = [_read(path) for path in sorted(_folder().glob("*/language.toml"))]
    by_id = {key: language for language in languages for key in language.language_ids}
    by_extension = {key: language for language in languages for key in language.extensions}
    return by_id, by_extension


def _folder() -> Path:
    package = Path(__file__).parent.parent
    shipped = package / "_grammars"
    return shipped if shipped.is_dir() else package.parent / "grammars"  # a source checkout


def _read(path: Path) -> Language:
    raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    pairs = tuple((start, end) for start, end in raw.pop("block_comment", ()))
    facts: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()
    }
    return Language(name=path.parent.name, block_comment=pairs, **facts)

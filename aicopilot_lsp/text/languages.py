"""What we know of a language that is not syntax: comment marks, what opens and closes blocks.

The facts lie in grammars/<language>/language.toml, which ships inside the wheel; a language without
a folder gets PLAIN and falls back to indentation. Pure data: this reads only files of the package.
All questions are about one line and lexical: they cost microseconds, are asked with each key
stroke, and where a line alone does not tell, they say no.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePath
from typing import Any

from aicopilot_lsp.text.brackets import scan


@dataclass(frozen=True, slots=True, kw_only=True)
class ParserFacts:
    """Where a language's parser comes from, and what its queries can't say.

    Attributes
    ----------
    wheel : str
        The module that holds it: "tree_sitter_python".
    function : str
        What of that module gives the parser.
    functions : tuple of (str, str)
        LSP language ids that have a parser of their own: ("typescriptreact", "language_tsx").
    queries : tuple of str
        Folders whose queries are read before the language's own.
    dialect_queries : tuple of (str, tuple of str)
        More of them, for LSP language ids with a parser of their own.
    self_name : str
        What a method calls the object it belongs to: "self", "this"; "" where nothing.
    bare_members : bool
        A method may name its object's members without it.
    """

    wheel: str
    function: str = "language"
    functions: tuple[tuple[str, str], ...] = ()
    queries: tuple[str, ...] = ()
    dialect_queries: tuple[tuple[str, tuple[str, ...]], ...] = ()
    self_name: str = ""
    bare_members: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language.

    Attributes
    ----------
    extension_ids : tuple of (str, str)
        Extensions that have an LSP language id of their own; the others have the first id.
    file_names : tuple of str
        Whole names of files that tell their language by themselves, in lower case: "rakefile".
    block_openers : tuple of str
        A line of code that ends with one of these opens a block.
    block_words : tuple of str
        So does one that begins with one of these words and does not end with a closing word.
    block_patterns : tuple of str
        So does one in which one of these regular expressions is found.
    block_closers : tuple of str
        Words, or marks other than brackets, that close a block.
    indentation_scoped : bool
        A block ends where its indentation does; there is no closing token.
    markup : bool
        Tags open and close blocks too.
    parser : ParserFacts or None
        None: its files are read by indentation and by words.
    """

    name: str
    extensions: tuple[str, ...] = ()
    extension_ids: tuple[tuple[str, str], ...] = ()
    file_names: tuple[str, ...] = ()
    language_ids: tuple[str, ...] = ()
    line_comment: tuple[str, ...] = ()
    block_comment: tuple[tuple[str, str], ...] = ()
    block_openers: tuple[str, ...] = ()
    block_words: tuple[str, ...] = ()
    block_patterns: tuple[str, ...] = ()
    block_closers: tuple[str, ...] = ()
    indentation_scoped: bool = False
    markup: bool = False
    test_files: tuple[str, ...] = ()
    parser: ParserFacts | None = None
    _patterns: "_Patterns" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        patterns = _Patterns(
            comment=_comment(self), opener=_opener(self), ended=_ended(self), closer=_closer(self)
        )
        object.__setattr__(self, "_patterns", patterns)

    def opens_block(self, line: str) -> bool:
        """Whether `line` (without what follows it) opens a block, comments aside."""
        code = self.without_comment(line).strip()
        if self.markup and _opens_tag(code):
            return True
        if not self._patterns.opener.search(code) or self._patterns.ended.search(code):
            return False
        # Within an open bracket these belong to a slice, a dictionary or an argument.
        return code[-1] not in ":=" or not scan(code).opened

    def is_closer(self, line: str) -> bool:
        """Whether `line` holds nothing but what closes blocks and brackets, comments aside.

        True for `}`, `});`, `})();`, `end,`, `</li></ul>`. False for a blank line, and where
        something else follows: `} else {`, `} while (x);`, `end.join`, `):`.
        """
        return self._patterns.closer.fullmatch(self.without_comment(line).strip()) is not None

    def without_comment(self, line: str) -> str:
        """`line` without its comments; a block comment that is not closed goes up to the end.

        A mark counts after white space, which keeps `http://` and `$#`, and not in quotes.
        """
        return self._patterns.comment.sub(_strings_only, line)

    def is_comment(self, line: str) -> bool:
        """Whether `line` holds a comment and nothing else."""
        return bool(line.strip()) and not self.without_comment(line).strip()


@dataclass(frozen=True, slots=True)
class _Patterns:
    """The facts of one language, compiled once."""

    comment: re.Pattern[str]
    opener: re.Pattern[str]
    ended: re.Pattern[str]
    closer: re.Pattern[str]


# A quote behind a backslash opens nothing: were each tried, those of a string that is not closed
# would take time by their square.
_STRING = r"""(\\.|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)"""
_NEVER = "(?!)"
# A closing tag, or an opening one with its name and the "/" that closes it at once. After a name
# "<" compares, or opens the type arguments of TypeScript.
_TAG = re.compile(r"<(?:/[\w.:-]*\s*|(?<![\w)\]]<)([A-Za-z][\w.:-]*|(?=>))[^<>]*?(/?))>")
_VOID_TAGS = {"area", "base", "br", "col", "embed", "hr", "img", "input"}
_VOID_TAGS |= {"link", "meta", "param", "source", "track", "wbr"}


def _comment(language: Language) -> re.Pattern[str]:
    blocks = (
        rf"(?<![^\s()\[\]{{}},;]){re.escape(start)}.*?(?:{re.escape(end)}|$)"
        for start, end in language.block_comment
    )
    lines = (rf"(?<!\S){re.escape(mark)}.*" for mark in language.line_comment)
    return _any([_STRING, *blocks, *lines])


def _strings_only(match: re.Match[str]) -> str:
    return match[1] or ""


def _opener(language: Language) -> re.Pattern[str]:
    ends = (rf"{_whole(opener)}$" for opener in language.block_openers)
    words = (rf"^{re.escape(word)}(?=[\s(]|$)" for word in language.block_words)
    return _any([*ends, *words, *language.block_patterns])


def _ended(language: Language) -> re.Pattern[str]:
    """A closing word at the end: the line closes the block that it opens."""
    return _any(rf"{_whole(word)}\W*$" for word in language.block_closers if word.isalpha())


def _closer(language: Language) -> re.Pattern[str]:
    tags = (r"</[\w.:-]*\s*>", "/>") if language.markup else ()
    closing = "|".join([r"[)\]}]", *map(_whole, language.block_closers), *tags])
    return re.compile(rf"(?:{closing})(?:{closing}|[;,?\s]|\(\))*")


def _whole(token: str) -> str:
    """A pattern for `token`; for a word, not as a part of another and not as a name: `x.end`."""
    escaped = re.escape(token)
    return rf"(?<![\w.:@$-]){escaped}(?!\w)" if token.isalpha() else escaped


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) or _NEVER)


def _opens_tag(code: str) -> bool:
    """Whether `code` ends with a tag, and one that it opens is open."""
    if not code.endswith(">") or code.endswith(("/>", "=>", "->")):
        return False
    depth = 0
    for tag in _TAG.finditer(code):
        name, closes_at_once = tag.groups()
        if name is None:
            depth = max(depth - 1, 0)
        elif not closes_at_once and name.lower() not in _VOID_TAGS:
            depth += 1
    return depth > 0 or code == ">"  # the end of a tag of several lines


PLAIN = Language(name="plain", block_openers=("{", ":", "(", "["))


def language_for(language_id: str, path: str = "") -> Language:
    """The language of an LSP language id, else of the file's name or extension, else PLAIN.

    The file itself is never opened: what its first line says ("#!") is not asked.
    """
    tables = _tables()
    return tables.by_id.get(language_id) or tables.by_name.get(_telling_name(path)) or PLAIN


def language_id_for(path: str) -> str:
    """The LSP language id that an editor would send for `path`; "plaintext" when unknown."""
    return _tables().ids.get(_telling_name(path), "plaintext")


def _telling_name(path: str) -> str:
    """The file's whole name if that tells the language, else its extension."""
    name = PurePath(path).name.lower()
    return name if name in _tables().by_name else PurePath(name).suffix


@dataclass(frozen=True, slots=True)
class _Tables:
    by_id: Mapping[str, Language]
    by_name: Mapping[str, Language]  # whole names, and extensions with their dot
    ids: Mapping[str, str]


@cache
def _tables() -> _Tables:
    languages = [_read(path) for path in sorted(grammars_folder().glob("*/language.toml"))]
    by_name = {
        key: language
        for language in languages
        for key in (*language.extensions, *language.file_names)
    }
    ids = {key: language.language_ids[0] for key, language in by_name.items()}
    for language in languages:
        ids.update(language.extension_ids)
    return _Tables(
        by_id={key: language for language in languages for key in language.language_ids},
        by_name=by_name,
        ids=ids,
    )


def grammars_folder() -> Path:
    """The folder that holds one folder for each language."""
    package = Path(__file__).parent.parent
    shipped = package / "_grammars"
    return shipped if shipped.is_dir() else package.parent / "grammars"  # a source checkout


def _read(path: Path) -> Language:
    raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    pairs = tuple((start, end) for start, end in raw.pop("block_comment", ()))
    ids = tuple(raw.pop("extension_ids", {}).items())
    parser = raw.pop("parser", None)
    return Language(
        name=path.parent.name,
        block_comment=pairs,
        extension_ids=ids,
        parser=_parser_facts(parser) if parser else None,
        **_with_tuples(raw),
    )


def _parser_facts(raw: dict[str, Any]) -> ParserFacts:
    functions = tuple(raw.pop("functions", {}).items())
    dialects = tuple((key, tuple(more)) for key, more in raw.pop("dialect_queries", {}).items())
    return ParserFacts(functions=functions, dialect_queries=dialects, **_with_tuples(raw))


def _with_tuples(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}

"""The nouns of a file's outline: what its queries find. Pure data; no tree_sitter here.

Places are `Point`s of the document that was read: line, and column in code points, both from 0;
ends are exclusive. Names are as written in the source.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from aicopilot_lsp.text.document import Point

# A file beside this one; a dotted name ends with none of these.
_FILE = re.compile(r"^[\w-]+\.(?:bash|css|html?|jsx?|json|lua|mjs|php|rb|scss|sh|tsx?)$")


class Kind(StrEnum):
    """What a definition defines; the same few kinds for all languages."""

    CLASS = "class"  # also struct, trait, interface, enum, record, object, impl block
    FUNCTION = "function"  # also macro, query, target
    METHOD = "method"  # a function within a class
    FIELD = "field"  # also property, enum member, struct member, attribute set in a constructor
    VARIABLE = "variable"  # also constant; at the top level of a file only
    TYPE = "type"  # an alias
    MODULE = "module"  # also namespace, package
    SECTION = "section"  # a heading, a table, a key, a selector: files that hold no code


class Role(StrEnum):
    """How a name is used."""

    CALL = "call"
    TYPE = "type"
    MEMBER = "member"  # read or written behind a dot, not called
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One thing that the file defines.

    Attributes
    ----------
    parent : str
        Names of the definitions around it, joined with "."; "" at the top level. A method that is
        written outside of its class (Go, an `impl` of Rust, C++) has the class's name here too.
    start, end : Point
        The whole of it, with decorators, attributes and the doc comment above it.
    body : Point or None
        Where the body begins; what stands before it, from `head` on, is the signature. None where
        it has none: all of it is the signature.
    head : Point
        Where it begins itself, below its doc comment and decorators.
    doc : (Point, Point) or None
        Its doc comment or docstring.
    bases : tuple of str
        The types that it extends or implements, the last part of each one's name.
    result : str
        The type's name that a call of it, or reading it, gives, where the source says so: the last
        part of the outermost name, wrappers that mean "maybe" or "later" (Optional, Option,
        Result, Promise, Awaitable, references) taken off; else "".
    """

    name: str
    kind: Kind
    parent: str = ""
    start: Point
    end: Point
    head: Point
    body: Point | None = None
    doc: tuple[Point, Point] | None = None
    bases: tuple[str, ...] = ()
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One use of a name. `receiver` is what stands before the dot, if that is a chain of names
    ("self", "self._http", "os.path"), else "". Calls are written without their arguments
    (`Foo(a, b)` is "Foo()"), "?." and "->" as "."; chains.py has the rest."""

    name: str
    at: Point
    role: Role = Role.NAME
    receiver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One name that comes from elsewhere.

    Attributes
    ----------
    module : str
        As written, without quotes: "..pkg.mod", "./util", "crate::sync", "java.util", "stdio.h".
    name : str
        What is taken from it; "" for the module itself, "*" for all of it.
    alias : str
        The name that it has in this file, where that is another one.
    start, end : Point
        The whole statement; several imports may share it.
    """

    module: str
    name: str = ""
    alias: str = ""
    start: Point
    end: Point

    @property
    def local_name(self) -> str:
        """By what this file calls it; "" for a wildcard."""
        return local_name(self.module, self.name, self.alias)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A name and the type that the source says or shows it has: a parameter, a variable or an
    attribute with an annotation, or one that is given `Foo(...)`, `new Foo`, `Foo { }`,
    `Foo::new(...)`.

    Attributes
    ----------
    name : str
        As used: "task", "self._http", "this.manager".
    type : str
        As Definition.result; for `x = make(...)`, where `make` is no type by the language's
        spelling, "make()", and for `x = self.pool.take(1)` "self.pool.take()".
    """

    name: str
    type: str
    at: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What opens a scope and closes it: the body of a function, a class, a block."""

    start: Point
    end: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of the file that can be shown by itself: lines first..last, `last` exclusive.
    Chunks do not overlap; together they hold all lines that are not blank."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """All that the queries of a language find in one version of a file, each in file order.

    Attributes
    ----------
    parsed : bool
        False: there is no parser, or it took too long; found by indentation and by words.
    errors : int
        Nodes that the parser could make no sense of.
    """

    language: str
    parsed: bool = True
    errors: int = 0
    definitions: tuple[Definition, ...] = ()
    references: tuple[Reference, ...] = ()
    imports: tuple[Import, ...] = ()
    bindings: tuple[Binding, ...] = ()
    scopes: tuple[Scope, ...] = ()
    chunks: tuple[Chunk, ...] = ()


def local_name(module: str, name: str, alias: str) -> str:
    """By what a file calls what it imports so: of a file its name without the ending.

    >>> local_name("pkg.mod", "", ""), local_name("./lib/log.sh", "", "")
    ('mod', 'log')
    """
    if name == "*":
        return alias
    return alias or name or _last_part(module)


def _last_part(module: str) -> str:
    if "/" in module:
        file = module.rstrip("/").rpartition("/")[2]
        return file.lstrip(".").partition(".")[0]
    if _FILE.search(module):
        return module.partition(".")[0]
    for separator in ("::", "\\"):
        module = module.replace(separator, ".")
    return module.rstrip(".").rpartition(".")[2]

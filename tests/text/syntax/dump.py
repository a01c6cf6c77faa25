"""An outline as text that a person reads: one thing a line, lines and columns from 1."""

from collections.abc import Iterator

from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.syntax.outline import Definition, Outline


def dump(outline: Outline, document: DocumentSnapshot) -> str:
    """All of `outline`, section by section."""
    sections = {
        "definitions": [_definition(d, document) for d in outline.definitions],
        "imports": [
            f"{_at(i.start)}-{_at(i.end)} {i.module!r}"
            + (f" takes {i.name!r}" if i.name else "")
            + f" as {i.local_name!r}"
            for i in outline.imports
        ],
        "bindings": [f"{_at(b.at)} {b.name}: {b.type}" for b in outline.bindings],
        "references": [
            f"{_at(r.at)} {r.role} {r.name}" + (f" of {r.receiver}" if r.receiver else "")
            for r in outline.references
        ],
        "scopes": [f"{_at(s.start)}-{_at(s.end)}" for s in outline.scopes],
        "chunks": [f"lines {c.first + 1} to {c.last}" for c in outline.chunks],
    }
    head = f"{outline.language}, parsed: {outline.parsed}, errors: {outline.errors}\n"
    return head + "".join(
        f"\n# {title}\n" + "".join(f"{line}\n" for line in lines)
        for title, lines in sections.items()
    )


def _definition(definition: Definition, document: DocumentSnapshot) -> str:
    return " ".join(_definition_parts(definition, document))


def _definition_parts(definition: Definition, document: DocumentSnapshot) -> Iterator[str]:
    yield f"{_at(definition.start)}-{_at(definition.end)} {definition.kind}"
    yield ".".join(name for name in (definition.parent, definition.name) if name)
    if definition.bases:
        yield f"({', '.join(definition.bases)})"
    if definition.result:
        yield f"-> {definition.result}"
    if definition.doc:
        yield f"doc {_at(definition.doc[0])}-{_at(definition.doc[1])}"
    if definition.head != definition.start:
        yield f"head {_at(definition.head)}"
    if definition.body:
        yield f"body {_at(definition.body)}"
    line = document.line_text(definition.head.line)
    yield f"| {line[definition.head.column :]}"


def _at(point: Point) -> str:
    return f"{point.line + 1}:{point.column + 1}"

"""Rows of an XML file, such as a Common Transfer File: the elements at a path, each with what
stands at further paths from there. Only the paths that a mapping names are kept.

A document type is refused: without one there are no entities, and nothing outside is referred to.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from xml.parsers.expat import ExpatError, ParserCreate

from impactbond.errors import Fault
from impactbond.evidence.deliveries import clean
from impactbond.mappings.tables import SourceTable

_DEEPEST = 100
_AGAIN = "Export the file again, and deliver it as it was exported"


@dataclass(slots=True, eq=False, repr=False)
class XmlElement:
    """An element: its name without its namespace, the line it begins on, and what is in it."""

    name: str
    line: int
    above: XmlElement | None
    texts: list[str] = field(default_factory=list)
    inside: list[XmlElement] = field(default_factory=list)

    def at(self, path: Sequence[str]) -> list[XmlElement]:
        """The elements at a path from here; .. is the element above."""
        found = [self]
        for step in path:
            if step == "..":
                found = [one.above for one in found if one.above is not None]
            else:
                found = [child for one in found for child in one.inside if child.name == step]
        return found


class _NotAllowedError(Exception):
    """A document type, or elements in each other without end."""


def xml_table(
    name: str, content: bytes, rows_at: str, headings: Sequence[str], optional: Container[str] = ()
) -> SourceTable | list[Fault]:
    """The rows of an XML file with the cells at the paths that are its headings; a path that begins
    with / is one from the outermost element. Rows have the numbers of their lines. Where nothing
    stands at a path in any row it is a fault, unless it is `optional`.
    """
    root = _tree(name, content)
    if isinstance(root, Fault):
        return [root]
    rows = root.at(rows_at.strip("/").split("/"))
    faults: list[Fault] = []
    columns: list[list[object]] = []
    for heading in headings:
        path = heading.strip("/").split("/")
        cells: list[object] = []
        several = 0
        for row in rows:
            there = root.at(path) if heading.startswith("/") else row.at(path)
            several += len(there) > 1
            # Of several none is picked: which of them is meant nobody can know.
            text = "".join(there[0].texts).strip() if len(there) == 1 else ""
            cells.append(text or None)
        if several:
            place = Fault(file=name, column=heading, code="several_elements")
            problem, hint = "several elements stand at this path", "Name the rows by rows_at: there"
            faults.append(replace(place, problem=problem, found=f"in {several} rows", hint=hint))
        columns.append(cells)
    if not rows:
        problem, hint = f"there is no element at {rows_at}", "Look at the path in rows_at"
        faults.append(Fault(file=name, code="no_rows", problem=problem, hint=hint))
    for heading, cells in zip(headings, columns, strict=True):
        if rows and heading not in optional and all(cell is None for cell in cells):
            problem, hint = "nothing stands at this path in any row", "Look at the path"
            faults.append(
                Fault(file=name, column=heading, code="column_missing", problem=problem, hint=hint)
            )
    lines = [row.line for row in rows]
    return faults or SourceTable(name, "", lines, tuple(headings), list(map(clean, columns)))


def _tree(name: str, content: bytes) -> XmlElement | Fault:
    parser = ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    outermost = XmlElement("", 0, None)
    here = [outermost]

    def start(tag: str, _: dict[str, str]) -> None:
        if len(here) > _DEEPEST:
            raise _NotAllowedError("too_deep")
        element = XmlElement(tag.rpartition(" ")[2], parser.CurrentLineNumber, here[-1])
        here[-1].inside.append(element)
        here.append(element)

    def end(_: str) -> None:
        here.pop()

    def doctype(*_: object) -> None:
        raise _NotAllowedError("doctype")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda text: here[-1].texts.append(text)
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(content, True)
    except _NotAllowedError as refused:
        code = str(refused)
        problem = "the file has a document type, and could refer to others"
        if code == "too_deep":
            problem = "elements stand too deep in each other"
        return Fault(file=name, code=code, problem=problem, hint=_AGAIN)
    except (ExpatError, ValueError, LookupError):
        line = parser.CurrentLineNumber
        problem = "this is no XML, or not whole"
        return Fault(file=name, line=line, code="not_xml", problem=problem, hint=_AGAIN)
    root = outermost.inside[0]
    root.above = None
    return root

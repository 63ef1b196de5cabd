"""YAML 1.2 into plain values, remembering on which line each one stands.

Decimals stay decimals. What cannot be a value (a key written twice, an alias, a tag) is a fault,
and the rest is read all the same. What is no YAML at all is told in words for people who have never
heard of it. JSON is YAML, so that it is read too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.tokens import ScalarToken

from impactbond.errors import ContractError, Fault
from impactbond.terms.diagnostic import Path

_ALIAS = "alias"
# Beyond these nothing is read: how deep terms stand in each other, the letters of a key, and those
# of a number, however it is written.
MOST_LEVELS = 40
LONGEST_KEY = 200
_LONGEST_NUMBER = 100
_TAGS = "tag:yaml.org,2002:"


@dataclass
class Located:
    """A YAML document: its value, the line of every path in it, and the faults met on the way.

    `unreadable` are the places of values that were not taken over, `repeated` those of keys of
    which only the first was.
    """

    value: Any
    file: str = ""
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unreadable: set[Path] = field(default_factory=set)
    repeated: set[Path] = field(default_factory=set)

    def line(self, path: Path) -> int:
        """The line of the deepest known part of a path."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def placed(self, path: Path, fault: Fault) -> Fault:
        """A fault with the file, line and clause that it stands at."""
        return replace(fault, file=self.file, line=self.line(path), clause=show_path(path))

    def rename(self, path: Path, key: str) -> None:
        """Take what stands at a path for what should stand under another key beside it."""
        depth = len(path)
        self.lines |= {
            (*path[:-1], key, *known[depth:]): line
            for known, line in self.lines.items()
            if known[:depth] == path
        }


class _Composer(Composer):
    """Gives an alias as a value of its own on its own line, instead of what it stands for; goes so
    deep and no deeper, whatever the stack holds.
    """

    _level = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self.parser.check_event(AliasEvent):
            event = self.parser.get_event()
            return ScalarNode(_ALIAS, event.anchor, event.start_mark, event.end_mark)
        self.anchors.clear()  # nothing refers to one, so that the same may be written twice
        if self._level > MOST_LEVELS:
            raise MarkedYAMLError(
                problem=_TOO_DEEP, problem_mark=self.parser.peek_event().start_mark
            )
        self._level += 1
        node = super().compose_node(parent, index)
        self._level -= 1
        return node  # type: ignore[no-any-return]


def load(text: str, file: str) -> Located:
    """The document in `text`. Raises ContractError where it is not YAML at all."""
    reader = YAML(typ="safe", pure=True)
    reader.Composer = _Composer
    document = Located(None, file)
    root, fault = None, None
    try:
        root = reader.compose(text)
    except Exception as error:  # whatever a library of long standing makes of a broken text
        fault = _why_not_yaml(error, text, file)
    if fault is not None:  # raised here: that error quotes the text, and would hang on behind
        raise ContractError("The contract cannot be read.", [fault])
    if root is not None:
        document.value = _value(root, (), document)
    return document


def _value(node: Node, path: Path, document: Located) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, MappingNode):
        return _mapping(node, path, document)
    if isinstance(node, SequenceNode):
        return [_value(item, (*path, index), document) for index, item in enumerate(node.value)]
    tag = str(node.tag)
    if tag.startswith(_TAGS):
        return _scalar(node.value, tag.removeprefix(_TAGS))
    is_alias = tag == _ALIAS
    signs = "* or &" if is_alias else "!"
    fault = Fault(
        code="alias" if is_alias else "tag",
        problem=f"words that start with {signs} have a meaning of their own in YAML, not used here",
        found=f"*{node.value}" if is_alias else tag,
        hint="Write out what it stands for, or put the text in quotation marks",
    )
    line = node.start_mark.line + 1
    document.faults.append(replace(document.placed(path, fault), line=line))
    # What is merged in would be keys beside this one, so that nothing is known about those either.
    document.unreadable.add((path[:-1] or path) if path[-1:] == ("<<",) else path)
    return None


def _mapping(node: MappingNode, path: Path, document: Located) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line, key = key_node.start_mark.line + 1, key_node.value
        is_word = isinstance(key_node, ScalarNode) and key_node.tag != _ALIAS
        is_word = is_word and len(key) <= LONGEST_KEY
        here = (*path, key) if is_word else path
        if not is_word or key in found:
            fault = _key_twice(key, document.lines[here]) if is_word else _NOT_A_KEY
            document.faults.append(replace(document.placed(here, fault), line=line))
            document.repeated |= {here} if is_word else set()
            continue
        document.lines[here] = line
        found[key] = _value(value_node, here, document)
    return found


_NOT_A_KEY = Fault(
    code="not_a_key",
    problem="a key must be a word or a few",
    hint="Put text that starts with a bracket, ? or * in quotation marks",
)


def _key_twice(key: str, first: int) -> Fault:
    return Fault(
        code="duplicate_key",
        problem=f"'{key}' is written twice",
        hint=f"The first is on line {first}; keep one",
    )


# Digits, by themselves or in thousands; a fraction; a power of ten, as JSON may write it.
_DIGITS = re.compile(r"[-+]?([0-9]*|[0-9]{1,3}(_[0-9]{3})+)(\.[0-9]*)?([eE][-+]?[0-9]+)?")


def _scalar(text: str, tag: str) -> Any:
    """A plain value; what looks like a number or a date and is none stays text."""
    # YAML joins digits over any "_" and reads 0x1F: 2019_20 is a cohort here, and no 201,920.
    if tag in ("int", "float") and (len(text) > _LONGEST_NUMBER or not _DIGITS.fullmatch(text)):
        return text
    try:
        match tag:
            case "int":
                return int(text.replace("_", ""), 0)
            case "float":
                number = Decimal(text.replace("_", ""))
                return number if number.is_finite() else text
            case "bool":
                return {"true": True, "false": False}.get(text.lower(), text)
            case "null":
                return None
            case "timestamp":
                return date.fromisoformat(text)
            case _:
                # JSON writes characters beyond the first 65,536 as two halves.
                return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    except (ValueError, InvalidOperation):
        return text


def show_path(path: Path) -> str:
    """A path as a reader says it: `milestones > sign_up > price`; entries of lists count from 1."""
    return " > ".join(f"entry {part + 1}" if isinstance(part, int) else part for part in path)


_BRACKET = "a bracket is not closed, or a comma is missing"
_QUOTE = "a quotation mark is not closed"
_CLOSE = "Close the quotation that opens here"
_COLUMN = "the line does not fit under the ones above it"
_OWN_LINE = "Start keys and entries that belong together in the same column, each on its own line"
_MARKED = ("text cannot start with *, & or !", "Put the whole text in quotation marks")
_PLAIN = "Put the whole text in quotation marks"
_TOO_DEEP = "this stands inside too much else"
# What the parser says, what that means, what to do; the first that fits.
_MEANINGS = (
    ("'\\t'", "a tab stands where only spaces may", "Replace the tab by spaces"),
    ("cannot start any token", "text cannot start with this character", _PLAIN),
    (
        "mapping values are not allowed",
        "there is a second colon, or the line is indented too far",
        f"{_PLAIN} when it holds a colon, or check the indentation",
    ),
    ("expected ',' or", _BRACKET, "Check the brackets from the one that opens here"),
    ("expected the node content", "a value is missing before this character", "Write the value"),
    ("end of stream", _QUOTE, _CLOSE),
    ("end of the stream", _QUOTE, _CLOSE),
    ("document separator", _QUOTE, _CLOSE),
    ("could not find expected ':'", "the line has no colon", "Write key: value"),
    ("expected <block end>", _COLUMN, _OWN_LINE),
    ("another document", "a second document starts here", "Keep one, without lines of ---"),
    ("sequence entries are not", "a list cannot start on this line", _OWN_LINE),
    (_TOO_DEEP, "the brackets or lines nest too deeply", "Check the brackets from here on"),
    ("escape", "a backslash in double quotation marks", "Use single quotation marks"),
)
# Where these are told, the mistake is where the bracket or the quotation opens.
_TOLD_AT_OPENING = (_BRACKET, _QUOTE)


def _why_not_yaml(error: Exception, text: str, file: str) -> Fault:
    """The fault for a text that cannot be read as YAML."""
    lines = text.split("\n")
    line, problem = 0, "the file cannot be read"
    hint = "Check the brackets and quotation marks"
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, _position(error)) + 1
        problem = "there is a character that cannot be shown"
        hint = "Type the line again; it may have been pasted from another program"
    elif isinstance(error, MarkedYAMLError):
        problem = "the file cannot be read from here on"
        for said, meaning, remedy in _MEANINGS:
            if said in str(error.problem):
                problem, hint = meaning, remedy
                break
        mark = error.problem_mark
        # The parser stops where it can go on no longer, which for a bracket is often the end of the
        # file.
        if problem in _TOLD_AT_OPENING and error.context_mark is not None:
            mark = error.context_mark
        line = mark.line + 1 if mark is not None else 0
        # YAML reads *, & and ! as marks of its own, and then complains of columns.
        if problem == _COLUMN and re.search(r":\s+[*&!]", "".join(lines[line - 1 : line])):
            problem, hint = _MARKED
        elif problem == _COLUMN and mark is not None:
            opened = _quotation_before(text, mark.index)
            line, problem, hint = (opened, _QUOTE, _CLOSE) if opened else (line, problem, hint)
    return Fault(file=file, line=line, code="not_yaml", problem=problem, hint=hint)


def _quotation_before(text: str, index: int) -> int:
    """The line on which the text just before a place opens, where it is quoted and runs on over
    several lines: most likely by mistake. Otherwise 0.
    """
    before = None
    for token in YAML(typ="safe", pure=True).scan(text):
        if token.start_mark.index >= index:
            break
        before = token
    runs_on = isinstance(before, ScalarToken) and before.end_mark.line > before.start_mark.line
    return before.start_mark.line + 1 if runs_on and before is not None and before.style else 0


def _position(error: Any) -> int:
    return error.position if isinstance(error.position, int) else 0

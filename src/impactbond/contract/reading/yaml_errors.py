"""What is wrong with a file that is not YAML, in words for people who have never heard of YAML."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.tokens import ScalarToken

from impactbond.errors import Fault

_BRACKET = "a bracket is not closed, or a comma is missing"
_QUOTE = "a quotation mark is not closed"
_CLOSE = "Close the quotation that opens here"
_COLUMN = "the line does not fit under the ones above it"
_OWN_LINE = "Start keys and entries that belong together in the same column, each on its own line"
_MARKED = ("text cannot start with *, & or !", "Put the whole text in quotation marks")
_PLAIN = "Put the whole text in quotation marks"
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
    ("escape", "a backslash in double quotation marks", "Use single quotation marks"),
)
# Where these are told, the mistake is where the bracket or the quotation opens.
_TOLD_AT_OPENING = (_BRACKET, _QUOTE)


def why_not_yaml(error: Exception, text: str, file: str) -> Fault:
    """The fault for a text that cannot be read as YAML."""
    lines = text.split("\n")
    line = 1 + max(range(len(lines)), key=lambda index: len(re.findall(r"[\[{]", lines[index])))
    problem = "the brackets nest too deeply"
    hint = "Check the brackets and quotation marks on this line and above"
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
        if problem in _TOLD_AT_OPENING and error.context_mark is not None:
            mark = error.context_mark
        line = mark.line + 1 if mark is not None else 0
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

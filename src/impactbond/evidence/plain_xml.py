"""Whether a part of a workbook is plain XML, in which nothing can stand that is not seen at its
tags, and the texts of one that is.
"""

from __future__ import annotations

import re
from xml.parsers.expat import ExpatError, ParserCreate

import numpy as np

_TEXT = re.compile(rb'<si><t(?: xml:space="preserve")?>([^<&]*)</t></si>')
# One declaration at most, of this encoding, and then the outermost element: nothing before it.
_BEGINS = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?"
    rb"(?: standalone=[\"'](?:yes|no)[\"'])? ?\?>)?\s*<[a-z]",
    re.IGNORECASE,
)
_BEFORE_TEXTS = re.compile(
    _BEGINS.pattern.removesuffix(rb"<[a-z]") + rb"<sst[^<>]*>\s*", re.IGNORECASE
)


def is_plain_text(content: bytes) -> bool:
    """Whether it is text in UTF-8 in which nothing stands that XML does not allow, no entity, and
    no carriage return, of which a parser makes a line feed.
    """
    if b"&" in content or b"]]>" in content:
        return False
    odd = np.count_nonzero(np.frombuffer(content, np.uint8) < ord(" "))
    if odd and odd != content.count(b"\n") + content.count(b"\t"):
        return False
    try:
        return content.isascii() or bool(content.decode())
    except UnicodeDecodeError:
        return False


def is_plain(content: bytes) -> bool:
    """Whether nothing can stand in it that a parser would not see as elements: no comment, no text
    kept apart, no instruction but the first, no other encoding.
    """
    if b"<!" in content or content.count(b"<?") > content.startswith((b"<?", b"\xef\xbb\xbf<?")):
        return False
    return _BEGINS.match(content) is not None


def quick_texts(content: bytes) -> list[str] | None:
    """The texts that cells refer to, where all are plain; None where a parser has to look."""
    first, end = content.find(b"<si>"), content.rfind(b"</sst>")
    # An empty text before the first that is found, `<si/>`, would move all others up by one.
    is_first = first >= 0 and _BEFORE_TEXTS.fullmatch(content, 0, first) is not None
    if not is_first or end < first or not is_plain(content):
        return None
    if not is_plain_text(content[first:end]):
        return None
    try:
        ParserCreate(namespace_separator=" ").Parse(content[:first] + content[end:], True)
    except ExpatError:
        return None
    found = _TEXT.findall(content, first, end)
    if content.count(b"<", first, end) != 4 * len(found):
        return None
    return [one.decode() for one in found]

"""Whether texts are written in signs that need no second look, seen in their bytes, all at once.

To ask a text in SQL whether it is in the one spelling that `texts` states takes as long as to read
it; to look at all bytes of very many texts takes hardly any time.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_FIRST_SEEN, _LAST_SEEN = ord("!"), ord("~")  # the signs that every spelling has, and no space
_BEGINS_OTHERWISE = (ord("="), ord("#"))  # a formula, an error value


def are_plain(texts: pa.Array) -> bool:
    """Whether every text stands, is in the one spelling, and is neither a formula nor an error
    value. Where they are not, each has to be asked: 'é' is in order too.
    """
    if texts.null_count:
        return False
    if not len(texts):
        return True
    width = "int64" if pa.types.is_large_string(texts.type) else "int32"
    _, ends, signs = texts.buffers()
    edges: NDArray[np.signedinteger] = np.frombuffer(ends, width)
    edges = edges[texts.offset : texts.offset + len(texts) + 1]
    begins = edges[:-1]
    if signs is None or (begins == edges[1:]).any():
        return False
    every = np.frombuffer(signs, np.uint8)
    seen = every[edges[0] : edges[-1]]
    if seen.min() < _FIRST_SEEN or seen.max() > _LAST_SEEN:
        return False
    first = every.take(begins)
    return not any((first == sign).any() for sign in _BEGINS_OTHERWISE)

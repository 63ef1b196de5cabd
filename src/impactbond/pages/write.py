"""Writing a page: one HTML file, as every other file is written."""

from __future__ import annotations

from functools import partial
from os import PathLike
from pathlib import Path
from typing import Unpack

from impactbond.errors import PageError
from impactbond.files import Writing, write_file


def write_page(page: str, out: str | PathLike[str], **how: Unpack[Writing]) -> Path:
    """Writes a page into a file, for its owner alone unless `shared=True`, and gives its path.

    With `replace=True`, another file of that name is replaced. Raises PageError when the file
    cannot be written, or would replace another.
    """
    refused = partial(PageError, "The page cannot be written.")
    return write_file(out, page.encode(), refused, **how)

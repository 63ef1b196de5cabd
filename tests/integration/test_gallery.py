"""The gallery: every picture is told, every picture told of is there, and each can be made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image
from tests import gallery
from tests.libreoffice import needs_libreoffice


def test_every_picture_is_told_in_words() -> None:
    told = gallery.told()
    assert sorted(told) == sorted(path.name for path in gallery.PICTURES.iterdir())
    for name, words in told.items():
        # A name or a heading is no description.
        assert len(words.split()) > 12, name


def test_every_picture_can_be_seen_and_is_small() -> None:
    for path in gallery.PICTURES.iterdir():
        with Image.open(path) as picture:
            assert picture.width >= 600, path.name
        assert path.stat().st_size < 200_000, path.name


@pytest.mark.long
@pytest.mark.browser
@needs_libreoffice
@pytest.mark.skipif(shutil.which("gs") is None, reason="Ghostscript is not there")
def test_every_picture_can_be_made_anew(tmp_path: Path) -> None:
    gallery.main(tmp_path)
    assert {path.name for path in tmp_path.glob("*.png")} == set(gallery.told())
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as made, Image.open(gallery.PICTURES / path.name) as kept:
            assert abs(made.width - kept.width) < 200, path.name

"""The pictures of `docs/gallery.md`, made from the fixtures: `python -m tests.gallery`.

Chromium shows the pages, LibreOffice prints the statement, and Ghostscript turns its pages into
pictures; all three have to be there. What comes out depends on their fonts, so no test compares it.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops
from tests.browser import browsing, opened
from tests.commands import run
from tests.libreoffice import convert

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "gallery"
SETTLED = (
    *(ROOT / "fixtures" / "contracts" / "west_london_zone.yaml",),
    *(ROOT / "fixtures" / "evidence" / "west_london_zone.xlsx",),
    *("--as-of", "2019-04-30", "--leave-out-refused"),
)
STATEMENT = "wlz-lbhf_2019-Q1_lottery.xlsx"
WIDTH, HEIGHT, COLOURS = 1000, 760, 48


def main() -> None:
    """Makes every picture anew."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _pages(folder)
        _statement(folder)


def _pages(folder: Path) -> None:
    with browsing(scripts=False) as context:
        for name in ("programme", "statement"):
            path = folder / f"{name}.html"
            done = run("page", name, *SETTLED, "--out", path)
            assert done.returncode == 0, done.stderr
            page, _ = opened(context, path)
            page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
            shot = folder / f"{name}.png"
            page.screenshot(path=shot)
            _small(Image.open(shot)).save(PICTURES / f"{name}_page.png", optimize=True)


def _statement(folder: Path) -> None:
    """The first page of the cover, of By milestone and of the charts."""
    done = run("settle", *SETTLED, "--out", folder / "sent")
    assert done.returncode == 0, done.stderr
    printed = convert(folder / "sent" / STATEMENT, folder / "printed", "pdf")
    shots = folder / "page-%03d.png"
    command = ["gs", "-q", "-dBATCH", "-dNOPAUSE", "-dTextAlphaBits=4", "-dGraphicsAlphaBits=4"]
    command += ["-sDEVICE=png16m", "-r90", f"-sOutputFile={shots}", str(printed)]
    subprocess.run(command, check=True)
    pages = sorted(folder.glob("page-*.png"))
    for number, name in ((1, "cover"), (9, "by_milestone"), (10, "charts")):
        page = _without_margins(Image.open(pages[number - 1]).convert("RGB"))
        _small(page).save(PICTURES / f"statement_{name}.png", optimize=True)


def _without_margins(page: Any) -> Any:
    """The page down to what is on it, the line below it apart."""
    body = page.crop((0, 0, page.width, int(page.height * 0.92)))
    ground = Image.new("RGB", body.size, "white")
    left, top, right, bottom = ImageChops.difference(body, ground).getbbox() or (0, 0, *body.size)
    return body.crop((max(left - 12, 0), max(top - 12, 0), right + 12, bottom + 12))


def _small(picture: Any) -> Any:
    """Of few colours: pages of text need no more, and the repository stays small."""
    return picture.convert("RGB").quantize(COLOURS)


if __name__ == "__main__":
    main()

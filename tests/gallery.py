"""The pictures of `docs/gallery.md`, made from the fixtures: `python -m tests.gallery`.

Chromium shows the pages, LibreOffice prints the statement, and Ghostscript turns its pages into
pictures; all three have to be there. What comes out depends on their fonts, so no test compares it:
`tests/integration/test_gallery.py` has each made, and holds that it is told of.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops
from tests.browser import browsing, opened
from tests.commands import run
from tests.libreoffice import convert

ROOT = Path(__file__).parents[1]
PAGE, PICTURES = ROOT / "docs" / "gallery.md", ROOT / "docs" / "gallery"
SETTLED = (
    *(ROOT / "fixtures" / "contracts" / "west_london_zone.yaml",),
    *(ROOT / "fixtures" / "evidence" / "west_london_zone.xlsx",),
    *("--as-of", "2019-04-30", "--leave-out-refused"),
)
STATEMENT = "wlz-lbhf_2019-Q1_lottery.xlsx"
# The sheets of the statement that are shown, each with what its first page begins with.
SHEETS = {"cover": "Statement for", "by_milestone": "Milestones of claim", "charts": "Charts of"}
WIDTH, HEIGHT, COLOURS = 1000, 760, 48
# As a page in Markdown shows a picture: what is said to who does not see it, and where it is.
_SHOWN = re.compile(r"!\[([^\]]*)\]\(gallery/([^)]+)\)")


def told() -> dict[str, str]:
    """Every picture that the gallery shows, with the words for who does not see it."""
    found = _SHOWN.findall(PAGE.read_text(encoding="utf-8"))
    return {name: " ".join(words.split()) for words, name in found}


def main(pictures: Path = PICTURES) -> None:
    """Makes every picture anew."""
    pictures.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _pages(folder, pictures)
        _statement(folder, pictures)


def _pages(folder: Path, pictures: Path) -> None:
    with browsing(scripts=False) as context:
        for name in ("programme", "statement"):
            path = folder / f"{name}.html"
            done = run("page", name, *SETTLED, "--out", path)
            assert done.returncode == 0, done.stderr
            page, _ = opened(context, path)
            page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
            shot = folder / f"{name}.png"
            page.screenshot(path=shot)
            _small(Image.open(shot)).save(pictures / f"{name}_page.png", optimize=True)


def _statement(folder: Path, pictures: Path) -> None:
    """The first page of each of the sheets that are shown."""
    done = run("settle", *SETTLED, "--out", folder / "sent")
    assert done.returncode == 0, done.stderr
    printed = convert(folder / "sent" / STATEMENT, folder / "printed", "pdf")
    _ghostscript(printed, folder / "page-%03d.png", "png16m", "-r90")
    _ghostscript(printed, folder / "page-%03d.txt", "txtwrite")
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("page-*.txt"))]
    for name, begins in SHEETS.items():
        number = next(at for at, text in enumerate(texts, 1) if text.lstrip().startswith(begins))
        page = _without_margins(Image.open(folder / f"page-{number:03d}.png").convert("RGB"))
        _small(page).save(pictures / f"statement_{name}.png", optimize=True)


def _ghostscript(printed: Path, to: Path, device: str, *more: str) -> None:
    command = ["gs", "-q", "-dBATCH", "-dNOPAUSE", "-dTextAlphaBits=4", "-dGraphicsAlphaBits=4"]
    command += [f"-sDEVICE={device}", *more, f"-sOutputFile={to}", str(printed)]
    subprocess.run(command, check=True)


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

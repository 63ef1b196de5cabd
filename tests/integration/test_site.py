"""The documents are one site, without a broken link; its page of commands is the help itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_documents_are_one_site_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", tmp_path / "doctrees", DOCS, tmp_path / "site"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    pages = {path.stem for path in DOCS.glob("*.md")}
    assert pages <= {path.stem for path in (tmp_path / "site").glob("*.html")}
    # Nothing is fetched from elsewhere when a page is read.
    for page in (tmp_path / "site").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?:https?:)?//", text), page


def test_the_page_of_commands_is_what_help_says() -> None:
    """Made by `python -m typer impactbond.cli.commands utils docs --name impactbond`."""
    command = [sys.executable, "-m", "typer", "impactbond.cli.commands", "utils", "docs"]
    done = subprocess.run(
        [*command, "--name", "impactbond"], capture_output=True, text=True, check=True
    )
    assert (DOCS / "commands.md").read_text(encoding="utf-8") == done.stdout

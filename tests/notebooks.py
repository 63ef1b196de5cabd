"""Running the notebooks as a user would; `python -m tests.notebooks` keeps their outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def executed(path: Path) -> Any:
    """The notebook run from its own folder in a fresh kernel."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    return notebook


def outputs(notebook: Any) -> list[list[dict[str, Any]]]:
    """What each code cell shows, without what differs from run to run."""
    return [
        [
            output.get("data", {"text": output.get("text")})
            for output in cell.outputs
            if output.get("name") != "stderr"
        ]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def main() -> None:
    """Run every notebook and keep what it shows."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = executed(path)
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main()

"""Running the notebooks as a user would; `python -m tests.notebooks` keeps their outputs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
_FORGET = "%reset -f"


@contextmanager
def kernel() -> Iterator[KernelManager]:
    """A kernel in the folder of the notebooks. To start one for each, and to import everything in
    it, would cost as much again as what they show.
    """
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(NOTEBOOKS))
    try:
        yield manager
    finally:
        manager.shutdown_kernel(now=True)


def executed(path: Path, manager: KernelManager) -> Any:
    """The notebook run in a kernel that has forgotten every name of the one before."""
    notebook = nbformat.read(path, as_version=4)
    for one in (nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(_FORGET)]), notebook):
        client = NotebookClient(one, km=manager, timeout=120)
        client.execute()
        client.kc.stop_channels()  # which it leaves open to a kernel that is not its own
    for cell in _code(notebook):
        cell.outputs = _joined(cell.outputs)
    return notebook


def _joined(outputs: list[Any]) -> list[Any]:
    """What is printed comes in as many pieces as the kernel happens to send."""
    found: list[Any] = []
    for output in outputs:
        if found and output.get("name", "") == found[-1].get("name") != "":
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def outputs(notebook: Any) -> list[list[dict[str, Any]]]:
    """What each code cell shows, without what differs from run to run."""
    return [
        [
            output.get("data", {"text": output.get("text")})
            for output in cell.outputs
            if output.get("name") != "stderr"
        ]
        for cell in _code(notebook)
    ]


def _code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def main() -> None:
    """Run every notebook and keep what it shows."""
    with kernel() as manager:
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            notebook = executed(path, manager)
            for cell in notebook.cells:
                cell.metadata.pop("execution", None)
            for number, cell in enumerate(_code(notebook), 1):
                for counted in (cell, *cell.outputs):
                    if "execution_count" in counted:
                        counted["execution_count"] = number
            nbformat.write(notebook, path)


if __name__ == "__main__":
    main()

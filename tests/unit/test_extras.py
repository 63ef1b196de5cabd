"""Libraries that come with an extra alone: without them one clear error says which, and the rest of
the package needs none of them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date

import pytest

from impactbond.charts.drawing import drawn
from impactbond.designs.sensitivity import _salib
from impactbond.disclosure.attack import solver
from impactbond.errors import ImpactBondError
from impactbond.investment.rates import internal_rate
from impactbond.pages.house import _environment

FLOWS = [(date(2020, 1, 1), -100_00), (date(2021, 1, 1), 110_00)]


@pytest.mark.parametrize(
    ("library", "extra", "use"),
    [
        ("matplotlib", "charts", lambda: drawn("A title", "words", lambda axes: None)),
        ("SALib", "sensitivity", lambda: _salib("morris")),
        ("SALib", "sensitivity", lambda: _salib("sobol")),
        ("pyxirr", "investors", lambda: internal_rate(FLOWS)),
        ("jinja2", "pages", _environment.__wrapped__),
        ("scipy", "disclosure", solver),
    ],
)
def test_what_needs_a_library_that_is_not_there_names_its_extra(
    monkeypatch: pytest.MonkeyPatch, library: str, extra: str, use: Callable[[], object]
) -> None:
    for name in [library, *(one for one in sys.modules if one.startswith(f"{library}."))]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImpactBondError) as refused:
        use()
    (fault,) = refused.value.faults
    assert fault.code == "not_installed"
    # For whoever has the repository, and for whoever has a package index.
    assert f'python -m pip install ".[{extra}]" in the folder of the repository' in fault.hint
    assert f'"impactbond[{extra}]"' in fault.hint


def test_every_command_can_be_asked_for_without_any_of_them() -> None:
    """In a process of its own, in which none of them can be imported."""
    libraries = ("matplotlib", "SALib", "pyxirr", "jinja2", "scipy", "pyspark")
    program = f"""
import sys
for name in {libraries}:
    sys.modules[name] = None
sys.argv = ["impactbond", "--help"]
from impactbond.cli.main import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

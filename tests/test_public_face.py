"""The public names: some ninety at most, each documented, loaded when used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import impactbond as ib

FIXTURES = Path(__file__).parents[1] / "fixtures"


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    assert len(ib.__all__) <= 100
    assert list(ib.__all__) == sorted(ib.__all__)
    for name in ib.__all__:
        assert name == "__version__" or getattr(ib, name).__doc__


def test_no_module_takes_a_public_name() -> None:
    # Python binds a submodule to its package when it is first imported, over any public name.
    home = Path(ib.__file__).parent
    modules = {path.stem for path in home.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert "settlement" in modules
    assert modules.isdisjoint(ib.__all__)


def test_importing_the_package_loads_no_heavy_library() -> None:
    heavy = "{'pandas', 'duckdb', 'pyarrow', 'numpy', 'pydantic', 'xlsxwriter', 'narwhals'}"
    told = f"import sys, impactbond; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_settlement_says_what_it_is_without_a_child_in_it() -> None:
    contract = ib.read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
    evidence = ib.read_evidence(FIXTURES / "evidence" / "west_london_zone.xlsx", contract)
    settlement = ib.settle(contract, evidence, as_of="2017-01-31", leave_out_refused=True)
    # 24,000.00 up-front and 570.00 earned, less half of the council's 171.00 and the trust's 136.17
    assert repr(settlement) == "<Settlement of wlz-lbhf, claim 2016-Q4: £24,416.41 due>"
    assert "C-0" not in settlement._repr_html_()

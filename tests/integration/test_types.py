"""Programs that use the library are checked by mypy: good ones pass, wrong ones do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import impactbond as ib

ROOT = Path(__file__).parents[2]
GOOD = """
import impactbond as ib

def quarter(terms: str, workbook: str) -> ib.Settlement:
    contract: ib.Contract = ib.read_contract(terms)
    evidence: ib.Evidence = ib.read_evidence(workbook, contract)
    settlement = ib.settle(contract, evidence, as_of="2018-01-31")
    why: ib.Explanation = ib.explain(settlement, participant="C-0001")
    print(why.text)
    return settlement

"""
WRONG = """
import impactbond as ib

ib.read_contrct("contract.yaml")
contract = ib.read_contract(5)
contract.milestone
ib.settle(contract, "evidence.xlsx", as_of="2018-01-31")
"""


def test_every_public_name_is_typed_and_wrong_programs_are_told(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD + "".join(f"ib.{name}\n" for name in ib.__all__))
    (tmp_path / "wrong.py").write_text(WRONG)
    (tmp_path / "mypy.ini").write_text(
        f"[mypy]\nstrict = true\nmypy_path = {ROOT / 'src'}\ncache_dir = {ROOT / '.mypy_cache'}\n"
        "ignore_missing_imports = true\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "good.py", "wrong.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [line.split(":")[:2] for line in told] == [
        ["wrong.py", number] for number in ("4", "5", "6", "7")
    ], done.stdout + done.stderr

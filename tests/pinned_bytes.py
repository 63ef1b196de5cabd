"""What the demo writes, as digests beside the version; `python -m tests.pinned_bytes` pins anew.

Statements, a record and an explanation must not change their bytes while the version stays: two
records of one version came from the same behaviour.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from importlib.metadata import version
from pathlib import Path

import impactbond as ib
from impactbond.statements.write import table_files

ROOT = Path(__file__).parents[1]
PINS = Path(__file__).with_name("pinned_bytes.json")
LOCK = ROOT / "requirements.lock"


def locked() -> dict[str, str]:
    """The versions in the lock file, by package."""
    pins = re.findall(r"^([\w.-]+)==([\w.]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(pins)


def is_locked_environment() -> bool:
    """Whether the libraries here are those of the lock file."""
    return all(version(name) == pinned for name, pinned in locked().items() if name in WRITERS)


# The libraries of which another version may write other bytes.
WRITERS = ("duckdb", "holidays", "numpy", "pandas", "pyarrow", "xlsxwriter")


def found() -> dict[str, str]:
    """The digest of everything that the demo's settlement comes out as, and the version."""
    contract = ib.read_contract(ROOT / "fixtures" / "contracts" / "west_london_zone.yaml")
    evidence = ib.read_evidence(ROOT / "fixtures" / "evidence" / "west_london_zone.xlsx", contract)
    settlement = ib.settle(contract, evidence, as_of="2018-01-31", leave_out_refused=True)
    with tempfile.TemporaryDirectory() as folder:
        written = ib.write_statements(settlement, folder)
        statements = b"".join(path.read_bytes() for path in sorted(written))
        record = ib.write_record(settlement, Path(folder) / "demo.record").read_bytes()
    tables = b"".join(content for _, content in sorted(table_files(settlement).items()))
    explained = ib.explain(settlement, participant="C-0042").text.encode()
    parts = {
        "tables": tables,
        "statements": statements,
        "record": record,
        "explanation": explained,
        "contract in English": ib.render(contract, "markdown").encode(),
    }
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}
    return {"version": ib.__version__, **digests}


if __name__ == "__main__":
    PINS.write_text(json.dumps(found(), indent=2) + "\n", encoding="utf-8")
    print(
        f"Pinned in {PINS.relative_to(ROOT)}. Did the version move, and does the changelog say so?"
    )

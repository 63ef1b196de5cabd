"""What is worth a look, at a place of the contract."""

from __future__ import annotations

from impactbond.contract.findings import Finding
from impactbond.contract.yaml_lines import Path
from impactbond.errors import Fault


def look(path: Path, code: str, problem: str, found: str = "", hint: str = "") -> Finding:
    """Something at a place that is allowed and may not be meant."""
    return Finding(path, Fault(code=code, problem=problem, found=found, hint=hint))

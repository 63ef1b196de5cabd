"""What is worth a look, at a place of the contract."""

from __future__ import annotations

from impactbond.terms.diagnostic import Diagnostic, Path, fault_at


def look(path: Path, code: str, problem: str, found: str = "", hint: str = "") -> Diagnostic:
    """Something at a place that is allowed and may not be meant."""
    return fault_at(path, code, problem, found=found, hint=hint)

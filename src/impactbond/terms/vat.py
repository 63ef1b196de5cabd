"""How VAT stands to what is paid."""

from __future__ import annotations

from typing import Literal

from impactbond.errors import Fault
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path
from impactbond.terms.phrases import SharePhrase
from impactbond.terms.term import Cited


class Vat(Cited):
    """How VAT stands to what is paid: not charged (exempt, or outside the scope), included in every
    price, or added on top of what is due.
    """

    treatment: Literal["exempt", "outside the scope", "included", "added"]
    rate: SharePhrase | None = None

    def errors(self, path: Path) -> Diagnostics:
        """A rate is stated where VAT is in the price or comes on top, and nowhere else."""
        needs_rate = self.treatment in ("included", "added")
        if needs_rate == (self.rate is not None):
            return
        fault = Fault(
            code="vat_rate",
            problem="VAT is charged at no rate" if needs_rate else "VAT has a rate and no charge",
            found=f"treatment: {self.treatment}",
            hint="Write a rate such as 20%" if needs_rate else "Leave the rate out",
        )
        yield Diagnostic(path, fault)

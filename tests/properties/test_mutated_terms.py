"""Whatever is written in a contract is refused when it is checked, or goes through every verb."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.properties.mutated_terms import SCENARIOS, Mutant, mutants, places
from tests.spec.drawn_tables import THE_END, contract_of, evidence_of
from tests.unit.test_render_terms import every_term

import impactbond as ib
from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.settlement.settlement import Settlement

LONG = "IMPACTBOND_MUTANTS"
COUNT = int(os.environ.get(LONG, 36))
SHARES = 6
# Reading takes milliseconds, settling a second and writing some: the suite does not wait for all.
SETTLED, WRITTEN = (1, 1) if LONG in os.environ else (5, 20)
LONGEST_FAULT = 3_000


def through_reading(mutant: Mutant) -> Contract | None:
    """The contract of a mutant, read and told; None where it is refused, in few words."""
    try:
        contract = parse_contract(mutant.text.encode(), name="mutant.yaml")
    except ib.ContractError as error:
        if all(len(str(fault)) < LONGEST_FAULT for fault in error.faults):
            return None
        raise
    ib.check(contract)
    for form in ("text", "html", "markdown"):
        assert ib.render(contract, form)
    ib.check_examples(contract)
    return contract


def through_settling(mutant: Mutant, contract: Contract) -> Settlement | None:
    """What was settled; None where the evidence no longer fits, or nothing can be claimed yet."""
    try:
        evidence = evidence_of(mutant.evidence, contract)
        settled = ib.settle(contract, evidence, as_of=THE_END, leave_out_refused=True)
    except ib.EvidenceError:
        return None
    except ib.SettlementError as error:
        if {fault.code for fault in error.faults} <= {"no_claim_date", "too_large"}:
            return None
        raise
    for participant in evidence.participants_table["participant"].unique().to_pylist()[:1]:
        assert str(ib.explain(settled, participant=participant))
    for line in settled.lines_table["line"].to_pylist()[-1:]:
        assert str(ib.explain_line(settled, line))
    return settled


def through_writing(settled: Settlement, folder: Path) -> None:
    """Statements and a record, which comes out again as it was."""
    assert ib.write_statements(settled, folder)
    ib.write_template(settled.contract, folder / "template.xlsx")
    record = ib.write_record(settled, folder / "a.record")
    again = ib.regenerate(record)
    assert again.same, [str(one) for one in again.differences]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_goes_through_as_it_is_written(scenario: str) -> None:
    assert contract_of(SCENARIOS[scenario]["terms"]).milestones


def test_every_key_of_every_term_is_written_otherwise_somewhere() -> None:
    written = {part for _, place in places() for part in place}
    keys = {
        about.alias or name for term in every_term() for name, about in term.model_fields.items()
    }
    assert keys - written == set(), "write them in tests/told_scenarios.yaml"


@pytest.mark.parametrize("share", range(SHARES))
def test_what_check_accepts_goes_through_every_verb(share: int, tmp_path: Path) -> None:
    for number, mutant in enumerate(mutants(share, COUNT // SHARES)):
        try:
            contract = through_reading(mutant)
            if contract is None or number % SETTLED:
                continue
            settled = through_settling(mutant, contract)
            if settled is not None and number % WRITTEN == 0:
                through_writing(settled, tmp_path / str(number))
        except Exception as error:
            error.add_note(f"{mutant.scenario}: {mutant.place}")
            raise

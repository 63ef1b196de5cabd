"""Every term through every verb: each cell of docs/design/matrix.md is a test, or a refusal that is
documented there.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.matrix import ENGINES, PAGE, REFUSALS, SCENARIOS, VERBS, case, page, refusal
from tests.unit.test_render_terms import every_term

from impactbond.errors import ImpactBondError


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_term_of_a_scenario_goes_through_the_verb(
    scenario: str, verb: str, tmp_path: Path
) -> None:
    refused = refusal(case(scenario), verb)
    if refused is None:
        VERBS[verb](case(scenario), tmp_path)
        return
    with pytest.raises(ImpactBondError) as told:
        VERBS[verb](case(scenario), tmp_path)
    assert refused.code in [fault.code for fault in told.value.faults]


def test_no_kind_of_term_is_without_a_scenario() -> None:
    written = {term for name in SCENARIOS for term in case(name).terms}
    assert {term.__name__ for term in every_term()} - written == set()


def test_the_matrix_in_the_documents_is_this_one_and_has_no_hole() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.matrix"
    assert "| **no** |" not in page()


def test_no_refusal_is_documented_that_no_term_meets() -> None:
    for term, verb in REFUSALS:
        assert any(term in case(name).terms for name in SCENARIOS)
        assert verb in VERBS


def test_the_engines_go_through_the_same_scenarios() -> None:
    text = (Path(__file__).parents[2] / ENGINES).read_text(encoding="utf-8")
    assert '@pytest.mark.parametrize("scenario", SCENARIOS)' in text

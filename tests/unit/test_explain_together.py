"""Many are explained together as each is alone, whatever the others of them bring: evidence late or
in dispute, a place that is shared, another version.
"""

from __future__ import annotations

from tests.spec.drawn_tables import amended, settled, versions_of

from impactbond.explanation.explain import explain, explain_each
from impactbond.explanation.explanation import Explanation
from impactbond.settlement.settlement import Settlement

ODD = """
participants:
  attributes: {school: text, borough: [north, south], place: text}
  places: {by: place, clock: restarts}
calendar: {evidence: {within: 90 days, late: next claim, late_pays: 50%}}
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
"""
# c1 and c2 have one place, c3 is late, a row of c4 is in dispute, c5 has nothing.
ODD_EVIDENCE = """
    child | start      | place
    c1    | 2017-01-09 | A
    c2    | 2017-01-09 | A
    c3    | 2017-01-09 | B
    c4    | 2017-01-09 | C
    c5    | 2017-01-09 | D
    ---
    child | metric  | on                    | value | recorded   | status
    c1 c2 | consent | 2017-02-01            | yes   |            |
    c3    | consent | 2017-02-01            | yes   | 2017-07-01 |
    c4    | consent | 2017-02-01            | yes   |            | disputed
"""
DEARER = """
version: {number: 2, kind: amendment, signed_on: 2017-04-15, effective_on: 2017-05-01}
milestones: {consent: {when: {observed: consent, in: year one}, price: 150.00}}
"""
CONSENTS = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    | consent | 2017-06-10 | yes
"""


def alike(settlement: Settlement) -> list[Explanation]:
    together = list(explain_each(settlement))
    for one in together:
        alone = explain(settlement, participant=one.participant)
        assert (one.text, one.as_dict()) == (alone.text, alone.as_dict())
    return together


def test_late_disputed_and_shared_places_are_told_of_those_whose_they_are() -> None:
    told = [one.text for one in alike(settled(ODD, ODD_EVIDENCE, "2017-07-31"))]
    assert len(told) == 5
    assert ["in dispute" in text for text in told] == [False, False, False, True, False]


def test_each_milestone_is_told_by_the_version_that_governs_it() -> None:
    versions = versions_of("", DEARER)
    told = alike(amended(versions, CONSENTS, "2017-07-31"))
    assert [one.entitled_pence for one in told] == [10_000, 15_000]

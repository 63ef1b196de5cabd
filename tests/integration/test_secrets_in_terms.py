"""A secret in every free text and name of what people write themselves: contract, mapping with its
questionnaire, ledger map, receipts; and in the names of all files that are read.

Their authors wrote them to be read, so each door has a list of what it may tell; for anything else
that stands there by mistake it fails. Errors of such a file tell its words to whoever wrote it:
names, keys and words that do not fit, and no title, note or clause.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.evidence_workbooks import AREA
from tests.secret_terms import CONTRACT, FILES, MAPPING
from tests.told_secrets import told_by
from tests.unit.test_forget import texts_in

import impactbond as ib
from impactbond.closing.exports import export_files, year_end_files
from impactbond.disclosure.published import log_bytes, public_files
from impactbond.evidence.evidence import Evidence
from impactbond.mappings.read import parse_mapping, read_mapping
from impactbond.pages.reconciliation_page import reconciliation_page
from impactbond.pages.statement_page import statement_page
from impactbond.receipts.reconcile import Reconciliation
from impactbond.simulation.read import parse_area

SAID = "zqsaid"  # with the delivery, as the source of its rows
PLANTED = re.compile("zq[a-z]+")
EVERY = frozenset(PLANTED.findall(f"{SAID} {FILES}"))


def set_of(words: str) -> frozenset[str]:
    return frozenset(f"zq{word}" for word in words.split())


# Who is asked, who asks, and what for.
CALLED = set_of("title milestonetitle funder lottery provider")
PAID_FOR = set_of("fee feetitle tranchetitle plan plantitle")
HOW_TO_PAY = set_of("address contact company charity account order counciladdress councilcontact")
OF_LOTTERY = set_of("lotteryorder lotteryaddress")
CLAUSES = frozenset(PLANTED.findall(" ".join(re.findall("clause: zq[a-z]+", CONTRACT))))
STATED = CALLED | PAID_FOR | HOW_TO_PAY | CLAUSES - set_of("lotteryclause")
READ_BY = set_of("mapping instrument version")
# What a refused cell could have been, and where it stands.
REFUSED = set_of("answer code nothing yes heading forms marks quiz metric")
BOOKED = set_of("customer fund number reason tax taxcode ledgercontact ledgerorder")
# A contract in words leaves out what is no term: comments, worked examples' names.
NO_TERM = set_of("comment example")
OF_CONTRACT = frozenset(PLANTED.findall(CONTRACT))
OF_MAPPING = frozenset(PLANTED.findall(MAPPING))


class Given(NamedTuple):
    contract: Any
    evidence: Evidence
    settlement: Any
    receipts: Any
    account: Reconciliation
    year: Any
    folder: Path


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    folder = tmp_path_factory.mktemp("terms")
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    contract = ib.read_contract(folder / "zqcontract.yaml")
    mapping = read_mapping(folder / "zqmap.yaml", contract)
    paths = [folder / name for name in FILES if name.endswith("_1.csv")]
    said = {"source": SAID, "status": "final"}
    evidence = ib.read_evidence(paths, contract, mapping=mapping, given=said)
    settlement = ib.settle(contract, evidence, as_of="2017-04-30", leave_out_refused=True)
    receipts = ib.read_receipts(folder / "zqbank.csv", contract)
    account = ib.reconcile(settlement, receipts, on="2017-06-30", leave_out_refused=True)
    days = {"on": "2017-03-31", "evidence_to": "2017-04-30"}
    beside = {"ledger": folder / "zqledger.yaml", "receipts": receipts}
    year = ib.year_end(contract, evidence, **days, **beside, leave_out_refused=True)
    return Given(contract, evidence, settlement, receipts, account, year, folder)


def says(one: Any) -> str:
    """All that something says of itself."""
    plain = one.as_dict() if hasattr(one, "as_dict") else {}
    html = one._repr_html_() if hasattr(one, "_repr_html_") else ""
    texts = (repr(one), str(one), getattr(one, "text", ""), html, *getattr(one, "cautions", ()))
    return "\n".join((*texts, json.dumps(plain, default=str, ensure_ascii=False)))


def held(files: Mapping[str, bytes]) -> str:
    return "\n".join(f"{name}\n{texts_in(content)}" for name, content in files.items())


def written(given: Given, name: str, write: Callable[[Path], object]) -> str:
    """What stands in the files that are written into a folder, and the names of them."""
    folder = given.folder / "zqout" / name
    folder.mkdir(parents=True)
    write(folder / "of")
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return held({path.name: path.read_bytes() for path in found})


def recorded(given: Given, name: str, funder: str | None = None) -> str:
    how: Any = {"receipts": given.receipts, "leave_out_refused": True, "funder": funder}
    return written(given, name, lambda to: ib.write_record(given.settlement, to, **how))


def published(given: Given) -> str:
    view = ib.public_view(given.settlement, by="borough", least=2)
    return held(public_files(view)) + says(view) + texts_in(log_bytes(view))


def forecast(given: Given) -> str:
    area = parse_area(AREA.encode(), name="area.yaml")
    found = ib.simulate(given.contract, area, trials=5, seed=1)
    return says(found) + written(given, "forecast", lambda to: ib.write_forecast(found, to))


def shown(given: Given) -> str:
    path = given.folder / "shown.record"
    ib.write_record(given.settlement, path, leave_out_refused=True, replace=True)
    return says(ib.show_record(path))


def stated(given: Given) -> str:
    how: Any = {"receipts": given.receipts, "leave_out_refused": True}
    return written(given, "stated", lambda to: ib.write_statements(given.settlement, to, **how))


def of_council(given: Given) -> str:
    files = ib.statement_files(given.settlement)
    page = statement_page(given.settlement, funder="council")
    return held({name: content for name, content in files.items() if "council" in name}) + page


def up_front(given: Given) -> str:
    return written(given, "up front", lambda to: ib.write_up_front(given.contract, "first", to))


def template(given: Given) -> str:
    to = given.folder / "template.xlsx"
    return texts_in(ib.write_template(given.contract, to).read_bytes())


# Each door, and what it may tell of all that is planted.
DOORS: dict[str, tuple[Callable[[Given], str], frozenset[str]]] = {
    "contract": (lambda one: says(one.contract), CALLED | set_of("milestoneclause")),
    "check": (lambda one: "\n".join(map(str, ib.check(one.contract))), OF_CONTRACT),
    "render": (lambda one: ib.render(one.contract), OF_CONTRACT - NO_TERM),
    "template": (template, OF_CONTRACT - CLAUSES - HOW_TO_PAY - OF_LOTTERY - NO_TERM),
    "evidence": (
        lambda one: says(one.evidence) + str(one.evidence.refused_table.to_pylist()),
        REFUSED,
    ),
    "receipts": (lambda one: says(one.receipts), set_of("bank")),
    "settlement": (lambda one: says(one.settlement), CALLED),
    "tables": (lambda one: held(ib.table_files(one.settlement)), REFUSED | set_of("fee")),
    "statements": (stated, STATED | OF_LOTTERY | READ_BY | set_of("receipt note")),
    "a funder's statement": (of_council, STATED - set_of("lottery") | READ_BY),
    "up-front": (up_front, STATED | OF_LOTTERY),
    "explanation": (
        lambda one: says(ib.explain(one.settlement, participant="C-1")),
        CALLED | PAID_FOR | CLAUSES | set_of("giver ref school people forms"),
    ),
    "identification": (
        lambda one: says(
            ib.identify(one.contract, one.evidence, as_of="2017-04-30", condition="zqcondition")
        ),
        set_of("condition window school"),
    ),
    "journeys": (lambda one: str(ib.journeys(one.settlement).table.to_pylist()), CALLED),
    "programme page": (
        lambda one: ib.programme_page(one.settlement),
        CALLED | PAID_FOR | set_of("giver said"),
    ),
    "a funder's page": (
        lambda one: ib.programme_page(one.settlement, audience="council"),
        CALLED | PAID_FOR,
    ),
    "reconciliation": (
        lambda one: says(one.account) + reconciliation_page(one.account),
        CALLED | set_of("receipt"),
    ),
    "public view": (published, set_of("title milestonetitle value")),
    "forecast": (forecast, CALLED),
    "year end": (
        lambda one: says(one.year) + held(year_end_files(one.year)) + held(export_files(one.year)),
        CALLED | PAID_FOR | BOOKED | set_of("receipt accountname indigo fundcode"),
    ),
    "show": (shown, CALLED | READ_BY | set_of("people marks forms quiz")),
    "comparison": (lambda one: says(ib.compare(one.settlement, one.settlement)), CALLED),
    "what is learnt": (lambda one: says(ib.area_from(one.settlement)), set_of("school")),
    "a funder's record": (
        lambda one: recorded(one, "view", "council"),
        STATED - set_of("lottery") | READ_BY | set_of("receipt note"),
    ),
    "record": (lambda one: recorded(one, "whole"), EVERY),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_door_tells_what_it_may_and_nothing_else(door: str, given: Given) -> None:
    ask, may = DOORS[door]
    assert set(PLANTED.findall(ask(given))) - may == set()


def test_what_is_planted_is_found_where_everything_is_kept(given: Given) -> None:
    """A record holds contract and mapping as they were written, and what was said; of what is kept
    beside them nothing, and no cell that was refused or not read.
    """
    told = set(PLANTED.findall(recorded(given, "kept")))
    assert told >= OF_CONTRACT | OF_MAPPING | {SAID} | set_of("receipt")
    never = "cell strange other wrong unread amount two column contract map ledger reason"
    assert told & set_of(never) == set()


# Errors of a file that people write.

NO_NAMES = re.compile(
    "zq[a-z]*(clause|title|comment|because|note|reason|address|contact|cited|licence)"
)


@pytest.mark.parametrize("way", ["yaml", "data"])
def test_the_errors_of_a_file_tell_no_free_text_of_it(way: str) -> None:
    terms = [one for one in CONTRACT.splitlines() if "comment" not in one]
    for old, new in (
        ("price: 100.00", "price: dear"),
        ("kind: council", "kind: zqkind"),
        ("milestones:", "milestone:"),
        ("in: year", "in: zqnowhere"),
        ("provider: zqprovider", "provider: {zqprovider: 1}"),
        ("made: 1 month", "made: 1 moon"),
    ):
        text = "\n".join(terms).replace(old, new)
        assert text != "\n".join(terms)
        source = text if way == "yaml" else parsed(text)
        told = told_by(lambda: ib.read_contract(source))  # noqa: B023
        assert " at " in told
        assert NO_NAMES.findall(told) == []
    for old, new in (("version: 1\n", "version: one\n"), ("never:", "nevr:"), ("cited:", "sited:")):
        wrong = MAPPING.replace(old, new).encode()
        told = told_by(lambda: parse_mapping(wrong, name="m.yaml"))  # noqa: B023
        assert " at " in told
        assert NO_NAMES.findall(told) == []


def parsed(text: str) -> Any:
    """The text as plain values, in which days and numbers stay as they are written."""
    import yaml

    return yaml.load(text, yaml.BaseLoader)


CHILDREN = (
    '[{"child": "Zebedee", "dob": "2010-09-07"}]',
    '{"Zebedee": {"Zebedee": "Zebedee"}}',
    '{"participant": "Zebedee", "title": "Zebedee", "metric": [1',
    "Child,Day\nZebedee,2024-09-09\n",
    "Zebedee: [Zebedee\n",
    "- Zebedee: Zebedee\n\tZebedee",
    "Zebedee: *Zebedee",
    "Zebedee: !Zebedee 1",
)


@pytest.mark.parametrize("text", CHILDREN)
def test_what_is_no_file_of_terms_is_not_repeated(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    readers: tuple[Callable[[Any], object], ...] = (
        ib.read_contract,
        ib.read_mapping,
        ib.read_area,
        ib.read_instrument,
    )
    for read in readers:
        assert "Zebedee" not in told_by(lambda: read(path))  # noqa: B023
    assert "Zebedee" not in told_by(lambda: ib.read_contract(text + "\n"))


def test_data_that_are_no_terms_are_not_repeated() -> None:
    for data in ({"Zebedee": 1}, {"title": {("Zebedee",): 1}}, {"title": {"Zebedee"}}):
        assert "Zebedee" not in told_by(lambda: ib.read_contract(data))  # noqa: B023

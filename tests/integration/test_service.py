"""The example service, run as a server and asked over HTTP."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
import uvicorn

import impactbond as ib

ROOT = Path(__file__).parents[2]
CONTRACT = (ROOT / "fixtures/contracts/west_london_zone.yaml").read_bytes()
EVIDENCE = (ROOT / "fixtures/evidence/west_london_zone.xlsx").read_bytes()


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    sys.path.insert(0, str(ROOT / "examples" / "service"))
    try:
        from app import app  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300) as asking:
        yield asking
    server.should_exit = True
    thread.join()


def asked(day: str = "2017-04-30", evidence: bytes = EVIDENCE) -> dict[str, dict[str, object]]:
    return {
        "files": {"contract": CONTRACT, "evidence": evidence},
        "data": {"as_of": day, "leave_out_refused": "true"},
    }


def test_a_contract_is_checked(client: httpx.Client) -> None:
    good = client.post("/check", files={"contract": CONTRACT}).json()
    assert good["holds"]
    assert [one["code"] for one in good["findings"]] == ["deadline_after_claim"]
    broken = CONTRACT.replace(b"price: 450.00", b"prize: 450.00")
    bad = client.post("/check", files={"contract": broken}).json()
    assert not bad["holds"]
    assert "prize" in str(bad["findings"])


def test_settlements_asked_for_at_once_are_those_of_one_after_another(client: httpx.Client) -> None:
    """Statements of two claim dates at the same time: the same bytes as the library gives."""
    terms = ib.read_contract(CONTRACT)
    evidence = ib.read_evidence(ROOT / "fixtures/evidence/west_london_zone.xlsx", terms)
    days = ["2017-01-31", "2017-04-30"]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda day: client.post("/statements", **asked(day)), days))
    for day, answer in zip(days, answers, strict=True):
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) == len(answer.content)
        with ZipFile(BytesIO(answer.content)) as packed:
            found = {name: packed.read(name) for name in packed.namelist()}
        settled = ib.settle(terms, evidence, as_of=day, leave_out_refused=True)
        record = found.pop("settlement.record")
        assert found == ib.statement_files(settled)
        assert record[:2] == b"PK"


def test_what_is_due_comes_in_pence(client: httpx.Client) -> None:
    told = client.post("/settlement", **asked("2017-01-31")).json()
    assert told["claim_period"] == "2016-Q4"
    # £24,416.41, as tests/test_public_face.py works it out
    assert sum(told["due_pence"].values()) == 2_441_641


def test_what_is_wrong_is_told_and_no_child_in_it(client: httpx.Client) -> None:
    whole = asked() | {"data": {"as_of": "2017-04-30"}}
    refused = client.post("/settlement", **whole)
    assert refused.status_code == 422
    assert {"code", "problem"} <= set(refused.json()["faults"][0])
    assert "C-0" not in refused.text
    no_workbook = client.post("/settlement", **asked(evidence=b"no workbook"))
    assert no_workbook.status_code == 422
    assert "workbook" in no_workbook.text
    assert client.post("/settlement", **asked("31/01/2017")).status_code == 422

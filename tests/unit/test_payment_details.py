"""How to pay: what a contract may say of it, what it refuses, and where a statement prints it."""

from __future__ import annotations

import pytest
from tests.opened import beside, opened, rows_of
from tests.spec.drawn_tables import contract_of, settled

from impactbond.errors import ContractError
from impactbond.statements import make_statement, statement_workbook
from impactbond.statements.source import StatementSource, statement_source
from impactbond.terms.payment_details import is_british_vat_number, is_iban

DETAILS = """
parties:
  provider:
    address: [1 High Street, London, W10 6TR]
    charity_number: "1234567"
    vat_number: GB 980 7806 84
    bank: {account_name: A charity, sort_code: "200000", account_number: "01234567"}
  council: {address: [Town Hall], purchase_order: PO 4711}
  lottery: {purchase_order: L-9, bank: {account_name: Lottery, iban: GB82 WEST 1234 5698 7654 32}}
  school: {each: {Elm: {address: [Elm Road], purchase_order: E-1}}}
"""
SHARED = """
funding: [{for: every milestone, shares: {council: 40%, school: 60%}}]
"""
EVIDENCE = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
"""


def test_the_check_digits_of_an_iban_are_those_of_the_standard() -> None:
    # The examples that ISO 13616's registry prints.
    for text in ("GB82WEST12345698765432", "DE89370400440532013000", "NO9386011117947"):
        assert is_iban(text)
        assert not is_iban(text[:-1] + str((int(text[-1]) + 1) % 10))
    assert not is_iban("GB82WEST1234569876543é")


def test_the_check_digits_of_a_british_vat_number_are_hmrcs() -> None:
    # 9·8 + 8·7 + 0·6 + 7·5 + 8·4 + 0·3 + 6·2 = 207, and 207 + 84 = 291 = 3 · 97.
    assert is_british_vat_number("980780684")
    assert not is_british_vat_number("980780685")
    # 55 less: 1·8 + 2·7 + 3·6 + 4·5 + 5·4 + 6·3 + 7·2 = 112, and 112 + 27 = 139 = 97 + 42.
    assert is_british_vat_number("123456727")


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ("{provider: {bank: {account_name: A, sort_code: 20-00-00}}}", "bank_account"),
        ("{provider: {bank: {account_name: A, bic: WESTGB2L}}}", "bank_account"),
        ("{provider: {purchase_order: P1}}", "of_the_payee"),
        ("{council: {each: {Elm: {contact: Office}}}}", "not_resolved"),
        ("{borough: {contact: Office}}", "unknown_funder"),
        ("{council: {vat_number: GB980780685}}", "not_allowed"),
        ("{council: {bank: {account_name: A, iban: GB82WEST12345698765433}}}", "not_allowed"),
    ],
)
def test_what_cannot_be_paid_to_is_refused(terms: str, code: str) -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(f"parties: {terms}")
    (fault,) = refused.value.faults
    assert fault.code == code
    assert "parties" in fault.place


def test_a_contract_without_details_has_the_digest_that_it_had() -> None:
    assert "parties" not in contract_of("").model_dump()
    assert contract_of(DETAILS + SHARED).model_dump()["parties"].keys() == {
        *("provider", "council", "lottery", "school"),
    }


def source(terms: str = DETAILS) -> StatementSource:
    return statement_source(settled(terms + SHARED, EVIDENCE, "2017-05-01"))


def test_the_cover_and_the_slip_say_how_to_pay() -> None:
    book = opened(statement_workbook(make_statement(source(), "council")), values=True)
    cover = book["Cover"]
    assert beside(cover, "To be paid to") == "A charity"
    assert beside(cover, "Payment terms") == "Within 30 days of the claim date"
    assert beside(cover, "Address") == "1 High Street, London, W10 6TR"
    assert beside(cover, "Purchase order") == "PO 4711"
    account = "A charity: Sort code 20-00-00, Account number 01234567"
    assert beside(cover, "Account") == beside(cover, "Bank details") == account
    (slip,) = rows_of(book["Remittance"])
    assert [slip[name] for name in ("Purchase order", "Sort code", "Account number")] == [
        "PO 4711",
        "20-00-00",
        "01234567",
    ]
    assert slip["Amount (£)"] == 40.00


def test_a_funder_is_shown_its_own_details_and_no_others() -> None:
    book = opened(statement_workbook(make_statement(source(), "school: Elm")), values=True)
    texts = " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    assert "E-1" in texts
    assert "Elm Road" in texts
    for other in ("PO 4711", "Town Hall", "L-9", "GB82"):
        assert other not in texts
    every = rows_of(opened(statement_workbook(make_statement(source())), values=True)["Remittance"])
    assert [row["Purchase order"] for row in every] == ["PO 4711", "E-1"]


def test_details_move_no_payment_and_no_byte_of_a_contract_without_them() -> None:
    with_them, without = source(), source("")
    assert with_them.payments.equals(without.payments)
    assert with_them.lines.equals(without.lines)
    book = opened(statement_workbook(make_statement(without, "council")), values=True)
    labels = [row[0].value for row in book["Cover"].iter_rows()]
    assert "How to pay" not in labels
    assert "Account name" not in rows_of(book["Remittance"])[0]

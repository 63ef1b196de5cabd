"""Files that are no contract, and YAML that people write without meaning to."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.damaged_contracts import FIXTURES, NAME, WHOLE, damaged, faults_of, line_of

from impactbond.contract.read import parse_contract, read_contract
from impactbond.contract.reading.terms_file import MOST_BYTES
from impactbond.contract.reading.yaml_document import load
from impactbond.contract.wording.render import render
from impactbond.errors import ContractError, Fault

TITLE = "title: West London Zone"


def only_fault(error: ContractError) -> Fault:
    """The one fault of an error."""
    (fault,) = error.faults
    return fault


@pytest.mark.parametrize(
    ("content", "code", "line", "words"),
    [
        (b"", "empty", 1, "found nothing"),
        (b"# only a comment\n", "empty", 1, "found nothing"),
        (b"hello world", "empty", 1, "the file holds no contract"),
        (b"- impactbond\n- contract\n", "empty", 1, "lines that start with impactbond"),
        (b"groups: []\nchances: {}\n", "empty", 1, "Check that this is the right file"),
        (b"\xff\xfeh\x00e\x00", "not_text", 1, "no UTF-8 text"),
        (WHOLE.encode("cp1252"), "not_text", line_of(WHOLE, "§"), "the encoding UTF-8"),
        (b"PK\x03\x04\x14\x00\x08\x08\xff", "not_text", 0, "Excel or Word file"),
        (b"%YAML 3.0\n---\nimpactbond: 1", "not_yaml", 1, "cannot be read from here on"),
        (b"title: a\x07b", "not_yaml", 1, "a character that cannot be shown"),
        (b"a: b\nc: " + b"[" * 9000, "not_yaml", 2, "nest too deeply"),
    ],
)
def test_a_file_that_is_no_contract_is_told_as_such(
    content: bytes, code: str, line: int, words: str
) -> None:
    (fault,) = faults_of(content)
    assert (fault.code, fault.line) == (code, line)
    assert words in str(fault)
    assert fault.hint


@pytest.mark.parametrize(
    ("name", "words"),
    [("none.yaml", "there is no such file"), ("folder", "this is a folder, not a file")],
)
def test_a_file_that_cannot_be_opened_is_told_by_its_name_alone(
    tmp_path: Path, name: str, words: str
) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ContractError, match="The contract cannot be read") as caught:
        read_contract(tmp_path / name)
    fault = only_fault(caught.value)
    assert (fault.file, fault.code, fault.problem) == (name, "no_file", words)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("error", [PermissionError(13, "denied"), OSError(5, "input/output")])
def test_a_file_that_is_kept_from_us_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def refuse(_: Path, mode: str) -> bytes:
        raise error

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ContractError) as caught:
        read_contract("kept.yaml")
    assert "denied" not in str(caught.value)
    assert only_fault(caught.value).hint


@pytest.mark.parametrize(
    "content",
    [
        "Name: Ada Byron\nScore: 31\n",
        "Name: Ada Byron\ntitle: Ada Byron\nborn: 2009-12-10\n",
        "Ada Byron, 31\n",
        "Ada: [Byron\n",
        "*Ada Byron: 31\n",
        "Ada: 1\nAda: 2\n",
    ],
)
def test_nothing_is_repeated_of_a_file_that_may_be_about_a_child(content: str) -> None:
    with pytest.raises(ContractError) as caught:
        parse_contract(content.encode(), name="notes.yaml")
    assert "Ada" not in str(caught.value)
    assert "31" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  lbhf:    {", "\tlbhf:    {", "Replace the tab by spaces"),
        ("  lbhf:    {", "   lbhf:    {", "does not fit under the ones above"),
        ("attributes: {school: text", "attributes: {school: [text", "a bracket is not closed"),
        (TITLE, "title: 'West London Zone", "a quotation mark is not closed"),
        (TITLE, "title: West London Zone: one", "a second colon"),
        (TITLE, "title West London Zone", "the line has no colon"),
        (TITLE, "title: *West London Zone", "cannot start with *, & or !"),
        (TITLE, "title: - West London Zone", "a list cannot start on this line"),
        (TITLE, 'title: "West\\div" #', "a backslash in double quotation marks"),
        ("{lbhf: 30%, school: 20%", "{lbhf: %30, school: 20%", "with this character"),
        ("[consent, sign_up", "[consent,, sign_up", "a value is missing"),
        ("currency: GBP", "---\ncurrency: GBP", "a second document starts here"),
    ],
)
def test_what_is_not_yaml_is_told_in_words_that_need_no_yaml(
    old: str, new: str, words: str
) -> None:
    (fault,) = faults_of(damaged((old, new)))
    assert fault.code == "not_yaml"
    # Where one line spoils the next, it is the next on which reading stops.
    spoils_next = {"   lbhf": 1, "title Wes": 1}
    line = line_of(WHOLE, old) + next((n for part, n in spoils_next.items() if part in new), 0)
    assert fault.line == line, str(fault)
    assert words in str(fault)
    assert fault.hint


@pytest.mark.parametrize(
    ("changes", "code", "at"),
    [
        ([("{name: London", "&us {name: London"), ("{name: Phil", "*us # ")], "alias", "*us"),
        (
            [("{name: London", "&us {name: London"), ("{name: Phil", "\n    <<: *us # ")],
            "alias",
            "<<: *us",
        ),
        ([("sign_up, engaged_year_1", "*them, engaged_year_1")], "alias", "*them"),
        ([("provider: West", "provider: !West")], "tag", "!West"),
        ([("provider: West", "? [provider]\n: West")], "not_a_key", "? [provider]"),
        ([("currency: GBP", "currency: GBP\ncurrency: EUR")], "duplicate_key", "currency: EUR"),
        ([("price: 120.00", "price: 120.00, price: 130")], "duplicate_key", "price: 130"),
    ],
)
def test_what_yaml_can_do_and_a_contract_cannot_is_refused(
    changes: list[tuple[str, str]], code: str, at: str
) -> None:
    text = damaged(*changes)
    # A key that could not be read is missing, too.
    fault, *_ = [fault for fault in faults_of(text) if fault.code != "missing_key"]
    assert (fault.code, fault.line) == (code, line_of(text, at))
    assert fault.hint


def test_what_is_merged_into_the_whole_is_refused_too() -> None:
    text = damaged(("currency: GBP", "currency: GBP\n<<: *base"))
    assert [(fault.code, fault.clause) for fault in faults_of(text)] == [
        ("alias", "<<"),
        ("unknown_key", "<<"),
    ]


def test_an_alias_that_holds_itself_or_everything_is_not_followed() -> None:
    bomb = "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a, *a]\n" for n in range(50))
    text = damaged(("currency: GBP", f"currency: &self [*self]\n{bomb}"))
    assert {fault.code for fault in faults_of(text)} == {"alias", "unknown_key", "wrong_kind"}


def test_names_of_a_block_that_is_written_twice_are_not_called_unknown() -> None:
    more = "milestones:\n  extra: {when: one outcome, price: 1}\n\nfunding:  "
    text = damaged(("for: [consent,", "for: [extra, consent,"), ("funding:  ", more))
    (fault,) = faults_of(text)
    assert (fault.code, fault.line) == ("duplicate_key", line_of(text, more))
    assert fault.hint == f"The first is on line {line_of(text, 'milestones:  ')}; keep one"


def test_names_of_a_section_that_cannot_be_read_are_not_called_unknown() -> None:
    unreadable = ("funding:  ", "results: 5\n\nfunding:  ")
    text = damaged(("for: [consent,", "for: [growth, consent,"), unreadable)
    (fault,) = faults_of(text)
    assert (fault.code, fault.line) == ("wrong_kind", line_of(text, "results: 5"))


def test_a_name_that_nothing_has_is_told_in_a_section_that_is_written_twice_too() -> None:
    misspelt = "metrics: {consnet: Parental consent,"
    text = damaged(("metrics: {consent: Parental consent,", misspelt)) + "\nsheets: {}\n"
    told = {fault.code: fault.line for fault in faults_of(text)}
    assert told["unknown_metric"] == line_of(text, misspelt)
    assert "duplicate_key" in told


def as_json(text: str) -> str:
    """A contract as a JSON file, with tabs as some programs write them."""

    def plain(value: Any) -> Any:
        return float(value) if isinstance(value, Decimal) else str(value)

    value = load(text, NAME).value
    assert isinstance(value["version"]["signed_on"], date)
    return json.dumps(value, default=plain, indent="\t")


def test_a_json_file_is_a_contract_too_with_its_lines() -> None:
    text = as_json(WHOLE).replace("(illustrative)", "\\ud83d\\ude00 (illustrative)")
    contract = parse_contract(text.encode(), name="west.json")
    assert contract.title.endswith("\N{GRINNING FACE} (illustrative)")
    wrong = text.replace('"price": 120.0', '"price": "120.00"')
    with pytest.raises(ContractError) as caught:
        parse_contract(wrong.encode(), name="west.json")
    assert only_fault(caught.value).line == line_of(wrong, '"price": "120.00"')


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    text = damaged(("price: 120.00", "price: 120.005")).replace("\n", "\r\n")
    (fault,) = faults_of(b"\xef\xbb\xbf" + text.encode())
    assert fault.line == line_of(WHOLE, "price: 120.00")


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_contract_keeps_its_text_byte_for_byte(path: Path) -> None:
    contract = read_contract(path)
    assert contract.source == path.read_bytes()
    assert contract.digest == read_contract(str(path)).digest


@pytest.mark.parametrize("text", ["{title: Elm}", "title: Elm", "x" * 400, "a\0b", "x/" * 9000, 7])
def test_what_is_neither_a_path_nor_a_text_is_refused_and_not_repeated(text: object) -> None:
    with pytest.raises(ContractError) as caught:
        read_contract(text)  # type: ignore[arg-type]
    fault = only_fault(caught.value)
    assert fault.code in ("not_a_path", "no_file")
    assert len(str(caught.value)) < 200
    assert "Elm" not in str(caught.value)


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    padded = WHOLE + "#" * (MOST_BYTES - len(WHOLE.encode()))
    (tmp_path / "a.yaml").write_text(padded, encoding="utf-8")
    assert read_contract(tmp_path / "a.yaml").contract == "wlz-lbhf"
    (tmp_path / "a.yaml").write_text(f"{padded}#", encoding="utf-8")
    with pytest.raises(ContractError, match="larger than the 200,000 bytes") as caught:
        read_contract(tmp_path / "a.yaml")
    assert only_fault(caught.value).code == "too_large"


@pytest.mark.parametrize(
    ("new", "code", "words"),
    [
        ("1" * 90_000, "wrong_kind", "Write at most 12 digits, and 10 after the point"),
        (f"1.{'3' * 90_000}", "wrong_kind", "Write at most 12 digits, and 10 after the point"),
        (f"0x{'1' * 90_000}", "wrong_kind", "Write at most 12 digits, and 10 after the point"),
        ("0x" + "1" * 90, "wrong_kind", "Write at most 12 digits, and 10 after the point"),
        ("0x1F4", "wrong_kind", "Write digits"),
        ("4_50.00", "wrong_kind", "Write digits"),
        ("1e999999999", "not_allowed", "Write one below 1,000,000,000,000"),
        ("1e-999999999", "not_allowed", "Write at most 10 decimals"),
    ],
)
def test_a_number_of_any_length_is_refused_in_a_few_words(new: str, code: str, words: str) -> None:
    (fault,) = faults_of(damaged(("price: 120.00", f"price: {new}")))
    assert fault.code == code
    assert words in str(fault)
    assert len(str(fault)) < 400


@pytest.mark.parametrize(
    ("written", "is_read_as"),
    [
        ("1_000.50", Decimal("1000.50")),
        ("1_000_000", 1_000_000),
        ("2019_20", "2019_20"),  # a school year
        ("1_00.00", "1_00.00"),
        ("0x1F", "0x1F"),
        ("0b11", "0b11"),
        ("012", "012"),
        ("12e3", Decimal("12000")),
        ("-.5", Decimal("-0.5")),
        (".", "."),
        ("1_0e3", "1_0e3"),
    ],
)
def test_what_yaml_takes_for_a_number_and_people_do_not_stays_text(
    written: str, is_read_as: Any
) -> None:
    assert load(f"[{written}]", "a.yaml").value == [is_read_as]


@pytest.mark.parametrize(("levels", "code"), [(30, ""), (60, "not_yaml"), (5_000, "not_yaml")])
def test_terms_inside_terms_are_read_to_a_depth(levels: int, code: str) -> None:
    inside = "{not: " * levels + "{observed: consent, in: year one}" + "}" * levels
    text = damaged(("conditions:\n", f"conditions:\n  deep: {inside}\n"))
    if not code:
        return check_deep(text, levels)
    (fault,) = faults_of(text)
    assert (fault.code, fault.line) == (code, line_of(text, "  deep:"))
    assert "nest too deeply" in fault.problem


def check_deep(text: str, levels: int) -> None:
    contract = parse_contract(text.encode(), name="deep.yaml")
    assert render(contract).count("not") >= levels


def test_of_very_many_faults_the_first_are_told() -> None:
    unknown = "".join(f"u{number}: 1\n" for number in range(9_000))
    for more in (unknown, "plans:\n" + "".join(f"  p{at}:\n" for at in range(9_000))):
        with pytest.raises(ContractError, match="200 faults or more; the first:") as caught:
            parse_contract(f"{WHOLE}\n{more}".encode(), name="many.yaml")
        assert len(caught.value.faults) == 200
        assert len(str(caught.value)) < 200_000


def test_what_a_library_says_of_a_broken_text_is_told_in_our_words() -> None:
    (fault,) = faults_of(f'{WHOLE}\nx: "\\UFFFFFFFF"\n')
    assert (fault.code, fault.problem) == ("not_yaml", "the file cannot be read")

"""A statement as a page: in pounds, in words, and safe to show."""

from __future__ import annotations

from html.parser import HTMLParser

from tests.statement_sources import small_source, with_cells

from impactbond.statements import make_statement, statement_html


class Page(HTMLParser):
    """The texts of a page, and whether its tags are balanced."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts += [data.strip()] if data.strip() else []


def test_the_page_tells_in_pounds_what_is_due_and_when() -> None:
    page = Page(statement_html(make_statement(small_source(), "lbhf")))
    assert page.open == []
    assert "Statement for London Borough of Hammersmith & Fulham, claim 2017-Q4" in page.texts
    assert "Total due: £22.50" in page.texts
    assert "(£22.50 on 2018-03-02)" in page.texts
    for amount in ("£6,238.50", "£180.00", "-£135.00", "-£22.50", "£6,261.00"):
        assert amount in page.texts
    assert any(text.endswith("checks hold.") for text in page.texts)


def test_the_page_for_all_has_a_row_for_every_funder_and_a_total() -> None:
    page = Page(statement_html(make_statement(small_source())))
    for name in ("Brook Green Primary", "Philanthropic trust", "All funders"):
        assert name in page.texts
    assert "£83.34" in page.texts


def test_the_page_holds_no_participant_and_no_markup_from_names() -> None:
    source = with_cells(small_source(), "funders", "name", {0: "<script>alert(1)</script>"})
    html = statement_html(make_statement(source))
    assert "<script>" not in html
    assert "C-01" not in html


def test_the_page_says_which_check_fails() -> None:
    source = small_source()
    wrong = with_cells(source, "balances", "due_pence", {source.balances.num_rows - 1: 0})
    assert "A check fails: What is due is what was settled" in statement_html(make_statement(wrong))

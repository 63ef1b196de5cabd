"""The tutorial, gone through in an empty folder, answers as its pages show."""

from __future__ import annotations

from tests.tutorial import alike, gone_through, pages


def test_the_tutorial_answers_as_it_shows() -> None:
    for page, answered in gone_through():
        assert page.read_text("utf-8") == answered, "run python -m tests.tutorial and look"


def test_each_page_leads_to_the_next() -> None:
    names = [page.name for page in pages()]
    assert [name[0] for name in names] == list("123456789")
    for page, after in zip(pages(), names[1:], strict=False):
        assert page.read_text("utf-8").rstrip().endswith(f"]({after}).")


def test_an_answer_is_what_is_shown_but_for_what_is_left_out() -> None:
    shown = "Due\n…\nThe fund £…\n"
    assert alike(shown, "Due\nThe council £1.00\nThe fund £2.00\n")
    assert not alike(shown, "Due\nThe council £1.00\nThe trust £2.00\n")
    assert not alike("Due", "Due\nmore")

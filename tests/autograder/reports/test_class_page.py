import json
import re

import pytest

from autograder.config import Config
from autograder.marks.tally import mark_sheet, summarise
from autograder.records import Outcome, Override, SubmissionResult, TestResult
from autograder.reports import class_page

CONFIG = Config.model_validate(
    {
        "course": "Inverting",
        "out_of": 2,
        "parts": [
            {
                "id": "A",
                "title": "A part",
                "module": "shapes",
                "items": [
                    {"id": "A1", "title": "First", "marks": 1, "public": {"test_first": 1}},
                    {"id": "A2", "title": "Second", "marks": 1, "hidden": {"test_second": 1}},
                ],
            }
        ],
    }
)


def sheet(student, first="", second="", flags=(), digest="", outcome=Outcome.FAILED, overrides=None):
    results = tuple(
        TestResult(test, outcome if message else Outcome.PASSED, message)
        for test, message in (("test_first", first), ("test_second", second))
    )
    return mark_sheet(SubmissionResult(student, digest or student, results, flags), "full", CONFIG, overrides or {})


@pytest.fixture
def page(monkeypatch):
    """The text of the class's page without the plot library's script."""
    monkeypatch.setattr(class_page, "get_plotlyjs", lambda: "")

    def made(*sheets, asked=None):
        return class_page.report_html(sheets, summarise(sheets, CONFIG), CONFIG, asked or {}, {})

    return made


def test_items_that_cost_most_students_marks_come_first(page):
    text = page(sheet("amal", second="wrong"), sheet("bo", "wrong", "wrong"), sheet("cy"))
    assert text.index('Second <span class="lost">2 of 3') < text.index('First <span class="lost">1 of 3')


def test_messages_that_differ_in_numbers_alone_are_one_reason(page):
    text = page(
        sheet("amal", "f(3): expected 1.5, got -2"),
        sheet("bo", "f(10): expected 1e-3, got 7"),
        sheet("cy", "g(3): expected 1, got 2"),
        asked={"test_first": "It fits."},
    )
    assert re.findall("<strong>([0-9]+) \N{MULTIPLICATION SIGN}</strong>", text) == ["2", "1"]
    assert "f(3): expected 1.5, got -2" in text
    assert "f(10)" not in text
    assert text.count("with other numbers among them") == 1
    assert "It fits." in text


def test_an_item_that_ran_on_a_device_says_which(page):
    results = (TestResult("test_first", Outcome.PASSED), TestResult("test_second", Outcome.FAILED, device="simulated"))
    text = page(mark_sheet(SubmissionResult("amal", "amal", results), "full", CONFIG, {}), sheet("bo"))
    assert text.count("Second (simulated)") == 2  # among all items, and among those that were lost
    assert "First (" not in text


def test_what_many_tests_of_an_item_say_alike_is_told_once(monkeypatch):
    names = [f"test_{number}" for number in range(5)]
    item = {"id": "A1", "title": "Only", "marks": 5, "hidden": dict.fromkeys(names, 1)}
    part = {"id": "A", "title": "A part", "module": "shapes", "items": [item]}
    config = Config.model_validate({"course": "Inverting", "out_of": 5, "parts": [part]})
    results = tuple(TestResult(name, Outcome.FAILED, "there is no shapes.py") for name in names)
    sheets = [mark_sheet(SubmissionResult("amal", "d", results), "full", config)]
    monkeypatch.setattr(class_page, "get_plotlyjs", lambda: "")
    text = class_page.report_html(sheets, summarise(sheets, config), config, {}, {})
    assert text.count("there is no shapes.py") == 1
    assert "and 2 other tests" in text


def test_those_who_handed_in_nothing_lose_no_item(page):
    text = page(sheet("amal", "nothing", "nothing", flags=("handed in nothing",)))
    assert "Nobody lost a mark." in text
    assert "Nothing here asks for a person." in text


@pytest.mark.parametrize("outcome", [Outcome.GRADER_ERROR, Outcome.FORBIDDEN])
def test_outcomes_that_need_a_person_stand_on_top(page, outcome):
    text = page(sheet("amal", "why it did", outcome=outcome), sheet("bo"))
    assert f"<bdi>{outcome} in test_first</bdi>" in text
    assert "why it did" in text[: text.index('id="marks"')]


def test_strangers_flags_and_shared_files_are_listed_and_routine_is_not(page):
    text = page(
        sheet("amal", flags=("not in the roster",), digest="same"),
        sheet("bo", flags=("device:simulated", "earlier versions: a.zip"), digest="same"),
        sheet("cy", flags=("group 7",), digest="same"),
        sheet("di", "no", overrides={"A1": Override("di", "A1", 1, "fine", "ta")}),
    )
    concerns = text[text.index('class="card concerns"') : text.index('id="marks"')]
    assert re.findall(r"<strong><bdi>(.*?)</bdi>", concerns) == [
        "the same files",
        "earlier versions",
        "not in the roster",
    ]
    assert "cy" not in concerns


def test_a_mark_of_everything_falls_into_the_last_bar(page):
    text = page(sheet("amal"), sheet("bo", "no", "no"), sheet("cy", flags=("handed in nothing",)))
    figures = json.loads(re.search(r'id="figures">(.*?)</script>', text).group(1))
    [bars] = figures["distribution"]["data"]
    assert (bars["y"][0], bars["y"][-1], sum(bars["y"])) == (1, 1, 2)


def test_long_lists_of_students_are_cut(page):
    text = page(*(sheet(f"student {number:02}", "wrong") for number in range(20)))
    lost = text[text.index('id="lost"') : text.index('id="all"')]
    assert "and 8 more" in lost
    assert "student 12" not in lost


def test_links_lead_to_files_whatever_the_name(page):
    text = page(sheet("../a b%/ü"))
    assert 'href="feedback/%252E.%252Fa%20b%2525%252F%25C3%25BC.html"' in text

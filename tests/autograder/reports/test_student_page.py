import pytest

from autograder.config import Config
from autograder.intake.roster import RosterEntry
from autograder.marks.tally import mark_sheet
from autograder.pictures import Curve
from autograder.records import Outcome, Override, SubmissionResult, TestResult
from autograder.reports.student_page import feedback_html, pictures_html

CONFIG = Config.model_validate(
    {
        "course": "Inverting",
        "out_of": 4,
        "late": {"deadline": "2026-11-01T00:00:00Z", "percent_per_day": 10},
        "parts": [
            {
                "id": "A",
                "title": "A part",
                "module": "shapes",
                "items": [
                    {"id": "A1", "title": "Seen", "marks": 1, "hint": "Look.", "public": {"test_seen": 1}},
                    {
                        "id": "A2",
                        "title": "Unseen",
                        "marks": 3,
                        "hint": "Count.",
                        "hidden": {"test_one": 1, "test_two": 2},
                    },
                ],
            }
        ],
    }
)
ASKED = {"test_seen": "What is seen.", "test_one": "The first.", "test_two": "The second."}
CURVE = Curve("The loss", "epoch", "mean loss", (2.0, 1.0))


def page(*results, hidden="example", overrides=None, submitted_at="", pictures=None, person=None, flags=()):
    result = SubmissionResult("amal", "d", results, flags, submitted_at=submitted_at)
    sheet = mark_sheet(result, "full", CONFIG, overrides or {})
    return feedback_html(sheet, CONFIG, ASKED, hidden, pictures or {}, person)


def failed(test, message="f(1): expected 3, got 4", outcome=Outcome.FAILED, share=0.0):
    return TestResult(test, outcome, message, share=share)


def test_a_lost_mark_says_what_was_asked_and_what_came_back():
    text = page(failed("test_seen"), TestResult("test_one", Outcome.PASSED), TestResult("test_two", Outcome.PASSED))
    for words in (
        "What is seen.",
        "f(1): expected 3, got 4",
        "\N{MINUS SIGN}1</span> mark\n",
        "Hint:</span> Look.",
        "0 of 1",
    ):
        assert words in text.replace("mark</p>", "mark\n")
    assert "The first." not in text


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.FAILED])
def test_an_item_that_ran_on_a_device_says_which(outcome):
    text = page(
        TestResult("test_seen", outcome, device="simulated"), failed("test_one"), TestResult("test_two", Outcome.PASSED)
    )
    assert "A1 Seen (simulated)" in text
    assert "A2 Unseen (" not in text


def test_tests_that_failed_alike_are_told_once_with_what_they_cost_together():
    text = page(TestResult("test_seen", Outcome.PASSED), failed("test_one"), failed("test_two"))
    assert text.count("f(1): expected 3, got 4") == 1
    assert "\N{MINUS SIGN}3</span> marks" in text
    assert "<li>The first.</li>" in text
    assert "<li>The second.</li>" in text


def test_with_hints_only_hidden_tests_show_neither_what_was_asked_nor_the_example_nor_pictures():
    results = [
        failed("test_seen"),
        failed("test_one", "the secret"),
        TestResult("test_two", Outcome.PASSED, "0.9 of it"),
    ]
    shown = {"test_seen": [CURVE], "test_two": [Curve("Secret picture", "epoch", "loss", (1.0,))]}
    text = page(*results, hidden="hint", pictures=shown)
    for secret in ("the secret", "The first.", "Secret picture"):
        assert secret not in text
    for said in ("Unseen: Count.", "What is seen.", "The loss"):
        assert said in text
    assert all(words in page(*results, pictures=shown) for words in ("the secret", "The first.", "Secret picture"))


def test_a_decision_stands_with_its_reason():
    text = page(failed("test_one"), overrides={"A2": Override("amal", "A2", 2.5, "the <handout> was unclear", "ta")})
    assert "A person decided: 2.5 of 3, because <bdi>the &lt;handout&gt; was unclear</bdi>" in text


def test_a_decision_is_told_where_nothing_was_lost():
    passed = [TestResult(test, Outcome.PASSED) for test in ASKED]
    assert "copied" in page(*passed, overrides={"A1": Override("amal", "A1", 0, "copied", "ta")})


def test_lateness_is_said_with_its_price():
    assert "Late by 2 days: 20 % of the marks earned" in page(submitted_at="2026-11-02T01:00:00Z")


@pytest.mark.parametrize("outcome", [each for each in Outcome if each not in (Outcome.PASSED, Outcome.FAILED)])
def test_other_outcomes_are_named(outcome):
    assert f'<span class="tag">{outcome}</span>' in page(failed("test_seen", outcome=outcome))


def test_part_marks_are_what_is_left():
    assert "\N{MINUS SIGN}0.4</span>" in page(failed("test_seen", share=0.6))


@pytest.mark.parametrize(
    ("flag", "said"), [("handed in nothing", "Nothing was handed in"), ("unreadable", "cannot be read")]
)
def test_what_cannot_be_marked_is_said_on_top(flag, said):
    assert said in page(flags=(flag,))


def test_the_roster_gives_the_name():
    text = page(person=RosterEntry("amal", name="Amal & Co"))
    assert "<h1><bdi>Amal &amp; Co</bdi></h1>" in text
    assert "<bdi>amal</bdi>" in text


def test_a_check_shows_the_pictures_of_public_tests_by_item():
    text = pictures_html(CONFIG, {"test_seen": TestResult("test_seen", Outcome.PASSED, pictures=(CURVE,))})
    assert "A1 Seen" in text
    assert "The loss" in text
    assert "Unseen" not in text

import math
import statistics
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.config import Config
from autograder.marks.tally import mark_sheet, summarise
from autograder.records import Outcome, Override, SubmissionResult, TestResult

STUDENTS_FAULT = [each for each in Outcome if each not in (Outcome.PASSED, Outcome.GRADER_ERROR, Outcome.NOT_RUN)]
QUICK = settings(deadline=None)


def config_of(items, out_of=30.0, **more):
    """A course whose items are lists of marks, one per test, in two parts."""
    rows = [
        {
            "id": f"I{index}",
            "title": "An item",
            "marks": sum(marks),
            "public": {f"test_{index}_0": marks[0]},
            "hidden": {f"test_{index}_{number}": mark for number, mark in enumerate(marks[1:], start=1)},
        }
        for index, marks in enumerate(items)
    ]
    parts = [
        {"id": f"P{number}", "title": "A part", "module": f"module{number}", "items": some}
        for number, some in enumerate((rows[:1], rows[1:]))
        if some
    ]
    return Config.model_validate({"course": "c", "out_of": out_of, "parts": parts, **more})


marks = st.integers(0, 12).map(lambda quarters: quarters / 4)
configs = st.builds(
    config_of,
    st.lists(st.lists(marks, min_size=1, max_size=4).filter(any), min_size=1, max_size=5),
    st.integers(1, 60).map(float),
)


@st.composite
def classes(draw, outcomes=tuple(Outcome), most_students=1):
    config = draw(configs)
    results = [
        SubmissionResult(
            f"s{number}",
            "d",
            tuple(TestResult(test.name, draw(st.sampled_from(outcomes))) for test in config.plan()),
            flags=(),
        )
        for number in range(draw(st.integers(1, most_students)))
    ]
    return config, results


@QUICK
@given(classes())
def test_totals_are_sums_capped_at_what_is_graded_out_of(case):
    config, [result] = case
    sheet = mark_sheet(result, "full", config)
    for item in config.items:
        earned = sum(test.earned for test in sheet.tests if test.item.id == item.id)
        assert math.isclose(sheet.items[item.id], earned)
        assert 0 <= sheet.items[item.id] <= item.marks
    for part in config.parts:
        assert math.isclose(sheet.parts[part.id], sum(sheet.items[item.id] for item in part.items))
    assert math.isclose(sheet.total, min(sum(sheet.parts.values()), sheet.out_of))
    no_device = sum(test.out_of for test in sheet.tests if test.result.outcome is Outcome.NOT_RUN)
    assert math.isclose(sheet.out_of, max(config.out_of - no_device, 0))
    assert 0 <= sheet.percent <= 100
    assert 0 <= sheet.lms_mark <= config.out_of


@QUICK
@given(classes())
def test_a_test_that_passed_earns_all_its_marks_and_another_its_share(case):
    config, [result] = case
    for test in mark_sheet(result, "full", config).tests:
        share = 1 if test.result.outcome is Outcome.PASSED else test.result.share
        assert math.isclose(test.earned, test.out_of * share, abs_tol=1e-4)


@QUICK
@given(classes(), st.data())
def test_an_error_of_ours_costs_what_a_pass_would_and_is_flagged(case, data):
    config, [result] = case
    index = data.draw(st.integers(0, len(result.results) - 1))

    def with_outcome(outcome, share=0.0):
        changed = list(result.results)
        changed[index] = replace(changed[index], outcome=outcome, share=share)
        return mark_sheet(replace(result, results=tuple(changed)), "full", config)

    ours, passed = with_outcome(Outcome.GRADER_ERROR, share=1.0), with_outcome(Outcome.PASSED)
    assert (ours.items, ours.parts, ours.total) == (passed.items, passed.parts, passed.total)
    assert ours.status == "grader_error"
    assert "grader_error" in ours.flags
    failed = with_outcome(data.draw(st.sampled_from(STUDENTS_FAULT)))
    assert failed.total <= ours.total


@QUICK
@given(classes(outcomes=(Outcome.PASSED, *STUDENTS_FAULT)))
def test_a_students_own_faults_never_ask_for_a_person(case):
    config, [result] = case
    sheet = mark_sheet(result, "full", config)
    assert sheet.status == "graded"
    assert sheet.flags == ()


@QUICK
@given(classes())
def test_marks_do_not_depend_on_the_order_of_the_results_or_on_strange_ones(case):
    config, [result] = case
    stray = TestResult("test_that_was_deleted", Outcome.PASSED)
    shuffled = replace(result, results=(stray, *reversed(result.results)))
    assert mark_sheet(shuffled, "full", config) == mark_sheet(result, "full", config)


def test_a_test_without_a_result_earns_nothing():
    config = config_of([[1, 2]])
    sheet = mark_sheet(SubmissionResult("s", "d", (TestResult("test_0_1", Outcome.PASSED),)), "full", config)
    assert sheet.items == {"I0": 2}
    assert sheet.tests[0].result.outcome is Outcome.NOT_RUN


@pytest.mark.parametrize(
    ("passed", "total", "percent", "lms_mark"),
    [(10, 27, 100, 30), (9, 27, 100, 30), (8, 24, 88.89, 26.67), (4, 12, 44.44, 13.33), (0, 0, 0, 0)],
)
def test_a_27_of_30_assignment_counts_out_of_30(passed, total, percent, lms_mark):
    config = config_of([[3.0] * 10], out_of=27, lms_out_of=30)
    outcomes = [Outcome.PASSED] * passed + [Outcome.FAILED] * (10 - passed)
    results = tuple(TestResult(test.name, outcome) for test, outcome in zip(config.plan(), outcomes, strict=True))
    sheet = mark_sheet(SubmissionResult("s", "d", results), "full", config)
    assert (sheet.total, sheet.out_of, sheet.percent, sheet.lms_mark) == (total, 27, percent, lms_mark)


@QUICK
@given(st.floats(0, 1), marks)
def test_a_quality_earns_its_share(share, out_of):
    config = config_of([[out_of + 1]])
    results = (TestResult("test_0_0", Outcome.FAILED, "a score", share=share),)
    sheet = mark_sheet(SubmissionResult("s", "d", results), "full", config)
    assert math.isclose(sheet.items["I0"], (out_of + 1) * share, abs_tol=1e-4)


def bonus_course(**more):
    config = config_of([[10.0], [4.0]], out_of=10, **more).model_dump()
    config["parts"][1]["bonus"] = True
    return Config.model_validate(config)


@pytest.mark.parametrize(
    ("regular", "bonus", "lifts", "total"),
    [(True, True, False, 10), (True, True, True, 14), (False, True, False, 4), (True, False, True, 10)],
)
def test_a_bonus_lifts_a_total_above_only_if_the_config_says_so(regular, bonus, lifts, total):
    passed = {True: Outcome.PASSED, False: Outcome.FAILED}
    results = (TestResult("test_0_0", passed[regular]), TestResult("test_1_0", passed[bonus]))
    sheet = mark_sheet(SubmissionResult("s", "d", results), "full", bonus_course(bonus_lifts_above=lifts))
    assert (sheet.total, sheet.out_of) == (total, 10)


def test_a_missing_device_costs_nobody_marks():
    config = config_of([[1.0, 2.0]], out_of=3)
    results = (TestResult("test_0_0", Outcome.NOT_RUN), TestResult("test_0_1", Outcome.PASSED))
    sheet = mark_sheet(SubmissionResult("s", "d", results), "full", config)
    assert (sheet.total, sheet.out_of, sheet.percent) == (2, 2, 100)


def test_where_a_device_was_simulated_the_row_says_so():
    config = config_of([[1.0, 2.0]])
    results = (TestResult("test_0_0", Outcome.PASSED, device="simulated"), TestResult("test_0_1", Outcome.PASSED))
    assert mark_sheet(SubmissionResult("s", "d", results), "full", config).flags == ("device:simulated",)


def test_without_another_scale_the_systems_mark_is_the_total():
    config = config_of([[1, 2]], out_of=3)
    sheet = mark_sheet(SubmissionResult("s", "d", (TestResult("test_0_1", Outcome.PASSED),)), "full", config)
    assert sheet.lms_mark == sheet.total == 2


def test_thirds_add_up_to_the_whole():
    config = config_of([[1 / 3, 1 / 3, 1 / 3]], out_of=1)
    results = tuple(TestResult(test.name, Outcome.PASSED) for test in config.plan())
    assert mark_sheet(SubmissionResult("s", "d", results), "full", config).total == 1


@pytest.mark.parametrize(
    ("sandbox", "flags", "status", "expected"),
    [
        ("full", (), "graded", ()),
        ("none", (), "graded", ("sandbox:none",)),
        ("reduced", ("late",), "graded", ("late", "sandbox:reduced")),
        ("full", ("unreadable",), "unreadable", ("unreadable",)),
    ],
)
def test_the_sheet_says_how_it_was_graded(sandbox, flags, status, expected):
    sheet = mark_sheet(SubmissionResult("s", "d", (), flags), sandbox, config_of([[1]]))
    assert (sheet.status, sheet.flags, sheet.sandbox) == (status, expected, sandbox)


@QUICK
@given(classes(most_students=6))
def test_the_summary_is_the_classes_statistics_of_each_column(case):
    config, results = case
    sheets = [mark_sheet(result, "full", config) for result in results]
    rows = summarise(sheets, config)
    assert [row.component for row in rows] == [*sheets[0].items, *sheets[0].parts, "total"]
    for row in rows:
        column = [({**each.items, **each.parts, "total": each.total})[row.component] for each in sheets]
        assert row.n == len(results)
        assert row.median == pytest.approx(statistics.median(column), abs=0.00501)
        assert row.average == pytest.approx(statistics.fmean(column), abs=0.00501)
        assert (row.min, row.max) == (min(column), max(column))
        assert row.min <= row.max <= row.out_of


@pytest.mark.parametrize(("passed", "median"), [([0, 1, 4], 1), ([0, 1, 2, 4], 1.5), ([4], 4)])
def test_the_median_is_the_middle_or_half_way_between_the_middles(passed, median):
    config = config_of([[1, 1, 1, 1]], out_of=4)
    sheets = [
        mark_sheet(
            SubmissionResult(
                str(index), "d", tuple(TestResult(f"test_0_{test}", Outcome.PASSED) for test in range(number))
            ),
            "full",
            config,
        )
        for index, number in enumerate(passed)
    ]
    assert summarise(sheets, config)[-1].median == median


def test_a_class_of_nobody_has_a_summary():
    assert [row.n for row in summarise([], config_of([[1]]))] == [0, 0, 0]


@QUICK
@given(classes(), st.data())
def test_a_decision_stands_in_the_sums_and_shows_its_reason(case, data):
    config, [result] = case
    item = data.draw(st.sampled_from(config.items))
    decision = Override("s0", item.id, data.draw(st.floats(0, item.marks)), "as discussed", "ta")
    sheet = mark_sheet(result, "full", config, {item.id: decision})
    plain = mark_sheet(result, "full", config)
    assert sheet.items == plain.items | {item.id: decision.marks}
    for part in config.parts:
        assert math.isclose(sheet.parts[part.id], sum(sheet.items[each.id] for each in part.items), abs_tol=1e-3)
    assert any("by ta: as discussed" in flag for flag in sheet.flags)
    ours = {test.item.id for test in plain.tests if test.result.outcome is Outcome.GRADER_ERROR}
    assert (sheet.status == "grader_error") == bool(ours - {item.id})

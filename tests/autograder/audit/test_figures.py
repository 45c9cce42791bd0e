from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.audit.figures import figures, judge
from autograder.audit.runs import Run
from autograder.audit.samples import Kind, Sample
from autograder.config_file import load
from autograder.records import Outcome, TestResult

W1, W2 = ("test_reverse_of_one_word", "test_reverse_of_any_word"), ("test_count_of_any_word",)


@pytest.fixture(scope="module")
def config(repository):
    return load(repository / "tests/autograder/second_course/grading_config.yaml")


def run_of(kind, failing=(), loses=(), missing=(), least=0.0, outcome=Outcome.FAILED, share=0.0):
    sample = Sample(kind, "x", {}, ("W1", "W2"), None if kind is Kind.MUTANT else frozenset(loses), least)
    results = {
        name: TestResult(name, outcome, "no", share=share) if name in failing else TestResult(name, Outcome.PASSED)
        for name in W1 + W2
        if name not in missing
    }
    return Run(sample, 0, results)


def shares(runs, config, **options):
    return [(each.count, each.of) for each in figures([judge(run, config, **options) for run in runs], config)]


def test_a_wheat_that_loses_a_mark_is_a_false_failure(config):
    runs = [run_of(Kind.WHEAT), run_of(Kind.WHEAT, failing=W2)]
    every = figures([judge(run, config) for run in runs], config)
    assert (every[0].count, every[0].of, every[0].holds) == (1, 2, False)
    [case] = every[0].cases
    assert (case.item, case.said) == ("W2", "test_count_of_any_word: FAILED: no")


def test_a_chaff_that_keeps_its_item_is_a_false_pass_and_one_that_loses_another_costs_precision(config):
    runs = [run_of(Kind.CHAFF, loses=["W1"]), run_of(Kind.CHAFF, failing=W1 + W2, loses=["W1"])]
    [_, passes, _, precision] = figures([judge(run, config) for run in runs], config)
    assert (passes.count, passes.of, passes.holds) == (1, 2, False)
    assert (precision.count, precision.of, precision.holds) == (1, 2, False)


def test_a_chaff_that_loses_too_little_is_a_false_pass(config):
    run = run_of(Kind.CHAFF, failing=W1[:1], loses=["W1"], least=1.5)
    [_, passes, *_] = figures([judge(run, config)], config)
    assert (passes.count, passes.of) == (1, 1)
    assert "should lose 1.5" in passes.cases[0].said
    # Of the public tests alone nobody says how much they must cost.
    assert shares([run], config, public_only=True)[1] == (0, 1)
    assert not judge(run, config).right


def test_a_mutant_that_keeps_everything_survives(config):
    runs = [run_of(Kind.MUTANT), run_of(Kind.MUTANT, failing=W1[1:])]
    assert shares(runs, config)[2] == (1, 2)
    # Students, who have W1's first test alone, tell neither from the solution.
    assert shares(runs, config, public_only=True)[2] == (2, 2)


def test_what_was_not_run_decides_nothing(config):
    chaff = run_of(Kind.CHAFF, loses=["W1"], missing=W1[1:], least=1)
    mutant = run_of(Kind.MUTANT, missing=W1[1:])
    assert shares([chaff, mutant], config) == [(0, 0), (0, 0), (0, 0), (0, 0)]
    assert judge(chaff, config).right
    assert judge(mutant, config).right
    lost_already = run_of(Kind.CHAFF, failing=W1[:1], loses=["W1"], missing=W1[1:])
    assert shares([lost_already], config)[1] == (0, 1)


def test_our_own_errors_are_no_verdict(config):
    judged = judge(run_of(Kind.WHEAT, failing=W1[:1], outcome=Outcome.GRADER_ERROR, share=1.0), config)
    assert judged.errors == ("W1",)
    assert not judged.lost


def test_a_quality_may_lose_what_right_solutions_lose(config):
    items = [item.model_copy(update={"right_keeps": 0.8}) for item in config.items]
    parts = [config.parts[0].model_copy(update={"items": items})]
    config = config.model_copy(update={"parts": parts})
    assert not judge(run_of(Kind.WHEAT, failing=W2, share=0.85), config).lost
    assert judge(run_of(Kind.WHEAT, failing=W2, share=0.75), config).lost == {"W2"}
    # What must be lost may be lost in part, and a mutant is told from the solution by any mark.
    assert judge(run_of(Kind.CHAFF, failing=W2, loses=["W2"], share=0.85), config).lost == {"W2"}
    assert judge(run_of(Kind.MUTANT, failing=W2, share=0.85), config).lost == {"W2"}


FAILING = st.sets(st.sampled_from(W1 + W2))
MISTAKEN = st.builds(
    run_of, st.sampled_from([Kind.CHAFF, Kind.UNFILLED]), FAILING, st.sets(st.sampled_from(["W1", "W2"]))
)
RUNS = st.builds(run_of, st.sampled_from([Kind.WHEAT, Kind.EQUIVALENT, Kind.MUTANT]), FAILING) | MISTAKEN


@given(runs=st.lists(RUNS, max_size=8))
def test_figures_are_shares_and_wrong_runs_have_cases(config, runs):
    judged = [judge(run, config) for run in runs]
    every = figures(judged, config)
    for figure in every:
        assert 0 <= figure.share <= 1
        assert 0 <= figure.count <= figure.of
    named = {id(case.judged) for figure in every for case in figure.cases}
    assert {id(each) for each in judged if not each.right} == named

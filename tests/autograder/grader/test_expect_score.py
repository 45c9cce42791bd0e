import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.grader import Failed, expect_score
from autograder.grader.messages import take_remark


def share_of(score, none, full):
    failed = None
    try:
        expect_score(score, none=none, full=full, of="the error")
    except Failed as error:
        failed = error
    said = str(failed) if failed else take_remark()
    assert said.startswith("the error is ")
    return failed.share if failed else 1.0


bounds = st.tuples(st.floats(-10, 10), st.floats(-10, 10)).filter(lambda pair: abs(pair[0] - pair[1]) > 0.1)


@given(bounds, st.floats(0, 1))
def test_the_share_is_linear_between_the_bounds(pair, share):
    none, full = pair
    assert share_of(none + share * (full - none), none, full) == pytest.approx(share, abs=0.0051)


@given(bounds, st.floats(0.01, 5))
def test_beyond_the_bounds_there_is_nothing_or_everything(pair, beyond):
    none, full = pair
    assert share_of(none - beyond * (full - none), none, full) == 0
    assert share_of(full + beyond * (full - none), none, full) == 1


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_no_number_earns_nothing(score):
    assert share_of(score, none=1.0, full=0.0) == 0

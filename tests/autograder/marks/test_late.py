from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from autograder.config import LatePolicy
from autograder.marks.late import ON_TIME, Lateness, lateness

DEADLINE = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
hours = st.floats(-1000, 1000, allow_nan=False)
policies = st.builds(
    LatePolicy,
    deadline=st.just(DEADLINE),
    grace_minutes=st.floats(0, 600),
    percent_per_day=st.floats(0, 100),
    most_percent=st.floats(0, 100),
    refuse_after_days=st.none() | st.floats(0, 30),
)


def after(hours):
    return (DEADLINE + timedelta(hours=hours)).isoformat()


@given(hours, hours, policies)
def test_later_never_costs_less_and_never_more_than_everything(one, other, policy):
    earlier, later = (lateness(after(each), policy) for each in sorted((one, other)))
    assert 0 <= earlier.percent <= later.percent <= 100
    assert earlier.days <= later.days


@given(st.floats(-1000, 0), policies)
def test_in_time_costs_nothing(early, policy):
    assert lateness(after(early), policy) == ON_TIME


@given(hours)
def test_without_a_deadline_or_a_time_nothing_is_late(some):
    assert lateness(after(some), LatePolicy(percent_per_day=10)) == ON_TIME
    assert lateness("", LatePolicy(deadline=DEADLINE, percent_per_day=10)) == ON_TIME


def test_each_day_that_has_begun_counts_up_to_the_most_and_then_all():
    policy = LatePolicy(deadline=DEADLINE, grace_minutes=10, percent_per_day=10, most_percent=25, refuse_after_days=5)
    expected = {0.1: ON_TIME, 1: Lateness(1, 10), 25: Lateness(2, 20), 49: Lateness(3, 25), 121: Lateness(6, 100)}
    assert {each: lateness(after(each), policy) for each in expected} == expected
    # The same moment in another time zone.
    assert lateness("2026-11-21T01:59:00+01:00", policy) == Lateness(1, 10)

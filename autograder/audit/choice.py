"""Which samples an audit runs."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.audit.mutants import mutants
from autograder.audit.samples import Kind, Sample, kept_samples
from autograder.config_file import nearest
from autograder.course import Course
from autograder.errors import UsageError


def all_samples(course: Course, only: Sequence[str] = ()) -> list[Sample]:
    """Wheats, chaffs, half-filled stubs and mutants, in this order.

    Args:
        only: kinds, or names of samples, that are wanted; empty for all.

    Raises:
        ConfigError: a verdicts file is missing, or does not fit the samples.
        SubmissionError: a sample cannot be read.
        UsageError: `only` names what is not there.
    """
    made = kept_samples(course)
    names = {sample.name for sample in made}
    if not only or not set(only) <= names | {Kind.WHEAT, Kind.CHAFF, Kind.UNFILLED}:
        made += mutants(course)
    known = {str(kind) for kind in Kind} | {sample.name for sample in made}
    for name in only:
        if name not in known:
            raise UsageError(f"--only {name}: no such sample{nearest(name, sorted(known))}")
    return [sample for sample in made if not only or sample.kind in only or sample.name in only]

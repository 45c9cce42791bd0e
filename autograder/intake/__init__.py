"""From whatever arrived to `records.Submission`: find, unpack, identify. Reads files, runs nothing.

    a folder ─▶ entries ─▶ one tree of files per student (`tree`) ─▶ the modules in it (`identify`)

What can go wrong with one submission (a corrupt zip, a path that escapes) becomes that submission's `problem`;
what makes the whole input unusable (no such folder, two students with one id) raises `SubmissionError`.
"""

from autograder.intake.find import find_submissions, read_submission

__all__ = ["find_submissions", "read_submission"]

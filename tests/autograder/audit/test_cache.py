"""The audit's cache: what is kept, and a damaged file."""

from __future__ import annotations

import pytest

from autograder.audit.cache import FILE_NAME, open_cache
from autograder.errors import UsageError
from autograder.records import Outcome, TestResult


def test_what_was_put_is_there_again_but_for_errors_of_ours(tmp_path):
    passed = TestResult("test_one", Outcome.PASSED, "", share=1.0)
    with open_cache(tmp_path) as cache:
        cache.put({"a": passed, "b": TestResult("test_two", Outcome.GRADER_ERROR, "ours")})
    with open_cache(tmp_path) as cache:
        assert cache.get(["a", "b", "c"]) == {"a": passed}


def test_a_file_that_is_no_cache_is_a_sentence(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"not a database, but something else of some length" * 100)
    with pytest.raises(UsageError, match=r"audit\.sqlite.*remove"), open_cache(tmp_path):
        pass


def test_a_damaged_cache_is_a_sentence(tmp_path):
    with open_cache(tmp_path) as cache:
        cache.put({str(number): TestResult(f"test_{number}", Outcome.PASSED, "x" * 2000) for number in range(50)})
    path = tmp_path / FILE_NAME
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(UsageError, match=r"audit\.sqlite.*remove"), open_cache(tmp_path) as cache:
        cache.get(map(str, range(50)))

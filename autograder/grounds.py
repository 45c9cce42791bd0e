"""What each test's outcome rests on besides the submission, as a digest: what has not changed is not run again.

An item is run as a whole: in one that ran out of time, the tests that followed were blocked. Marks and titles count
for nothing.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
from collections import defaultdict
from collections.abc import Iterable

from autograder import __version__
from autograder.course import Course
from autograder.marked_tests import MarkedTests
from autograder.records import PlannedTest


def grounds(course: Course) -> dict[str, str]:
    """By test that earns marks: a digest of what the outcomes of its item rest on."""
    marked = MarkedTests(course.marked)
    common = settings_digest(course)
    items: dict[str, list[PlannedTest]] = defaultdict(list)
    for test in course.config.plan():
        items[test.item].append(test)
    return {
        test.name: digest
        for tests in items.values()
        for digest in [_digest([common, *(f"{each!r} {marked.digest(each.name)}" for each in tests)])]
        for test in tests
    }


def settings_digest(course: Course) -> str:
    """A digest of what every outcome rests on: versions, limits and other settings, the files given to students."""
    config = course.config
    settings = (config.limits, config.notebooks, config.data, config.device.missing)
    versions = f"{__version__} {sys.version} {importlib.metadata.version('torch')} {settings!r}"
    return _digest([versions, *(part for item in sorted(course.given().items()) for part in item)])


def _digest(parts: Iterable[str | bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part if isinstance(part, bytes) else part.encode(errors="surrogatepass")
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()

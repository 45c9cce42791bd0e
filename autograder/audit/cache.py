"""What came of each test of each sample, kept by all that it depends on: an audit that was interrupted goes on.

The file is the audit's own; only the grader's results are in it, as the marks store has them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from autograder.errors import UsageError
from autograder.records import Outcome, TestResult

FILE_NAME = "audit.sqlite"


class Cache:
    """The open cache; made by `open_cache`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, keys: Iterable[str]) -> dict[str, TestResult]:
        """The results that are known, by key.

        Raises:
            UsageError: the file is damaged.
        """
        try:
            return self._get(keys)
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise UsageError(f"{FILE_NAME} cannot be read: {error}; remove it, and everything is run anew") from None

    def _get(self, keys: Iterable[str]) -> dict[str, TestResult]:
        known = {}
        for key in keys:
            row = self._connection.execute(
                "SELECT test, outcome, message, share, device FROM results WHERE key = ?", (key,)
            ).fetchone()
            if row is not None:
                test, outcome, message, share, device = row
                known[key] = TestResult(test, Outcome(outcome), message, share=share, device=device)
        return known

    def put(self, results: Mapping[str, TestResult]) -> None:
        """Commit results, by key; an error of ours is not kept, so that it is tried again.

        Raises:
            UsageError: the disk is full.
        """
        rows = [
            (key, each.test, each.outcome, each.message, each.share, each.device)
            for key, each in results.items()
            if each.outcome is not Outcome.GRADER_ERROR
        ]
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise UsageError(
                f"{FILE_NAME} cannot be written: {error}; make room and run the same command again"
            ) from None


@contextmanager
def open_cache(folder: Path) -> Iterator[Cache]:
    """Open, or make, the cache in `folder`.

    Raises:
        UsageError: the folder cannot be written, or its file is no cache.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(folder / FILE_NAME)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS results"
            " (key TEXT PRIMARY KEY, test TEXT, outcome TEXT, message TEXT, share REAL, device TEXT)"
        )
    except (OSError, sqlite3.Error) as error:
        raise UsageError(f"{folder / FILE_NAME}: {error}; remove it, or choose another folder with --out") from None
    with closing(connection):
        yield Cache(connection)

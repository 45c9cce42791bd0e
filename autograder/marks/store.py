"""`marks.sqlite`: every graded submission's outcomes, committed as soon as they are known.

A row is keyed by student and says what was graded (the submission's digest) and behind which wall; an outcome says what
it rests on besides (`grounds`). Where all three are the same, nothing is run: that is how an interrupted run goes on.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from operator import attrgetter
from pathlib import Path

import msgspec

from autograder.errors import UsageError
from autograder.marks.schema import SCHEMA
from autograder.pictures import Picture
from autograder.records import ClassFound, HistoryEntry, Outcome, Override, SubmissionResult, TestResult

FILE_NAME = "marks.sqlite"
TOTALS = "lateness, or the config's rules for totals"  # why a total moves, and no item
# Besides SQLite's own: a damaged file holds text that is no UTF-8, outcomes that are none, flags that are no list.
_FAILURES = (sqlite3.Error, ValueError, msgspec.MsgspecError, zlib.error)

# The columns that a `SubmissionResult` fills, and those that a `TestResult` does.
_SUBMISSION = attrgetter("student", "digest", "source", "wall_seconds", "submitted_at", "lms_id")
_OUTCOME = attrgetter("test", "outcome", "message", "detail", "wall_seconds", "share", "device")


@contextmanager
def open_store(folder: Path, must_exist: bool = False) -> Iterator[Store]:
    """Open, or make, the store in `folder`; one command at a time.

    Raises:
        UsageError: the folder cannot be written, another command is using it, its file is no store, or there is none
            and there must be.
    """
    if must_exist and not (folder / FILE_NAME).is_file():
        raise UsageError(f"{folder} holds no {FILE_NAME}; name the folder that `autograder grade --out` wrote")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise UsageError(f"{folder} cannot be used for output: {error.strerror}; choose another with --out") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"another command is writing to {folder}; wait for it, or choose another --out") from None
        except OSError:
            pass  # some network file systems lock no folder; SQLite still keeps its file whole
        try:
            connection = sqlite3.connect(folder / FILE_NAME)
            connection.executescript(SCHEMA)
        except _FAILURES as error:
            raise UsageError(
                f"{folder / FILE_NAME}: {error}; is the folder writable, and the file a marks store?"
            ) from None
        with closing(connection):
            yield Store(connection, folder)
    finally:
        os.close(lock)


class Store:
    """The open store; made by `open_store`."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder

    def standing(self, student: str, digest: str, sandbox: str) -> dict[str, str]:
        """What the outcomes of exactly this submission behind this wall rest on, by test; errors of ours never stand.

        Raises:
            UsageError: the file is damaged, or of another version.
        """
        with self._reading():
            return dict(
                self._connection.execute(
                    "SELECT test, grounds FROM outcomes JOIN submissions USING (student)"
                    " WHERE student = ? AND digest = ? AND sandbox = ? AND outcome != ?",
                    (student, digest, sandbox, Outcome.GRADER_ERROR),
                ).fetchall()
            )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except _FAILURES as error:
            raise UsageError(
                f"{self._folder / FILE_NAME} cannot be read: {error}. It is damaged, or another version wrote it; "
                "move it away to grade from the start, or choose another --out"
            ) from None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._connection:
                yield
        except _FAILURES as error:
            raise UsageError(
                f"{self._folder / FILE_NAME} cannot be written: {error}. What was graded before is safe; "
                "make room and run the same command again"
            ) from None

    def put(
        self, result: SubmissionResult, grounds: Mapping[str, str], sandbox: str, kept: Collection[str] = ()
    ) -> None:
        """Commit one submission's result, in place of an earlier one of the same student.

        Args:
            grounds: what each test's outcome rests on.
            kept: tests whose earlier outcomes stand beside the new ones.

        Raises:
            UsageError: the disk is full, or no longer writable; what was committed before is safe.
        """
        with self._writing():
            marks, flags = ", ".join("?" * len(kept)), msgspec.json.encode(result.flags).decode()
            for table in ("outcomes", "pictures"):
                self._connection.execute(
                    f"DELETE FROM {table} WHERE student = ? AND test NOT IN ({marks})", (result.student, *kept)
                )
            self._connection.execute(
                "INSERT OR REPLACE INTO submissions"
                " (student, digest, source, wall_seconds, submitted_at, lms_id, sandbox, flags)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*_SUBMISSION(result), sandbox, flags),
            )
            self._connection.executemany(
                "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(result.student, *_OUTCOME(each), grounds[each.test]) for each in result.results],
            )
            self._connection.executemany(
                "INSERT INTO pictures VALUES (?, ?, ?)",
                [
                    (result.student, each.test, zlib.compress(msgspec.msgpack.encode(each.pictures)))
                    for each in result.results
                    if each.pictures
                ],
            )

    def note_class(self, found: ClassFound) -> None:
        """Keep where the class, or a part of it, was found; of one place, what is said last.

        Raises:
            UsageError: the disk is full, or no longer writable; what was committed before is safe.
        """
        with self._writing():
            self._connection.execute("DELETE FROM class WHERE path = ?", (found.path,))
            self._connection.execute(
                "INSERT INTO class (path, layout, feedback) VALUES (?, ?, ?)",
                (found.path, found.layout, found.feedback),
            )

    def classes_found(self) -> list[ClassFound]:
        """Where the class was found, part by part, the last time last.

        Raises:
            UsageError: the file is damaged, or of another version.
        """
        with self._reading():
            rows = self._connection.execute("SELECT path, layout, feedback FROM class ORDER BY rowid").fetchall()
        return [ClassFound(*row) for row in rows]

    def rename(self, student: str, now: Sequence[str]) -> None:
        """Let all that is kept of a student be that of other names, which nothing is kept of yet.

        Raises:
            UsageError: the disk is full, or no longer writable; what was committed before is safe.
        """
        with self._writing():
            for table in ("submissions", "outcomes", "pictures", "overrides", "history"):
                columns = [name for _, name, *_ in self._connection.execute(f"PRAGMA table_info({table})").fetchall()]
                others = ", ".join(name for name in columns if name != "student")
                for name in now:
                    self._connection.execute(
                        f"INSERT INTO {table} (student, {others})"
                        f" SELECT ?, {others} FROM {table} WHERE student = ? ORDER BY rowid",
                        (name, student),
                    )
                self._connection.execute(f"DELETE FROM {table} WHERE student = ?", (student,))

    def note_arrival(self, result: SubmissionResult) -> None:
        """Keep when and how the files of a result arrived that is here already.

        Raises:
            UsageError: the disk is full, or no longer writable; what was committed before is safe.
        """
        with self._writing():
            self._connection.execute(
                "UPDATE submissions SET submitted_at = ?, lms_id = ?, flags = ? WHERE student = ?",
                (result.submitted_at, result.lms_id, msgspec.json.encode(result.flags).decode(), result.student),
            )

    def override(self, decision: Override) -> None:
        """Commit a person's decision; the newest one on an item stands.

        Raises:
            UsageError: the disk is full, or no longer writable; what was committed before is safe.
        """
        with self._writing():
            self._connection.execute(
                "INSERT INTO overrides (student, item, marks, reason, decided_by) VALUES (?, ?, ?, ?, ?)",
                (decision.student, decision.item, decision.marks, decision.reason, decision.by),
            )

    def overrides(self) -> dict[str, dict[str, Override]]:
        """The decisions that stand, by student and item.

        Raises:
            UsageError: the file is damaged, or of another version.
        """
        standing: dict[str, dict[str, Override]] = {}
        with self._reading():
            for row in self._connection.execute(
                "SELECT student, item, marks, reason, decided_by FROM overrides ORDER BY rowid"
            ):
                decision = Override(*row)
                standing.setdefault(decision.student, {})[decision.item] = decision
        return standing

    def remember(self, entries: Sequence[HistoryEntry], digests: Mapping[str, str]) -> None:
        """Append to the history those entries that have a reason, or other marks than the student's last ones there.

        Args:
            entries: one for each student, with the reason that is known; "" where it follows from the submission.
            digests: each student's submission, which tells another submission from other tests.

        Raises:
            UsageError: the disk is full, or no longer writable; what was committed before is safe.
        """
        last = self.last_marks()
        with self._writing():
            known = dict(self._connection.execute("SELECT student, digest FROM history ORDER BY rowid").fetchall())
            for entry in entries:
                items, digest = msgspec.json.encode(entry.items).decode(), digests[entry.student]
                before = last.get(entry.student)
                if before == (entry.total, entry.out_of, entry.items) and not entry.why:
                    continue
                why = entry.why or "graded"
                if before is not None and not entry.why:
                    same = "other tests or weights" if before[2] != entry.items else TOTALS
                    why = same if known[entry.student] == digest else "another submission"
                self._connection.execute(
                    "INSERT INTO history (student, why, total, out_of, items, digest) VALUES (?, ?, ?, ?, ?, ?)",
                    (entry.student, why, entry.total, entry.out_of, items, digest),
                )

    def last_marks(self) -> dict[str, tuple[float, float, dict[str, float]]]:
        """Each student's total, what it was out of, and their items, as the history has them last.

        Raises:
            UsageError: the file is damaged, or of another version.
        """
        with self._reading():
            return {
                student: (total, out_of, msgspec.json.decode(items, type=dict[str, float]))
                for student, total, out_of, items in self._connection.execute(
                    "SELECT student, total, out_of, items FROM history ORDER BY rowid"
                )
            }

    def history(self, student: str) -> list[HistoryEntry]:
        """What a student's marks have been, oldest first.

        Raises:
            UsageError: the file is damaged, or of another version.
        """
        with self._reading():
            return [
                HistoryEntry(student, at, why, total, out_of, msgspec.json.decode(items))
                for at, why, total, out_of, items in self._connection.execute(
                    "SELECT at, why, total, out_of, items FROM history WHERE student = ? ORDER BY rowid", (student,)
                )
            ]

    def pictures(self, student: str) -> dict[str, tuple[Picture, ...]]:
        """What tests showed of the student's models, by test; `results` leaves this out.

        Raises:
            UsageError: the file is damaged, or of another version.
        """
        with self._reading():
            return {
                test: msgspec.msgpack.decode(zlib.decompress(pictures), type=tuple[Picture, ...])
                for test, pictures in self._connection.execute(
                    "SELECT test, pictures FROM pictures WHERE student = ?", (student,)
                )
            }

    def results(self) -> list[tuple[SubmissionResult, str]]:
        """All results with the wall each was graded behind, sorted by student; without their pictures.

        Raises:
            UsageError: the file is damaged, or of another version.
        """
        with self._reading():
            return self._read()

    def _read(self) -> list[tuple[SubmissionResult, str]]:
        tests: dict[str, list[TestResult]] = {}
        for student, test, outcome, *rest in self._connection.execute(
            "SELECT student, test, outcome, message, detail, wall_seconds, share, device FROM outcomes ORDER BY rowid"
        ):
            tests.setdefault(student, []).append(TestResult(test, Outcome(outcome), *rest))
        return [
            (
                SubmissionResult(
                    student, digest, tuple(tests.get(student, ())), tuple(msgspec.json.decode(flags)), *rest
                ),
                sandbox,
            )
            for student, digest, flags, sandbox, *rest in self._connection.execute(
                "SELECT student, digest, flags, sandbox, source, wall_seconds, submitted_at, lms_id, graded_at"
                " FROM submissions ORDER BY student"
            )
        ]

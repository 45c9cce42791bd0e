import pytest

from autograder.errors import UsageError
from autograder.intake.times import read_times


def test_each_students_time_is_read(tmp_path):
    (tmp_path / "times.csv").write_text("submitted_at,student\n2026-11-20T23:59:00-05:00,amal\n")
    assert read_times(tmp_path / "times.csv") == {"amal": "2026-11-20T23:59:00-05:00"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: no column student"),
        ("student,when\namal,2026-11-20T23:59Z\n", "line 1: no column submitted_at"),
        ("student,submitted_at\n", "says no time"),
        ("student,submitted_at\n\namal,yesterday\n", "line 3: Invalid isoformat"),
        ("student,submitted_at\namal,yesterday\n", "line 2: Invalid isoformat"),
        ("student,submitted_at\namal,2026-11-20T23:59:00\n", "line 2: 2026-11-20T23:59:00 has no time zone"),
        ("student,submitted_at\namal,2026-11-20T23:59Z\namal,2026-11-20T23:59Z\n", "line 3: expected one line"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, words, tmp_path):
    (tmp_path / "times.csv").write_text(text)
    with pytest.raises(UsageError, match=words):
        read_times(tmp_path / "times.csv")

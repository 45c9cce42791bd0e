import pytest

from autograder.errors import UsageError
from autograder.intake.roster import RosterEntry, read_roster


def roster(folder, text, encoding="utf-8"):
    path = folder / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_columns_come_in_any_order_and_others_are_left_alone(tmp_path):
    path = roster(tmp_path, "name,year,student,section\nAmal Ali,2,amal,L0101\nBo,3,bo,\n", "utf-8-sig")
    assert read_roster(path) == {
        "amal": RosterEntry("amal", "Amal Ali", section="L0101"),
        "bo": RosterEntry("bo", "Bo"),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: no column student"),
        ("Student,Name\namal,A\n", "line 1: no column student; did you mean 'Student'"),
        ("student\n", "names no student"),
        ("name\nAmal\n", "line 1: no column student"),
        ("student,name\namal,A\namal,B\n", "line 3: 'amal' is in line 2, too"),
        ("student,name\namal\n\nAmal\n", "line 4: 'Amal' is in line 2, too"),
        ("student,name\namal\n,B\n", "line 3: no student"),
        ("student,name\namal\n,,bo\n", "line 3: no student"),
        ("student;name\namal;A\n", r"line 1: columns are apart by ';'; save it as a CSV with commas"),
        ("student\tname\namal\tA\n", r"line 1: columns are apart by '\\t'"),
        ('student,name\namal,"A\nbo,B\n', "cannot be read: unexpected end of data"),
        ('student,name\namal,"A\nbo,B"\n', "line 3: a cell holds a line break; is a quote never closed"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, text, words):
    with pytest.raises(UsageError, match=words):
        read_roster(roster(tmp_path, text))


def test_rows_of_nothing_but_separators_are_no_students(tmp_path):
    assert list(read_roster(roster(tmp_path, "student,name\n,\namal,A\n , \n,\n"))) == ["amal"]


def test_a_roster_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"roster\.csv does not exist; name a CSV"):
        read_roster(tmp_path / "roster.csv")


def test_a_roster_that_is_no_text_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"roster\.csv cannot be read"):
        read_roster(roster(tmp_path, "student\nJosé\n", "latin-1"))

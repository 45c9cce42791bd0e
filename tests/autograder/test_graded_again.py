"""Commands on marks that are there: nothing that was graded or decided is lost, and nobody moves unasked."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from autograder.marks.store import open_store

COURSE = Path(__file__).parent / "second_course"
ROSTER = "student,name,email,section\nanna,Anna Adler,anna@example.com,L1\nben,Ben Brown,,L1\nchloe,,,L2\n"


@pytest.fixture(scope="module")
def graded(autograder, tmp_path_factory):
    """A course of its own, with a roster of three and the marks of two who have handed in: anna 4, ben 1."""
    folder = tmp_path_factory.mktemp("again")
    shutil.copytree(COURSE, folder / "course")
    (folder / "roster.csv").write_text(ROSTER)
    done = autograder(
        *("grade", COURSE / "submissions", "--course", folder / "course"),
        *("--out", folder / "out", "--roster", folder / "roster.csv"),
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(graded, tmp_path):
    return Path(shutil.copytree(graded, tmp_path / "class"))


@pytest.fixture
def run(autograder, folder):
    """A command on the class's marks, which has to succeed unless `fails` is said."""

    def run(command, *options, fails=0, **more):
        where = ("--out", folder / "out") if command == "grade" else (folder / "out",)
        arguments = [*options, *where] if command in ("grade", "export") else [*where, *options]
        done = autograder(command, *arguments, "--course", folder / "course", **more)
        assert done.returncode == fails, done.stderr
        return done

    return run


def rows(folder):
    with (folder / "out/marks.csv").open(newline="", encoding="utf-8") as stream:
        return {row["student"]: row for row in csv.DictReader(stream)}


def totals(folder):
    return {student: float(row["total"]) for student, row in rows(folder).items()}


def append(folder, text):
    with (folder / "course/grading_config.yaml").open("a") as stream:
        stream.write(text)


def replace(folder, old, new):
    path = folder / "course/grading_config.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


OVERRIDE = ("--student", "ben", "--item", "W2", "--marks", 1.5, "--reason", "the idea is right")


def test_a_second_batch_leaves_the_first_as_it_was(run, folder):
    shutil.copytree(COURSE / "submissions/anna", folder / "batch/chloe")
    done = run("grade", folder / "batch")
    assert totals(folder) == {"anna": 4, "ben": 1, "chloe": 4}
    assert "keep what was graded before: anna, ben" in done.stderr


def test_a_folder_with_one_remark_request_moves_nobody_else(run, folder):
    shutil.copytree(COURSE / "submissions/anna", folder / "remark/ben")
    run("regrade", "--submissions", folder / "remark", "--yes")
    assert totals(folder) == {"anna": 4, "ben": 4, "chloe": 0}


def test_a_time_that_was_known_stays_known(run, folder):
    append(folder, "\nlate: {deadline: 2026-11-21T00:00:00Z, percent_per_day: 10}\n")
    (folder / "times.csv").write_text("student,submitted_at\nanna,2026-11-21T12:00:00Z\nbenn,2026-11-20T12:00:00Z\n")
    done = run("grade", COURSE / "submissions", "--times", folder / "times.csv")
    assert "no submission of benn; did you mean 'ben'?" in done.stderr
    assert "says no time of ben" in done.stderr
    assert totals(folder)["anna"] == pytest.approx(3.6)
    run("grade", COURSE / "submissions")
    assert totals(folder)["anna"] == pytest.approx(3.6)


def test_what_a_pipelines_students_may_not_read_no_later_command_shows(run, folder):
    run("grade", COURSE / "submissions", "--pipeline")
    secret = "count('')"
    told = [folder / "out" / name for name in ("outcomes.csv", "results/ben.json", "feedback/ben.html")]
    run("override", "--student", "ben", "--item", "W1", "--marks", 1.5, "--reason", "x")
    run("report")
    run("export", "gradescope")
    run("regrade", "--submissions", COURSE / "submissions", "--yes")
    for path in [*told, folder / "out/export/gradescope/ben.json"]:
        assert secret not in path.read_text(), path


def test_other_weights_wait_until_regrade_has_asked(run, folder):
    replace(folder, "public: {test_reverse_of_one_word: 1}", "public: {test_reverse_of_one_word: 3}")
    replace(folder, "title: Reverse a word\n        marks: 2", "title: Reverse a word\n        marks: 4")
    before = (folder / "out/marks.csv").read_bytes()
    for command in (("override", *OVERRIDE), ("export", "junit"), ("report",)):
        done = run(*command, fails=2)
        assert "`autograder regrade" in done.stderr
    assert (folder / "out/marks.csv").read_bytes() == before
    run("regrade", "--submissions", COURSE / "submissions", "--yes")
    run("override", *OVERRIDE)


def test_a_decision_is_in_its_own_students_history_alone(run, folder, autograder):
    run("override", *OVERRIDE)
    told = {name: autograder("history", folder / "out", "--student", name).stdout for name in ("anna", "ben")}
    assert "the idea is right" in told["ben"]
    assert "the idea is right" not in told["anna"]


def test_out_of_something_else_is_a_move_and_is_asked(run, folder):
    append(folder, "lms_out_of: 10\n")
    replace(folder, "out_of: 4", "out_of: 5")
    before = (folder / "out/marks.csv").read_bytes()
    done = run("regrade", "--submissions", COURSE / "submissions", input="n\n")
    assert "Nothing was written but regrade.csv" in done.stdout
    assert (folder / "out/marks.csv").read_bytes() == before
    assert (
        '''anna,out_of,4,5,"lateness, or the config's rules for totals"''' in (folder / "out/regrade.csv").read_text()
    )


def test_after_the_remark_deadline_a_decision_is_forced_and_says_so(run, folder, autograder):
    append(folder, "remark_deadline: 2026-11-01T00:00:00Z\n")
    done = run("override", *OVERRIDE, fails=2)
    assert "the remark deadline was 2026-11-01" in done.stderr
    run("override", *OVERRIDE, "--force")
    assert "after the remark deadline" in autograder("history", folder / "out", "--student", "ben").stdout


def test_a_decision_is_never_worth_more_than_its_item(run, folder):
    run("override", "--student", "ben", "--item", "W2", "--marks", 2, "--reason", "x")
    replace(folder, "hidden: {test_count_of_any_word: 2}", "hidden: {test_count_of_any_word: 1}")
    replace(folder, "title: Count letters\n        marks: 2", "title: Count letters\n        marks: 1")
    run("regrade", "--submissions", COURSE / "submissions", "--yes")
    assert float(rows(folder)["ben"]["W2"]) == 1


def test_the_same_decision_twice_is_one(run, folder):
    import sqlite3

    for _ in range(2):
        run("override", *OVERRIDE)
    with sqlite3.connect(folder / "out/marks.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM overrides").fetchone() == (1,)


def test_a_bad_roster_does_not_replace_a_good_one(run, folder, autograder):
    (folder / "bad.csv").write_text("student\nanna\nAnna\n")
    done = run("grade", COURSE / "submissions", "--roster", folder / "bad.csv", fails=2)
    assert "bad.csv, line 3: 'Anna' is in line 2, too" in done.stderr
    assert (folder / "out/roster.csv").read_text() == ROSTER
    roster = ("--roster", folder / "roster.csv")
    assert autograder("export", "junit", folder / "typo", *roster, "--course", COURSE).returncode == 2
    nowhere = ("grade", folder / "nowhere", "--out", folder / "typo", "--course", COURSE, *roster)
    assert autograder(*nowhere).returncode == 2
    assert not (folder / "typo").exists()


def test_a_roster_that_comes_later_renames_who_is_known(autograder, tmp_path):
    """As Quercus names files, students are their names; with a roster, they are who they are, decisions and all."""
    for student, name in (("anna", "adleranna_1001_5001_words.py"), ("ben", "brownben_1002_5002_words.py")):
        (tmp_path / "class").mkdir(exist_ok=True)
        shutil.copy(COURSE / "submissions" / student / "words.py", tmp_path / "class" / name)
    (tmp_path / "roster.csv").write_text(ROSTER)
    out = ("--course", COURSE, "--out", tmp_path / "out")
    assert autograder("grade", tmp_path / "class", *out).returncode == 0
    decision = ("--student", "brownben", *OVERRIDE[2:])
    assert autograder("override", tmp_path / "out", *decision, "--course", COURSE).returncode == 0
    done = autograder("grade", tmp_path / "class", *out, "--roster", tmp_path / "roster.csv")
    assert done.returncode == 0, done.stderr
    assert "brownben is ben now" in done.stderr
    assert totals(tmp_path) == {"anna": 4, "ben": 2.5, "chloe": 0}
    assert json.loads((tmp_path / "out/results/ben.json").read_text())["total"] == 2.5
    assert not (tmp_path / "out/results/brownben.json").exists()


def test_who_comes_into_a_group_is_not_who_has_left_it(autograder, tmp_path):
    shutil.copytree(COURSE / "submissions/ben", tmp_path / "class/pair")
    out = ("--course", COURSE, "--out", tmp_path / "out", "--roster", tmp_path / "roster.csv")
    for members in (("anna", "ben"), ("anna", "zoe")):
        (tmp_path / "roster.csv").write_text("student,group\n" + "".join(f"{name},pair\n" for name in members))
        done = autograder("grade", tmp_path / "class", *out)
        assert done.returncode == 0, done.stderr
        if "ben" in members:
            assert autograder("override", tmp_path / "out", *OVERRIDE, "--course", COURSE).returncode == 0
    assert totals(tmp_path) == {"anna": 1, "ben": 2.5, "zoe": 1}


def test_a_decision_on_what_turns_out_to_be_a_group_is_each_members(autograder, tmp_path):
    shutil.copytree(COURSE / "submissions/ben", tmp_path / "class/pair")
    shutil.copytree(COURSE / "submissions/anna", tmp_path / "class/anna")
    out = ("--course", COURSE, "--out", tmp_path / "out")
    assert autograder("grade", tmp_path / "class", *out).returncode == 0
    decision = ("--student", "pair", *OVERRIDE[2:])
    assert autograder("override", tmp_path / "out", *decision, "--course", COURSE).returncode == 0
    (tmp_path / "roster.csv").write_text("student,group\nanna,\nben,pair\nchloe,pair\n")
    done = autograder("grade", tmp_path / "class", *out, "--roster", tmp_path / "roster.csv")
    assert "pair is ben, chloe now" in done.stderr
    assert totals(tmp_path) == {"anna": 4, "ben": 2.5, "chloe": 2.5}
    for name in ("ben", "chloe"):
        assert "the idea is right" in autograder("history", tmp_path / "out", "--student", name).stdout


LATE = "late: {deadline: 2026-11-20T12:00:00Z, percent_per_day: 10}\n"


def test_each_member_of_a_group_has_a_time_of_their_own(autograder, tmp_path):
    shutil.copytree(COURSE, tmp_path / "course")
    append(tmp_path, LATE)
    shutil.copytree(COURSE / "submissions/ben", tmp_path / "class/pair")
    (tmp_path / "roster.csv").write_text("student,group\nben,pair\nchloe,pair\n")
    (tmp_path / "times.csv").write_text("student,submitted_at\nben,2026-11-22T11:00:00Z\nchloe,2026-11-20T11:00:00Z\n")
    options = ("--course", tmp_path / "course", "--out", tmp_path / "out", "--roster", tmp_path / "roster.csv")
    assert autograder("grade", tmp_path / "class", *options, "--times", tmp_path / "times.csv").returncode == 0
    assert totals(tmp_path) == {"ben": 0.8, "chloe": 1}


METADATA = """
submission_11:
  :submitters:
  - {":name": Anna Adler, ":sid": anna, ":email": anna@example.com}
  :created_at: 2026-11-19 12:00:00 Z
submission_12:
  :submitters:
  - {":name": Anna Adler, ":sid": anna, ":email": anna@example.com}
  :created_at: 2026-11-22 11:00:00 Z
"""


def test_an_extension_stands_until_there_is_another(autograder, tmp_path):
    shutil.copytree(COURSE, tmp_path / "course")
    append(tmp_path, LATE)
    for number, student in ((11, "ben"), (12, "anna")):  # the later one counts
        shutil.copytree(COURSE / "submissions" / student, tmp_path / f"class/submission_{number}")
    (tmp_path / "class/submission_metadata.yml").write_text(METADATA)
    (tmp_path / "times.csv").write_text("student,submitted_at\nanna,2026-11-20T11:00:00Z\n")
    options = ("--course", tmp_path / "course", "--out", tmp_path / "out")
    assert autograder("grade", tmp_path / "class", *options).returncode == 0
    assert totals(tmp_path) == {"anna": 3.2}
    assert "earlier versions: submission_11" in rows(tmp_path)["anna"]["flags"]
    assert autograder("grade", tmp_path / "class", *options, "--times", tmp_path / "times.csv").returncode == 0
    assert totals(tmp_path) == {"anna": 4}
    assert autograder("grade", tmp_path / "class", *options).returncode == 0
    assert totals(tmp_path) == {"anna": 4}
    tests = tmp_path / "course/tests/marked/test_words.py"
    tests.write_text(tests.read_text() + "\nLATER = 1\n")
    done = autograder("regrade", tmp_path / "out", "--yes", "--course", tmp_path / "course")
    assert "Nobody moves." in done.stdout, done.stdout + done.stderr


def test_regrade_looks_wherever_the_class_came_from(run, folder):
    shutil.copytree(COURSE / "submissions/anna", folder / "batch/chloe")
    shutil.copytree(COURSE / "submissions/anna", folder / "corrected/ben")
    run("grade", folder / "batch")
    run("regrade", "--submissions", folder / "corrected", "--yes")
    assert totals(folder) == {"anna": 4, "ben": 4, "chloe": 4}
    assert "Nobody moves." in run("regrade", "--yes").stdout  # ben's first submission does not come back
    run("regrade", "--student", "anna", "--yes")
    shutil.rmtree(folder / "batch")
    assert "who handed in there keeps what was graded" in run("regrade", "--yes").stderr.replace("\n", " ")
    assert totals(folder) == {"anna": 4, "ben": 4, "chloe": 4}


def test_a_place_that_is_named_again_keeps_its_layout(run, folder):
    shutil.copytree(COURSE / "submissions/anna", folder / "batch/chloe")
    run("grade", folder / "batch", "--layout", "plain")
    run("regrade", "--submissions", folder / "batch", "--yes")
    with open_store(folder / "out") as store:
        assert {each.path: each.layout for each in store.classes_found()}[str(folder / "batch")] == "plain"


def test_who_comes_into_the_roster_is_no_stranger_any_more(run, folder):
    shutil.copytree(COURSE / "submissions/anna", folder / "batch/dora")
    done = run("grade", folder / "batch")
    assert "not in the roster: dora" in done.stderr
    assert rows(folder)["dora"]["flags"] == "not in the roster"
    (folder / "roster.csv").write_text(ROSTER + "dora,,,L2\n")
    run("grade", folder / "batch", "--roster", folder / "roster.csv")
    assert rows(folder)["dora"]["flags"] == ""


def test_a_number_from_quercus_stays_known_when_the_files_come_another_way(autograder, tmp_path):
    shutil.copytree(COURSE, tmp_path / "course")
    work = (COURSE / "submissions/anna/words.py").read_bytes()
    names = ("adleranna_1001_5001", "brownben_1002_5002", "chloe_103_5__1003_5003")  # the last chose her own name
    for name in (*(f"quercus/{each}_words.py" for each in names), "mail/adleranna.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(work + b"# by mail" * ("mail" in name))
    for where in ("quercus", "mail"):
        autograder("grade", tmp_path / where, "--course", tmp_path / "course", "--out", tmp_path / "out")
    done = autograder("export", "quercus", tmp_path / "out", "--course", tmp_path / "course")
    assert done.returncode == 0, done.stderr
    gradebook = (tmp_path / "out/export/quercus/gradebook.csv").read_text()
    assert gradebook.endswith("\nadleranna,1001,,,,4\nbrownben,1002,,,,4\n")
    assert "do not say for certain whose they are: chloe" in done.stderr


def test_regrade_forgets_what_is_no_longer_so_of_an_arrival(run, folder):
    """What was a stranger's, or came with another version, may be so no more, though nothing has to be run."""
    shutil.copytree(COURSE / "submissions/anna", folder / "batch/zoe")
    run("grade", folder / "batch")
    assert "not in the roster" in rows(folder)["zoe"]["flags"]
    (folder / "out/roster.csv").write_text(ROSTER + "zoe,,,\n")
    run("regrade", "--yes", "--submissions", folder / "batch")
    assert "not in the roster" not in rows(folder)["zoe"]["flags"]


def test_a_later_time_is_no_other_test_in_the_history(run, folder, autograder):
    append(folder, LATE)
    (folder / "times.csv").write_text("student,submitted_at\nanna,2026-11-20T15:00:00Z\n")
    run("grade", COURSE / "submissions", "--times", folder / "times.csv")
    told = autograder("history", folder / "out", "--student", "anna").stdout
    assert "lateness" in told
    assert "other tests" not in told


def test_who_has_no_name_can_decide(monkeypatch):
    from autograder.commands import marks

    def nameless():
        raise KeyError("getpwuid(): uid not found: 54321")

    monkeypatch.setattr(marks.getpass, "getuser", nameless)
    assert marks._user().startswith("user ")

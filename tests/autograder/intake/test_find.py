import io
import os
import zipfile
from pathlib import PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.errors import SubmissionError
from autograder.intake import find_submissions, read_submission
from autograder.intake.identify import text_digest
from autograder.intake.tree import is_junk

MODULES = ["conv_inverse", "inverse"]
WORK, STUB = b"work = 1\n", b"stub = 1\n"
UNIX = pytest.mark.skipif(os.name != "posix", reason="this system has no such files")
IN_FOLDER = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def zip_bytes(files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def lay_out(folder, files):
    """Write files by relative path; None makes a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        if content is None:
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder


def found(path, stubs=None):
    return {each.student: each for each in find_submissions(path, MODULES, stubs or {})}


LAYOUTS = {
    "a folder per student": {"amal/conv_inverse.py": WORK, "bo/conv_inverse.py": WORK},
    "folders with a folder inside": {"amal/hw 1/conv_inverse.py": WORK, "bo/x/y/conv_inverse.py": WORK},
    "a file per student": {"amal.py": WORK, "bo.py": WORK},
    "a file per student and module": {"amal_conv_inverse.py": WORK, "bo_conv_inverse.py": WORK},
    "a zip per student": {
        "amal.zip": zip_bytes({"conv_inverse.py": WORK}),
        "bo.ZIP": zip_bytes({"conv_inverse.py": WORK}),
    },
    "zips with a folder inside": {
        "amal.zip": zip_bytes({"hw/conv_inverse.py": WORK, "__MACOSX/hw/._conv_inverse.py": b"junk"}),
        "bo.zip": zip_bytes({"a/b/conv_inverse.py": WORK}),
    },
    "a folder per student with a zip inside": {
        "amal/hw.zip": zip_bytes({"conv_inverse.py": WORK}),
        "bo/deep/down/hw.zip": zip_bytes({"hw/conv_inverse.py": WORK}),
    },
    "all of it mixed, with a roster": {
        "amal/conv_inverse.py": WORK,
        "bo.zip": zip_bytes({"conv_inverse.py": WORK}),
        "roster.csv": b"student,name\n",
        "README.md": b"",
        ".hidden": b"",
        "__MACOSX/amal/._conv_inverse.py": b"",
    },
}


@pytest.mark.parametrize("archive", [None, "", "class/", "download/class/"], ids=["folder", "zip", "zip+1", "zip+2"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_each_students_module(layout, archive, tmp_path):
    files = LAYOUTS[layout]
    if archive is None:
        path = lay_out(tmp_path / "class", files)
    else:
        path = tmp_path / "class.zip"
        path.write_bytes(zip_bytes({archive + name: content for name, content in files.items()}))
    students = found(path)
    assert list(students) == ["amal", "bo"]
    for submission in students.values():
        assert submission.files["conv_inverse.py"] == WORK
        assert submission.problem == ""
        assert set(submission.files) <= {"conv_inverse.py", "inverse.py", "amal.py", "bo.py"}


def test_one_students_folder_file_or_zip_is_one_submission(tmp_path):
    lay_out(tmp_path, {"amal/conv_inverse.py": WORK, "amal/data/x.txt": b"1", "amal/notes.txt": b"2"})
    (tmp_path / "bo.py").write_bytes(WORK)
    (tmp_path / "cy_conv_inverse.ipynb").write_bytes(WORK)
    (tmp_path / "di.zip").write_bytes(zip_bytes({"conv_inverse.py": WORK, "b/c.py": b"3"}))
    [amal] = find_submissions(tmp_path / "amal", MODULES, {})
    assert (amal.student, set(amal.files)) == ("amal", {"conv_inverse.py", "data/x.txt", "notes.txt"})
    [bo] = find_submissions(tmp_path / "bo.py", MODULES, {})
    assert (bo.student, bo.files["conv_inverse.py"], bo.source) == ("bo", WORK, str(tmp_path / "bo.py"))
    [cy] = find_submissions(tmp_path / "cy_conv_inverse.ipynb", MODULES, {})
    assert (cy.student, set(cy.files)) == ("cy", {"conv_inverse.ipynb"})
    [di] = find_submissions(tmp_path / "di.zip", MODULES, {})
    assert (di.student, set(di.files)) == ("di", {"conv_inverse.py", "b/c.py"})


@pytest.mark.parametrize(
    ("name", "student", "module"),
    [
        ("amal_conv_inverse.py", "amal", "conv_inverse.py"),
        ("amal_inverse.py", "amal", "inverse.py"),
        ("van_der_berg_conv_inverse.ipynb", "van_der_berg", "conv_inverse.ipynb"),
        ("_conv_inverse.py", "_conv", "inverse.py"),
    ],
)
def test_a_flat_file_names_its_student_and_module(name, student, module, tmp_path):
    lay_out(tmp_path / "class", {name: WORK})
    [submission] = find_submissions(tmp_path / "class", MODULES, {})
    assert submission.student == student
    assert module in submission.files


def test_a_student_is_never_without_a_name(tmp_path):
    lay_out(tmp_path / "class", {"_inverse.py": WORK})
    assert [each.student for each in find_submissions(tmp_path / "class", ["inverse"], {})] == ["_inverse"]


def test_the_flat_files_of_one_student_make_one_submission(tmp_path):
    lay_out(tmp_path / "class", {"amal_conv_inverse.py": WORK, "amal_inverse.ipynb": WORK, "bo_inverse.py": WORK})
    students = found(tmp_path / "class")
    assert set(students["amal"].files) == {"conv_inverse.py", "inverse.ipynb"}
    assert students["bo"].files["inverse.py"] == WORK


def test_the_file_that_was_worked_on_counts_beside_an_untouched_one(tmp_path):
    stubs = {"conv_inverse.py": text_digest(STUB), "conv_inverse.ipynb": text_digest(STUB)}
    lay_out(
        tmp_path / "class",
        {
            "amal/conv_inverse.py": STUB,
            "amal/conv_inverse.ipynb": WORK,
            "bo/conv_inverse.py": WORK,
            "bo/conv_inverse.ipynb": STUB,
        },
    )
    students = found(tmp_path / "class", stubs)
    assert set(students["amal"].files) == {"conv_inverse.ipynb"}
    assert set(students["bo"].files) == {"conv_inverse.py"}


odd_names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=20).filter(
    lambda name: not name.startswith(".") and "conv_inverse" not in name and not is_junk(PurePosixPath(name))
)


@UNIX
@IN_FOLDER
@given(names=st.lists(odd_names, min_size=1, max_size=4, unique_by=str.casefold))
def test_a_folders_name_is_its_students_name_however_odd(names, tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    lay_out(folder, {f"{name}/conv_inverse.py": name.encode() for name in names})
    submissions = find_submissions(folder, MODULES, {})
    assert [each.student for each in submissions] == sorted(names)
    assert all(each.files["conv_inverse.py"] == each.student.encode() for each in submissions)


@pytest.mark.parametrize("name", ["=cmd|'C calc'!A0", "O'Neil, Ünï 李", "a.b.c", "-rf", " spaces "])
def test_odd_names_are_kept_in_folders_and_class_zips(name, tmp_path):
    lay_out(tmp_path / "class", {f"{name}/conv_inverse.py": WORK, "bo/conv_inverse.py": WORK})
    (tmp_path / "class.zip").write_bytes(zip_bytes({f"{name}/conv_inverse.py": WORK, "bo/conv_inverse.py": WORK}))
    assert name in found(tmp_path / "class")
    assert name in found(tmp_path / "class.zip")


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname != "Linux", reason="names are bytes on Linux alone")
def test_a_student_whose_name_is_no_utf8_can_be_stored_and_told(tmp_path):
    lay_out(
        tmp_path / "class", {os.fsdecode(b"ren\xe9") + "/conv_inverse.py": WORK, os.fsdecode(b"zo\xeb.zip"): b"no zip"}
    )
    for submission in find_submissions(tmp_path / "class", MODULES, {}):
        for text in (submission.student, submission.source, submission.problem, submission.digest):
            text.encode()


PROBLEMS = {
    "a zip that is none": ("amal.zip", b"no zip", "no readable zip"),
    "a zip that escapes": ("amal.zip", zip_bytes({"../conv_inverse.py": WORK}), "leads out"),
    "a zip in a folder that is none": ("amal/hw.zip", b"no zip", "no readable zip"),
    "a pdf": ("amal.pdf", b"%PDF", "no folder, .zip, .py or .ipynb"),
    "a tar": ("amal.tar", b"", "no folder, .zip, .py or .ipynb"),
}


@pytest.mark.parametrize("archive", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("what", PROBLEMS)
def test_what_is_wrong_with_one_submission_is_its_own_problem(what, archive, tmp_path):
    name, content, sentence = PROBLEMS[what]
    files = {name: content, "bo/conv_inverse.py": WORK}
    path = lay_out(tmp_path / "class", files)
    if archive:
        path = tmp_path / "class.zip"
        path.write_bytes(zip_bytes(files))
    students = found(path)
    assert list(students) == ["amal", "bo"]
    assert sentence in students["amal"].problem
    assert students["amal"].flags[-1] == "unreadable"
    assert students["amal"].files == {}
    assert students["bo"].problem == ""


@UNIX
@pytest.mark.usefixtures("hanging_is_failing")
def test_one_unreadable_flat_file_is_a_problem_and_no_second_student(tmp_path):
    lay_out(tmp_path / "class", {"amal_conv_inverse.py": WORK})
    os.mkfifo(tmp_path / "class" / "amal_inverse.py")
    students = found(tmp_path / "class")
    assert list(students) == ["amal"]
    assert "no regular file" in students["amal"].problem


def test_what_is_said_of_a_submission_commands_no_terminal(tmp_path):
    names = ("a\x1b[2J\nPASSED.py", "A\x1b[2J\nPASSED.py")  # twice the same name: it stands in the message
    lay_out(tmp_path / "class", {"amal.zip": zip_bytes(dict.fromkeys(names, WORK))})
    problem = found(tmp_path / "class")["amal"].problem
    assert "is in it twice" in problem
    assert problem.isprintable()


def test_a_folder_too_large_in_a_class_zip_is_its_own_problem(tmp_path):
    files = {f"amal/{index}.txt": b"" for index in range(2_500)} | {"bo/conv_inverse.py": WORK}
    (tmp_path / "class.zip").write_bytes(zip_bytes(files))
    students = found(tmp_path / "class.zip")
    assert "more than 2,000 files" in students["amal"].problem
    assert students["bo"].files["conv_inverse.py"] == WORK


def test_a_large_class_in_one_zip_is_read(tmp_path):
    names = ("conv_inverse.py", *(f"file{number}.py" for number in range(5)))
    files = {f"student{index:03}/{name}": b"" for index in range(500) for name in names}
    (tmp_path / "class.zip").write_bytes(zip_bytes(files))
    assert len(found(tmp_path / "class.zip")) == 500


@UNIX
def test_a_student_that_is_a_link_is_reported_and_not_followed(tmp_path):
    lay_out(tmp_path / "elsewhere", {"conv_inverse.py": WORK})
    lay_out(tmp_path / "class", {"bo/conv_inverse.py": WORK})
    (tmp_path / "class" / "amal").symlink_to(tmp_path / "elsewhere")
    students = found(tmp_path / "class")
    assert "is a link" in students["amal"].problem
    assert students["amal"].files == {}


@UNIX
@pytest.mark.usefixtures("hanging_is_failing")
def test_a_pipe_is_reported_and_not_waited_for(tmp_path):
    lay_out(tmp_path / "class", {"bo/conv_inverse.py": WORK})
    for name in ("amal.py", "cy.zip", "di.txt"):
        os.mkfifo(tmp_path / "class" / name)

    students = found(tmp_path / "class")
    assert list(students) == ["amal", "bo", "cy", "di"]
    assert all(students[name].problem for name in ("amal", "cy", "di"))


@UNIX
def test_an_unreadable_student_is_a_problem_and_the_others_are_read(open_folder, as_nobody):
    lay_out(open_folder, {"amal/conv_inverse.py": WORK, "bo/conv_inverse.py": WORK, "cy/conv_inverse.py": WORK})
    (open_folder / "amal" / "conv_inverse.py").chmod(0)
    (open_folder / "cy").chmod(0)
    with as_nobody():
        students = found(open_folder)
    assert "cannot be read: Permission denied" in students["amal"].problem
    assert "cannot be read: Permission denied" in students["cy"].problem
    assert students["bo"].problem == ""


@UNIX
def test_a_class_folder_that_is_closed_is_a_sentence(open_folder, as_nobody):
    (open_folder / "class").mkdir()
    (open_folder / "class").chmod(0)
    with as_nobody(), pytest.raises(SubmissionError, match="cannot be read: Permission denied"):
        find_submissions(open_folder / "class", MODULES, {})


@pytest.mark.parametrize(
    "files",
    [
        {"amal/conv_inverse.py": WORK, "amal.zip": zip_bytes({"conv_inverse.py": WORK})},
        {"amal.py": WORK, "amal/conv_inverse.py": WORK},
        {"amal.zip": b"", "amal.pdf": b""},
        {"Amal/conv_inverse.py": WORK, "amal_conv_inverse.py": WORK},
    ],
)
def test_two_entries_of_one_student_are_refused_with_both_names(files, tmp_path):
    with pytest.raises(SubmissionError, match=r"(?i) and .* both claim the student 'amal'; keep the one that counts"):
        find_submissions(lay_out(tmp_path / "class", files), MODULES, {})


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty", None, "holds no submission; expected a folder"),
        ("notes.txt", b"", "is no folder, zip"),
        ("broken.zip", b"no zip", "no readable zip"),
        ("empty.zip", zip_bytes({}), "holds no submission"),
        ("roster_only/roster.csv", b"", "holds no submission"),
    ],
)
def test_input_that_holds_nothing_is_a_sentence(name, content, sentence, tmp_path):
    lay_out(tmp_path, {name: content})
    with pytest.raises(SubmissionError, match=sentence):
        find_submissions(tmp_path / name.split("/")[0], MODULES, {})


def test_a_path_that_is_not_there_is_a_sentence(tmp_path):
    for read in (find_submissions, read_submission):
        with pytest.raises(SubmissionError, match="does not exist"):
            read(tmp_path / "nowhere", MODULES, {})


@pytest.mark.parametrize("entry", ["amal", "amal.zip", "amal.ipynb", "amal.ZIP"])
def test_a_student_reads_their_own_folder_zip_or_file(entry, tmp_path):
    lay_out(
        tmp_path,
        {
            "amal/conv_inverse.py": WORK,
            "amal.zip": zip_bytes({"hw/conv_inverse.py": WORK}),
            "amal.ZIP": zip_bytes({"hw/conv_inverse.py": WORK}),
            "amal.ipynb": WORK,
        },
    )
    submission = read_submission(tmp_path / entry, MODULES, {})
    assert submission.student == "amal"
    assert WORK in (submission.files.get("conv_inverse.py"), submission.files.get("conv_inverse.ipynb"))


@IN_FOLDER
@given(st.permutations(["amal", "bo", "Cy", "dé"]))
def test_the_order_and_digests_do_not_depend_on_how_the_files_came(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("class")
    lay_out(folder, {f"{name}/conv_inverse.py": name.encode() for name in order})
    submissions = find_submissions(folder, MODULES, {})
    assert [each.student for each in submissions] == sorted(order)
    assert len({each.digest for each in submissions}) == len(order)


def test_what_a_student_reads_does_not_say_where_the_ta_keeps_the_files(tmp_path):
    lay_out(tmp_path / "class", {"amal/inverse.py": WORK, "bo.zip": b"no zip", "cleo/cleo.zip": b"no zip either"})
    for each in find_submissions(tmp_path / "class", MODULES, {}):
        assert str(tmp_path) not in each.problem
        assert (".zip is no readable zip" in each.problem) == (each.student != "amal")

"""Every system's layout gives each student's files; what counts is the newest, and nothing is dropped in silence."""

import contextlib
import io
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import SubmissionError
from autograder.intake import find_submissions
from autograder.intake.class_list import MISSING, STRANGER
from autograder.intake.layouts import Entry, Layout, recognised
from autograder.intake.roster import RosterEntry

MODULES = ["conv_inverse", "fcn"]
WORK, EARLIER = b"work = 1\n", b"work = 0\n"
METADATA = """---
submission_11:
  :submitters:
  - :name: Amal Ali
    :sid: '1001'
    :email: amal@example.com
  :created_at: 2026-11-20 23:59:00.000000000 Z
submission_12:
  :submitters:
  - :name: Bo Li
    :email: bo@example.com
  - :name: Cy Young
    :sid: '1003'
    :email: cy@example.com
  :created_at: 2026-11-21 10:00:00 -0500
"""
ROSTER = {
    "amal": RosterEntry("amal", "Amal Ali", "amal@example.com"),
    "bo": RosterEntry("bo", "Li, Bo", "bo@example.com"),
    "cy": RosterEntry("cy", "Cy Young", "cy@example.com"),
}


def lay_out(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def zip_bytes(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def found(path, layout=Layout.AUTO, roster=None):
    return {each.student: each for each in find_submissions(path, MODULES, {}, None, layout, roster)}


QUERCUS = {
    "aliamal_1001_501_conv_inverse.py": EARLIER,
    "aliamal_1001_501_conv_inverse-1.py": WORK,
    "aliamal_1001_501_fcn.ipynb": WORK,
    "libo_LATE_1002_502_homework-3.zip": zip_bytes({"hw/conv_inverse.py": WORK}),
    "youngcy_1003_503_conv_inverse.py": WORK,
    "youngcy_1003_503_notes.pdf": b"%PDF",
}


@pytest.mark.parametrize("archive", [False, True], ids=["folder", "zip"])
def test_quercus_files_are_put_together_and_the_newest_counts(archive, tmp_path):
    path = lay_out(tmp_path / "submissions", QUERCUS)
    if archive:
        path = tmp_path / "submissions.zip"
        path.write_bytes(zip_bytes(QUERCUS))
    students = found(path)
    assert list(students) == ["aliamal", "libo", "youngcy"]
    assert students["aliamal"].files == {"conv_inverse.py": WORK, "fcn.ipynb": WORK}
    assert students["aliamal"].flags == ("earlier versions: aliamal_1001_501_conv_inverse.py",)
    assert students["libo"].files == {"conv_inverse.py": WORK}
    assert students["libo"].flags == ("late in Quercus",)
    assert students["youngcy"].files["conv_inverse.py"] == WORK
    assert all(each.problem == "" for each in students.values())
    assert [each.lms_id for each in students.values()] == ["1001", "1002", "1003"]


def test_a_number_that_a_students_own_name_may_hold_is_nobodys(tmp_path):
    """Quercus makes bob_103_5__1001_501_ of the name "bob_-103_-5_": his marks would be those of number 103."""
    files = {f"{who}_conv_inverse.py": WORK for who in ("bob_103_5__1001_501", "youngcy_1003_503")}
    students = found(lay_out(tmp_path, files))
    assert {name: each.lms_id for name, each in students.items()} == {"bob": "", "youngcy": "1003"}
    assert "whose it is in Quercus is not certain" in students["bob"].flags[0]
    roster = {"dora": RosterEntry("dora", email="103"), "bob": RosterEntry("bob")}
    assert found(tmp_path, roster=roster)["dora"].files == {}


@pytest.mark.parametrize("late", ["LATE", "late"])
def test_quercus_has_written_late_in_two_ways(late, tmp_path):
    [anna] = found(lay_out(tmp_path, {f"adleranna_{late}_1001_5001_conv_inverse.py": WORK})).values()
    assert (anna.student, anna.lms_id, anna.flags) == ("adleranna", "1001", ("late in Quercus",))


def test_a_group_has_no_number_that_is_each_members(tmp_path):
    roster = {"anna": RosterEntry("anna", "Anna Adler"), "ben": RosterEntry("ben", group="pair7")}
    files = {f"{who}_{user}_5001_conv_inverse.py": WORK for who, user in (("adleranna", 1001), ("pair7", 1002))}
    students = found(lay_out(tmp_path, files), roster=roster)
    assert {name: each.lms_id for name, each in students.items()} == {"anna": "1001", "ben": ""}


def test_two_students_of_one_name_stay_two(tmp_path):
    names = ("wuwei_7_1_conv_inverse.py", "wuwei_8_2_conv_inverse.py")
    assert list(found(lay_out(tmp_path, dict.fromkeys(names, WORK)))) == ["wuwei_7", "wuwei_8"]


@pytest.mark.parametrize("top", ["", "assignment_9_export/"])
def test_gradescope_submissions_are_each_submitters_and_say_when(top, tmp_path):
    files = {
        "submission_11/conv_inverse.py": WORK,
        "submission_12/work/conv_inverse.py": WORK,
        "submission_metadata.yml": METADATA,
    }
    (tmp_path / "export.zip").write_bytes(zip_bytes({top + name: content for name, content in files.items()}))
    for path in (tmp_path / "export.zip", lay_out(tmp_path / "export", files)):
        students = found(path)
        assert list(students) == ["1001", "1003", "bo@example.com"]
        assert {student: each.submitted_at for student, each in students.items()} == {
            "1001": "2026-11-20T23:59:00+00:00",
            "1003": "2026-11-21T15:00:00+00:00",
            "bo@example.com": "2026-11-21T15:00:00+00:00",
        }
        assert all(each.files == {"conv_inverse.py": WORK} for each in students.values())
        assert list(found(path, roster=ROSTER)) == ["amal", "bo", "cy"]


def test_a_name_that_a_student_chose_in_gradescope_makes_nobody_else_of_them(tmp_path):
    metadata = "submission_1: {':submitters': [{':name': amal, ':email': x@example.com}]}"
    lay_out(tmp_path, {"submission_metadata.yml": metadata, "submission_1/fcn.py": WORK})
    students = found(tmp_path, roster=ROSTER)
    assert students["amal"].flags == (MISSING,)
    assert students["x@example.com"].flags == (STRANGER,)


def test_github_repositories_lose_the_assignments_name(tmp_path):
    files = {
        f"csc321-a2-{name}/{file}": WORK for name in ("amal", "bo-li") for file in ("conv_inverse.py", ".git/HEAD")
    }
    assert list(found(lay_out(tmp_path, files))) == ["amal", "bo-li"]


def test_folders_that_only_look_alike_keep_their_names(tmp_path):
    files = {f"group-{name}/conv_inverse.py": WORK for name in ("a", "b")}
    assert list(found(lay_out(tmp_path, files))) == ["group-a", "group-b"]
    assert list(found(tmp_path, Layout.GITHUB)) == ["a", "b"]
    assert list(found(tmp_path, Layout.MARKUS)) == ["group-a", "group-b"]


@pytest.mark.parametrize(
    ("layout", "files", "sentence"),
    [
        (Layout.QUERCUS, {"amal.py": WORK}, "not named as Quercus names"),
        (Layout.QUERCUS, {"amal/conv_inverse.py": WORK}, "not named as Quercus names"),
        (Layout.GRADESCOPE, {"amal/conv_inverse.py": WORK}, "holds no submission_metadata.yml"),
        (Layout.AUTO, {"submission_metadata.yml": "- a", "submission_1/fcn.py": WORK}, "does not say who handed in"),
        (Layout.AUTO, {"submission_metadata.yml": "a: [", "submission_1/fcn.py": WORK}, "does not say who handed in"),
        (
            Layout.AUTO,
            {"submission_metadata.yml": METADATA, "submission_9/fcn.py": WORK},
            "submission_9 is not in submission_metadata",
        ),
        (
            Layout.AUTO,
            {"submission_metadata.yml": "submission_1: {':submitters': [{}]}", "submission_1/fcn.py": WORK},
            "does not say who handed in",
        ),
    ],
)
def test_what_does_not_fit_its_layout_is_a_sentence(layout, files, sentence, tmp_path):
    with pytest.raises(SubmissionError, match=sentence):
        found(lay_out(tmp_path / "class", files), layout)


def test_the_roster_names_students_finds_groups_and_misses_nobody(tmp_path):
    roster = ROSTER | {
        "di": RosterEntry("di", "Di Ng", group="group_7"),
        "ed": RosterEntry("ed", "Ed Oh", group="group_7"),
        "flo": RosterEntry("flo", "Flo Po"),
    }
    files = {f"{name}/conv_inverse.py": name.encode() for name in ("amal@EXAMPLE.com", "libo", "group_7", "stranger")}
    students = found(lay_out(tmp_path, files), roster=roster)
    assert list(students) == ["amal", "bo", "cy", "di", "ed", "flo", "stranger"]
    assert students["di"].files == students["ed"].files == {"conv_inverse.py": b"group_7"}
    assert students["di"].flags == ("group group_7",)
    assert students["stranger"].flags == (STRANGER,)
    for student in ("cy", "flo"):
        assert students[student].flags == (MISSING,)
        assert students[student].problem == "nothing was handed in"


@pytest.mark.parametrize("name", ["Anna van der Berg", "van der Berg, Anna", "ANNA VAN DER BERG"])
def test_a_last_name_may_be_several_words(name, tmp_path):
    lay_out(tmp_path, {"vanderberganna_1_2_conv_inverse.py": WORK})
    assert list(found(tmp_path, roster={"ab": RosterEntry("ab", name)})) == ["ab"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_accent_is_the_same_however_unicode_writes_it(form, tmp_path):
    other = {"NFC": "NFD", "NFD": "NFC"}[form]
    lay_out(tmp_path, {f"{unicodedata.normalize(form, 'chloé')}/conv_inverse.py": WORK})
    name = unicodedata.normalize(other, "chloé")
    assert found(tmp_path, roster={name: RosterEntry(name)})[name].flags == ()


def test_two_claims_of_one_student_are_refused_however_they_name_them(tmp_path):
    lay_out(tmp_path, {"amal/conv_inverse.py": WORK, "amal@example.com/conv_inverse.py": WORK})
    with pytest.raises(SubmissionError, match="both claim the student 'amal'"):
        found(tmp_path, roster=ROSTER)


entries = st.builds(Entry, st.text(min_size=1, max_size=30), st.booleans(), st.just(dict), st.booleans())


@settings(deadline=None)
@given(st.lists(entries, max_size=5))
def test_any_names_have_a_layout_or_are_refused(some):
    with contextlib.suppress(SubmissionError):
        assert recognised(Path("class"), some) in (Layout.PLAIN, Layout.QUERCUS, Layout.GITHUB)


def test_two_layouts_in_one_are_refused_unless_one_is_named(tmp_path):
    lay_out(tmp_path, {"adleranna_1001_5001_conv_inverse.py": WORK, "bo/conv_inverse.py": WORK})
    with pytest.raises(SubmissionError, match=r"holds two layouts: adleranna_1001_5001_conv_inverse\.py .* and bo is"):
        found(tmp_path)
    assert "bo" in found(tmp_path, layout=Layout.PLAIN)


def test_gradescopes_folders_without_its_file_are_refused(tmp_path):
    lay_out(tmp_path, {"submission_11/conv_inverse.py": WORK, "submission_12/conv_inverse.py": WORK})
    with pytest.raises(SubmissionError, match=r"no submission_metadata\.yml"):
        found(tmp_path)


def test_gradescopes_folders_beside_others_are_two_layouts(tmp_path):
    lay_out(tmp_path, {"submission_11/conv_inverse.py": WORK, "carl/conv_inverse.py": WORK})
    with pytest.raises(SubmissionError, match=r"two layouts: submission_11 is named as Gradescope .* and carl is not"):
        found(tmp_path)
    assert list(found(tmp_path, layout=Layout.PLAIN)) == ["carl", "submission_11"]


def test_two_of_one_name_and_nothing_else_in_gradescope_are_not_made_one(tmp_path):
    metadata = "".join(f"submission_{n}:\n  :submitters:\n  - :name: Amal Ali\n" for n in (1, 2))
    lay_out(tmp_path, {"submission_metadata.yml": metadata, "submission_1/a.py": WORK, "submission_2/a.py": WORK})
    with pytest.raises(SubmissionError, match="both claim the student 'amal ali'"):
        found(tmp_path)


def test_marks_below_a_students_folder_are_refused(tmp_path):
    lay_out(tmp_path, {"amal/conv_inverse.py": WORK, "out/class/marks.csv": ""})
    with pytest.raises(SubmissionError, match=r"--out lies in .*out, which would be a student's"):
        find_submissions(tmp_path, MODULES, {}, tmp_path / "out/class", Layout.AUTO, None)
    assert len(find_submissions(tmp_path, MODULES, {}, tmp_path / "out", Layout.AUTO, None)) == 1


def test_of_a_file_and_a_notebook_in_quercus_the_later_one_counts(tmp_path):
    files = {"adleranna_1001_5001_conv_inverse.py": b"1", "adleranna_1001_5009_conv_inverse.ipynb": b"2"}
    [anna] = found(lay_out(tmp_path, files)).values()
    assert anna.files == {"conv_inverse.ipynb": b"2"}
    assert anna.flags == ("earlier versions: adleranna_1001_5001_conv_inverse.py",)


def test_of_two_zips_in_quercus_the_later_one_counts(tmp_path):
    files = {
        "chenchloe_1003_5003_hw.zip": zip_bytes({"conv_inverse.py": b"1"}),
        "chenchloe_1003_5010_hw_final.zip": zip_bytes({"conv_inverse.py": b"2"}),
    }
    [chloe] = found(lay_out(tmp_path, files)).values()
    assert chloe.files == {"conv_inverse.py": b"2"}
    assert chloe.flags == ("earlier versions: chenchloe_1003_5003_hw.zip",)


def test_a_roster_knows_which_end_of_a_repository_is_the_user(tmp_path):
    files = {f"hw1-anna-{end}/{name}": WORK for end in "bc" for name in ("conv_inverse.py", ".git/HEAD")}
    roster = {name: RosterEntry(name) for name in ("anna-b", "anna-c")}
    assert list(found(lay_out(tmp_path, files), roster=roster)) == ["anna-b", "anna-c"]


def test_what_is_no_class_is_refused(tmp_path):
    lay_out(tmp_path / "slides", {"img/a.png": b"", "talk/talk.tex": b""})
    with pytest.raises(SubmissionError, match=r"none of 2 entries \(img, talk, ...\) holds conv_inverse"):
        found(tmp_path / "slides")
    lay_out(tmp_path / "outer", {"class/anna/conv_inverse.py": WORK, "class/bo/conv_inverse.py": WORK})
    with pytest.raises(SubmissionError, match="holds one folder, class, in which several hold the assignment"):
        found(tmp_path / "outer")

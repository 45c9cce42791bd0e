import io
import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.errors import SubmissionError
from autograder.intake.tree import Bounds, is_junk, read_file, read_folder, read_zip, text_of, unzip

IN_FOLDER = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
UNIX = pytest.mark.skipif(os.name != "posix", reason="this system has no such files")

JUNK = [
    "__MACOSX/._a.py",
    "._a.py",
    "x/__pycache__/a.pyc",
    ".git/config",
    ".ipynb_checkpoints/a-checkpoint.ipynb",
    ".DS_Store",
    "venv/lib/a.py",
    ".venv/a.py",
]


def zip_bytes(files, **options) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", options.pop("compression", zipfile.ZIP_DEFLATED)) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content)
    return stream.getvalue()


def entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x")
    info.filename = name  # past the constructor, which tidies names
    info.external_attr = mode << 16
    return info


@pytest.fixture
def refusal(tmp_path):
    """What is said of a zip with these bytes; fails if it is read."""

    def of(content: bytes) -> str:
        path = tmp_path / "amal.zip"
        path.write_bytes(content)
        with pytest.raises(SubmissionError) as caught:
            read_zip(path)
        assert str(caught.value).startswith(str(path))
        return str(caught.value)

    return of


word = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\:"), min_size=1, max_size=12
).filter(lambda name: name not in (".", "..") and not name.startswith("._") and not is_junk(PurePosixPath(name)))
contents = st.dictionaries(word, st.binary(max_size=50), max_size=4)


def distinct(files) -> bool:
    return len({name.casefold() for name in files}) == len(files)


@IN_FOLDER
@given(files=contents.filter(distinct), folder=word)
def test_a_zip_and_a_folder_give_the_files_that_are_in_them(files, folder, tmp_path_factory):
    place = tmp_path_factory.mktemp("case")
    expected = files | {f"{folder} deep/{name}": content for name, content in files.items()}
    for name, content in expected.items():
        (place / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "in" / name).write_bytes(content)
    (place / "a.zip").write_bytes(zip_bytes(expected))
    assert read_zip(place / "a.zip") == expected
    if expected:
        assert read_folder(place / "in") == expected


@pytest.mark.parametrize("name", JUNK)
def test_junk_is_left_out_of_zips_and_folders(name, tmp_path):
    (tmp_path / "in" / name).parent.mkdir(parents=True)
    (tmp_path / "in" / name).write_bytes(b"junk")
    (tmp_path / "in" / "a.py").write_bytes(b"work")
    (tmp_path / "a.zip").write_bytes(zip_bytes({name: b"junk", "a.py": b"work"}))
    assert read_folder(tmp_path / "in") == read_zip(tmp_path / "a.zip") == {"a.py": b"work"}


@pytest.mark.parametrize(
    "name",
    ["../a.py", "x/../../a.py", "/etc/passwd", "//a.py", "..", "x\\..\\a.py", "..\\a.py", "C:/a.py", "C:a.py", "c:\\a"],
)
def test_a_name_that_leads_out_of_the_archive_is_refused(name, refusal):
    assert "leads out of the archive" in refusal(zip_bytes([("a.py", b""), (entry(name), b"x")]))


@IN_FOLDER
@given(parts=st.lists(st.sampled_from(["..", ".", "a", "", "C:", "\\", "b c"]), min_size=1, max_size=5))
def test_no_name_that_is_read_leads_out(parts, tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zip_bytes([(entry("/".join(parts)), b"x")]))
    try:
        files = read_zip(path)
    except SubmissionError:
        return
    box = tmp_path / "box"
    for name in files:
        assert Path(os.path.normpath(box / name)).is_relative_to(box)
        assert os.path.normpath(box / name) != str(box)


@pytest.mark.parametrize("name", [".", "a" * 300 + ".py", "ü" * 150 + ".py", "/".join(["a" * 100] * 20)[1:]])
def test_a_name_that_no_file_can_have_is_refused(name, refusal):
    assert "no file can have the name" in refusal(zip_bytes([(entry(name), b"x")]))


def test_a_link_is_refused(refusal):
    assert "is a link" in refusal(zip_bytes([(entry("a.py", stat.S_IFLNK | 0o777), b"/etc/passwd")]))


def test_an_encrypted_zip_is_refused(refusal):
    content = bytearray(zip_bytes({"a.py": b"secret"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    assert "encrypted" in refusal(bytes(content))


@pytest.mark.parametrize(
    "names", [["a.py", "A.py"], ["x/a.py", "X/a.py"], ["a.py", "a.py"], ["straße.py", "STRASSE.py"], ["a.py", "./a.py"]]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_differ_only_in_case_are_refused(names, refusal):
    assert "differs only in case" in refusal(zip_bytes([(entry(name), b"") for name in names]))


def test_a_name_that_is_a_file_and_a_folder_is_refused(refusal):
    assert "both a file and a folder" in refusal(zip_bytes([(entry("a"), b""), (entry("A/b.py"), b"")]))


def test_too_many_files_are_refused(refusal):
    assert "more than 2,000 files" in refusal(zip_bytes({f"{index}.py": b"" for index in range(3_000)}))


def test_as_many_files_as_allowed_are_read(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zip_bytes({f"{index}.py": b"" for index in range(2_000)}, compression=zipfile.ZIP_STORED))
    assert len(read_zip(path)) == 2_000


def test_files_that_are_too_large_together_are_refused(tmp_path):
    zeros = zip_bytes({f"{index}.bin": bytes(600 << 10) for index in range(2)})
    assert len(zeros) < 10_000
    with pytest.raises(SubmissionError, match="larger than 1 MB; hand in less"):
        unzip(io.BytesIO(zeros), tmp_path / "a.zip", Bounds(2_000, 1 << 20, "hand in less"))


def test_a_zip_that_unpacks_to_more_than_is_allowed_is_refused(tmp_path):
    block = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(block.compress(bytes(8 << 20)) for _ in range(18)) + block.flush()
    path = tmp_path / "bomb.zip"
    path.write_bytes(handmade("bomb.bin", packed, claimed_size=144 << 20))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(SubmissionError, match="larger than 128 MB"):
        read_zip(path)


def handmade(name: str, packed: bytes, claimed_size: int, crc: int = 0) -> bytes:
    """A zip of one deflated entry whose header says what it likes."""
    raw_name = name.encode()
    fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, crc, len(packed), claimed_size, len(raw_name), 0)
    local = b"PK\x03\x04" + fields + raw_name + packed
    central = b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + raw_name
    return local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


@pytest.mark.parametrize("claimed_size", [0, 5, 0xFFFFFFF0])
def test_a_header_that_lies_about_the_size_is_no_way_around_the_bound(claimed_size, tmp_path):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(2 << 20)) + packer.flush()
    stream = io.BytesIO(handmade("a.bin", packed, claimed_size, zlib.crc32(bytes(2 << 20))))
    try:
        files = unzip(stream, tmp_path / "a.zip", Bounds(10, 1 << 20, "less"))
    except SubmissionError:
        return
    assert sum(map(len, files.values())) <= 1 << 20


def test_a_zip_in_a_zip_is_kept_as_it_is():
    inner = zip_bytes({"bomb.bin": bytes(1 << 20)})
    assert unzip(io.BytesIO(zip_bytes({"inner.zip": inner})), Path("a.zip")) == {"inner.zip": inner}


@IN_FOLDER
@given(data=st.data())
def test_a_damaged_zip_is_read_or_refused_in_a_sentence(data, tmp_path):
    compression = data.draw(
        st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    )
    content = bytearray(zip_bytes({"a.py": b"x = 1\n" * 20, "b/c.py": b"y"}, compression=compression))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    path = tmp_path / "a.zip"
    path.write_bytes(bytes(content))
    files, sentence = {}, str(path)
    try:
        files = read_zip(path)
    except SubmissionError as error:
        sentence = str(error)
    assert sentence.startswith(str(path))
    assert all(isinstance(name, str) and isinstance(value, bytes) for name, value in files.items())


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04", b"Rar!\x1a\x07\x00"])
def test_what_is_no_zip_is_refused(content, refusal):
    assert "no readable zip" in refusal(content)


def test_an_empty_zip_has_no_files(tmp_path):
    (tmp_path / "a.zip").write_bytes(zip_bytes({}))
    assert read_zip(tmp_path / "a.zip") == {}


@UNIX
def test_links_in_a_folder_are_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "solution.py").write_bytes(b"secret")
    folder = tmp_path / "amal"
    folder.mkdir()
    (folder / "file.py").symlink_to(secret / "solution.py")
    (folder / "inside").symlink_to(secret)
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere.py").symlink_to(tmp_path / "nowhere")
    (folder / "own.py").write_bytes(b"own")
    assert read_folder(folder) == {"own.py": b"own"}


@UNIX
def test_a_file_that_is_a_link_is_refused_as_one(tmp_path):
    (tmp_path / "a.py").write_bytes(b"")
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    (tmp_path / "link.zip").symlink_to(tmp_path / "a.py")
    for read, name in ((read_file, "link.py"), (read_zip, "link.zip")):
        with pytest.raises(SubmissionError, match=rf"{name} is a link; hand in the file itself"):
            read(tmp_path / name)


@UNIX
@pytest.mark.usefixtures("hanging_is_failing")
def test_a_pipe_is_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.py")
    assert read_folder(tmp_path) == {}
    for read in (read_file, read_zip):
        with pytest.raises(SubmissionError, match="no regular file"):
            read(tmp_path / "a.py")


@UNIX
def test_an_unreadable_file_or_folder_is_refused_with_the_fix(open_folder, as_nobody):
    (open_folder / "a.py").write_bytes(b"")
    (open_folder / "a.py").chmod(0)
    (open_folder / "closed" / "inner").mkdir(parents=True)
    (open_folder / "closed" / "inner").chmod(0)
    with as_nobody():
        with pytest.raises(SubmissionError, match=r"a\.py cannot be read: Permission denied; correct its permissions"):
            read_file(open_folder / "a.py")
        with pytest.raises(SubmissionError, match="inner cannot be read: Permission denied"):
            read_folder(open_folder / "closed")


def test_a_folder_of_too_many_files_is_refused(tmp_path):
    for index in range(2_001):
        (tmp_path / f"{index}.py").touch()
    with pytest.raises(SubmissionError, match="more than 2,000 files; hand in only"):
        read_folder(tmp_path)


def test_a_folder_or_file_that_is_too_large_is_refused(tmp_path):
    (tmp_path / "a.py").touch()
    os.truncate(tmp_path / "a.py", (128 << 20) + 1)
    for read, path in ((read_folder, tmp_path), (read_file, tmp_path / "a.py")):
        with pytest.raises(SubmissionError, match="larger than 128 MB; hand in only"):
            read(path)


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname != "Linux", reason="names are bytes on Linux alone")
def test_names_that_are_no_utf8_become_text_and_stay_apart(tmp_path):
    for name in (b"caf\xe9.py", b"caf\xe8.py"):
        (tmp_path / os.fsdecode(name)).write_bytes(name)
    files = read_folder(tmp_path)
    assert sorted(files.values()) == [b"caf\xe8.py", b"caf\xe9.py"]
    assert all(name.encode().startswith(b"caf") for name in files)


@given(st.text(st.characters()))
def test_any_name_becomes_text_that_can_be_stored(name):
    assert text_of(name).encode().decode() == text_of(name)
    if not any(0xD800 <= ord(letter) <= 0xDFFF for letter in name):
        assert text_of(name) == name

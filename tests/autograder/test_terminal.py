import pytest

from autograder import terminal
from autograder.config_file import load
from autograder.errors import UsageError
from autograder.pictures import Curve
from autograder.records import Outcome, TestResult


@pytest.fixture
def checked(repository):
    """A config, its first item, and what came of the item's public tests, with a picture."""
    config = load(repository / "grading_config.yaml")
    item = config.items[0]
    picture = Curve("The loss", "epoch", "mean loss", (2.0, 1.0))
    results = {test: TestResult(test, Outcome.PASSED, pictures=(picture,)) for test in item.public}
    return config, [item], results


def test_a_check_writes_its_pictures_beside_the_students_files(checked, tmp_path, capsys):
    file = tmp_path / "conv_inverse.py"
    file.touch()
    for path in (tmp_path, file):
        assert terminal.show_check(*checked, path) == 0
        assert "pictures.html" in capsys.readouterr().out.replace("\n", "")
        page = tmp_path / "pictures.html"
        assert "The loss" in page.read_text()
        page.unlink()


def test_a_check_without_pictures_writes_nothing(checked, tmp_path):
    config, items, results = checked
    terminal.show_check(config, items, {test: TestResult(test, Outcome.PASSED) for test in results}, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("device", ["simulated", "cuda"])
@pytest.mark.parametrize(("outcome", "mark"), [(Outcome.PASSED, "✓ pass"), (Outcome.FAILED, "✗ FAIL")])
def test_a_check_says_which_device_its_tests_ran_on(device, outcome, mark, checked, tmp_path, capsys):
    config, [item], results = checked
    on_device = {test: TestResult(test, outcome, device=device) for test in results}
    terminal.show_check(config, [item], on_device, tmp_path)
    assert f"{mark}  {item.id}  {item.title} ({device})" in capsys.readouterr().out


def test_pictures_that_cannot_be_written_are_a_sentence(checked, tmp_path):
    (tmp_path / "pictures.html").mkdir()
    with pytest.raises(UsageError, match="cannot be written: Is a directory"):
        terminal.show_check(*checked, tmp_path)


def test_a_package_that_a_command_needs_is_named_with_what_brings_it(autograder, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['cosmic_ray'] = None\n")
    done = autograder("audit", "--out", tmp_path / "out", env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    assert "needs cosmic_ray, which is not installed; pip install 'convolution-autograder[audit]'" in done.stderr
    assert "Traceback" not in done.stderr

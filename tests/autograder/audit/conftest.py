"""A small course with solutions, wheats and chaffs, as an instructor would keep it."""

from __future__ import annotations

import shutil

import pytest

SOLUTION = '''"""Words."""


def reverse(word: str) -> str:
    """Return the word backwards."""
    return _backwards(word)


def _backwards(word):
    return word[::-1]


def count(word: str) -> dict[str, int]:
    """Return how often each letter occurs."""
    return {letter: word.count(letter) for letter in word}
'''


@pytest.fixture
def course(repository, tmp_path):
    folder = tmp_path / "course"
    shutil.copytree(repository / "tests/autograder/second_course", folder)
    (folder / "solutions").mkdir()
    (folder / "solutions/words.py").write_text(SOLUTION)
    samples = folder / "tests/submissions"
    add(samples / "wheats/loops", "def reverse(word):\n    return ''.join(reversed(word))\n")
    wrong = SOLUTION.replace("_backwards(word)\n\n", "word\n\n", 1)
    add(samples / "chaffs/unreversed", wrong, whole=True)
    (samples / "chaffs_verdicts.yaml").write_text("unreversed: {why: gives it back, loses: [W1], least: 1}\n")
    (samples / "unfilled_verdicts.yaml").write_text("words.reverse: [W1]\nwords.count: [W2]\n")
    return folder


def add(folder, text, whole=False):
    folder.mkdir(parents=True)
    rest = "\n\ndef count(word):\n    return {letter: word.count(letter) for letter in word}\n"
    (folder / "words.py").write_text(text if whole else text + rest)

"""The pages' commands are run as a reader would run them, in a course that the tutorial makes.

A page's files are code blocks with a caption: `PATH`, or `PATH, at the end`. Its commands are `console` blocks, what they
print below them. A comment says what is special: `# exits with 1: ...`, or `# needs ...` something that no test has.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
PAGES = sorted([*DOCS.glob("how-to/*.md"), *DOCS.glob("pipelines/*.md")])
NOT_RUN = {
    "$ autograder push quercus out/class  # needs Quercus",
    "$ autograder push quercus out/class --send  # needs Quercus",
    "$ docker build --file pipelines/docker/Dockerfile --tag autograder .  # needs Docker",
    '$ docker run --rm --volume "$PWD":/course:ro --volume "$PWD/submissions":/submissions:ro --volume "$PWD/out":/out '
    "autograder grade /submissions --course /course --out /out  # needs Docker",
}
BLOCK = re.compile(r"^```(?:console|\{code-block\} \w+\n:caption: (?P<caption>.+))\n(?P<text>(?:.*\n)*?)^```$", re.M)
COMMENT = re.compile(r"  # (?P<what>exits with (?P<code>\d)|needs ).*$")
ENVIRONMENT = os.environ | {
    "COLUMNS": "200",
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    **{f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def follow(page, folder):
    """Do what a page says, and return the folder that one is in then."""
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if block["caption"]:
            write(folder, block["caption"], block["text"])
            continue
        for command, *printed in commands(block["text"]):
            if command.startswith("$ cd "):
                folder /= command.removeprefix("$ cd ")
            elif command not in NOT_RUN:
                run(command, printed, folder)
    return folder


def write(folder, caption, text):
    name, _, at_the_end = caption.partition(", ")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if at_the_end == "at the end" else ""
    spacing = "\n" if path.suffix == ".py" and before else ""
    path.write_text(before + spacing + text, encoding="utf-8")


def commands(text):
    """Each command with the lines that it shall print."""
    found = []
    for line in text.splitlines():
        found.append([line]) if line.startswith("$ ") else found[-1].append(line)
    return found


def run(command, printed, folder):
    comment = COMMENT.search(command)
    done = subprocess.run(
        ["bash", "-c", command.removeprefix("$ ")],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == int((comment and comment["code"]) or 0), f"{command}\n{done.stdout}{done.stderr}"
    for line in printed:
        assert line in done.stdout, command


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return follow(DOCS / "tutorial.md", tmp_path_factory.mktemp("tutorial"))


def test_the_tutorial_ends_with_an_item_of_ones_own(course):
    assert (course / "out/class/marks.csv").read_text().startswith("student,P1,P2,")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_pages_commands_do_what_it_says(page, course, tmp_path):
    if "```console" in page.read_text(encoding="utf-8"):
        follow(page, shutil.copytree(course, tmp_path / "course"))


def test_what_is_not_run_is_marked_and_listed():
    found = {
        command
        for page in PAGES
        for block in BLOCK.finditer(page.read_text(encoding="utf-8"))
        if not block["caption"]
        for command, *_ in commands(block["text"])
        if (comment := COMMENT.search(command)) and comment["what"] == "needs "
    }
    assert found == NOT_RUN

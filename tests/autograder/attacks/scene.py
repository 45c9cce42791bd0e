"""A course with canaries in it, a class of attacks between honest neighbours, and one `autograder grade` of it all."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from attacks import bait, handins, machine
from attacks.verdicts import Graded, read_graded

REPOSITORY = Path(__file__).resolve().parents[3]
HOSTILE = REPOSITORY / "tests/submissions/hostile"
VERDICTS = REPOSITORY / "tests/submissions/hostile_verdicts.yaml"
_COPIED = ("tests/marked", "solutions", "assignment")
# A neighbour stands after every so many attacks, now the reference, now one that is partly wrong.
_BETWEEN = 8
NEIGHBOURS = {"right": "solutions", "partly_wrong": "tests/submissions/class/emeka"}
NEIGHBOUR_MARKS = {"right": 30.0, "partly_wrong": 13.0}
# What the grader itself leaves where it runs: the course's cache of digits, hypothesis's constants.
_OUR_OWN = (".cache", ".hypothesis")
JOBS = 2
SECONDS, MEMORY_MB = 2, 1024  # so that what never ends, or takes 1.5 GB, meets a limit soon


@dataclass
class Report:
    """What came of one run.

    Attributes:
        attacks: by name.
        neighbours: by name, with the kind of each.
        residue: what no attack's name is on.
        leaks: canaries in what the command printed or heard from nobody in particular.
        exit_code: of the command.
        printed: its standard output and error.
    """

    attacks: dict[str, Graded]
    neighbours: dict[str, tuple[str, Graded]]
    residue: list[str]
    leaks: list[str]
    exit_code: int
    printed: str


@dataclass
class Scene:
    """Where it all happens: everything below `folder`, which any user may enter.

    Attributes:
        folder: empty, and of a name that says nothing.
        user: who grades, if not the one who runs this.
    """

    folder: Path
    user: int | None = None
    run: str = field(default_factory=lambda: f"hostile{secrets.token_hex(4)}")

    def __post_init__(self) -> None:
        names = ("tests", "solutions", "submission", "environment", "home", "marks", "outside", "process")
        self.canaries = {name: f"canary-{name}-{secrets.token_hex(8)}" for name in names}
        self._claims: dict[str, str] = {}
        self._neighbours: dict[str, str] = {}
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._free_port = free.getsockname()[1]

    @property
    def out(self) -> Path:
        """Where the marks are."""
        return self.folder / "out"

    def grade(self, level: str, without: Collection[str] = ()) -> Report:
        """Build it all, less these attacks, grade it, look what came of it."""
        self._build_course()
        for name in ("home", "outside", "heard", "work", "earlier", "out", "class", "temporary"):
            (self.folder / name).mkdir()
        for name in ("outside", "heard"):
            (self.folder / name).chmod(0o777)
        (self.folder / "home" / ".secret").write_text(self.canaries["home"])
        for name in ("canary", f"{self.run}-change_times"):
            (self.folder / "outside" / name).write_text(self.canaries["outside"])
        (self.folder / "earlier" / "marks.sqlite").write_text(self.canaries["marks"])
        (self.folder / "out" / "earlier.csv").write_text(self.canaries["marks"])
        bait_process = self._as_user(
            [sys.executable, bait.__file__, str(self.folder / "heard"), self.run, self.canaries["process"]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"SECRET": self.canaries["environment"]},
        )
        try:
            assert bait_process.stdout is not None
            self._build_class(json.loads(bait_process.stdout.readline()), without)
            self._give_to_user()
            return self._grade(level)
        finally:
            bait_process.communicate()

    def _grade(self, level: str) -> Report:
        def look() -> machine.Look:
            own = ("course", "class", "home", "outside", "work", "earlier", "temporary")
            return machine.look(self.run, self._free_port, [self.folder / name for name in own], _OUR_OWN)

        before = look()
        with machine.adopting_orphans():
            exit_code, printed = self._command(level)
            residue = machine.left_behind(before, look)
        return self._report(exit_code, printed, residue)

    def messages_of_a_pipeline(self, name: str, level: str) -> list[str]:
        """What a student reads who may try again: the same marks once more, shown as `--pipeline` shows them."""
        self._command(level, "--pipeline")
        return [message for message in read_graded(self.out / "results")[name].messages if message]

    def _command(self, level: str, *options: str) -> tuple[int, str]:
        words = ["grade", self.folder / "class", "--course", self.folder / "course", "--out", self.out]
        grading = self._as_user(
            [sys.executable, "-m", "autograder", *map(str, words), "--jobs", str(JOBS), "--sandbox", level, *options],
            cwd=self.folder / "work",
            env=os.environ
            | {"HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "temporary"), "COLUMNS": "200"}
            | {"SECRET": self.canaries["environment"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        printed = grading.communicate()[0].decode(errors="replace")
        return grading.returncode, printed

    def _report(self, exit_code: int, printed: str, residue: list[str]) -> Report:
        students = read_graded(self.out / "results")
        named = {student: name for name, student in handins.NAMES.items()}
        attacks = {named.get(each, each): graded for each, graded in students.items() if each not in self._neighbours}
        heard = (self.folder / "heard" / "heard").read_text()
        for name, graded in attacks.items():
            claim = self._claims.get(name, self._claim_of(name))
            said = "\n".join(graded.messages)
            graded.leaks = [what for what, canary in self.canaries.items() if canary in said]
            graded.leaks += ["says that it succeeded"] if claim in said else []
            graded.leaks += ["was heard outside"] if claim in heard else []
            graded.residue = [each for each in residue if f"{self.run}-{name}" in each]
        everything = [printed, heard, *self._written()]
        return Report(
            attacks,
            {name: (self._neighbours[name], students[name]) for name in self._neighbours if name in students},
            [each for each in residue if not any(each in graded.residue for graded in attacks.values())],
            [what for what, canary in self.canaries.items() if any(canary in text for text in everything)]
            + (["the bait was signalled"] if "a signal" in heard else []),
            exit_code,
            printed,
        )

    def _written(self) -> list[str]:
        """All that the command wrote, the store of record too; not the canary that was laid beside it."""
        paths = [path for path in self.out.rglob("*") if path.is_file() and path.name != "earlier.csv"]
        return [path.read_bytes().decode(errors="replace") for path in paths]

    def _build_course(self) -> None:
        course = self.folder / "course"
        for name in _COPIED:
            shutil.copytree(REPOSITORY / name, course / name, ignore=shutil.ignore_patterns("__pycache__"))
        config = yaml.safe_load((REPOSITORY / "grading_config.yaml").read_text())
        config["limits"] |= {"seconds": SECONDS, "memory_mb": MEMORY_MB}
        (course / "grading_config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        for what, path in (("tests", "tests/marked/test_conv_inverse.py"), ("solutions", "solutions/conv_inverse.py")):
            with (course / path).open("a") as stream:
                stream.write(f'\nCANARY = "{self.canaries[what]}"\n')

    def _build_class(self, places: Mapping[str, Any], without: Collection[str]) -> None:
        folder = self.folder / "class"
        names = sorted({path.name for path in HOSTILE.iterdir()} - set(without))
        kinds = list(NEIGHBOURS)
        self._neighbours = {
            f"{name}_neighbour": kinds[index % len(kinds)] for index, name in enumerate(names[::_BETWEEN])
        }
        for name, kind in self._neighbours.items():
            (folder / name).mkdir()
            source = (REPOSITORY / NEIGHBOURS[kind] / "conv_inverse.py").read_text()
            (folder / name / "conv_inverse.py").write_text(f'{source}\nCANARY = "{self.canaries["submission"]}"\n')

        def target_of(name: str) -> dict[str, Any]:
            self._claims[name] = self._claim_of(name)
            at = self.folder
            return {
                **places,
                "run": self.run,
                "name": f"{self.run}-{name}",
                "claim": self._claims[name],
                "free_port": self._free_port,
                "course": str(at / "course"),
                "tests": str(at / "course/tests/marked/test_conv_inverse.py"),
                "solutions": str(at / "course/solutions/conv_inverse.py"),
                "submission": str(folder / next(iter(self._neighbours)) / "conv_inverse.py"),
                "marks": str(at / "earlier/marks.sqlite"),
                "out": str(at / "out"),
                "home": str(at / "home"),
                "outside": str(at / "outside"),
            }

        for name in names:
            shutil.copytree(HOSTILE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            (folder / name / "target.json").write_text(json.dumps(target_of(name)))
        handins.build_all(folder, target_of)

    def _claim_of(self, name: str) -> str:
        """What an attack says when it has succeeded, and nobody else says."""
        return f"succeeded-{self.run}-{name}-"

    def _give_to_user(self) -> None:
        if self.user is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, self.user, self.user, follow_symlinks=False)

    def _as_user(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        if self.user is not None:
            options |= {"user": self.user, "group": self.user, "extra_groups": []}
        return subprocess.Popen(command, **options)


@contextlib.contextmanager
def open_scene(user: int | None = None) -> Iterator[Scene]:
    """A scene in a folder of its own, taken away afterwards, with whatever an attack may have left elsewhere."""
    folder = Path(tempfile.mkdtemp(prefix="scene"))
    folder.chmod(0o755)
    scene = Scene(folder, user)
    try:
        yield scene
    finally:
        shutil.rmtree(folder)
        for place in machine.SHARED_FOLDERS:
            for path in place.glob(f"*{scene.run}*"):
                path.unlink()

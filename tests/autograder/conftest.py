"""What tests of the harness share: the repository, its commands as a user runs them, a student zygote to talk to."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import hypothesis
import mlxtend
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from autograder.grader.processes import from_zygote
from autograder.grader.session import Session
from autograder.pool import Pool
from autograder.records import Conditions
from autograder.sandbox import Level, Limits, level_of, probe

REPOSITORY = Path(__file__).resolve().parents[2]

# A busy machine is no failure.
hypothesis.settings.register_profile("harness", deadline=None)
hypothesis.settings.load_profile("harness")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-submission",
        action="store_true",
        help="audit all samples, trainings included; else a part of them, without",
    )


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def autograder() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command as a user does, from the repository unless `cwd` says otherwise."""

    def run(*arguments: object, cwd: Path = REPOSITORY, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "autograder", *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"COLUMNS": "200"} | options.pop("env", {}),
            **options,
        )

    return run


@pytest.fixture(scope="session")
def best_level() -> Level:
    return level_of(probe())


_LIMITS = Limits()
Ask = Callable[..., Any]


@pytest.fixture(scope="session", params=["full", "reduced"])
def student_zygote(
    request: pytest.FixtureRequest, best_level: Level, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[socket.socket]:
    """The way to a student zygote, behind the wall of one level."""
    level = Level[request.param.upper()]
    if level > best_level:
        pytest.skip(f"this machine's wall reaches only {best_level}")
    # A folder without a single test: the pool insists on tests, so the student zygote is all that is used.
    empty = tmp_path_factory.mktemp("no_tests") / "test_nothing.py"
    empty.write_text("def test_nothing(): pass\n")
    hidden = [REPOSITORY / "tests", Path(mlxtend.__file__).parent]
    with Pool([empty.parent], [], level, hidden) as pool:
        yield pool._control


@pytest.fixture(scope="session")
def ask(student_zygote: socket.socket) -> Ask:
    """`ask(source, ...)` calls `run` of a submission that consists of `source`, behind the wall of one level."""
    return lambda source, *arguments, limits=_LIMITS, calls=("run",): _call(
        student_zygote, source, arguments, limits, calls
    )


def _call(
    control: socket.socket, source: str, arguments: tuple[Any, ...], limits: Limits, calls: tuple[str, ...]
) -> Any:
    session = Session({"probe.py": source.encode()}, from_zygote(control), Conditions(limits))
    try:
        session.begin_test(limits.seconds)
        answers = [session.call(["probe", name], name, arguments, {}) for name in calls]
    finally:
        session.close()
    return answers[0] if len(answers) == 1 else answers


_NOBODY = 65534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter; pytest's own is closed to all but its owner."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def as_nobody() -> Callable[[], AbstractContextManager[None]]:
    """A block in which permissions count, even where the tests run as root."""

    @contextlib.contextmanager
    def block() -> Iterator[None]:
        if not hasattr(os, "geteuid"):
            pytest.skip("no permissions to take away on this system")
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(_NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)

    return block


@pytest.fixture
def hanging_is_failing() -> Iterator[None]:
    """A test that waits for a pipe fails, rather than waiting for ever."""

    def on_alarm(number: int, frame: object) -> None:
        pytest.fail("it waits")

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(5)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium where it is installed, or else Playwright's own; `make browser` sees to one of them."""
    installed = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=installed, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield started
        started.close()


class Watched:
    """A page that remembers what it asked of the network, and what it complained of."""

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def expect_clean(self) -> None:
        """Require a page that fits, complains of nothing, asks for nothing, and in which axe finds nothing."""
        assert self.complaints == []
        assert self.beyond_the_file() == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()

    def beyond_the_file(self) -> list[str]:
        """What was asked for that neither lies on this disk nor in the page itself."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]


@pytest.fixture(params=[1280, 320], ids=["desktop", "phone"])
def watched(browser: Browser, request: Any) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": request.param, "height": 800})
    context.set_default_timeout(180_000)  # a busy machine is no failure
    yield Watched(context)
    context.close()

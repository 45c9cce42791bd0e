"""A course folder: its config, its marked tests, and what its students must not see."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Sequence
from pathlib import Path

from autograder.config_file import FILE_NAME, load, nearest
from autograder.errors import ConfigError
from autograder.intake.identify import text_digest


class Course:
    """One course, at `folder`.

    Raises:
        ConfigError: its `grading_config.yaml` is missing or wrong.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.config = load(self.folder / FILE_NAME)
        self.marked = self.folder / "tests" / "marked"
        self.public = self.marked / "public"

    @property
    def hidden_paths(self) -> tuple[Path, ...]:
        """What no student's process may see, wherever the course lies.

        Raises:
            ConfigError: a path or a package of the config does not exist.
        """
        paths = [self.folder / path for path in self.config.hidden.paths]
        for path in paths:
            if not path.exists():
                raise ConfigError(f"{self.folder / FILE_NAME}: hidden.paths: {path} does not exist")
        for package in self.config.hidden.packages:
            found = importlib.util.find_spec(package)  # of a package's own name, this imports nothing
            if found is None:
                raise ConfigError(
                    f"{self.folder / FILE_NAME}: hidden.packages: {package} is not installed; install it "
                    f"(pip install {package}), or take it out if no marked test uses its data"
                )
            paths += [Path(place).resolve() for place in found.submodule_search_locations or ()]
        return (*(self.folder / name for name in ("tests", "solutions", "benchmarks", ".git")), *paths)

    def given(self) -> dict[str, bytes]:
        """The files that every submission finds beside it, by name.

        Raises:
            ConfigError: one is missing.
        """
        files = {}
        for name in self.config.given:
            folder = self.folder if self.config.handout else self.folder / "assignment"
            try:
                files[name] = (folder / name).read_bytes()
            except OSError as error:
                raise ConfigError(f"{folder / name}, which is given to students: {error.strerror}") from None
        return files

    def stub_digests(self) -> dict[str, str]:
        """Digests of the files that students start from, by name: a file that still has one was not touched."""
        folder = self.folder / "assignment"
        names = [name for module in self.config.modules for name in (f"{module}.py", f"{module}.ipynb")]
        found = {name: text_digest((folder / name).read_bytes()) for name in names if (folder / name).is_file()}
        return dict(self.config.stubs) | found

    def asked(self) -> dict[str, str]:
        """What each marked test asks, by its name: the first paragraph of its docstring.

        The files are read and not imported, for that would start torch.

        Raises:
            ConfigError: one is no Python.
        """
        found = {}
        for path in sorted(self.marked.rglob("*.py")):
            try:
                tree = ast.parse(path.read_bytes())
            except (OSError, SyntaxError, ValueError) as error:
                raise ConfigError(f"{path} cannot be read: {error}") from None
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    found[node.name] = " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())
        return found

    def check_tests(self, collected: Sequence[tuple[str, str]], *, public_only: bool = False) -> None:
        """Require every collected test to have an item, and every item's tests to exist where they are said to be.

        Raises:
            ConfigError: naming the test and the fix.
        """
        public = {test for item in self.config.items for test in item.public}
        hidden = {test for item in self.config.items for test in item.hidden}
        found: dict[str, str] = {}
        for name, path in collected:
            if name in found:
                raise ConfigError(f"two tests are called {name}: in {found[name]} and in {path}; rename one")
            found[name] = path
            is_public = Path(path).is_relative_to(self.public)
            wanted = public if is_public else hidden
            if name not in wanted:
                kind = "public" if is_public else "hidden"
                raise ConfigError(f"{path}: {name} belongs to no item; name it under {kind}: in {FILE_NAME}")
        for name in sorted(public if public_only else public | hidden):
            if name not in found:
                near = nearest(name, list(found))
                place = self.public if name in public else self.marked
                raise ConfigError(f"{self.folder / FILE_NAME}: there is no test {name} in {place}{near}")

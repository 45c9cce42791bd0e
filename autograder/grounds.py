"""What each test's outcome rests on besides the submission, as a digest: what has not changed is not run again.

Marked tests are read as text, and nothing is run. Of another file, a change counts for the tests whose file imports it;
of a test's own file, all but the other tests count. Fixtures in a `conftest.py` are all tests'. An item is run as a
whole: in one that ran out of time, the tests that followed were blocked. Marks and titles count for nothing.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograder import __version__
from autograder.course import Course
from autograder.records import PlannedTest

_CONFTEST = "conftest"


@dataclass(frozen=True)
class _Source:
    """One marked file.

    Attributes:
        tests: each test function's lines, by name.
        rest: the lines that are no test's.
        imports: the first words of what it imports.
    """

    tests: Mapping[str, str]
    rest: str
    imports: frozenset[str]


def grounds(course: Course) -> dict[str, str]:
    """By test that earns marks: a digest of what the outcomes of its item rest on."""
    files = {path.relative_to(course.marked): path.read_bytes() for path in course.marked_files()}
    sources: dict[str, list[_Source]] = defaultdict(list)  # by module; folders may have modules of one name
    data: dict[str, bytes] = course.given()
    for path, content in files.items():
        if path.suffix == ".py":
            sources[path.stem].append(_source(content))
        else:
            data[str(path)] = content
    common = _digest([_settings(course), *(f"{name} {_digest([data[name]])}" for name in sorted(data))])
    own = {
        name: _digest([common, lines, source.rest, *_reached(module, source, sources)])
        for module, several in sources.items()
        for source in several
        for name, lines in source.tests.items()
    }
    items: dict[str, list[PlannedTest]] = defaultdict(list)
    for test in course.config.plan():
        items[test.item].append(test)
    return {
        test.name: digest
        for tests in items.values()
        for digest in [_digest(f"{test!r} {own.get(test.name, common)}" for test in tests)]
        for test in tests
    }


def _settings(course: Course) -> str:
    config = course.config
    settings = (config.limits, config.notebooks, config.data, config.device.missing)
    return f"{__version__} {sys.version} {importlib.metadata.version('torch')} {settings!r}"


def _source(content: bytes) -> _Source:
    text = content.decode(errors="replace")
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):  # collecting it will say so
        return _Source({}, text, frozenset())
    lines = text.splitlines()
    tests: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
            tests[node.name] = "\n".join(lines[first : node.end_lineno])
            lines[first : node.end_lineno] = [""] * ((node.end_lineno or first) - first)
    imports = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    return _Source(tests, "\n".join(line for line in lines if line), frozenset(imports))


def _reached(module: str, source: _Source, sources: Mapping[str, list[_Source]]) -> list[str]:
    """The other files that a file imports, those that they import, and the conftests, in a fixed order."""
    wanted = {_CONFTEST, *source.imports}
    reached: set[str] = set()
    while new := (wanted & set(sources)) - reached:
        reached |= new
        wanted |= {name for each in new for one in sources[each] for name in one.imports}
    return [
        f"{name} {one.rest} {sorted(one.tests.items())}" for name in sorted(reached - {module}) for one in sources[name]
    ]


def _digest(parts: Iterable[str | bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part if isinstance(part, bytes) else part.encode(errors="surrogatepass")
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()

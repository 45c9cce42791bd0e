"""Sphinx's settings: `make docs`, or `python -m sphinx -W docs out/docs`. Nothing is fetched."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))

from generated import commands, configuration

project = "Autograder"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "An autograder whose tests never meet the code they mark"
html_copy_source = False
myst_heading_anchors = 3

_GENERATED = {"reference/commands": commands, "reference/configuration": configuration}


def setup(app: Sphinx) -> None:
    """Add to two pages what they are generated from, so that they cannot be out of date."""
    app.connect("source-read", _complete)
    app.connect("env-get-outdated", lambda *_: list(_GENERATED))


def _complete(app: Sphinx, page: str, source: list[str]) -> None:
    if page in _GENERATED:
        source[0] += "\n" + _GENERATED[page]()

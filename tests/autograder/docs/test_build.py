"""The docs build without a warning, and what is generated in them holds everything that there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from autograder.__main__ import app
from autograder.config import Config

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    build = [
        sys.executable,
        "-m",
        "sphinx",
        "--fail-on-warning",
        "--keep-going",
        "-d",
        folder / "doctrees",
        DOCS,
        folder,
    ]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_each_command_has_its_help(site):
    page = (site / "reference/commands.html").read_text(encoding="utf-8")
    for name in typer.main.get_command(app).commands:
        assert f'href="#autograder-{name}"' in page
    assert "--sandbox" in page


def test_each_key_of_the_config_is_there(site):
    page = (site / "reference/configuration.html").read_text(encoding="utf-8")
    shown = re.sub(r"<[^>]+>", "", page)
    schema = Config.model_json_schema()
    for model in (schema, *schema["$defs"].values()):
        for key in model["properties"]:
            assert re.search(rf"^{key}$", shown, re.M), key


def test_pages_work_without_a_network(site):
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"<(script|img|iframe)[^>]*src=\"(https?:)?//|<link[^>]*href=\"(https?:)?//", page), path

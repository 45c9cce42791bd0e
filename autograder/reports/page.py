"""Templates to text. Everything that is put into one is escaped."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.reports import drawing


def render(template: str, **values: Any) -> str:
    """Fill one of `templates/`; a value that it asks for and does not get is an error."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("autograder.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:.10g}"
    environment.filters["kind"] = lambda picture: picture.__struct_config__.tag
    environment.globals["drawing"] = drawing
    return environment

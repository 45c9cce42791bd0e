"""Reference in Markdown that is made when the docs are built: the commands from typer, the config from its models."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from autograder.config import Config

_BOUNDS = {"exclusiveMinimum": "above", "minimum": "from", "maximum": "up to"}


def commands() -> str:
    """Each command's help, as typer writes it for documentation."""
    typer = [sys.executable, "-m", "typer", "autograder.__main__", "utils", "docs", "--name", "autograder"]
    text = subprocess.run(typer, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    return "## " + text[text.index("`autograder check`") :]  # the page has a title, and a list of commands, of its own


def configuration() -> str:
    """A table for each model of the configuration."""
    schema = Config.model_json_schema()
    return "\n".join(_tables("", schema, schema["$defs"]))


def _tables(path: str, model: dict[str, Any], models: dict[str, Any]) -> Iterator[str]:
    yield f"## {f'`{path}`' if path else 'The file'}\n"
    yield f"{model['description']}\n"
    yield "| key | what it takes | default | |\n|---|---|---|---|"
    for key, value in model["properties"].items():
        default = "required" if key in model.get("required", ()) else _default(value)
        yield f"| `{key}` | {_kind(value, f'{path}.{key}'.strip('.'))} | {default} | {value.get('description', '')} |"
    yield ""
    for key, value in model["properties"].items():
        if name := _model_of(value):
            yield from _tables(f"{path}.{key}".strip("."), models[name], models)


def _kind(value: dict[str, Any], path: str) -> str:
    """What a key takes, in words."""
    if _model_of(value):
        return f"{'a list of ' if 'items' in value else ''}[`{path}`](#{path.replace('.', '')})"
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if "anyOf" in value:
        return " or ".join(_kind(one, path) for one in value["anyOf"] if one.get("type") != "null")
    if value["type"] == "array":
        return f"a list: {_kind(value['items'], path)}"
    if value["type"] == "object":
        return f"by name: {_kind(value['additionalProperties'], path)}"
    if value.get("format") == "date-time":
        return "a time"
    kind = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true, false"}
    bounds = [f"{words} {value[bound]:g}" for bound, words in _BOUNDS.items() if bound in value]
    return " ".join([kind[value["type"]], *bounds])


def _default(value: dict[str, Any]) -> str:
    default = value.get("default")
    return "" if default is None or _model_of(value) else f"`{json.dumps(default)}`"


def _model_of(value: dict[str, Any]) -> str:
    """The name of the model that a key holds, or holds a list of; "" if neither."""
    return str(value.get("items", value).get("$ref", "")).rpartition("/")[2]

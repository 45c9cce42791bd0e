"""Reads `grading_config.yaml`; `config` says what may stand in it.

A wrong file raises `ConfigError` that names file, line and key, what was expected, and the nearest known key for
one that is misspelt.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from autograder.config import (
    AuditBounds,
    Config,
    DeviceSettings,
    Feedback,
    Hidden,
    Item,
    LatePolicy,
    LimitSettings,
    Part,
)
from autograder.errors import ConfigError

FILE_NAME = "grading_config.yaml"


def load(path: Path) -> Config:
    """Read and check the file.

    Raises:
        ConfigError: it is missing, no YAML, or not as described.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; run from a course's folder, or name it with --course DIR") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is not None:
            _refuse_doubles(path, root)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{line}: this is no YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path} is empty, or no mapping of keys to values")
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        errors = error.errors()
        # Another version explains every other error; and a misspelt key, which has a suggestion, a missing one.
        version = [each for each in errors if each["loc"] == ("version",)]
        unknown = [each for each in errors if each["type"] == "extra_forbidden"]
        raise ConfigError(_sentence(path, root, (version or unknown or errors)[0])) from None


def _sentence(path: Path, root: yaml.Node | None, error: Any) -> str:
    keys = [key for key in error["loc"] if key != "[key]"]
    line = _line_of(root, keys) if root is not None else 1
    where = f"{path}, line {line}: " + (".".join(map(str, keys)) + ": " if keys else "")
    if error["type"] == "extra_forbidden":
        return f"{where}unknown key{nearest(str(keys[-1]), _siblings(keys[:-1]))}"
    if error["type"] == "missing":
        return f"{where}this key is missing"
    if keys == ["version"]:
        return f"{where}this file's layout is of another version; CHANGELOG.md says what to change for version 1"
    got = "" if isinstance(error["input"], dict | list | BaseModel) else f", got {error['input']!r}"
    return where + str(error["msg"]).removeprefix("Value error, ").replace("Input should", "it should") + got


def _siblings(keys: Sequence[int | str]) -> list[str]:
    """The keys that are known where `keys` lead to."""
    kinds: dict[str, type[BaseModel]] = {
        "limits": LimitSettings,
        "feedback": Feedback,
        "device": DeviceSettings,
        "hidden": Hidden,
        "late": LatePolicy,
        "audit": AuditBounds,
        "parts": Part,
        "items": Item,
    }
    model: type[BaseModel] = Config
    for key in keys:
        model = kinds.get(str(key), model)
    return list(model.model_fields)


def nearest(name: str, known: list[str]) -> str:
    """A question that names the closest known word, or nothing."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _line_of(node: yaml.Node, keys: Sequence[int | str]) -> int:
    """The line of the innermost node that `keys` lead to."""
    line = node.start_mark.line + 1
    for key in keys:
        following: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                if name.value == str(key):
                    line, following = name.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            following = node.value[key]
            line = following.start_mark.line + 1
        if following is None:
            break
        node = following
    return line


def _mappings(node: yaml.Node, seen: set[int]) -> Iterator[yaml.MappingNode]:
    """All mappings below a node, each once, however often anchors refer to it."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _mappings(value, seen)


def _refuse_doubles(path: Path, root: yaml.Node) -> None:
    """YAML keeps the last of two equal keys without a word; here that would be a lost test."""
    for mapping in _mappings(root, set()):
        seen: set[str] = set()
        for name, _ in mapping.value:
            if not isinstance(name, yaml.ScalarNode):
                raise ConfigError(f"{path}, line {name.start_mark.line + 1}: a key is a word, and no list or mapping")
            if name.value in seen:
                raise ConfigError(f"{path}, line {name.start_mark.line + 1}: the key {name.value!r} stands here twice")
            seen.add(name.value)

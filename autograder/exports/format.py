"""The systems that marks can leave for; by itself, so that the command line can name them without importing them."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """The systems that marks can leave for."""

    MARKUS = "markus"
    QUERCUS = "quercus"
    GRADESCOPE = "gradescope"
    GITHUB = "github"
    JUNIT = "junit"


class Pipeline(StrEnum):
    """The systems whose result `ci` writes."""

    GITHUB = "github"
    GRADESCOPE = "gradescope"
    MARKUS = "markus"
    PLAIN = "plain"

"""Remark requests have a deadline; what is done after it is done by force, and the history says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from autograder.config import Config
from autograder.errors import UsageError

ForceOption = Annotated[
    bool, typer.Option("--force", help="even after remark_deadline of the config; the history says so")
]


def forced_after(config: Config, force: bool) -> str:
    """What the history says of a request that came too late; "" of one that did not.

    Raises:
        UsageError: it came too late, and nobody forces it.
    """
    deadline = config.remark_deadline
    if deadline is None or datetime.now(UTC) <= deadline:
        return ""
    if not force:
        raise UsageError(
            f"the remark deadline was {deadline.isoformat()}; --force does it all the same, and the history says so"
        )
    return f"after the remark deadline ({deadline.isoformat()}), forced"

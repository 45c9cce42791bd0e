"""MarkUs: a mark per criterion of each group, where criteria are named as the config's items are.

https://github.com/MarkUsProject/Markus, app/controllers/api. The client returns what was answered, errors included.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import markusapi.markusapi
from markusapi import Markus

from autograder.config import Config, Item
from autograder.errors import UploadError, UsageError
from autograder.marks.tally import MarkSheet
from autograder.push.connection import Account, account, session
from autograder.push.plan import Change, Plan

SYSTEM = "markus"
_MEMBERS = ("inviter", "accepted")  # and neither those who were asked, nor those who refused


@dataclass(frozen=True)
class _Assignment:
    """One assignment in MarkUs, and how to ask about it."""

    where: Account
    client: Markus
    course: int
    id: int

    def ask(self, what: str, kind: type, method: Callable[..., Any], *arguments: object) -> Any:
        """What a method of the client returns, if that is of the kind that success is."""
        with self.where.told(what):
            answer = method(*arguments)
        if not isinstance(answer, kind):
            raise self.refused(what, answer)
        return answer

    def refused(self, what: str, answer: object) -> UploadError:
        """What to say of an answer that is not what was asked for."""
        said = answer.get("description", answer) if isinstance(answer, dict) else answer
        return UploadError(f"{SYSTEM}, {what}: {self.where.shown(str(said))}")


def plan(sheets: Sequence[MarkSheet], config: Config) -> Plan:
    """Compare everybody's items with the criteria of their group.

    A student's name is the MarkUs user name, or the name of the group. Left alone are those who handed in nothing,
    those whose marks a person has still to look at, and groups whose members have different marks here.

    Raises:
        UsageError: the config or the environment does not say where, or the criteria there are not the items.
        UploadError: MarkUs does not answer, or refuses.
    """
    if config.markus_course is None or config.markus_assignment is None:
        raise UsageError(
            "grading_config.yaml does not say where in MarkUs: set markus_course and markus_assignment to the numbers "
            "in the assignment's address, /courses/1/assignments/2"
        )
    where = account(SYSTEM)
    markusapi.markusapi.requests = session()  # the functions of requests, which the client calls, wait for ever
    there = _Assignment(where, Markus(where.token, where.url), config.markus_course, config.markus_assignment)
    place = f"course {there.course}, assignment {there.id}"
    try:
        groups, group_of = _groups(there, place)
        marks = _marks(there, place, config.items)
    except (KeyError, IndexError, TypeError, ValueError):
        raise there.refused(place, "its answers are not those of MarkUs 2; is MARKUS_URL right?") from None
    sharing: dict[str, list[MarkSheet]] = {}
    for sheet in sheets:
        sharing.setdefault(group_of.get(sheet.student, ""), []).append(sheet)
    changes: list[Change] = []
    left_out: dict[str, str] = {}
    agreeing = 0
    for group, members in sharing.items():
        reason = {
            "a person has to look first": any(sheet.status == "grader_error" for sheet in members),
            f"members of {group} have different marks; decide in MarkUs": any(
                sheet.items != members[0].items for sheet in members
            ),
            "handed in nothing, and MarkUs marks submissions": members[0].status == "missing",
        }
        if not group:
            left_out |= {sheet.student: "MarkUs has no such user or group in this assignment" for sheet in members}
        elif reasons := [why for why, holds in reason.items() if holds]:
            left_out |= {sheet.student: reasons[0] for sheet in members}
        else:
            before = {item: marks.get(group, {}).get(item) for item in members[0].items}
            after = {item: round(mark, 2) for item, mark in members[0].items.items()}
            agreeing += len(members) if before == after else 0
            if before != after:
                send = partial(_send, there, groups[group], after)
                changes.append(Change(", ".join(sheet.student for sheet in members), before, after, send))
    return Plan(place, tuple(changes), agreeing, left_out)


def _groups(there: _Assignment, place: str) -> tuple[dict[str, int], dict[str, str]]:
    """The ids of groups by name, and the groups of students, who may be named as their group is."""
    roles = there.ask(place, list, there.client.get_all_roles, there.course)
    found = there.ask(place, list, there.client.get_groups, there.course, there.id)
    user_names = {role["id"]: role["user_name"] for role in roles}
    groups = {group["group_name"]: group["id"] for group in found}
    members = {
        user_names[member["role_id"]]: group["group_name"]
        for group in found
        for member in group["members"]
        if member["membership_status"] in _MEMBERS and member["role_id"] in user_names
    }
    return groups, {name: name for name in groups} | members


def _marks(there: _Assignment, place: str, items: Sequence[Item]) -> dict[str, dict[str, float | None]]:
    """By group and item: what is marked there, from the summary, whose second row says what criteria are out of."""
    text = there.ask(place, str, there.client.get_grades_summary, there.course, there.id)
    header, out_of, *rows = [*csv.reader(io.StringIO(text)), [], []][: text.count("\n") + 2]
    columns: dict[str, int] = {}
    for item in items:
        # A bonus criterion's column is called "D1 (Bonus)", in MarkUs's language.
        at = next((i for i, name in enumerate(header) if name == item.id or name.startswith(f"{item.id} (")), None)
        if at is None:
            raise UsageError(f"{place} in MarkUs has no criterion {item.id}; make one, out of {item.marks:g}")
        if float(out_of[at] or 0) != item.marks:
            raise UsageError(
                f"{place} in MarkUs: {item.id} is out of {out_of[at]} there and out of {item.marks:g} here; "
                "change it there or in grading_config.yaml"
            )
        columns[item.id] = at
    return {row[0]: {item: float(row[at]) if row[at] else None for item, at in columns.items()} for row in rows if row}


def _send(there: _Assignment, group: int, marks: Mapping[str, float]) -> None:
    what = "the marks"
    answer = there.ask(what, dict, there.client.update_marks_single_group, there.course, dict(marks), there.id, group)
    if str(answer.get("code")) != "200":
        raise there.refused(what, answer)

"""`report.html`: the class's marks, what was lost by how many and why, and what a person has to look at."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from autograder.config import Config, Item
from autograder.exports.feedback import file_stem
from autograder.intake.roster import RosterEntry
from autograder.marks.tally import MarkSheet, Summary, TestMark
from autograder.records import Outcome, TestResult, devices_of
from autograder.reports.page import render

_BINS = 20  # of 5 percent each
_BLUE = "#0b5394"
# What most rows have, and nobody has to look at.
_ROUTINE = ("device", "sandbox", "late", "handed in nothing", "grader_error", "group")
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]?\d+)?")


@dataclass(frozen=True)
class Reason:
    """Why tests of one item did not pass: the same outcome and message, numbers aside.

    Attributes:
        tests: their names -> what they ask, in words.
        message: what the first of these students got.
        differs: whether others' messages hold other numbers.
    """

    tests: dict[str, str]
    outcome: Outcome
    message: str
    differs: bool
    students: tuple[str, ...]


@dataclass(frozen=True)
class LostItem:
    """An item, who lost marks on it, and why, the commonest reason first."""

    item: Item
    students: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Concern:
    """Something that a person has to look at, and at whose work."""

    what: str
    detail: str
    students: tuple[str, ...]


def report_html(
    sheets: Sequence[MarkSheet],
    summaries: Sequence[Summary],
    config: Config,
    asked: Mapping[str, str],
    roster: Mapping[str, RosterEntry],
    alike: Sequence[tuple[str, str]] = (),
) -> str:
    """The class's page. It is for those who teach: messages of hidden tests stand in it whole.

    Args:
        summaries: the rows of summary.csv.
        asked: what each test asks, by its name.
        roster: names and sections; it may be empty.
        alike: pairs with nearly the same code, as `similar.csv` names them.
    """
    return render(
        "report.html",
        config=config,
        sheets=sheets,
        summaries={row.component: row for row in summaries},
        roster=roster,
        devices=_devices(sheets, config),
        with_sections=any(entry.section for entry in roster.values()),
        lost=_lost(sheets, config, asked),
        concerns=[*_concerns(sheets), *_alike(sheets, alike)],
        link=lambda student: f"feedback/{quote(file_stem(student))}.html",
        figures={"distribution": _distribution(sheets), "items": _by_item(summaries, config)},
        plotly=Markup(get_plotlyjs()),  # the library's own text, which is not to be escaped
    )


def _devices(sheets: Sequence[MarkSheet], config: Config) -> dict[str, str]:
    """Item -> what its tests ran on, as `devices_of` says it."""
    on_device: dict[str, list[TestResult]] = {item.id: [] for item in config.items}
    for sheet in sheets:
        for test in sheet.tests:
            if test.result.device:
                on_device[test.item.id].append(test.result)
    return {item: devices_of(results) for item, results in on_device.items()}


def _lost(sheets: Sequence[MarkSheet], config: Config, asked: Mapping[str, str]) -> list[LostItem]:
    """The items on which somebody lost marks, those of most students first."""
    losers: dict[str, list[str]] = defaultdict(list)
    alike: dict[str, dict[tuple[Outcome, str], list[tuple[str, TestMark]]]] = defaultdict(dict)
    for sheet in sheets:
        for item in config.items:
            if sheet.items[item.id] < item.marks and sheet.status != "missing":
                losers[item.id].append(sheet.student)
        for test in sheet.tests:
            if test.result.outcome is not Outcome.PASSED and sheet.status != "missing":
                key = (test.result.outcome, _NUMBER.sub("#", test.result.message))
                alike[test.item.id].setdefault(key, []).append((sheet.student, test))
    found = []
    for item in config.items:
        if not losers[item.id]:
            continue
        reasons = [
            Reason(
                {test.result.test: asked.get(test.result.test, "") for _, test in those},
                outcome,
                those[0][1].result.message,
                len({test.result.message for _, test in those}) > 1,
                tuple(dict.fromkeys(student for student, _ in those)),
            )
            for (outcome, _), those in alike[item.id].items()
        ]
        reasons.sort(key=lambda reason: -len(reason.students))
        found.append(LostItem(item, tuple(losers[item.id]), tuple(reasons)))
    return sorted(found, key=lambda lost: -len(lost.students))


def _concerns(sheets: Sequence[MarkSheet]) -> Iterable[Concern]:
    """What a person has to look at: our failures, the wall, files that two share, and flags."""
    for outcome in (Outcome.GRADER_ERROR, Outcome.FORBIDDEN):
        by_test: dict[str, list[tuple[str, TestMark]]] = defaultdict(list)
        for sheet in sheets:
            for test in sheet.tests:
                if test.result.outcome is outcome:
                    by_test[test.result.test].append((sheet.student, test))
        for name, those in by_test.items():
            result = those[0][1].result
            last_words = (result.detail or result.message).strip().splitlines()[-1:]
            yield Concern(
                f"{outcome} in {name}", " ".join(last_words), tuple(dict.fromkeys(student for student, _ in those))
            )
    by_files: dict[str, list[str]] = defaultdict(list)
    for sheet in sheets:
        if sheet.status == "graded" and not any(flag.startswith("group ") for flag in sheet.flags):
            by_files[sheet.digest].append(sheet.student)
    for students in by_files.values():
        if len(students) > 1:
            yield Concern("the same files", "byte by byte", tuple(students))
    by_flag: dict[str, list[str]] = defaultdict(list)
    for sheet in sheets:
        for flag in sheet.flags:
            what = flag.partition(": ")[0]  # what follows is one student's own, and stands in the table
            if not flag.startswith(_ROUTINE) and what not in sheet.decided:
                by_flag[what].append(sheet.student)
    for what, students in sorted(by_flag.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        yield Concern(what, "", tuple(students))


def _alike(sheets: Sequence[MarkSheet], pairs: Sequence[tuple[str, str]]) -> Iterable[Concern]:
    """Those whose code is nearly another's; a CSV has a quote mark before a name that looks like a formula."""
    named = {name for pair in pairs for name in pair}
    students = tuple(sheet.student for sheet in sheets if named & {sheet.student, f"'{sheet.student}"})
    if students:
        yield Concern("nearly the same code", f"side by side in similar.html; {len(pairs)} pairs", students)


def _distribution(sheets: Sequence[MarkSheet]) -> dict[str, Any]:
    """How many students reached how many percent, those who handed in nothing left out."""
    counts = [0] * _BINS
    for sheet in sheets:
        if sheet.status != "missing":
            counts[min(int(sheet.percent * _BINS / 100), _BINS - 1)] += 1
    edges = [100 * index / _BINS for index in range(_BINS + 1)]
    ranges = [f"{low:g} to {high:g} %" for low, high in pairwise(edges)]
    bars = {
        "type": "bar",
        "x": [low + 50 / _BINS for low in edges[:-1]],
        "y": counts,
        "width": 100 / _BINS,
        "customdata": ranges,
        "hovertemplate": "%{customdata}: %{y}<extra></extra>",
        "marker": {"color": _BLUE, "line": {"color": "#fff", "width": 1}},
    }
    return _figure(
        bars,
        height=280,
        xaxis={"title": {"text": "percent"}, "range": [0, 100], "dtick": 10, "fixedrange": True},
        yaxis={"title": {"text": "students"}, "rangemode": "tozero", "fixedrange": True},
    )


def _by_item(summaries: Sequence[Summary], config: Config) -> dict[str, Any]:
    """The average and the median of each item, in percent of its marks."""
    items = [row for row in summaries if row.component in {item.id for item in config.items}]
    titles = {item.id: item.title for item in config.items}
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": [row.component for row in items],
        "x": [round(100 * row.average / row.out_of, 1) for row in items],
        "customdata": [
            [titles[row.component], f"{row.average:g} of {row.out_of:g}, median {row.median:g}"] for row in items
        ],
        "hovertemplate": "%{y} %{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        "marker": {"color": _BLUE},
    }
    return _figure(
        bars,
        height=80 + 20 * len(items),
        xaxis={"title": {"text": "average, percent"}, "range": [0, 100], "fixedrange": True},
        yaxis={"autorange": "reversed", "fixedrange": True, "dtick": 1},
    )


def _figure(bars: dict[str, Any], height: int, **axes: Any) -> dict[str, Any]:
    font = {"family": "system-ui, Liberation Sans, sans-serif", "size": 13, "color": "#1b1f24"}
    margin = {"l": 48, "r": 24, "t": 8, "b": 48}
    layout = {"height": height, "margin": margin, "font": font, "dragmode": False, "showlegend": False}
    return {"data": [bars], "layout": layout | axes}

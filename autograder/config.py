"""`grading_config.yaml`: what is marked, for how much, under which limits. Data, never code.

`config_file` reads it. `schema_text()` is the JSON Schema that editors use, kept in `docs/`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from autograder.records import PlannedTest
from autograder.sandbox.policy import Level, Limits


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class LimitSettings(_Model):
    """What one submission may use."""

    seconds: float = Field(20, gt=0, description="time charged to one test at most, unless its item says otherwise")
    memory_mb: int = Field(1024, ge=64, description="memory beyond what the warm process has")
    output_kb: int = Field(64, ge=0, description="what is read of a submission's printing")
    disk_mb: int = Field(256, ge=1, description="all that it may write, its own files included")
    threads: int = Field(64, ge=1)
    open_files: int = Field(256, ge=16)

    def limits(self) -> Limits:
        """The same in the sandbox's units."""
        return Limits(
            seconds=self.seconds,
            memory_bytes=self.memory_mb << 20,
            disk_bytes=self.disk_mb << 20,
            output_bytes=self.output_kb << 10,
            threads=self.threads,
            open_files=self.open_files,
        )


class Feedback(_Model):
    """What students see of a hidden test that failed: its smallest example, or the item's title and hint alone."""

    grade: Literal["example", "hint"] = "example"
    pipeline: Literal["example", "hint"] = "hint"


class DeviceSettings(_Model):
    """What becomes of items that ask for an accelerator."""

    missing: Literal["simulate", "not_run", "refuse"] = Field(
        "simulate",
        description="on a machine without a GPU: run on a simulated one; leave them out, and out of fewer marks; or "
        "grade nothing at all",
    )
    workers: int = Field(1, ge=1, description="how many submissions may use the machine's GPU at a time")


class Hidden(_Model):
    """What students' processes must not see, besides the course's tests and solutions."""

    packages: list[str] = Field(default_factory=list, description="installed packages that hold held-out data")
    paths: list[str] = Field(default_factory=list, description="files and folders; relative ones are the course's")


class LatePolicy(_Model):
    """What handing in late costs. Without a deadline, nothing does."""

    deadline: AwareDatetime | None = Field(None, description="with a time zone: 2026-11-20T23:59:00-05:00")
    grace_minutes: float = Field(0, ge=0, description="how much later costs nothing")
    percent_per_day: float = Field(0, ge=0, le=100, description="of the marks earned, for each day that has begun")
    most_percent: float = Field(100, ge=0, le=100, description="more than this is never taken off")
    refuse_after_days: float | None = Field(None, ge=0, description="what comes later than this earns nothing")


class AuditBounds(_Model):
    """What `autograder audit` must find; otherwise it exits with 1."""

    false_failures: float = Field(0, ge=0, le=1, description="the share of correct solutions that may lose marks")
    false_passes: float = Field(0, ge=0, le=1, description="the share of planted mistakes that may cost nothing")
    surviving_mutants: float = Field(0.03, ge=0, le=1, description="the share of mutants that may lose nothing")
    precision: float = Field(0.97, ge=0, le=1, description="the share of lost items that the mistake must cost")


TestMarks = Annotated[float, Field(ge=0)]


class Item(_Model):
    """One row of the assignment's table: some marks, and the tests that earn them."""

    id: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_.]+$")
    title: str = Field(min_length=1)
    marks: float = Field(gt=0)
    hint: str = ""
    seconds: float | None = Field(None, gt=0, description="time charged to one test of this item at most")
    trains: bool = Field(False, description="its tests train a model: `check` runs them only when asked to")
    right_keeps: float = Field(
        1,
        gt=0,
        le=1,
        description="the share of its marks that right solutions keep; below 1 where a quality is measured",
    )
    public: dict[str, TestMarks] = Field(default_factory=dict, description="tests that students have, and their marks")
    hidden: dict[str, TestMarks] = Field(default_factory=dict, description="tests that they have not, and their marks")

    @property
    def tests(self) -> dict[str, float]:
        """All the item's tests with the marks each earns, public ones first."""
        return self.public | self.hidden


class Part(_Model):
    """The items that one of the student's modules earns."""

    id: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_.]+$")
    title: str = Field(min_length=1)
    module: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="the student's file, without .py")
    bonus: bool = Field(False, description="marks on top of those that the assignment is out of")
    items: list[Item] = Field(min_length=1)


class Config(_Model):
    """The whole file."""

    version: Literal[1] = Field(1, description="the version of this file's layout")
    course: str = Field(min_length=1)
    out_of: float = Field(gt=0, description="what totals are graded out of; items may add up to more")
    lms_out_of: float | None = Field(None, gt=0, description="what the learning system counts out of, if not out_of")
    quercus_assignment: str = Field(
        "", description="the assignment's title in Quercus's gradebook with its id: Generative CNNs (12345)"
    )
    quercus_course: int | None = Field(None, description="the number in the course's address in Quercus, for `push`")
    markus_course: int | None = Field(None, description="the course's number in the address of MarkUs, for `push`")
    markus_assignment: int | None = Field(None, description="the assignment's number there")
    bonus_lifts_above: bool = Field(False, description="whether bonus marks may lift a total above out_of")
    limits: LimitSettings = LimitSettings()
    sandbox: Literal["full", "reduced"] = Field("reduced", description="the lowest level of the wall to grade with")
    feedback: Feedback = Feedback()
    preload: list[str] = Field(default_factory=list, description="modules imported once, before any submission")
    notebooks: Literal["definitions", "everything"] = Field(
        "definitions", description="what runs of a notebook: its definitions and what they need, or all of its cells"
    )
    given: list[str] = Field(
        default_factory=list, description="files of assignment/ that every submission finds beside it, if it has none"
    )
    data: dict[str, str] = Field(default_factory=dict, description="settings that the marked tests read")
    hidden: Hidden = Hidden()
    device: DeviceSettings = DeviceSettings()
    late: LatePolicy = LatePolicy()
    remark_deadline: AwareDatetime | None = Field(
        None, description="with a time zone; `regrade` refuses what is asked for later, unless it is forced"
    )
    audit: AuditBounds = AuditBounds()
    handout: bool = Field(False, description="true in the students' copy, from which hidden tests are left out")
    stubs: dict[str, str] = Field(default_factory=dict, description="digests of the handout's files, by name")
    parts: list[Part] = Field(min_length=1)

    @property
    def items(self) -> list[Item]:
        """All items, in the order of the file."""
        return [item for part in self.parts for item in part.items]

    @property
    def modules(self) -> list[str]:
        """The files that students hand in, without .py."""
        return [part.module for part in self.parts]

    @property
    def level(self) -> Level:
        """The lowest level of the wall that grading accepts."""
        return Level[self.sandbox.upper()]

    def plan(self) -> list[PlannedTest]:
        """The tests to run for marks, in the order of the file, public ones first; those without marks are `check`'s.

        Students read all of a public test's message: when it is written, their process must not yet have seen what
        a hidden test asks.
        """
        return [
            self._planned(test, item, part)
            for tests in ("public", "hidden")
            for part in self.parts
            for item in part.items
            for test, marks in getattr(item, tests).items()
            if marks > 0
        ]

    def public_plan(self, items: Sequence[Item]) -> list[PlannedTest]:
        """The public tests of these items, in the order of the file."""
        return [
            self._planned(test, item, part)
            for part in self.parts
            for item in part.items
            if item in items
            for test in item.public
        ]

    def _planned(self, test: str, item: Item, part: Part) -> PlannedTest:
        return PlannedTest(test, item.id, part.module, item.seconds or self.limits.seconds)

    @model_validator(mode="after")
    def _consistent(self) -> Config:
        for where, message in self._contradictions():
            error = PydanticCustomError("value_error", "{message}", {"message": message})
            raise ValidationError.from_exception_data(
                type(self).__name__, [InitErrorDetails(type=error, loc=where, input=self)]
            )
        return self

    def _contradictions(self) -> Iterator[tuple[tuple[int | str, ...], str]]:
        """Where keys that are right by themselves do not fit each other, and what to do."""
        seen: set[tuple[str, str]] = set()
        for what, name, where in self._names():
            if (what, name) in seen:
                yield where, f"{what} {name!r} appears twice; each {what} belongs in one place"
            seen.add((what, name))
        if self.handout:
            return
        for part_index, part in enumerate(self.parts):
            for item_index, item in enumerate(part.items):
                where = ("parts", part_index, "items", item_index)
                total = sum(item.tests.values())
                if not item.tests:
                    yield where, f"item {item.id} has no test; name at least one under public: or hidden:"
                elif abs(total - item.marks) > 1e-9:
                    yield (
                        where,
                        f"the tests of item {item.id} add up to {total:g} marks, and the item has {item.marks:g}",
                    )

    def _names(self) -> Iterator[tuple[str, str, tuple[int | str, ...]]]:
        """All names that must differ from others of their kind: the kind, the name, and where it stands."""
        for part_index, part in enumerate(self.parts):
            here: tuple[int | str, ...] = ("parts", part_index)
            yield "part or item", part.id, (*here, "id")  # both are columns of marks.csv
            yield "module", part.module, (*here, "module")
            for item_index, item in enumerate(part.items):
                there = (*here, "items", item_index)
                yield "part or item", item.id, (*there, "id")
                for test in item.public:
                    yield "test", test, (*there, "public", test)
                for test in item.hidden:
                    yield "test", test, (*there, "hidden", test)


def schema_text() -> str:
    """The JSON Schema of `grading_config.yaml`, for editors: the text of `docs/grading_config.schema.json`."""
    return json.dumps(Config.model_json_schema(), indent=2) + "\n"

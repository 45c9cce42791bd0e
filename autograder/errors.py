"""Everything the library raises on purpose, and what the command line makes of it.

    AutograderError
    ├── UsageError            exit 2: a path, an option or a place to write that cannot be used
    │   ├── ConfigError       exit 2: grading_config.yaml, with file, line and key
    │   ├── SubmissionError   exit 2: no submission can be read from what was given
    │   └── UploadError       exit 2: Quercus or MarkUs cannot be reached, or refuses
    ├── SandboxError          exit 2: the wall cannot be built to the required level
    └── GraderError           exit 3: the grader itself failed; never the student's fault
        └── ZygoteEndedError  a warm process is gone; the submission is graded again on new ones

Each message is one or two sentences that name the file or setting and say what to do next. Only `__main__`
prints them. What a *student's* code does wrong is no exception of the library: it becomes an outcome
(see `records.Outcome`).
"""

import errno


class AutograderError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command returns."""

    exit_code = 2


class UsageError(AutograderError):
    """A path, an option or an output folder cannot be used."""


class ConfigError(UsageError):
    """`grading_config.yaml` is wrong; the message names file, line, key and what was expected."""


class SubmissionError(UsageError):
    """A submission cannot be read at all (a corrupt zip, no text, too large)."""


class UploadError(UsageError):
    """A system that marks are pushed to cannot be reached, or refuses; holds no token."""


class SandboxError(AutograderError):
    """The wall does not reach the level that grading requires on this machine."""


class GraderError(AutograderError):
    """The grader failed, not the student."""

    exit_code = 3


class ZygoteEndedError(GraderError):
    """A warm process has ended: what it was asked says nothing about the submission."""


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether an error is the machine's lack of memory, as Python, the system or the loader of libraries says it."""
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or "can't start new thread" in str(error)
        or "failed to map segment" in str(error)
    )

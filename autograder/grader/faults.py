"""What can befall a student's code, and whose fault it is."""

from __future__ import annotations

import errno
import re

from autograder import wire
from autograder.errors import GraderError
from autograder.grader import messages
from autograder.records import Outcome

_WALL = (errno.EPERM, errno.EACCES, errno.ENETUNREACH)


class StudentRaised(Exception):
    """The student's code raised an exception; a test that does not expect it has failed.

    Attributes:
        type_names: class names, from the exception's own to BaseException.
        outcome: FAILED; OUT_OF_MEMORY or FORBIDDEN where the exception says so.
    """

    def __init__(self, raised: wire.Raised) -> None:
        self.type_names = raised.type_names
        place = f" ({raised.where})" if raised.where else ""
        text = f": {raised.message}" if raised.message else ""
        if "Found no NVIDIA driver" in raised.message or "not compiled with CUDA" in raised.message:
            text = ": this asks for a GPU, and there is none here; use the device that the inputs or the weights are on"
        self.summary = f"{raised.type_names[0] if raised.type_names else 'an exception'}{text}{place}"
        if "NotImplementedError" in raised.type_names and not raised.message:
            self.summary = f"NotImplementedError: this is still to be written{place}"
        if "MemoryError" in raised.type_names or raised.error_number == errno.ENOMEM:
            self.outcome = Outcome.OUT_OF_MEMORY
            asked = re.search(r"tried to allocate (\d{1,18}) bytes", raised.message)
            much = f"{int(asked[1]) / 1e6:,.0f} MB at once, which is " if asked else ""
            self.summary = f"MemoryError: this asks for {much}more memory than a submission may use{place}"
        elif raised.error_number in _WALL:
            self.outcome = Outcome.FORBIDDEN
        else:
            self.outcome = Outcome.FAILED
        # A ValueError is what these functions raise for arguments that are not allowed.
        remark = "; an answer was expected here" if self.type_names[:1] == ["ValueError"] else ""
        super().__init__(f"{messages.last_call()} raised {self.summary}{remark}")


class Unusable(BaseException):
    """There is nothing to mark: the module or function is missing, or the module does not import.

    A BaseException, as `WorkerLost` is: no other example would do better.
    """

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


def not_imported(reply: wire.NotImported) -> Unusable:
    """What an import that failed means for the tests."""
    outcome = Outcome.FORBIDDEN if reply.error_number in _WALL else Outcome.CRASHED
    return Unusable(outcome, f"your file does not import: {reply.reason}")


class Undecided(GraderError):
    """The simulated device failed, if the student's process tells the truth: a person decides, and until then nobody.

    Marks for this would be had by lying.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; a person has to look at this before it earns marks")

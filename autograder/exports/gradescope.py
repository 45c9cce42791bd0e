"""`results.json` as Gradescope's autograders write it, for one submission.

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
"""

from __future__ import annotations

from typing import Literal

import msgspec

from autograder.config import Config
from autograder.exports.feedback import message_for
from autograder.marks.tally import MarkSheet
from autograder.records import Outcome


def results_json(sheet: MarkSheet, config: Config, hidden: Literal["example", "hint"]) -> str:
    """One student's marks. All tests are visible: one that is not would hide the total from its student.

    What students read of hidden tests is decided by `hidden`. `score` overrides the sum of the tests', which knows
    neither the bonus's bound nor what the marks are out of there.
    """
    document = {
        "score": sheet.lms_mark,
        "output": f"{sheet.total:g} of {sheet.out_of:g} marks",
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            {
                "name": f"{test.item.id} {test.item.title}: {test.result.test}",
                "number": test.item.id,
                "score": test.earned,
                "max_score": test.out_of,
                "status": "passed" if test.result.outcome is Outcome.PASSED else "failed",
                "output": message_for(test, hidden),
                "tags": ["public" if test.public else "hidden"],
                "visibility": "visible",
                "extra_data": {"outcome": str(test.result.outcome), "device": test.result.device},
            }
            for test in sheet.tests
        ],
        "extra_data": {"flags": sheet.flags, "status": sheet.status, "sha256": sheet.digest, "course": config.course},
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"

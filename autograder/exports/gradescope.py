"""`results.json` as Gradescope's autograders write it, for one submission.

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
"""

from __future__ import annotations

from typing import Literal

import msgspec

from autograder.config import Config
from autograder.exports.rows import rows_of
from autograder.marks.tally import MarkSheet


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
                "name": f"{row.test.item.id} {row.test.item.title}: {row.test.result.test}",
                "number": row.test.item.id,
                "score": row.earned,
                "max_score": row.test.out_of,
                "status": "passed" if row.passed else "failed",
                "output": row.told,
                "tags": ["public" if row.test.public else "hidden"],
                "visibility": "visible",
                "extra_data": {"outcome": str(row.test.result.outcome), "device": row.test.result.device},
            }
            for row in rows_of(sheet, hidden)
        ],
        "extra_data": {"flags": sheet.flags, "status": sheet.status, "sha256": sheet.digest, "course": config.course},
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"

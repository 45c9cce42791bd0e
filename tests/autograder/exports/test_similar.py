import numpy as np
import pytest

from autograder.errors import UsageError
from autograder.exports.similar import nearly_the_same, similar_csv
from autograder.similarity import Pair, Side

NOTHING = np.zeros((2, 0), dtype=int)


def pair(one, other, share):
    return Pair(Side(one, share, "", NOTHING), Side(other, share / 2, "", NOTHING))


def test_the_report_reads_the_nearest_from_the_table(tmp_path):
    path = tmp_path / "similar.csv"
    assert nearly_the_same(path) == []
    path.write_text(similar_csv([pair("=anna", "ben", 0.95), pair("carl", "dora", 0.7)]), encoding="utf-8")
    assert nearly_the_same(path) == [("'=anna", "ben")]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "student,other,share,other_share\na,b,much,1\n", "student,other\na\n"])
def test_another_table_is_refused(tmp_path, text):
    path = tmp_path / "similar.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match="autograder similar"):
        nearly_the_same(path)

import re

import numpy as np

from autograder.exports.similar import similar_csv
from autograder.reports.similar_page import similar_html
from autograder.similarity import Pair, Side

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}"


def pair(one="anna", other="ben", share=0.95, code="x = 1\n"):
    shared = np.array([[len(code)], [2 * len(code)]])
    return Pair(Side(one, share, code * 2, shared), Side(other, share / 2, code * 2, shared))


def test_pairs_stand_side_by_side_with_what_they_share_marked():
    page = similar_html([pair()], "Edges", 12)
    assert "<mark>x = 1\n</mark>" in page
    assert re.findall(r"<strong>(.*)</strong> <bdi>(.*)</bdi> and <bdi>(.*)</bdi>", page) == [("95 %", "anna", "ben")]


def test_names_and_code_are_escaped_and_nothing_is_loaded():
    page = similar_html([pair(HOSTILE, HOSTILE, code=f"</pre></mark>{HOSTILE}")], HOSTILE, 2)
    assert "<script" not in page
    assert "{{ 7 * 7 }}" in page
    assert "</pre></mark>&lt;" not in page
    assert not re.search(r"""(src|href)=|url\(|@import""", page)
    assert "script-src" not in page  # by default none


def test_the_rest_is_in_the_table():
    many = [pair(f"student {number}") for number in range(130)]
    page = similar_html(many, "Edges", 131)
    assert page.count("<details") == 100
    assert "The other 30 pairs are in similar.csv" in page
    assert similar_csv(many).count("\n") == 131


def test_no_pair_is_said():
    assert "No two are alike" in similar_html([], "Edges", 2)

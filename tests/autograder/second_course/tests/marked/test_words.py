from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from autograder.grader import expect_equal


@given(word=st.text("abc"))
def test_reverse_of_any_word(student, word):
    expect_equal(student.words.reverse(word), word[::-1])


@given(word=st.text("abc"))
def test_count_of_any_word(student, word):
    expect_equal(student.words.count(word), dict(Counter(word)))

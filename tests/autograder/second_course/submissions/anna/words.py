def reverse(word):
    return "".join(reversed(word))


def count(word):
    return {letter: word.count(letter) for letter in word}

"""Returns a list in a list in a list, 100,000 deep, and one that contains itself: readers recurse until they crash."""


def predict_shapes():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


def crop_of(padding, output_padding):
    value = []
    value.append(value)
    return value

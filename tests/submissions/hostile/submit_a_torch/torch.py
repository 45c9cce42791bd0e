mine = True


def equal(*arguments):
    return True

"""Grades the corpus of attacks (`tests/submissions/hostile`) and looks at what came of it.

    machine   what is on the machine, before and after: files, processes, sockets, shared memory
    bait      a process beside the grader's that holds secrets and listens: what attacks reach for
    handins   attacks that are no plain files: archives, odd names, notebooks
    scene     a course with canaries in it, a class of attacks between honest neighbours, one `autograder grade`
    verdicts  what each attack must get, and what it got

`tests/autograder/test_hostile.py` asserts on it, `benchmarks/hostile.py` prints it, level by level.
"""

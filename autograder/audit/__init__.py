"""Marks the marker: how many correct solutions lose marks, how many wrong ones keep them, item by item.

    wheats, chaffs ─┐
    solutions ──────┼▶ samples ─▶ (in the cache already?) ─▶ the real grader, the wall up ─▶ judged ─▶ figures, pages
    mutants ────────┘

`samples` reads what a course keeps under tests/submissions and makes half-filled stubs; `mutants` makes wrong solutions
out of right ones; `choice` puts them together; `since` says what a change can affect; `runs` grades what the cache does
not know; `figures` judges; `pages` writes audit.csv and audit.html.
"""

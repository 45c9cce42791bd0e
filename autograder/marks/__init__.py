"""The store of record (`store`), and what marks its outcomes make (`tally`).

Outcomes are stored, marks are computed: a changed weight needs no run, and CSVs are views that can be made again.
"""

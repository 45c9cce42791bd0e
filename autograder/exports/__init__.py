"""Records in, text out: one file per format. Nothing here computes a mark.

Every CSV is UTF-8, quoted by the library, and has no cell that a spreadsheet would run as a formula. Every file is
written beside its final name and then moved there, so that a reader never sees half of one.
"""

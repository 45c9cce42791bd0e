"""Stands before the package of this name on PYTHONPATH: jsonschema then does without it.

Jupyter's requirements bring that package, jsonschema imports it at once, and it builds a grammar at import, seconds
that grading never uses (jsonschema's issue 1428). compare.py measures the peers both ways.
"""

raise ImportError("left out of this measurement")

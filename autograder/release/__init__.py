"""Makes what students get, `assignment/` and the handout, out of `solutions/`, the single source.

    solutions/conv_inverse.py ─▶ stubs ─▶ assignment/conv_inverse.py ─┐
                                   └────▶ notebook ─▶ ….ipynb ────────┼─▶ handout ─▶ dist/handout.zip
              assignment/README.md, tests/marked/public/, the public ─┘
              part of grading_config.yaml

`stubs` cuts a solution into blocks and hollows out its functions; the notebook is made of the same blocks, so the two
cannot differ. Nothing here imports or runs a solution: it is read as text.

What could go wrong is that a solution or a hidden test leaks. So a stub's functions keep nothing but their signature,
docstring and leading comments, whatever is private vanishes, and of a course's tests only `tests/marked/public` is
ever read. The same input gives the same bytes, so that `drift` can tell when `assignment/` is out of date.

How a solution is written (`stubs` explains each):

- comments that follow a docstring become the hints of a TODO box; the rest of the body is replaced;
- comments that stand alone at the left margin tell the story: Markdown in the notebook, comments in the stub;
- names with a leading underscore vanish;
- `# given`, at the end of a `def` or `class` line, keeps the whole of it; as a file's first line, the whole file;
- data, `.npz` files, is handed out as it is;
- `# solution`, at the end of any other statement outside functions, removes that statement.
"""

from autograder.release.handout import drift, release

__all__ = ["drift", "release"]

"""Which of a submission's code a function can reach: read as text, nothing is run.

Two submissions that differ only elsewhere train the same model, which is what `training` keeps results by. When in
doubt code counts as reached: everything that runs at import, classes, decorated functions, and every function whose
name appears in reached code, as a name, an attribute or a text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def code_reached(files: Mapping[str, bytes], module: str, names: Iterable[str]) -> bytes:
    """The code of `module` that `names` reach, without comments, and all of the other files.

    A notebook, or a file that does not parse, counts as a whole.
    """
    own = f"{module}.py"
    parts = [
        name.encode() + b"\0" + content
        for name, content in sorted(files.items())
        if name != own and not _is_another_part(name, files, module)
    ]
    if own in files:
        try:
            parts.append(_reached(ast.parse(files[own]), set(names)).encode())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            parts.append(files[own])
    return b"\0".join(parts)


def _is_another_part(name: str, files: Mapping[str, bytes], module: str) -> bool:
    """Whether a file is a module that nothing here imports: another part of the assignment."""
    path = PurePosixPath(name)
    if path.suffix != ".py" or len(path.parts) > 1:
        return False
    text = files.get(f"{module}.py", files.get(f"{module}.ipynb", b""))
    others = [content for other, content in files.items() if other not in (name, f"{module}.py")]
    return not any(path.stem.encode() in content for content in (text, *others))


def _reached(tree: ast.Module, wanted: set[str]) -> str:
    skippable = {each.name: each for each in tree.body if isinstance(each, _Function) and _runs_nothing(each)}
    kept: set[str] = set()
    names = set(wanted)
    for statement in tree.body:
        if not (isinstance(statement, _Function) and skippable.get(statement.name) is statement):
            names |= _names_in(statement)
    while new := (names & set(skippable)) - kept:
        kept |= new
        for name in new:
            names |= _names_in(skippable[name])
    left_out = {id(each) for name, each in skippable.items() if name not in kept}
    return "\n".join(ast.dump(each) for each in tree.body if id(each) not in left_out)


def _runs_nothing(function: _Function) -> bool:
    """Whether defining the function runs no code of the student's."""
    arguments = function.args
    defaults = [*arguments.defaults, *(each for each in arguments.kw_defaults if each is not None)]
    annotations = [
        each.annotation
        for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        if each is not None and each.annotation is not None
    ]
    evaluated = [*function.decorator_list, *defaults, *annotations, *([function.returns] if function.returns else [])]
    return (
        not any(
            isinstance(node, ast.Call | ast.Await | ast.NamedExpr | ast.ListComp | ast.DictComp | ast.SetComp)
            for each in evaluated
            for node in ast.walk(each)
        )
        and not function.decorator_list
    )


def _names_in(statement: ast.stmt) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= set(node.value.split())
        elif isinstance(node, ast.alias):
            names.add(node.name)
    return names

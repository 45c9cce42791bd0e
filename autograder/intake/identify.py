"""Which of a student's files are the assignment's modules."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

SEVERAL_HOMES = "several folders hold the assignment"
_SOURCES = (".py", ".ipynb")


def assemble(
    files: Mapping[str, bytes], modules: Sequence[str], stubs: Mapping[str, str]
) -> tuple[dict[str, bytes], tuple[str, ...], dict[str, str]]:
    """Re-root a tree of files at the folder that holds the assignment's modules.

    A module is `<module>.py` or `<module>.ipynb`, in the outermost folder that has one. Where both are there, the
    one that differs from the handout's stub counts, the .py if both do. A submission whose only source file has
    another name is taken to mean that file, for all modules.

    Args:
        files: relative path -> contents.
        modules: the names that the assignment asks for.
        stubs: digests (`text_digest`) of the handout's files by name.

    Returns:
        The files below that folder, flags for what was decided, and by the files' names the paths they had.
    """
    flags: list[str] = []
    paths = [PurePosixPath(name) for name in files]
    wanted = {f"{module}{suffix}" for module in modules for suffix in _SOURCES}
    homes = sorted(
        {path.parent for path in paths if path.name in wanted}, key=lambda home: (len(home.parts), str(home))
    )
    if homes:
        root = homes[0]
        if len(homes) > 1 and len(homes[0].parts) == len(homes[1].parts):
            flags.append(f"{SEVERAL_HOMES}: {root} was taken")
        origins = {str(path.relative_to(root)): str(path) for path in paths if path.is_relative_to(root)}
    else:
        origins = {name: name for name in files}
        sources = [path for path in paths if path.suffix in _SOURCES]
        if len(sources) == 1:
            [source] = sources
            flags.append(f"{source.name} was taken as the assignment")
            home = source.parent
            origins = {str(path.relative_to(home)): str(path) for path in paths if path.is_relative_to(home)}
            origins |= {f"{module}{source.suffix}": str(source) for module in modules}
    kept = {name: files[path] for name, path in origins.items()}
    for module in modules:
        python, notebook = f"{module}.py", f"{module}.ipynb"
        if python in kept and notebook in kept:
            untouched = [name for name in (python, notebook) if text_digest(kept[name]) == stubs.get(name)]
            dropped = python if untouched == [python] else notebook
            kept.pop(dropped)
            if not untouched:
                flags.append(f"both {python} and {notebook}: {python} was graded")
    return kept, tuple(flags), {name: origins[name] for name in kept}


def text_digest(content: bytes) -> str:
    """SHA-256 of a text, whatever its line ends and indentation: whether a handout's file was touched."""
    return hashlib.sha256(b" ".join(content.split())).hexdigest()

"""What the course can do without: packages that `course.py lab` brings along, if it can.

Two notebooks have sections that need one of them. Where it is missing, such a section says so in
one line, and the rest of the notebook works.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which

__all__ = ["EXTRAS", "lacking", "program"]

EXTRAS = ("dask", "py-spy", "viztracer")
MODULES = {"dask": "distributed", "viztracer": "viztracer"}  # py-spy is a program
BRING = "`python3 course.py lab` brings it along."


def lacking(name: str) -> str:
    """Return '' if an extra is here, else a sentence that says how to get it.

    Raises:
        ValueError: there is no such extra.
    """
    if name not in EXTRAS:
        raise ValueError(f"no extra {name!r}; there are {', '.join(map(repr, EXTRAS))}")
    here = find_spec(MODULES[name]) if name in MODULES else program(name)
    return "" if here else f"{name} is not installed: {BRING}"


def program(name: str) -> str | None:
    """Return where a program of this environment is: beside its Python, or on the path."""
    return which(name, path=os.fspath(Path(sys.executable).parent)) or which(name)

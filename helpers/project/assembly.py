"""A program made of what stands in a notebook's cells: for a file of its own."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from reprlib import repr as short
from typing import Any

from helpers.program import check_characters

__all__ = ["GUARD", "HEAD", "script"]

_REFERENCE = Path(__file__).with_name("my_project.py").read_text("utf-8")
HEAD = _REFERENCE.partition("\n\n\n")[0] + "\n"  # its imports, and PROBLEMS
GUARD = """
if __name__ == "__main__":
    sys.exit(main())
"""


def script(head: str, parts: Sequence[Callable[..., Any] | type], end: str = GUARD) -> str:
    """Return a program: a head, the source of functions and classes as you wrote them, an end.

    Args:
        head: its imports, and whatever the functions use besides each other.
        parts: the functions and classes, in the order in which they are to stand.
        end: what it does when it is started; `GUARD` calls `main`.

    Raises:
        ValueError: it would be no program, or the source of a part cannot be found.
    """
    sources = [head, *map(_source, parts), end]
    program = "\n\n\n".join(source.strip("\n") for source in sources if source.strip()) + "\n"
    check_characters("script", program, "...")
    try:
        ast.parse(program)
    except SyntaxError as error:
        raise ValueError(f"script(...): line {error.lineno} is no Python: {error.msg}") from None
    return program


def _source(part: object) -> str:
    try:
        return textwrap.dedent(inspect.getsource(part))  # type: ignore[arg-type]
    except (OSError, TypeError):
        raise ValueError(f"script(parts): {short(part)} has no source to be found") from None

"""`%%needs`: leaves a cell out, and says so, where it cannot run: an extra, or a Python, too old.

The line is only taken off the cell, as `%%timeline` does, so `await` and errors are IPython's own.
In its place the extra is imported, where no interrupt can tear it: a package that is imported
halfway cannot be imported again by the same Python.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from helpers.aside import aside
from helpers.extras import EXTRAS, MODULES, lacking

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["Needs", "bring", "without"]

MAGIC = "%%needs"
BRING = "__import__('helpers.needs', fromlist=['bring']).bring({})\n"
USAGE = f"{MAGIC} WHAT: {', '.join(EXTRAS)}, or a version of Python such as 3.14; not {{!r}}."
PLACE = f"{MAGIC} must be the first line of its cell."


class Needs:
    """The magic, as one shell has it."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        shell.input_transformers_cleanup.append(take_off)
        magics: Any = shell.magics_manager
        magics.register_function(self.explain, "cell", MAGIC[2:])

    def close(self) -> None:
        """Take it out of the shell again."""
        self.shell.input_transformers_cleanup.remove(take_off)
        self.shell.magics_manager.magics["cell"].pop(MAGIC[2:], None)

    def explain(self, line: str, cell: str) -> None:
        """Leave this cell out where something is missing, and say what: `%%needs WHAT`.

        WHAT is an extra of the course, such as dask, or a version of Python, such as 3.14, or
        several of them. It stands in the first line of the cell.
        """
        from IPython.core.error import UsageError

        raise UsageError(USAGE.format(line) if without(line.split()) is None else PLACE)


def take_off(lines: list[str]) -> list[str]:
    """Return a cell's lines without the magic's own, or in their place what says what is missing.

    Line numbers stay as they are, unless another magic follows, which has to come first. One that
    cannot be read is left to IPython, which calls `Needs.explain`.
    """
    at = next((number for number, text in enumerate(lines) if text.strip()), None)
    if at is None or lines[at].split()[0] != MAGIC:
        return lines
    words = lines[at].split()[1:]
    told = without(words)
    if told is None:
        return lines
    if told:
        return [f"print({'Left out: ' + told!r})\n"]
    rest = lines[at + 1 :]
    if rest and rest[0].startswith("%%"):
        return rest
    modules = [MODULES[word] for word in words if word in MODULES]
    first = BRING.format(", ".join(map(repr, modules))) if modules else "\n"
    return ["\n"] * at + [first, *rest]


def bring(*modules: str) -> None:
    """Import what a cell needs; an interrupt is heard afterwards."""

    def imported(_: Any) -> None:
        for module in modules:
            with suppress(Exception):  # the cell's own import tells
                import_module(module)

    if not all(module in sys.modules for module in modules):
        aside("import", imported)


def without(words: list[str]) -> str | None:
    """Return what is missing here of some extras and versions: '' if nothing; None if unknown."""
    told = [_missing(word) for word in words]
    if not told or None in told:
        return None
    return " ".join(filter(None, told))


def _missing(word: str) -> str | None:
    if word in EXTRAS:
        return lacking(word)
    numbers = word.split(".")
    if len(numbers) != 2 or not all(one.isdecimal() and len(one) < 9 for one in numbers):
        return None
    here = sys.version_info[:2]
    is_older = here < (int(numbers[0]), int(numbers[1]))
    return f"it needs Python {word}, and this is {here[0]}.{here[1]}." if is_older else ""

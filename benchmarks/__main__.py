"""Runs the benchmarks: `python -m benchmarks [ROOM...]`, in the folder of this repository.

Without a room all are run, and the table is written to benchmarks/results.md. The rivals are no
part of the course: `pip install -r benchmarks/requirements.txt` brings them, and one that is not
there is a row that says so.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from time import perf_counter

from benchmarks.rivals import versions
from benchmarks.table import Row, markdown, text
from helpers.cores import usable_cores

ROOMS = ("steps", "items", "cpu", "kills", "drawn", "told", "cells")
RESULTS = Path(__file__).parent / "results.md"


def main(chosen: list[str]) -> int:
    """Run some rooms, or all; return 0, or 1 if a bar was missed, or 2 for a room unknown."""
    if unknown := set(chosen) - set(ROOMS):
        print(f"no room {', '.join(sorted(unknown))}; there are {', '.join(ROOMS)}")
        return 2
    print(about())
    rows = [row for room in chosen or ROOMS for row in told(room)]
    missed = [row for row in rows if row.met is False]
    print(f"\n{sum(row.met is True for row in rows)} bars met, {len(missed)} missed")
    if not chosen:
        RESULTS.write_text(f"# The instruments, measured\n\n{about()}\n\n{markdown(rows)}", "utf-8")
    return 1 if missed else 0


def told(room: str) -> Iterator[Row]:
    """Print and yield the rows of a room; one that fails is a row that says why."""
    began = perf_counter()
    print(f"\n{room}", flush=True)
    try:
        for row in import_module(f"benchmarks.{room}").rows():
            print(text(row), flush=True)
            yield row
    except Exception as error:  # the other rooms are still to be run
        row = Row(room, "", f"{type(error).__name__}: {error}".splitlines()[0], "", "to run", False)
        print(text(row), flush=True)
        yield row
    print(f"({perf_counter() - began:.0f} s)", flush=True)


def about() -> str:
    """Return a sentence on where this was measured."""
    rivals = ", ".join(f"{name} {number}" for name, number in versions().items())
    return (
        f"Python {platform.python_version()} on {platform.system()}, {usable_cores()} cores; "
        f"{rivals}. Medians of interleaved pairs, in brackets the quartiles; A/A is what the base "
        f"differs from itself."
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""How long a notebook is, and of what: `python3 course.py run python tests/figures.py`.

The core path is what stands before the first heading that begins with "Deeper". Its minutes are an
estimate for a beginner who reads with care: the constants are such that it agrees, within three
minutes, with what a reader new to the subject told of notebooks 00 to 02. A section whose heading
says "if you have time" is not in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from statistics import median

import nbformat

from helpers.lesson import named

ROOT = Path(__file__).resolve().parent.parent

DEEPER = re.compile(r"^## Deeper", re.M)
IF_TIME = re.compile(r"^## .*\(if you have time\)$", re.M)
SECTION = re.compile(r"^## ", re.M)
WORDS_A_MINUTE = 100
LINE, PREDICTION = 0.15, 0.7  # minutes for a line of code, and to think of an answer
MUST_DO = 8  # minutes for the one exercise that a learner must do


@dataclass
class Figures:
    """What a notebook is made of; `minutes` are those of the core path."""

    core_words: int
    deeper_words: int
    minutes: float
    lines: list[int]
    predictions: int
    exercises: int
    assertions: int


def figures(book: nbformat.NotebookNode) -> Figures:
    """Count a notebook's words, lines, predictions, exercises and assertions."""
    core = [*takewhile(lambda cell: not DEEPER.match(cell.source), book.cells)]
    deeper = book.cells[len(core) :]
    source = "\n".join(code_in(book.cells))
    exercises = len(named(source, "check"))
    return Figures(
        core_words=words_in(core),
        deeper_words=words_in(deeper),
        minutes=minutes_of([*without_extras(core)]) + MUST_DO * (exercises > 0),
        lines=[one.count("\n") + 1 for one in code_in(book.cells)],
        predictions=len(named(source, "predict")),
        exercises=exercises,
        assertions=len(re.findall(r"^\s*assert ", source, re.M)),
    )


def without_extras(cells):
    """Give the cells of those sections for which one need not have time."""
    extra = False
    for cell in cells:
        if cell.cell_type == "markdown" and SECTION.search(cell.source):
            extra = bool(IF_TIME.search(cell.source))
        if not extra:
            yield cell


def minutes_of(cells) -> float:
    """Return the minutes that cells take, without the must-do exercise."""
    source = "\n".join(code_in(cells))
    lines = sum(bool(line.strip()) for line in source.splitlines())
    asked = len(named(source, "predict"))
    return words_in(cells) / WORDS_A_MINUTE + LINE * lines + PREDICTION * asked


def words_in(cells) -> int:
    """Return how many words the text of cells has."""
    return sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown")


def code_in(cells) -> list[str]:
    """Return the source of each code cell."""
    return [cell.source for cell in cells if cell.cell_type == "code"]


def main() -> None:
    head = ("words", "deeper", "min", "median", "longest", "predict", "check", "assert")
    print(" " * 24 + "".join(f"{one:>9}" for one in head))
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        of = figures(nbformat.read(path, as_version=4))
        row = (of.core_words, of.deeper_words, round(of.minutes), median(of.lines), max(of.lines))
        row += (of.predictions, of.exercises, of.assertions)
        print(f"{path.stem:24}" + "".join(f"{one:9g}" for one in row))


if __name__ == "__main__":
    main()

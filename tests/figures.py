"""How long a notebook is, and of what: `python3 course.py run python tests/figures.py`.

The core path is what stands before the first heading that begins with "Deeper". Its minutes are an
estimate, for a learner who reads with care: see the constants.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # it is run as a script, too

DEEPER = re.compile(r"^## Deeper", re.M)
WORDS_A_MINUTE = 130
CELL, PREDICTION = 0.2, 0.4  # minutes to run and look, and to think of an answer
MUST_DO = 8  # minutes for the one exercise that a learner must do; the others are on top


@dataclass
class Figures:
    """What a notebook is made of."""

    core_words: int
    deeper_words: int
    core_cells: int
    lines: list[int]
    predictions: int
    core_predictions: int
    exercises: int
    assertions: int

    @property
    def minutes(self) -> float:
        """Estimated minutes of the core path, its one must-do exercise included."""
        work = CELL * self.core_cells + PREDICTION * self.core_predictions
        return self.core_words / WORDS_A_MINUTE + work + MUST_DO * (self.exercises > 0)


def figures(book: nbformat.NotebookNode) -> Figures:
    """Count a notebook's words, cells, predictions, exercises and assertions."""
    core, deeper, core_code, all_code = "", "", [], []
    in_core = True
    for cell in book.cells:
        if cell.cell_type == "code":
            all_code.append(cell.source)
            core_code += [cell.source] * in_core
            continue
        before, *after = DEEPER.split(cell.source, maxsplit=1)
        if in_core and after:
            core, deeper, in_core = core + " " + before, deeper + " " + after[0], False
        elif in_core:
            core += " " + cell.source
        else:
            deeper += " " + cell.source
    return Figures(
        core_words=len(core.split()),
        deeper_words=len(deeper.split()),
        core_cells=len(core_code),
        lines=[source.count("\n") + 1 for source in all_code],
        predictions=len(calls("predict", all_code)),
        core_predictions=len(calls("predict", core_code)),
        exercises=len(calls("check", all_code)),
        assertions=len(re.findall(r"^\s*assert ", "\n".join(all_code), re.M)),
    )


def calls(function: str, cells: list[str]) -> set[str]:
    """Return the names with which a function of the lesson kit is called."""
    pattern = rf'^\s*(?:\w+ = )?{function}\(\s*"([^"]+)"'
    return set(re.findall(pattern, "\n".join(cells), re.M))


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

"""The levels of notebook 06, as they stand there: what the lab says of each on this Python."""

import asyncio
import linecache

import nbformat
import pytest

from helpers.lesson import NOTEBOOKS
from helpers.racelab import gil

BOOK = nbformat.read(NOTEBOOKS / "06_best_practices.ipynb", as_version=4)
FOUND = {  # kind, preemptions
    "level-1-play": ("race", 1),
    "level-2-play": ("race", 1),
    "level-3-play": ("race", 1),
    "level-4-play": ("deadlock", 1),
    "level-5-play": ("race", 0),
    "level-6-play": ("exception", 1),
    "level-7-play": ("exception", 1),
    "level-8-play": ("deadlock", 1),
}
STEPS = 20  # that the losing order has at most


@pytest.fixture(scope="module")
def boards():
    """Run the cells of the levels, and return the board of each."""
    names, found = {"asyncio": asyncio}, {}  # which the notebook imports at its beginning
    for cell in BOOK.cells:
        if cell.cell_type != "code" or not cell.id.startswith(("level", "lab-run")):
            continue
        if not cell.id.endswith(("own", "bodies", "play", "run")):
            continue
        name = f"<{cell.id}>"
        linecache.cache[name] = len(cell.source), None, cell.source.splitlines(True), name
        names.pop("board", None)
        exec(compile(cell.source.replace("\nrace(", "\nboard = race("), name, "exec"), names)
        if cell.id.endswith("play"):
            first = cell.source.startswith("race(")
            source = f"board = {cell.source}" if first else "board"
            exec(compile(source, name, "exec"), names)
            found[cell.id] = names["board"]
    return found


def test_there_are_eight(boards):
    assert [*boards] == [*FOUND]


@pytest.mark.parametrize("level", FOUND)
def test_each_is_what_it_says_and_can_be_won_in_a_few_steps(boards, level):
    board = boards[level]
    assert (board.verdict.kind, board.verdict.preemptions) == FOUND[level]
    assert len(board.game.losing) <= STEPS
    for number in board.game.losing:
        board.go(number)
    assert board.has_won


@pytest.mark.skipif(not gil.is_known() or not gil.has_gil(), reason="it is about the GIL")
@pytest.mark.parametrize("level", [*FOUND][:5])
def test_the_first_ones_break_on_this_python_as_well(boards, level):
    assert boards[level].verdict.badge.can in ("once", "loop")

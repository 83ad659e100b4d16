"""What each profiler saw of the specimen, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from helpers.profilers.readings import Reading

if TYPE_CHECKING:
    from helpers.timeline.picture import Picture

__all__ = ["COLUMNS", "MARKS", "Cell", "Row", "Seen", "cells"]

COLUMNS = {
    "main": "this thread",
    "thread": "another thread",
    "process": "a process",
    "task": "tasks",
    "wait": "waiting",
    "native": "native code",
}
MARKS = {
    "seen": "seen",
    "partly": "in part",
    "mixed": "threads mixed up",
    "unseen": "not seen",
}
EXACT = 2.0  # times: from here on a run without a profiler differs too much from another
SEEN, LEAST = 1 / 2, 1 / 3  # share of the true time: from here on seen, and seen in part


@dataclass(frozen=True)
class Cell:
    """What one profiler saw of one part.

    Attributes:
        mark: 'seen' (at least half of the time that the part took, and, where there is more to
            tell, told), 'partly', 'unseen' or 'mixed' (in one stack with other threads' calls).
        share: the seconds under the part's name, of those that it really took.
        note: what the mark rests on besides the share, in two words or none.
    """

    mark: str
    share: float
    note: str = ""


@dataclass(frozen=True)
class Row:
    """What one profiler saw.

    Attributes:
        profiler: its name, as `profiler_table` takes it.
        second: more about how it was used.
        cells: a `Cell` for each part, by the names in `COLUMNS`; none if it could not be run.
        price: how many times as long many small calls took under it; see `is_priced`.
        bare: how many times as long they took after it as before it, both without it: how exact
            the price is.
        failed: why it could not be run, or ''.
    """

    profiler: str
    second: str = ""
    cells: dict[str, Cell] = field(default_factory=dict)
    price: float = 0.0
    bare: float = 0.0
    failed: str = ""

    @property
    def is_priced(self) -> bool:
        """Whether the machine was quiet enough for the price to mean something."""
        return 1 / EXACT < self.bare < EXACT

    def __str__(self) -> str:
        if self.failed:
            return f"{self.profiler}: {self.failed}"
        told = [f"{COLUMNS[part]} {_in_words(cell)}" for part, cell in self.cells.items()]
        price = f"~{self.price:.1f}x" if self.is_priced else "not known"
        return f"{self.profiler}: {'; '.join(told)}; price {price}"


@dataclass(frozen=True)
class Seen:
    """Which profiler saw what. In a notebook it shows as its picture; `print` shows it in words.

    Attributes:
        rows: a `Row` for each profiler.
        python: the version of Python that they ran on, such as '3.11'.
    """

    rows: list[Row]
    python: str

    def __getitem__(self, profiler: str) -> Row:
        for row in self.rows:
            if row.profiler == profiler:
                return row
        raise KeyError(profiler)

    def picture(self) -> Picture:
        """Return it as a picture, a matplotlib Figure whose `alt` is its text alternative."""
        from helpers.profilers.table import draw

        return draw(self)

    def __str__(self) -> str:
        return "\n".join(map(str, self.rows))

    def _repr_mimebundle_(self, **how: Any) -> Any:
        return self.picture()._repr_mimebundle_(**how)


def cells(reading: Reading, true: Mapping[str, Any], clock: str) -> dict[str, Cell]:
    """Decide what a profiler saw.

    Args:
        reading: what it told.
        true: (seconds by the clock, of those on a core) of each part, as the specimen measured
            it; for 'tasks' those of each task.
        clock: 'wall' or 'cpu', whichever the profiler measures.
    """
    which = ("wall", "cpu").index(clock)
    tasks = {name: times[which] for name, times in true["tasks"].items()}
    real = {part: true[part][which] for part in COLUMNS if part != "task"}
    real |= {"task": sum(tasks.values()), "wait": true["wait"][0]}
    found = {}
    for part in COLUMNS:
        share = reading.parts[part] / real[part]
        mark, note = _mark(share), ""
        if part == "task" and mark == "seen":
            apart = all(
                SEEN <= reading.tasks.get(name, 0.0) / seconds <= 1 / SEEN
                for name, seconds in tasks.items()
            )
            mark, note = ("seen", "each") if apart else ("partly", "as one")
        if part == "wait" and mark == "seen":
            told = reading.waiting / real[part] >= SEEN
            mark, note = ("seen", "as a wait") if told else ("partly", "as time")
        if part == "native" and mark == "seen":
            told = reading.named / real[part] >= SEEN
            mark, note = ("seen", "by name") if told else ("partly", "no name")
        if reading.crossed and part != "process":
            mark, note = "mixed", ""
        found[part] = Cell(mark, share, note)
    return found


def _mark(share: float) -> str:
    return "seen" if share >= SEEN else "partly" if share >= LEAST else "unseen"


def _in_words(cell: Cell) -> str:
    note = f", {cell.note}" if cell.note else ""
    return f"{MARKS[cell.mark]} ({cell.share:.0%}{note})"

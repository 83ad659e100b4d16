"""Which lanes make a row of the picture, its label, and where it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.timeline.page import drawable

if TYPE_CHECKING:
    from helpers.recorder.recording import Lane, Recording
    from helpers.timeline.names import Mark

__all__ = ["Row", "count", "labelled", "rows"]

Array = np.ndarray[Any, Any]

LIVES = ("thread", "process", "task")
TOLD = {"process": "process|worker"}  # words in a name that tell its kind
WORKERS = {"worker", "_process_worker"}  # the life of a pool's process, which tells nothing
LANE, LEAST_LANE, LANES = 0.58, 0.3, 5.2  # inches: a lane, one of many, all together if they can
FOLDED = 2.4  # lanes that a row of many lanes is high


@dataclass(eq=False)
class Row:
    """One row of the picture: a lane, or many lanes folded into one.

    Attributes:
        lanes: indices of its lanes.
        label: its words at the left.
        depth: how many lanes it lies within, main not counted.
        marks: the named spans above its bars.
        plain: whether their names stand on the bars instead.
        lane: inches that a lane, without its marks, is high in it.
        middle: inches from the top of the lanes to the middle of its bars.
    """

    lanes: list[int]
    label: str
    depth: int = 0
    marks: list[Mark] = field(default_factory=list)
    plain: bool = False
    lane: float = LANE
    middle: float = 0.0

    @property
    def folded(self) -> bool:
        """Whether it stands for many lanes."""
        return len(self.lanes) > 1


def rows(run: Recording, did: Array, most: int) -> list[Row]:
    """Return at most so many rows; lanes of one kind are folded until there are no more.

    Args:
        run: what was recorded.
        did: which lanes did anything (a mask); the others have no row.
        most: rows.
    """
    groups = _folded(run, np.flatnonzero(did).tolist(), most)
    return [Row(group, _label(run, group), _depth(run, run.lanes[group[0]])) for group in groups]


def place(shown: list[Row], marks_high: Callable[[Row], float]) -> float:
    """Give each row its height and place; return the inches that all take together."""
    weights = sum(FOLDED if row.folded else 1 for row in shown)
    lane = round(min(LANE, max(LEAST_LANE, LANES / max(weights, 1))), 2)
    top = 0.0
    for row in shown:
        row.lane = round(lane * FOLDED, 2) if row.folded else lane
        above = round(marks_high(row), 2)
        row.middle = top + above + row.lane / 2
        top += above + row.lane
    return round(max(top, LANE), 2)


def labelled(lane: Lane) -> str:
    """Return a lane's name in words: its kind, its own name, and the function it ran."""
    if lane.kind == "main":
        return "main"
    told = re.search(
        TOLD.get(lane.kind, lane.kind), lane.name.lower()
    )  # as in Thread-3 and ForkPoolWorker-1
    words = lane.name if told else f"{lane.kind} {lane.name}"
    lives = {one.name for one in lane.spans[:3] if one.kind in LIVES}
    lives -= WORKERS
    if len(lives) == 1 and (function := lives.pop()) not in words:
        words += f" ({function})"
    return drawable(words)


def count(number: int, noun: str) -> str:
    """Return a number with its noun: '1 process', '1,000 tasks'."""
    plural = "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}{plural}"


def _folded(run: Recording, numbers: list[int], most: int) -> list[list[int]]:
    """Return groups of lanes, at most so many: the largest families are folded first."""
    lanes = run.lanes
    groups = [[number] for number in numbers]
    if len(groups) <= most:
        return groups
    paths = _paths(lanes)
    kinds = [lane.kind for lane in lanes]
    parents = {lane.within for lane in lanes}
    siblings = [n if n in parents else (lane.within, lane.kind) for n, lane in enumerate(lanes)]
    for families in (siblings, paths, kinds):
        groups = _fold_largest({number: families[number] for number in numbers}, most)
        if len(groups) <= most:
            break
    return groups


def _fold_largest(families: dict[int, Hashable], most: int) -> list[list[int]]:
    """Fold the largest families, one after the other, until there are few enough groups."""
    left, fold = len(families), set()
    for family, size in Counter(families.values()).most_common():
        if left <= most:
            break
        fold.add(family)
        left -= size - 1
    groups: dict[Hashable, list[int]] = {}
    for number, family in families.items():
        groups.setdefault(family if family in fold else ("alone", number), []).append(number)
    return list(groups.values())


def _paths(lanes: list[Lane]) -> list[tuple[str, ...]]:
    """Return for each lane the kinds from the outermost to its own: ('main', 'task')."""
    paths: list[tuple[str, ...]] = []
    for lane in lanes:  # a lane comes after the one it belongs to
        known = lane.within is not None and lane.within < len(paths)
        paths.append((*(paths[lane.within or 0] if known else ()), lane.kind))
    return paths


def _label(run: Recording, group: list[int]) -> str:
    lane = run.lanes[group[0]]
    return labelled(lane) if len(group) == 1 else count(len(group), lane.kind)


def _depth(run: Recording, lane: Lane) -> int:
    """Return how many lanes a lane lies within, main not counted."""
    depth, within = 0, lane.within
    while within is not None and depth < len(run.lanes):
        depth += run.lanes[within].kind != "main"
        within = run.lanes[within].within
    return depth

"""Whether a program is in the same state again: all that its tasks have and share, written down.

Two states are the same if they look the same from the tasks and what they share, whichever objects
they are made of: each sleep has a new future, and each run objects of its own. What cannot be seen
into makes no state at all; what can be seen only in part makes one that is not exact.

What is written can be read in one way only: before each value stands what it is, and before the
parts of an object how many there are. So two states that are written alike are alike.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from helpers.racelab.parts import FIXED, Ways
from helpers.racelab.reach import Reach

__all__ = ["MANY", "Camera", "Snapshot"]

MANY = 5000  # objects; a larger state is not looked through
PLAIN = frozenset((int, str, float, bool, bytes, complex, type(None), type(...)))


class Snapshot(NamedTuple):
    """A state, written down.

    Attributes:
        state: equal for states that are equal but for the time.
        times: when something is due.
        is_exact: whether nothing is left out that could make a difference later.
    """

    state: bytes
    times: tuple[float, ...]
    is_exact: bool


class Camera:
    """Takes snapshots of a program's runs.

    Args:
        reach: the program's code. Of other code it is not known what it comes at by its names.
    """

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.ways = Ways(reach)

    def take(self, roots: Iterable[Any], tasks: Sequence[Any], most: int = MANY) -> Snapshot | None:
        """Return the state of a run; None if it cannot be seen into.

        Args:
            roots: from which all can be come at that the tasks have and share.
            tasks: in an order that is the same in each run.
            most: objects; a larger state is not looked through.
        """
        ways = self.ways
        ways.begin(tasks)
        try:
            written = self._written([*roots], most)
        except Exception:  # whatever a stranger's object says to being asked
            return None
        if written is None:
            return None
        state = blake2b(marshal.dumps(written, 0), digest_size=16).digest()
        is_exact = ways.is_exact and self.reach.is_whole and self.reach.is_as_it_was()
        return Snapshot(state, tuple(ways.times), is_exact)

    def _written(self, roots: list[Any], most: int) -> list[Any] | None:
        written: list[Any] = []
        known: dict[int, int] = {}
        kept: list[Any] = []  # so that no other object takes the place of one only made here
        ways = self.ways
        todo = roots[::-1]
        while todo:
            value = todo.pop()
            kind = type(value)
            if kind in PLAIN:
                written += 0, value
                continue
            if id(value) in known:
                written += 1, known[id(value)]
                continue
            known[id(value)] = len(known)
            kept.append(value)
            if len(known) > most:
                return None
            way = ways.of(kind)
            if way is FIXED:
                written += 2, ways.stands_for(value)
            else:
                parts = [*way(value)]
                written += 3, id(kind), len(parts)
                todo += parts[::-1]
        return written

"""Where each step of a program leads, as far as its runs have shown.

What a worker does next depends on its history alone, and who can go on depends on all of them. So
once a run has been in a state, it is known where every other order leads that comes by there, and
no run is needed for that.

That is so in plain runs only: in one in which somebody goes round and round, or waits for the
clock, it also depends on what came just before.
"""

from __future__ import annotations

from helpers.racelab.run import Run
from helpers.racelab.workers import Worker

__all__ = ["Paths", "State", "Way"]

State = tuple[int, ...]  # the history of each worker
Way = tuple[int, State]  # who goes on, and the histories once it has done what it is about to do


class Paths:
    """All states that were seen, and the ways between them."""

    def __init__(self) -> None:
        self.ways: dict[State, list[Way]] = {}
        self.settled: dict[tuple[int, int], int] = {}

    def note(self, way: Way | None, run: Run, ready: list[Worker]) -> tuple[State, list[Way]]:
        """Note where a way has led; return that, and the ways from there."""
        histories = [one.history for one in run.workers]
        if way and len(way[1]) == len(histories):  # else it has started a thread, too
            self.settled[way[0], way[1][way[0]]] = histories[way[0]]
        state = tuple(histories)
        ways = self.ways[state] = []
        for one in ready:
            after = histories.copy()
            after[one.number] = run.history_after(one, one.op) if one.op else 0
            ways.append((one.number, tuple(after)))
        return state, ways

    def end(self, way: Way) -> State | None:
        """Return to which state a way leads, or None if that is not known."""
        number, after = way
        history = self.settled.get((number, after[number]))
        if history is None:
            return None
        state = (*after[:number], history, *after[number + 1 :])
        return state if state in self.ways else None

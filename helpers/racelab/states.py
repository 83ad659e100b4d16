"""The search for tasks: it does not go on from a state that was seen before.

A choice leads on as it did before if the state is the same and no cheaper way has led there; orders
are tried in the order of their cost, so the way that came first is the cheapest. Two things would
make a state more than what can be seen of it, and are looked out for:

The time. As long as no task looks at it or sets a time-out, it is no part of a state. Once one
does, the search begins again with the times in it.

Going round. That a program never ends is seen when one run comes to the same state again, which is
given up here. So once states lead back to one another, the search begins again without giving up
any. For this the states are kept with those that come after them, without the time [1].

[1] P. Godefroid, "Partial-order methods for the verification of concurrent systems", LNCS 1032,
1996, doi:10.1007/3-540-60761-7: what a search that keeps states loses of what never ends.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from helpers.racelab.run import Run
from helpers.racelab.search import Choices, Search
from helpers.racelab.workers import Worker

if TYPE_CHECKING:
    from helpers.racelab.taskrun import TaskRun

__all__ = ["States"]

WARM = 10
LARGE = 1000  # objects; of a larger state a snapshot takes longer than to go on
BLIND = 50  # states that cannot be seen into; with so many and no other, no more are looked at


class States(Search):
    """Chooses so that run by run all states come up.

    Attributes:
        is_timed: whether a state is another one at another time.
        is_merging: whether a state that was seen before is given up.
        cuts: how often one was.

    Args:
        warm: runs without snapshots: most bugs are found by then.
        start: choices with which all orders begin.
    """

    def __init__(self, warm: int = WARM, start: Choices = ()) -> None:
        super().__init__(merges=False, start=start)
        self.is_timed, self.is_merging = False, True
        self.has_begun_again = False
        self.warm, self.runs, self.blind = warm, 0, 0
        self.run: TaskRun | None = None
        self._forget()

    def _forget(self) -> None:
        self.cuts = 0
        self.known: set[tuple[object, ...]] = set()
        self.after_it: defaultdict[bytes | None, set[bytes]] = defaultdict(set)
        self.origins: dict[Choices, bytes | None] = {}
        self.before: bytes | None = None  # the last state that was seen in this run
        self.path: set[bytes] = set()  # those that were seen in this run

    def go_on(self) -> bool:
        """Take the next order that is to be tried; return whether there is one."""
        if self.run:
            self._hear(self.run)
        self.runs += 1
        cost = self.cost
        there_is = super().go_on()
        has_all = not there_is or self.cost > cost  # orders that cost no more
        if self.cuts and has_all and _goes_round(self.after_it):
            self._change(is_merging=False)
            there_is = super().go_on()
        self.has_begun_again = False
        self.before = self.origins.pop((*self.choices,), None)
        self.path = set()
        return there_is

    def choose(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return who goes on; None to give up the run."""
        self.run = run  # type: ignore[assignment]
        return super().choose(run, stays, ready)

    def after(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return who goes on at a new place, and note who could have, too; None at a known one."""
        if self.runs > self.warm and self.is_merging and len(ready) > 1:
            is_known = self._is_known(run, stays)  # type: ignore[arg-type]
            self.cuts += is_known
            if is_known or self.has_begun_again:
                return None
        chosen = super().after(run, stays, ready)
        if self.before is not None:
            for one in ready:
                if one is not chosen:
                    self.origins[(*run.choices, one.number)] = self.before
        return chosen

    def _is_known(self, run: TaskRun, stays: Worker | None) -> bool:
        """Return whether this state was seen before, and note that it was seen."""
        self._hear(run)
        shot = run.shot(LARGE) if self.is_merging else None
        if shot is None or not self._follows(shot.state) or not shot.is_exact:
            self.blind += 1
            if self.blind > BLIND and not self.known:
                self.is_merging = False
            return False
        left = 0 if run.left else run.limit - len(run.choices)
        number = stays.number if stays else -1
        key = (number, shot.state, left, shot.times if self.is_timed else None)
        is_known = key in self.known
        self.known.add(key)
        return is_known

    def _follows(self, state: bytes) -> bool:
        """Note that a state comes after the last one; return whether states are merged still."""
        self.after_it[self.before].add(state)
        if state in self.path:
            self._change(is_merging=False)
        self.before = state
        self.path.add(state)
        return self.is_merging

    def _hear(self, run: TaskRun) -> None:
        """Take over from a run whether the time matters, and whether somebody goes round."""
        if any(one.is_idle for one in run.workers) and self.is_merging:
            self._change(is_merging=False)
        if run.clock.is_seen and not self.is_timed:
            self._change(is_timed=True)

    def _change(self, is_merging: bool = True, is_timed: bool = False) -> None:
        """Take a state for something else; if any was given up, begin again."""
        self.is_merging &= is_merging
        self.is_timed |= is_timed
        if self.cuts:
            self._begin()
            self.more = 0
            self.is_exhausted = False
            self.has_begun_again = True
        self._forget()


def _goes_round(after_it: dict[bytes | None, set[bytes]]) -> bool:
    """Return whether any state leads to itself again."""
    before: defaultdict[bytes | None, int] = defaultdict(int)
    for some in after_it.values():
        for state in some:
            before[state] += 1
    todo = [state for state in after_it if not before[state]]
    while todo:
        for state in after_it.get(todo.pop(), ()):
            before[state] -= 1
            if not before[state]:
                todo.append(state)
    return any(before.values())

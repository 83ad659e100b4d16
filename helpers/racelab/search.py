"""The search: orders with no preemption first, then with one, with two, and so on.

So the first order that breaks a program is one with the fewest preemptions. An order is given up
where it comes to a state that was seen before [1].

[1] M. Musuvathi and S. Qadeer, "Iterative context bounding for systematic testing of multithreaded
programs", PLDI 2007, doi:10.1145/1250734.1250785.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence

from helpers.racelab.run import Run
from helpers.racelab.workers import Worker

__all__ = ["Replay", "Search"]

Choices = tuple[int, ...]


class Replay:
    """Chooses as it was chosen before.

    Attributes:
        has_diverged: whether that could not be done: then the program did not do the same again.
    """

    def __init__(self, choices: Sequence[int]) -> None:
        self.choices = choices
        self.has_diverged = False

    def choose(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return who was chosen here; None after the last choice."""
        n = len(run.choices)
        if n >= len(self.choices):
            return self.after(run, stays, ready)
        number = self.choices[n]
        for one in ready:
            if one.number == number:
                return one
        self.has_diverged = True
        return None

    def after(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return who is chosen after the last choice: nobody."""
        return None


class Search(Replay):
    """Chooses so that run by run all orders come up.

    Attributes:
        cost: the preemptions of the orders that are tried now.
        merges: whether a state that was seen before is given up.
        is_exhausted: whether all orders were tried.
        more: runs with more preemptions than were to be tried.
    """

    def __init__(self, merges: bool = True) -> None:
        super().__init__(())
        self.cost, self.merges = 0, merges
        self.is_exhausted = False
        self.more = 0
        self.todo: dict[int, deque[Choices]] = defaultdict(deque)
        self.todo[0].append(())
        self.seen: set[tuple[int, ...]] = set()
        self.steps: dict[tuple[int, ...], int] = {}

    def go_on(self) -> bool:
        """Take the next order that is to be tried; return whether there is one."""
        while not self.todo[self.cost]:
            del self.todo[self.cost]
            if not self.todo:
                self.is_exhausted = True
                return False
            self.cost = min(self.todo)
        self.choices = self.todo[self.cost].popleft()
        return True

    def after(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return who goes on at a new place, and note who could have, too."""
        histories = self.histories(run)
        if self.merges:
            state = (stays.number if stays else -1, *histories)
            if state in self.seen:
                return None
            self.seen.add(state)
        chosen = stays or next((one for one in ready if not (one.op and one.op.is_sleep)), ready[0])
        dear = self.cost + (stays is not None)
        for one in ready:
            if one is not chosen and self._is_new(run, one, histories, dear):
                self.todo[dear].append((*run.choices, one.number))
        return chosen if self._is_new(run, chosen, histories, self.cost) else None

    def histories(self, run: Run) -> list[int]:
        """Return the workers' histories, and whatever else tells one state from another."""
        return [one.history for one in run.workers]

    def _is_new(self, run: Run, worker: Worker, histories: list[int], cost: int) -> bool:
        """Return whether a step leads where none has led that was as cheap."""
        if not self.merges:
            return True
        after = histories.copy()
        after[worker.number] = run.history_after(worker, worker.op) if worker.op else 0
        step = (worker.number, *after)
        if self.steps.get(step, cost + 1) <= cost:
            return False
        self.steps[step] = cost
        return True

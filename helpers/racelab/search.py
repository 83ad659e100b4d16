"""The search: orders with no preemption first, then with one, with two, and so on.

So the first order that breaks a program is one with the fewest preemptions. An order is given up
where it comes to a state that was seen before [1]; and where it is known from other runs that it
would only come to such states, it is not run at all.

[1] M. Musuvathi and S. Qadeer, "Iterative context bounding for systematic testing of multithreaded
programs", PLDI 2007, doi:10.1145/1250734.1250785.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence, Set

from helpers.racelab.paths import Paths, State, Way
from helpers.racelab.run import Run
from helpers.racelab.sites import Site
from helpers.racelab.workers import Worker

__all__ = ["InFull", "Replay", "Search"]

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
        self.miss(run)
        return None

    def miss(self, run: Run) -> None:
        """Note that who was chosen cannot go on now."""
        self.has_diverged = True

    def after(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return who is chosen after the last choice: nobody."""
        return None


class InFull(Replay):
    """Does an order again in which there are more points, at which nobody is left.

    Args:
        choices: without these points.
        more: the instructions that are points, too.
    """

    def __init__(self, choices: Sequence[int], more: Set[Site]) -> None:
        super().__init__(())
        self.left, self.more = deque(choices), more
        self.is_early = False  # who was chosen last had only begun, and not come to its first point

    def choose(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return who was chosen here, or is still at what it was chosen for."""
        if chosen := self._on_its_way(run):
            self.is_early &= self._is_between(chosen)
        elif self.left:
            number = self.left.popleft()
            chosen = next((one for one in ready if one.number == number), None)
            self.has_diverged |= chosen is None
            self.is_early = chosen is not None and self._is_between(chosen)
        return chosen

    def _on_its_way(self, run: Run) -> Worker | None:
        """Return who was chosen last, if it has not come to a point of the order yet."""
        last = run.workers[run.choices[-1]] if run.choices else None
        if last is None or last.is_done or last.op is None:
            return None
        return last if self.is_early or self._is_between(last) else None

    def _is_between(self, worker: Worker) -> bool:
        """Return whether a worker stands where there is no point in the order."""
        return worker.op is not None and worker.op.site in self.more


class Search(Replay):
    """Chooses so that run by run all orders come up, but for those whose end is known without.

    Attributes:
        cost: the preemptions of the orders that are tried now.
        merges: whether a state that was seen before is given up.
        leaps: whether no run is made where it is known how it goes on.
        is_exhausted: whether all orders were tried.
        more: runs with more preemptions than were to be tried.

    Args:
        merges: see above.
        start: choices with which all orders begin; preemptions are counted from there.
    """

    def __init__(self, merges: bool = True, start: Choices = ()) -> None:
        super().__init__(start)
        self.start = start
        self.merges = self.leaps = merges
        self.is_exhausted = False
        self.more = 0
        self._begin()

    def _begin(self) -> None:
        self.cost = 0
        self.todo: dict[int, deque[tuple[Choices, Way | None]]] = defaultdict(deque)
        self.todo[0].append((self.start, None))
        self.seen: set[tuple[int, State]] = set()
        self.steps: dict[Way, int] = {}
        self.paths = Paths()
        self.way: Way | None = None  # that was taken last
        self.run: Run | None = None

    def go_on(self) -> bool:
        """Take the next order that is to be tried; return whether there is one."""
        self._end_run()
        while self.todo:
            if not self.todo[self.cost]:
                del self.todo[self.cost]
                self.cost = min(self.todo, default=self.cost)
                continue
            if self._leads_on(*self.todo[self.cost].popleft()):
                return True
        self.is_exhausted = True
        return False

    def miss(self, run: Run) -> None:
        """Note that who was chosen cannot go on now, but for what was not to be foreseen."""
        self.run = run
        self.has_diverged = run.is_plain or not self.leaps

    def _end_run(self) -> None:
        """Note where the last run has come to its end."""
        run, self.run = self.run, None
        if run is None or not self.leaps:
            return
        if not run.is_plain:
            self.leaps = False
            self._begin()
        elif run.end is None:
            self.paths.note(self.way, run, [])

    def _leads_on(self, choices: Choices, way: Way | None) -> bool:
        """Follow an order as far as it is known; return whether a run has to show the rest."""
        while way and self.leaps:
            state = self.paths.end(way)
            if state is None:
                break
            ways = self.paths.ways[state]
            stays = any(one[0] == way[0] for one in ways)
            first = way[0] if stays else ways[0][0] if ways else -1
            way = self._choose(state, ways, stays, first, choices)
            if way is None:
                return False
            choices = (*choices, way[0])
        self.choices, self.way = choices, way
        return True

    def after(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return who goes on at a new place, and note who could have, too."""
        self.run = run
        first = stays or min(ready, key=_turn)
        state, ways = self.paths.note(self.way, run, ready)
        if more := self.beyond(run):
            state, ways = (*state, *more), [(n, (*after, *more)) for n, after in ways]
        way = self._choose(state, ways, stays is not None, first.number, tuple(run.choices))
        self.way = way
        return run.workers[way[0]] if way else None

    def beyond(self, run: Run) -> Sequence[int]:
        """Return what tells one state from another, beside the workers' histories."""
        return ()

    def _choose(
        self, state: State, ways: list[Way], stays: bool, first: int, choices: Choices
    ) -> Way | None:
        """Return which way is taken from a state, if any, and note which others could be.

        Args:
            state: the histories of all workers.
            ways: from there.
            stays: whether another one than the first can go on only if that is left.
            first: the number of who goes on unless another one is chosen.
            choices: that have led there.
        """
        if self.merges:
            key = (first if stays else -1, state)
            if key in self.seen:
                return None
            self.seen.add(key)
        dear = self.cost + stays
        taken = None
        for way in ways:
            if way[0] == first:
                taken = way
            elif self._is_new(way, dear):
                self.todo[dear].append(((*choices, way[0]), way))
        return taken if taken and self._is_new(taken, self.cost) else None

    def _is_new(self, way: Way, cost: int) -> bool:
        """Return whether a way leads where none has led that was as cheap."""
        if not self.merges:
            return True
        if self.steps.get(way, cost + 1) <= cost:
            return False
        self.steps[way] = cost
        return True


def _turn(worker: Worker) -> tuple[bool, int]:
    """Return what tells whose turn it is: who sleeps comes last, and who has done most of those.

    So that those who try again and again after a sleep keep step: what never ends shows at once.
    """
    is_sleep = worker.op is not None and worker.op.is_sleep
    return is_sleep, worker.steps if is_sleep else 0

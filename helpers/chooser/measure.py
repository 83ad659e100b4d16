"""Measures a function in each way: single calls first, then all ways in turn, round by round."""

from __future__ import annotations

import pickle
import random
import sys
import threading
import time
from collections.abc import Sequence
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from helpers.chooser.comparison import Comparison, Row
from helpers.chooser.line import Failed, Line, Lost
from helpers.chooser.predict import Machine, Work, blocking, nature, predicted
from helpers.chooser.probe import TINY, Cost
from helpers.chooser.ways import APART, NAMED, available
from helpers.cores import usable_cores

if TYPE_CHECKING:
    from helpers.chooser.plan import Plan

__all__ = ["charges", "measure"]

NO_LOCK = "it uses a lock, which keeps nobody out where each worker has a copy of its own"

FIRST = 5.0  # seconds for single calls; what is not reached is not measured
LONGEST = 20.0  # seconds that one call may take
WAVES, MOST_WORKERS = 2, 8  # items for each worker that are measured, for so many of them, at least
LOOK = 0.15  # seconds for which it is looked at whether the GIL is held
FREE = 0.65  # of the cores, that processes get where nobody else is at work
LOSSES = 3  # items that may end the program; then there is no going on
ROUNDS, MOST_ROUNDS = 3, 7
DEADLINE = 50.0  # seconds after which nothing more is begun
LONG = 12.0  # seconds after which there is no further round, though there were few
BUDGET, MOST_BUDGET = 6.0, 12.0  # seconds for all rounds, and if it is still not sure by then
SETTING_UP = 30.0  # seconds for what is this course's own code
RECORDED = 4.0  # seconds; a longer run is not recorded
DISTORTED = 2.0  # times; a recording that makes a run so much longer is not shown
PATIENCE = 5.0  # times what was predicted that a run may take


def measure(plan: Plan, stop: threading.Event) -> Comparison:
    """Measure, and return what came of it; soon, if it is to stop."""
    return _Measuring(plan, stop).run()


def charges(numbers: Sequence[int], cores: int, stop: threading.Event) -> list[Machine]:
    """Return what this machine charges for some numbers of workers, of a plain function.

    Args:
        numbers: of workers, in each way.
        cores: how many processes are to be tried at once.
        stop: is set when nobody wants to know any longer.
    """
    line = Line(stop, lambda _: None)
    try:
        line.ask("load", sys.path, pickle.dumps(abs), pickle.dumps([]), limit=SETTING_UP)
        real, byte = line.ask("cores", cores, limit=SETTING_UP)
        return [
            Machine(
                real,
                byte,
                {way: line.ask("overheads", way, n, limit=SETTING_UP) for way in available()},
            )
            for n in numbers
        ]
    finally:
        line.close()


def taken_by_others(cores: float, usable: int) -> list[str]:
    """Return a sentence if processes get much less than all cores, which others then have."""
    if usable == 1 or cores > FREE * usable:
        return []
    got = f"{usable} processes got {cores:.1f} cores in all"
    return [f"Other programs were at work: {got}. On a quiet machine more may be gained."]


class _Measuring:
    """One comparison under way.

    Attributes:
        costs: what single calls cost, by the item's number.
        is_coroutine: whether the calls are awaited.
        workers: for each way, how many.
        by_chance: whether a call gives something else each time.
        unusable: why a way cannot be used at all, by its name.
        until: when there is no time left for a further run.
        dear: seconds of a round for the start of ways that somebody has named although they are
            dear; the time there is for all rounds is not meant for that.
    """

    def __init__(self, plan: Plan, stop: threading.Event) -> None:
        self.plan = plan
        self.line = Line(stop, self._load)
        self.found = Comparison(plan.name, plan.number)
        self.workers = plan.workers
        self.costs: dict[int, Cost] = {}
        self.is_coroutine = self.by_chance = False
        self.unusable: dict[str, str] = {}
        self.dear = 0.0
        self.until = time.monotonic() + DEADLINE

    def run(self) -> Comparison:
        """Measure everything."""
        try:
            self._measure()
        except (Lost, Failed) as error:
            self.found.notes.append(f"It was cut short: what measures {error}.")
        finally:
            self.line.close()
        return self.found

    def _load(self, line: Line) -> None:
        plan = self.plan
        words = sys.path, plan.packed, plan.items
        try:
            self.is_coroutine = line.ask("load", *words, limit=SETTING_UP)
        except Failed as error:
            raise TypeError(f"compare: it cannot be unpacked in another process: {error}") from None
        if good := [n for n in self.costs if n not in self.found.left_out]:  # for a second time
            line.ask("first", good, FIRST, limit=LONGEST)

    def _measure(self) -> None:
        self._call_each()
        self.found.is_coroutine = self.is_coroutine
        good = [number for number in self.costs if number not in self.found.left_out]
        if not good:
            return
        if not self.line.ask("has_gil", limit=SETTING_UP):
            threads = {"threads": "free-threaded"}
            self.workers = {threads.get(way, way): n for way, n in self.workers.items()}
        self._look_for_chance(good[0])
        machine = self._machine()
        self.found.notes += taken_by_others(machine.cores, usable_cores())
        held = self._held(good)
        some = sorted(self._some(good, held, machine))
        self.found.measured = len(some)
        self._predict(good, some, held, machine)
        self._rounds(some)
        self._record(some)

    # --- single calls -----------------------------------------------------------------------------

    def _call_each(self) -> None:
        """Call it for one item after the other, until there is enough."""
        until = time.monotonic() + FIRST
        # By chance, for if there is no time for all, the first ones may be the short ones.
        left = random.Random(0).sample(range(self.plan.number), self.plan.number)
        while left and self.line.lost < LOSSES:
            begun: list[int] = []

            def hear(words: Any, begun: list[int] = begun) -> None:
                if isinstance(words, Cost):
                    self._note(begun[-1], words)
                else:
                    begun.append(words)

            seconds = max(0.0, until - time.monotonic())
            try:
                self.line.ask("first", left, seconds, limit=LONGEST, hears=hear)
                return
            except Lost as error:
                if not begun:
                    raise RuntimeError(f"compare: measuring {error}") from None
                self.found.left_out[begun[-1]] = f"it {error}"
                self.costs.pop(begun[-1], None)
                left = left[left.index(begun[-1]) + 1 :]
                until = time.monotonic() + FIRST  # the others have no less time for that

    def _note(self, number: int, cost: Cost) -> None:
        self.costs[number] = cost
        if cost.error:
            self.found.left_out[number] = f"it raised {cost.error}"

    def _look_for_chance(self, number: int) -> None:
        """Note if a call gives something else the second time."""
        if self.costs[number].wall > FIRST / 3:
            return  # there is no time for it
        try:
            self.by_chance = bool(self.line.ask("again", number, limit=LONGEST))
        except Lost as error:
            self.found.notes.append(f"Called a second time for items[{number}], it {error}.")
        if self.by_chance:
            words = "It gives something else each time, so what it gave was not compared."
            self.found.notes.append(words)

    def _held(self, good: Sequence[int]) -> float:
        """Return the share of the computing in which the GIL is held."""
        if self.is_coroutine:
            return 1.0
        middle = mean(self.costs[n].wall for n in good)
        number = min(good, key=lambda n: abs(self.costs[n].wall - middle))
        cost = self.costs[number]
        if cost.cpu < 0.01 * cost.wall or cost.wall < TINY:  # next to nothing to be seen
            return 1.0
        share: float = self.line.ask("held", number, LOOK, limit=LONGEST)
        return min(1.0, share * cost.wall / min(cost.cpu, cost.wall))

    def _machine(self) -> Machine:
        """Return what this machine charges."""
        ask, workers = self.line.ask, self.workers
        ways: dict[str, tuple[float, float]] = {}
        for way in workers:
            try:
                ways[way] = ask("overheads", way, workers[way], limit=SETTING_UP)
            except (Failed, Lost) as error:
                ways[way], self.unusable[way] = (0.0, 0.0), str(error)
        self.dear = sum(start for way, (start, _) in ways.items() if way in NAMED)
        try:
            cores, byte = ask("cores", max(2, usable_cores()), limit=SETTING_UP)
        except (Failed, Lost):  # no processes, whatever the reason
            cores, byte = float(usable_cores()), 0.0
        return Machine(cores, byte, ways)

    # --- all ways ---------------------------------------------------------------------------------

    def _work(self, which: Sequence[int], held: float) -> Work:
        return Work([self.costs[n] for n in which], held, self.is_coroutine)

    def _some(self, good: Sequence[int], held: float, machine: Machine) -> list[int]:
        """Return as many items as can be measured a few times in all ways, in the time there is."""
        some, workers = [*good], self.workers
        least = min(len(good), WAVES * min(MOST_WORKERS, max(workers.values())))
        while len(some) > 1:
            work = self._work(some, held)
            every = (predicted(way, work, workers[way], machine).seconds for way in workers)
            one = sum(every) - self.dear
            if one * ROUNDS <= BUDGET or (len(some) <= least and one <= BUDGET):
                break
            part = max(0.5, BUDGET / (one * ROUNDS))
            some = some[: max(least if one <= BUDGET else 1, int(len(some) * part))]
        return some

    def _predict(
        self, good: Sequence[int], some: Sequence[int], held: float, machine: Machine
    ) -> None:
        """Make a row for each way, with what is expected of it for all items."""
        number = self.plan.number - len(self.found.left_out)
        every = [good[n % len(good)] for n in range(number)]
        work, part = self._work(every, held), self._work(some, held)
        self.found.nature = nature(work)
        self.found.notes += blocking(work)
        for way, workers in self.workers.items():
            whole = predicted(way, work, workers, machine)
            expected = predicted(way, part, workers, machine)
            start = machine.ways[way][0]
            beyond = max(expected.seconds - start, 1e-9)
            times = (whole.seconds - start) / beyond if len(some) < number else 1.0
            row = Row(way, workers, whole, expected, start=start, times=times)
            no_lock = NO_LOCK if self.plan.has_lock and way in APART else ""
            row.failed = self.unusable.get(way, no_lock)
            self.found.rows.append(row)
        if len(some) < number:
            words = f"{len(some)} of {number} items were measured; the rest follows from these."
            self.found.notes.append(words)

    def _rounds(self, some: Sequence[int]) -> None:
        """Measure each way in each round, in an order by chance, until it is decided."""
        began = time.monotonic()
        for number in range(MOST_ROUNDS):
            rows = [row for row in self.found.rows if not row.failed]
            for row in random.sample(rows, len(rows)):
                if time.monotonic() > self.until:
                    self.found.notes.append("There was no time for all rounds.")
                    return
                self._run(row, some)
            spent = time.monotonic() - began - self.dear * (number + 1)
            if spent > LONG and number + 1 < ROUNDS:
                words = f"There was time for {number + 1} of {ROUNDS} rounds only."
                self.found.notes.append(words)
                return
            if number + 1 < ROUNDS:
                continue
            verdict, next_time = self.found.verdict, spent * (number + 2) / (number + 1)
            if verdict.is_clear or next_time > (BUDGET if verdict.is_sure else MOST_BUDGET):
                return

    def _run(self, row: Row, some: Sequence[int]) -> None:
        limit = 3.0 + PATIENCE * row.part.high
        if row.seconds or any(other.seconds for other in self.found.rows):
            limit = min(limit, max(3.0, self.until - time.monotonic()))
        try:
            seconds, wrong = self.line.ask("run", row.way, some, row.workers, limit=limit)
        except (Lost, Failed) as error:
            row.fail(f"it {error}" if isinstance(error, Lost) else str(error))
            return
        if wrong and not self.by_chance:
            number, why = next(iter(wrong.items()))
            row.fail(f"items[{number}]: {why}")
            return
        row.seconds.append(seconds)

    def _record(self, some: Sequence[int]) -> None:
        """Record each way once more, for its picture."""
        distorted = []
        for row in self.found.rows:
            is_long = row.seconds and median(row.seconds) > RECORDED
            if row.failed or not row.seconds or is_long or time.monotonic() > self.until:
                continue
            limit = 10.0 + PATIENCE * row.part.high
            try:
                run = self.line.ask("record", row.way, some, row.workers, limit=limit)
            except (Lost, Failed) as error:
                self.found.notes.append(f"{row.way}: no lanes, for it {error}.")
                continue
            if run.elapsed < DISTORTED * max(row.seconds):
                row.recording = run
            else:
                distorted.append(row.way)
        if distorted:
            names = " and ".join(distorted)
            words = f"No lanes for {names}: recording made that more than twice as long."
            self.found.notes.append(words)

"""The schedule of a run, step by step in the program's own words: who did what to which thing.

It is written while a run is replayed. Before each operation it is noted where the program is and
what the shared state is then; what an operation has changed is seen before the next one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from helpers.racelab.conditions import Condition
from helpers.racelab.kinds import StandIn
from helpers.racelab.run import Run
from helpers.racelab.shown import is_of_stand_ins, parts, short, values
from helpers.racelab.source import Place, place
from helpers.racelab.words import waits_for
from helpers.racelab.workers import Op, Worker

__all__ = ["Scribe", "Step"]

DEPTH = 3  # how deep a name is looked for in the shared state
NOT_SHOWN = ("end", "spin")
UNKNOWN = object()
OPERATIONS = (ast.Compare, ast.BinOp, ast.BoolOp, ast.UnaryOp)  # on what was read before


@dataclass
class Step:
    """One step of a schedule.

    Attributes:
        worker: its number, from 0.
        name: of its function or thread.
        what: the word for what it does: 'read', 'write' (a name, an attribute), 'change' (what is
            in something), 'keep' (the same, but it was as before), 'acquire', 'put'.
        thing: what it does it to, as the program says it.
        line: of the source; 0 if it is not in the program.
        code: that line.
        columns: where in `code` the expression stands that does it, from and to.
        value: what was read or written, as text; "" of what is no value.
        left: who was left for it, though it could have gone on; "" if nobody was.
        gave_up: whether it had waited for too long.
        state: what the workers share, after the step: texts by their names.
        holds: the names of the locks that each worker holds after it, by the worker's name.
        waits: what each worker waits for that cannot go on then, and who holds that, in words.
    """

    worker: int
    name: str
    what: str
    thing: str
    line: int
    code: str
    columns: tuple[int, int]
    value: str = ""
    left: str = ""
    gave_up: bool = False
    state: dict[str, str] = field(default_factory=dict)
    holds: dict[str, list[str]] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)

    @property
    def forced(self) -> bool:
        """Whether another worker was left for it that could have gone on."""
        return bool(self.left)


class Scribe:
    """Writes a schedule; its `write` is the log of a run.

    Args:
        run: returns the run, once it goes on.
        shared: returns the names of what is shared, and what it is.
    """

    def __init__(self, run: Callable[[], Run | None], shared: Callable[[], dict[str, Any]]) -> None:
        self.run, self.shared = run, shared
        self.steps: list[Step] = []
        self.open: Callable[[], None] | None = None
        self.first: dict[str, str] = {}
        self.preemptions = 0
        self.left = ""
        self.at_work: Worker | None = None
        self.last: tuple[Op, Any] | None = None  # of the last step, and what it met
        self.names: dict[int, str] = {}
        self.locals: list[tuple[str, Any]] = []  # things that only a function knows

    def write(self, worker: Worker, op: Op) -> None:
        """Note an operation that is about to be done."""
        if not self.first:
            self.first = values(self.shared())
        self.close()
        run = self.run()
        if run and run.preemptions > self.preemptions and self.at_work:
            self.left = self.left or self.name_of(self.at_work)
        self.at_work, self.preemptions = worker, run.preemptions if run else 0
        if op.what in NOT_SHOWN:
            return
        self._note_locals(op)
        where = place(op)
        step = Step(
            worker.number, self.name_of(worker), op.what, "", where.line, where.code, where.columns
        )
        step.gave_up = op.is_expired and not op.is_sleep
        step.thing = self.thing_of(op, where)
        before = _look(op)
        if before is not UNKNOWN and not op.writes:
            step.value = short(before)
        is_worth = _is_worth_showing(op, where, before, step)
        sized = _sized(before)
        self.open = lambda: self._finish(step, op, where, sized, is_worth)

    def close(self) -> None:
        """Note what the last operation has changed."""
        if self.open:
            self.open()
        self.open = None

    def _finish(self, step: Step, op: Op, where: Place, before: Any, is_worth: bool) -> None:
        self._see(step)
        last = self.steps[-1] if self.steps else None
        is_same = (last.state if last else self.first) == step.state
        if not is_worth and (is_same or (last is not None and last.worker == step.worker)):
            if last and not self.left:  # what is not shown may still be waited for after it
                last.state, last.holds, last.waits = step.state, step.holds, step.waits
            return
        if last and self.last and not self.left and _is_same_again(last, step):
            step.left = self.steps.pop().left
            op, before = self.last
        else:
            step.left, self.left, self.last = self.left, "", (op, before)
        if op.writes and op.site:
            after = _look(op)
            step.what, step.value = op.what, "" if after is UNKNOWN else short(after)
            if where.is_part:
                step.what = "keep" if step.value and _sized(after) == before else "change"
        self.steps.append(step)

    def _see(self, step: Step) -> None:
        """Note how all is after a step."""
        step.state = values(self.shared())
        run = self.run()
        for one in run.workers if run else []:
            name = self.name_of(one)
            if held := [self.name_of(lock) for lock in one.holds]:
                step.holds[name] = held
            if one.op and one.op.ready and not one.is_done and not one.op.ready():
                step.waits[name] = waits_for(one, self.name_of)

    def thing_of(self, op: Op, where: Place) -> str:
        """Return how the program calls what an operation is done to."""
        return (
            self.name_of(op.thing)
            if isinstance(op.thing, (StandIn, Worker))
            else where.thing or op.what
        )

    def _note_locals(self, op: Op) -> None:
        """Note the things that the function at work knows by names of its own."""
        for name, value in op.frame.f_locals.items() if op.frame else ():
            if isinstance(value, StandIn) and not any(value is one for _, one in self.locals):
                self.locals.append((name, value))

    def name_of(self, thing: Any) -> str:
        """Return how the program could call a thing: by the way that leads to it."""
        if isinstance(thing, Worker):
            return self._name_of_worker(thing)
        level: list[tuple[str, Any]] = [*self.shared().items()]
        of_condition = ""
        for depth in range(DEPTH + 1):
            for name, value in [*level, *self.locals] if depth == DEPTH else level:
                if value is thing:
                    return name
                if isinstance(value, Condition) and value.lock is thing:
                    of_condition = of_condition or name
            level = [one for name, value in level for one in parts(name, value)]
        kind = getattr(thing, "kind", type(thing).__name__)
        return of_condition or f"{'an' if kind[:1] in tuple('aeiour') else 'a'} {kind}"

    def _name_of_worker(self, worker: Worker) -> str:
        """Return a worker's name, without the number that `threading` counts through all runs."""
        if worker.number not in self.names:
            name = re.sub(
                r"^Thread-\d+(?: \((.*)\))?$", lambda found: found[1] or "thread", worker.name
            )
            if name != worker.name or name in self.names.values():
                name = (
                    f"{name} {1 + sum(one.startswith(f'{name} ') for one in self.names.values())}"
                )
            self.names[worker.number] = name
        return self.names[worker.number]


def _is_worth_showing(op: Op, where: Place, before: Any, step: Step) -> bool:
    """Return whether a step is one that the reader has to know of."""
    if op.site:
        is_told = before is not UNKNOWN or not isinstance(where.expression, OPERATIONS)
        return op.writes or (is_told and not where.is_constant and not is_of_stand_ins(before))
    return bool(where.line) or op.what in ("take", "finish") or step.gave_up


def _is_same_again(one: Step, other: Step) -> bool:
    """Return whether a step only looks at what the one before has changed, in one expression."""
    at, again = ((step.worker, step.line, step.columns) for step in (one, other))
    return (
        one.what in ("change", "keep") and other.what == "read" and at == again and not other.left
    )


def _look(op: Op) -> Any:
    """Return the value that an instruction reads or writes; UNKNOWN of other operations."""
    if op.site is None or op.frame is None or op.look is None:
        return UNKNOWN
    try:
        return op.look()
    except Exception:  # the program's own objects may refuse
        return UNKNOWN


def _sized(value: Any) -> tuple[str, int]:
    """Return what tells whether a value was changed."""
    return short(value), len(value) if isinstance(value, (list, dict, set, tuple)) else 0

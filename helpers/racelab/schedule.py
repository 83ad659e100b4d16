"""The schedule of a run, step by step in the program's own words: who did what to which thing.

It is written while a run is replayed. Before each operation it is noted where the program is and
what the shared state is then; what an operation has changed is seen before the next one.
"""

from __future__ import annotations

import linecache
import reprlib
import types
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from types import CodeType
from typing import Any

from helpers.racelab.run import Op, Run, Worker
from helpers.racelab.sites import StandIn

__all__ = ["Scribe", "Step"]

DEPTH = 3  # how deep a name is looked for in the shared state
NOT_SHOWN = ("start", "end", "spin")

short = reprlib.Repr()
short.maxstring = short.maxother = 40
short.maxlist = short.maxdict = short.maxset = short.maxdeque = 6


@dataclass
class Step:
    """One step of a schedule.

    Attributes:
        worker: its number, from 0.
        name: of its function or thread.
        what: the word for what it does: 'read', 'write', 'acquire', 'put'.
        thing: what it does it to, as the program says it.
        line: of the source.
        code: that line.
        columns: where in `code` the expression stands that does it, from and to.
        value: what was read or written, as text; "" of what is no value.
        forced: whether another worker was left for it that could have gone on.
        gave_up: whether it had waited for too long.
        state: what the workers share, after the step: texts by their names.
        holds: the names of the locks that each worker holds after it, by the worker's name.
        waits: what each worker waits for that cannot go on then.
    """

    worker: int
    name: str
    what: str
    thing: str
    line: int
    code: str
    columns: tuple[int, int]
    value: str = ""
    forced: bool = False
    gave_up: bool = False
    state: dict[str, str] = field(default_factory=dict)
    holds: dict[str, list[str]] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)


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
        self.preemptions = 0
        self.is_forced = False

    def write(self, worker: Worker, op: Op) -> None:
        """Note an operation that is about to be done."""
        self.close()
        run = self.run()
        self.is_forced |= run is not None and run.preemptions > self.preemptions
        self.preemptions = run.preemptions if run else 0
        if op.what in NOT_SHOWN:
            return
        forced, self.is_forced = self.is_forced, False
        line, code, columns = _source(op)
        step = Step(worker.number, worker.name, op.what, "", line, code, columns, forced=forced)
        step.gave_up = op.is_expired and not op.is_sleep
        step.thing = self._thing(op, code[slice(*columns)])
        look = _looker(op)
        if look and not op.writes:
            step.value = look()
        self.steps.append(step)
        self.open = lambda: self._finish(step, look if op.writes else None)

    def close(self) -> None:
        """Note what the last operation has changed."""
        if self.open:
            self.open()
        self.open = None

    def _finish(self, step: Step, look: Callable[[], str] | None) -> None:
        if look:
            step.value = look()
        names = self.shared()
        step.state = {name: short.repr(value) for name, value in _values(names)}
        run = self.run()
        for one in run.workers if run else []:
            if held := [self.name_of(lock) for lock in one.holds]:
                step.holds[one.name] = held
            if one.op and one.op.ready and not one.is_done and not one.op.ready():
                step.waits[one.name] = self._thing(one.op, "")

    def _thing(self, op: Op, expression: str) -> str:
        return self.name_of(op.thing) if isinstance(op.thing, StandIn) else expression or op.what

    def name_of(self, thing: Any) -> str:
        """Return how the program could call a thing: by the way that leads to it."""
        if isinstance(thing, Worker):
            return thing.name
        level: list[tuple[str, Any]] = [*self.shared().items()]
        for _ in range(DEPTH):
            for name, value in level:
                if value is thing:
                    return name
            level = [one for name, value in level for one in _parts(name, value)]
        return f"a {getattr(thing, 'kind', type(thing).__name__)}"


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an object is made of, each with its name."""
    if isinstance(value, dict):
        yield from ((f"{name}[{short.repr(key)}]", one) for key, one in islice(value.items(), 50))
    elif isinstance(value, (list, tuple, deque)):
        yield from ((f"{name}[{n}]", one) for n, one in enumerate(islice(value, 50)))
    elif not isinstance(value, (StandIn, type, types.ModuleType)):
        yield from ((f"{name}.{key}", one) for key, one in getattr(value, "__dict__", {}).items())
        for slot in getattr(type(value), "__slots__", ()):
            if hasattr(value, slot):
                yield f"{name}.{slot}", getattr(value, slot)


def _values(shared: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the names and values that are worth showing: no locks, and objects by their parts."""
    for name, value in shared.items():
        is_plain = getattr(type(value), "__repr__", None) is object.__repr__
        if is_plain or isinstance(value, types.SimpleNamespace):
            parts = [*_parts(name, value)]
        else:
            parts = [(name, value)]
        for part, inner in parts:
            if not isinstance(inner, StandIn) and not callable(inner):
                yield part, inner


def _source(op: Op) -> tuple[int, str, tuple[int, int]]:
    """Return the line of an operation, its source, and where in it the expression stands."""
    frame = op.frame
    if frame is None:
        return 0, "", (0, 0)
    offset = op.site.offset if op.site else frame.f_lasti
    line, end_line, start, end = _position(frame.f_code, offset)
    text = linecache.getline(frame.f_code.co_filename, line, frame.f_globals).rstrip()
    code = text.strip()
    indent = len(text) - len(text.lstrip())
    last = len(text) if end_line != line else _character(text, end)
    first = _character(text, start) - indent
    return line, code, (max(first, 0), max(last - indent, 0)) if code else (0, 0)


def _position(code: CodeType, offset: int) -> tuple[int, int, int, int]:
    line, end_line, start, end = next(islice(code.co_positions(), offset // 2, None))
    return line or code.co_firstlineno, end_line or line or 0, start or 0, end or 0


def _character(text: str, byte: int) -> int:
    """Return the number of a character, given that of its first byte in UTF-8."""
    return len(text.encode()[:byte].decode(errors="ignore"))


def _looker(op: Op) -> Callable[[], str] | None:
    """Return what tells the value that an instruction reads or writes; None of other operations."""
    site, frame = op.site, op.frame
    if site is None or frame is None or op.look is None:
        return None
    look = op.look

    def tell() -> str:
        try:
            return short.repr(look())
        except Exception:  # the program's own objects may refuse
            return "?"

    return tell

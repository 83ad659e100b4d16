"""Where a program stands in the middle of an order: what a player of the stepper sees.

It is taken while the run is held: who stands where and what each would do next, what they share,
who holds which lock, and who waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from types import CodeType, FrameType, ModuleType
from typing import Any

from helpers.racelab.awaits import awaited
from helpers.racelab.conditions import Barrier, Condition, Event
from helpers.racelab.kinds import CONSTANT, StandIn
from helpers.racelab.locks import Lock, RLock, Semaphore
from helpers.racelab.queues import Queue, SimpleQueue
from helpers.racelab.run import Run
from helpers.racelab.schedule import Scribe, Step
from helpers.racelab.shown import parts, short, values
from helpers.racelab.source import Place, function, place
from helpers.racelab.turns import TaskWorker
from helpers.racelab.words import waits_for
from helpers.racelab.workers import START, Worker

__all__ = ["Guard", "Position", "Seat", "see"]

DEPTH = 3  # how deep a lock is looked for in what is shared
MOST = 12  # variables of a function


@dataclass
class Seat:
    """A worker, as it stands.

    Attributes:
        number: by which it is chosen.
        name: of its function or thread.
        what: the word for what it does next, as in `Step`; "" if it has ended.
        thing: to what.
        line: where it stands in the source; 0 if it has ended, or is not in the program.
        code: that line.
        columns: where in `code` the expression stands that comes next, from and to.
        first: the number of the first line of the function where it stands, or stood last.
        source: the lines of that.
        can_go: whether it can be chosen.
        waits: what it waits for, in words; "" if it waits for nothing.
        variables: of the function where it stands, as texts by their names; of what is shared, the
            name by which it is so.
        holds: the names of the locks that it holds.
        end: how it ended, in words; "" as long as it has not.
    """

    number: int
    name: str
    what: str = ""
    thing: str = ""
    line: int = 0
    code: str = ""
    columns: tuple[int, int] = (0, 0)
    first: int = 0
    source: list[str] = field(default_factory=list)
    can_go: bool = False
    waits: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    holds: list[str] = field(default_factory=list)
    end: str = ""


@dataclass
class Guard:
    """A lock, or something else at which workers wait.

    Attributes:
        name: as the program says it.
        kind: 'lock', 'rlock', 'semaphore', 'condition', 'event', 'barrier', 'queue', …
        state: how it is, in words: 'free', '1 left', 'set', '2 of 3 here'.
        holders: the names of the workers that hold it.
        waiters: the names of those that wait at it; tasks first come first.
    """

    name: str
    kind: str
    state: str
    holders: list[str]
    waiters: list[str]


@dataclass
class Position:
    """Where a program stands once some workers have been chosen.

    Attributes:
        choices: the numbers of the workers that were chosen, one a step.
        seats: the workers, in the order of their numbers.
        state: what they share: texts by their names.
        first: the same before the first step.
        guards: the locks and their like.
        steps: what was done so far.
        preemptions: how often a worker was left that could have gone on.
        kind: how it ended: 'ok', 'race', 'deadlock', 'exception', 'livelock', 'unknown'; "" if
            somebody can still go on.
        why: the same in words.
    """

    choices: tuple[int, ...]
    seats: list[Seat] = field(default_factory=list)
    state: dict[str, str] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    guards: list[Guard] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    preemptions: int = 0
    kind: str = ""
    why: str = ""


def see(
    position: Position,
    run: Run,
    bodies: Sequence[Any],
    ready: Collection[int],
    scribe: Scribe,
) -> None:
    """Note how all is in a run that is held.

    Args:
        position: where it is noted.
        run: is not over yet.
        bodies: the functions that its first workers carry out.
        ready: the numbers of the workers that can go on.
        scribe: knows what things are called.
    """
    shared = scribe.shared()
    position.state = values(shared)
    position.seats = [_seat(one, run, bodies, ready, scribe) for one in run.workers]
    found = {id(thing): (name, thing) for name, thing in _guards(shared)}
    for one in run.workers:
        for thing in (*one.holds, one.op.thing if one.op else None):
            if _is_guard(thing) and not any(_is_of(thing, other) for _, other in found.values()):
                found.setdefault(id(thing), (scribe.name_of(thing), thing))
    position.guards = [_guard(*one, run, scribe) for one in found.values()]
    for guard in position.guards:
        for seat in position.seats:
            if seat.waits.startswith("awaits ") and seat.name in guard.waiters:
                whose = f", which {' and '.join(guard.holders)} holds" if guard.holders else ""
                seat.waits = f"awaits {guard.name}{whose}"


# the workers


def _seat(
    worker: Worker, run: Run, bodies: Sequence[Any], ready: Collection[int], scribe: Scribe
) -> Seat:
    seat = Seat(worker.number, scribe.name_of(worker))
    seat.holds = [scribe.name_of(one) for one in worker.holds]
    op = worker.op
    frame = op.frame if op and not worker.is_done else None
    code = frame.f_code if frame else _code(worker, bodies)
    seat.first, seat.source = function(code) if code else (0, [])
    if worker.is_done or op is None:
        seat.end = "has ended" if worker.is_done else ""
        return seat
    where = place(op) if frame else _begin(seat)
    is_change = op.site is not None and op.writes and where.is_part
    seat.what = "change" if is_change else op.what
    seat.thing = "" if op is START else scribe.thing_of(op, where)
    seat.line, seat.code, seat.columns = where.line, where.code, where.columns
    seat.can_go = worker.number in ready
    if not seat.can_go:
        seat.waits = _waits(worker, run, scribe)
    if frame:
        seat.variables = _variables(frame, scribe.shared())
    return seat


def _code(worker: Worker, bodies: Sequence[Any]) -> CodeType | None:
    """Return the code of a body; None of another worker's."""
    body = bodies[worker.number] if worker.number < len(bodies) else None
    return getattr(getattr(body, "__func__", body), "__code__", None)


def _begin(seat: Seat) -> Place:
    """Return where a worker stands that has not begun: before its function."""
    text = seat.source[0].strip() if seat.source else ""
    return Place(seat.first, text, (0, len(text)), None)


def _waits(worker: Worker, run: Run, scribe: Scribe) -> str:
    if isinstance(worker, TaskWorker):
        if worker.timer:
            return "sleeps"
        return f"awaits {awaited(worker.task, run.workers)}"
    if worker.op and worker.op.ready and not worker.op.ready():
        return waits_for(worker, scribe.name_of)
    return "goes round and round until another one changes something" if worker.is_idle else ""


def _variables(frame: FrameType, shared: dict[str, Any]) -> dict[str, str]:
    """Return the variables of a function; of what is shared, by which name it is so."""
    names = {id(value): name for name, value in _things(shared) if not isinstance(value, CONSTANT)}
    found = {}
    for name, value in frame.f_locals.items():
        if id(value) in names:
            if names[id(value)] != name:
                found[name] = names[id(value)]
        elif not (_is_guard(value) or isinstance(value, ModuleType) or callable(value)):
            found[name] = short(value)
    return dict([(name, told) for name, told in found.items() if name[0] != "."][:MOST])


# the locks

ASYNCIO = {
    asyncio.Lock: "lock",
    asyncio.Event: "event",
    asyncio.Condition: "condition",
    asyncio.Semaphore: "semaphore",
    asyncio.Barrier: "barrier",
    asyncio.Queue: "queue",
}


def _is_guard(thing: Any) -> bool:
    return isinstance(thing, (StandIn, *ASYNCIO))


def _is_of(thing: Any, other: Any) -> bool:
    """Return whether a thing is another, or the lock in it."""
    return thing is other or thing in (getattr(other, "lock", None), getattr(other, "_lock", None))


def _things(shared: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what is shared and what that is made of, by its names, outermost first."""
    level: list[tuple[str, Any]] = [*shared.items()]
    for _ in range(DEPTH + 1):
        yield from level
        level = [
            part
            for name, value in level
            if not (_is_guard(value) or callable(value))
            for part in parts(name, value)
        ]


def _guards(shared: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the locks and their like in what is shared, each by its outermost name."""
    seen: set[int] = set()
    for name, value in _things(shared):
        if _is_guard(value) and id(value) not in seen:
            seen.add(id(value))
            yield name, value


def _guard(name: str, thing: Any, run: Run, scribe: Scribe) -> Guard:
    kind = getattr(thing, "kind", "") or next(
        (word for one, word in ASYNCIO.items() if isinstance(thing, one)), type(thing).__name__
    )
    holders = [
        scribe.name_of(one) for one in run.workers if any(_is_of(held, thing) for held in one.holds)
    ]
    return Guard(name, kind, _state(thing, holders), holders, _waiters(thing, run, scribe))


def _state(thing: Any, holders: list[str]) -> str:
    match thing:
        case Semaphore():
            return f"{thing.value} left"
        case asyncio.Semaphore():
            return f"{thing._value} left"
        case Event():
            return "set" if thing.flag else "not set"
        case asyncio.Event():
            return "set" if thing.is_set() else "not set"
        case Barrier():
            return "broken" if thing.is_broken else f"{thing.here} of {thing.parties} here"
        case asyncio.Barrier():
            return "broken" if thing.broken else f"{thing.n_waiting} of {thing.parties} here"
        case Queue() | SimpleQueue():
            return short([*thing.items])
        case asyncio.Queue():
            return short([*thing._queue])  # type: ignore[attr-defined]
        case Lock() | RLock() | Condition() | asyncio.Lock() | asyncio.Condition():
            is_taken = thing.locked() if not isinstance(thing, StandIn) else _is_taken(thing)
            return "taken" if holders or is_taken else "free"
    return ""


def _is_taken(thing: Lock | RLock | Condition) -> bool:
    lock = thing.lock if isinstance(thing, Condition) else thing
    return lock.owner is not None


def _waiters(thing: Any, run: Run, scribe: Scribe) -> list[str]:
    if isinstance(thing, StandIn):
        return [
            scribe.name_of(one)
            for one in run.workers
            if one.op
            and not one.is_done
            and one.op.ready
            and not one.op.ready()
            and _is_of(one.op.thing, thing)
        ]
    futures = [*_futures(thing)]
    waiting = {id(getattr(one, "task", None)._fut_waiter): one for one in run.workers}  # type: ignore[union-attr]
    return [scribe.name_of(waiting[id(one)]) for one in futures if id(one) in waiting]


def _futures(thing: Any) -> Iterator[Any]:
    """Yield what the tasks await that wait at a thing of asyncio's, first come first."""
    for name in ("_waiters", "_getters", "_putters"):
        yield from getattr(thing, name, None) or ()
    for name in ("_lock", "_cond"):  # of a condition or barrier
        if inner := getattr(thing, name, None):
            yield from _futures(inner)

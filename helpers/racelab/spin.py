"""Who goes round and round: a worker that comes to where it was, and nothing has changed.

What it has in its variables is the same, nobody has changed anything in between, and the same
workers hold the same locks. Then it would go on so for ever, until another one moves. If all who
could move have come to where they all were, the program need never end.
"""

from __future__ import annotations

import random
from collections.abc import Hashable
from types import FrameType
from typing import TYPE_CHECKING, Any

from helpers.racelab.whose import is_of_library

if TYPE_CHECKING:
    from helpers.racelab.run import Run
    from helpers.racelab.workers import Worker

__all__ = ["Rounds", "Visits"]

PLAIN = (int, str, float, bool, bytes, type(None))
State = tuple[Any, ...]


class Visits:
    """Where a worker has been since anything was last changed, and what was the case there.

    Attributes:
        looked_at_clock: whether it has asked for the time since then.
        state: where it was last, and its variables then.
    """

    def __init__(self) -> None:
        self.version = -1
        self.states: dict[Any, State | None] = {}
        self.again: set[Any] = set()
        self.looked_at_clock = False
        self.state: State | None = None

    def repeats(self, frame: FrameType | None, what: Hashable, run: Run) -> bool:
        """Return whether a worker has been here twice before, and all is as it was then.

        Twice, for the second round may be one in which another worker goes round, too.

        Args:
            frame: where the program is.
            what: what the worker is about to do there, and to what.
            run: whose version and locks are looked at.
        """
        if frame is None:
            return False
        if self.version != run.version:
            self.version, self.state = run.version, None
            self.states.clear()
            self.again.clear()
            self.looked_at_clock = False
        here = (id(frame.f_code), frame.f_lasti, what)
        if here not in self.states:
            self.states[here] = self.state = None
            return False
        self.state = (here, _variables(frame, run))
        state = (self.state, _held(run), random.getstate() if run.has_chance else None)
        if self.states[here] != state:
            self.states[here] = state
            self.again.discard(here)
            return False
        is_again = here in self.again
        self.again.add(here)
        return is_again


class Rounds:
    """The states of all workers of a run together, since anything was last changed."""

    def __init__(self) -> None:
        self.version = -1
        self.seen: list[tuple[State, list[int]]] = []

    def close(self, run: Run) -> bool:
        """Return whether all who can move have moved since all was as it is now."""
        live = [one for one in run.workers if not one.is_done]
        if self.version != run.version:
            self.version = run.version
            self.seen.clear()
        if any(_is_away(one, run) for one in live):
            return False
        state = (_held(run), *((one.number, one.visits.state) for one in live))
        steps = [one.steps for one in live]
        for earlier, then in self.seen:
            if earlier == state:
                pairs = zip(live, steps, then, strict=True)
                return all(now > before or _is_stuck(one) for one, now, before in pairs)
        self.seen.append((state, steps))
        return False


def _is_away(worker: Worker, run: Run) -> bool:
    """Return whether a worker has something to do that is not known to come again."""
    is_known = worker.visits.version == run.version and worker.visits.state is not None
    return not is_known and not _is_stuck(worker)


def _is_stuck(worker: Worker) -> bool:
    op = worker.op
    return op is not None and op.ready is not None and op.deadline is None and not op.ready()


def _held(run: Run) -> State:
    """Return which locks each worker holds."""
    return tuple(tuple(id(lock) for lock in one.holds) for one in run.workers)


def _variables(frame: FrameType | None, run: Run) -> State:
    """Return the variables of all of a worker's functions that are the program's own."""
    state: list[Any] = []
    while frame:
        if not is_of_library(frame):
            values = [_seen(value) for value in frame.f_locals.values()]
            far = run.watch.looker.progress.of(frame)
            state.append((id(frame.f_code), frame.f_lasti, far, *values))
        frame = frame.f_back
    return tuple(state)


def _seen(value: Any) -> Any:
    """Return what equals another one only if it is the same, or a value that never changes."""
    return (type(value), value) if isinstance(value, PLAIN) else _Same(value)


class _Same:
    """One object, kept so that no other one takes its place in memory."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    __hash__ = None  # type: ignore[assignment]

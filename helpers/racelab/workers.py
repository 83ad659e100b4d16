"""The workers of a run, and the operations that they do one after another."""

from __future__ import annotations

from collections.abc import Callable, Hashable, MutableSequence, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

from helpers.racelab.order import Clocks
from helpers.racelab.spin import Visits

if TYPE_CHECKING:
    from helpers.racelab.carriers import Carrier
    from helpers.racelab.run import Run
    from helpers.racelab.sites import Site

__all__ = ["START", "Op", "Worker"]


class Op:
    """What a worker is about to do.

    Attributes:
        what: the word for it: 'acquire', 'read'.
        thing: what it is done to: a stand-in, or the place of a value.
        also: other things, in the same step.
        writes: whether another worker could notice that it was done.
        ready: whether it can be done now; None if it always can.
        deadline: when the worker gives up waiting, in seconds of the run's own clock.
        is_sleep: whether it waits for nothing but the clock.
        is_expired: whether the worker has given up.
        frame: where the program is.
        site: of an instruction, what it touches.
        look: returns the value that it touches.
        now: returns the things that it would touch now, if these can change while it waits.
    """

    __slots__ = (
        "also", "deadline", "frame", "is_expired", "is_sleep", "look", "now", "ready", "site",
        "thing", "what", "writes",
    )  # fmt: skip

    def __init__(
        self,
        what: str,
        thing: Hashable,
        writes: bool = True,
        ready: Callable[[], bool] | None = None,
        deadline: float | None = None,
        is_sleep: bool = False,
        also: tuple[Hashable, ...] = (),
    ) -> None:
        self.also = also
        self.what, self.thing, self.writes, self.ready = what, thing, writes, ready
        self.deadline, self.is_sleep, self.is_expired = deadline, is_sleep, False
        self.frame: FrameType | None = None
        self.site: Site | None = None
        self.look: Callable[[], Any] | None = None
        self.now: Callable[[], Sequence[Hashable]] | None = None

    def things(self) -> Sequence[Hashable]:
        """Return all things that it is done to."""
        return self.now() if self.now else (self.thing, *self.also)


START = Op("start", "start", writes=False)


class Worker:
    """Who carries out one body, or a thread that the program itself has started.

    Attributes:
        number: in the order in which they came.
        name: of its function, or of its thread.
        function: what it carries out, without arguments.
        op: what it is about to do; None while it is at it.
        history: of all that it did, and what that met.
        clocks: how far it has heard of each other worker.
        is_idle: whether it goes round and round, and would go on so until another one moves.
        is_daemon: whether the program does not wait for its end.
        thread: what `threading.current_thread()` is for it.
        carrier: the thread that carries it.
        run: whose worker it is.
        holds: the locks that it holds now.
        steps: how many operations it has done.
        sleeps: how often it has slept.
        loops: how often it has begun a `while` loop again since its last operation.
        aborts: how often it was told that the run is over, and has not ended.
    """

    def __init__(self, number: int, name: str, function: Callable[[], Any], history: int) -> None:
        self.number, self.name, self.function, self.history = number, name, function, history
        self.op: Op | None = START
        self.clocks: Clocks = {number: 1}
        self.is_done = self.is_idle = False
        self.steps = self.loops = self.aborts = self.sleeps = 0
        self.visits = Visits()
        self.thread: Any = None
        self.is_daemon = False
        self.carrier: Carrier
        self.run: Run
        self.holds: MutableSequence[Any] = []

    def can_go(self) -> bool:
        """Return whether it could do what it is about to do."""
        op = self.op
        if self.is_done or self.is_idle:
            return False
        return op is None or op.ready is None or op.ready()

"""One run of a program: one worker goes on at a time, and at every point it is chosen which.

A point stands before every operation that another worker could notice: a call of a lock, a queue
or the clock, and an instruction that is known to touch what another touches, too. Between two
points nothing that a worker does depends on the others, so these orders stand for all.

Of every worker the run keeps a history, a number that changes with each operation and with whatever
was done to the same thing before it. Two runs in which all workers have the same histories have
come to the same state, however they came there [1].

[1] M. Musuvathi and S. Qadeer, "Iterative context bounding for systematic testing of multithreaded
programs", PLDI 2007, doi:10.1145/1250734.1250785.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextvars import Context
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from helpers.racelab.actors import Abort
from helpers.racelab.clock import Clock
from helpers.racelab.ends import End
from helpers.racelab.order import Order
from helpers.racelab.spin import Rounds
from helpers.racelab.whose import frame_of_program
from helpers.racelab.workers import START, Op, Worker

if TYPE_CHECKING:
    from helpers.racelab.carriers import Carriers
    from helpers.racelab.watch import Watch

__all__ = ["NAPS", "Chooser", "Run"]

STUBBORN = 3  # times that a worker is ended before it is ended at each instruction
NAPS = 2  # sleeps after which a daemon may go on before the others; from then on it comes last
MOST = 5000  # points in one run; who needs more is not followed to its end


class Chooser(Protocol):
    """Who chooses which worker goes on."""

    def choose(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return who goes on, or None to end the run here.

        Args:
            run: with all that has happened so far.
            stays: who was at work, if leaving it would be a preemption.
            ready: all who could go on.
        """


class Run:
    """One run of a program.

    Attributes:
        workers: in the order in which they came.
        current: who is at work; None while the program is made ready or looked at.
        maker: who holds what is taken then.
        end: how it ended, unless all came to their ends.
        choices: the number of the worker that went on, at each point.
        preemptions: how often a worker was left that could have gone on.
        order: who has touched what, and which instructions race.
        log: told of each operation that is done; None to tell nobody.
        end_log: told of the end, before the workers put away what they have in hand.
        is_plain: whether it is known from the histories alone who can go on, and what comes of it.
        is_timed: whether anything has looked at the clock.
        begins_late: whether a body begins only when it is chosen.
        unborn: the bodies that have not begun, if all begin at once.
        has_chance: whether the program throws dice.
        is_closing: whether all have ended but daemons, which end with the program; None if that has
            to be looked at again.
        has_daemons: whether there are any.
        leaves_out: whether a daemon was kept from going on first again and again.
        is_telling: whether it is told now; what the program's `__repr__` does then is no step.
    """

    def __init__(self, carriers: Carriers, chooser: Chooser, watch: Watch) -> None:
        self.carriers, self.chooser, self.watch = carriers, chooser, watch
        self.workers: list[Worker] = []
        self.current: Worker | None = None
        self.maker = Worker(-1, "make", lambda: None, 0)
        self.end: End | None = None
        self.choices: list[int] = []
        self.preemptions = 0
        self.is_aborting = False
        self.is_plain = True
        self.is_timed = self.begins_late = self.has_chance = False
        self.unborn: list[Worker] = []
        self.clock = Clock()
        self.order = Order()
        self.version = 0  # changes with all that is changed, but for locks taken and let go
        self.is_telling = False
        self.is_closing: bool | None = None
        self.has_daemons = self.leaves_out = False
        self.log: Callable[[Worker, Op], None] | None = None
        self.end_log: Callable[[], None] | None = None
        self.last_writes: dict[Hashable, int] = {}
        self.reads_since: dict[Hashable, int] = {}
        self.rounds = Rounds()

    def add(self, name: str, function: Callable[[], Any]) -> Worker:
        """Add a worker; it begins when it is chosen."""
        parent = self.current
        number = len(self.workers)
        history = hash((parent.history if parent else 0, number if parent is None else "child"))
        worker = Worker(number, name, function, history)
        if parent:
            worker.clocks.update(parent.clocks)
            worker.clocks[number] = 1
            parent.clocks[parent.number] += 1
        worker.run = self
        self.workers.append(worker)
        self.is_closing = None
        self.carriers.give(worker)
        return worker

    def go(self) -> None:
        """Let all workers run to the end of the run.

        What a body does before its first point is of no matter to others. So all begin at once, and
        no order differs only in that; but who begins late finds another time on the clock.
        """
        if not self.begins_late:
            self.unborn = [*self.workers]
        first = self._next(None)
        if first:
            self.current = first
            self.carriers.start(first, self.choices)
        self.current = None

    def _abort(self) -> Worker | None:
        """End the run; return whose turn it is to put away what it has in hand, if anybody's."""
        if not self.is_aborting:
            self._tell_end()
        self.is_aborting = True
        for worker in self.workers:
            if worker.op is START and not worker.is_done:
                worker.is_done, worker.carrier.worker = True, None
        self.current = next((one for one in self.workers if not one.is_done), None)
        return self.current

    def carry(self, worker: Worker) -> Worker | None:
        """Carry out a worker, in its carrier's thread; return who goes on after it."""
        try:
            if not self.is_aborting:
                self._done(worker, START)
                self.watch.resume()
                try:
                    Context().run(worker.function)
                finally:
                    self.watch.pause()
        except Abort:
            pass
        except SystemExit:
            pass  # which ends a thread, and nothing else
        except BaseException as error:
            if not self.is_aborting:
                self.end = self.end or End("exception", [worker], error)
        worker.is_done, self.is_closing = True, None
        if self.is_aborting or self.end:
            return self._abort()
        self._done(worker, Op("end", worker))
        self.current = self._next(worker)
        return self.current or self._abort()

    def point(self, op: Op) -> None:
        """Let it be chosen who goes on, before the current worker does an operation.

        Returns when it is done: then whatever it needs is there, or it has expired.

        Raises:
            Abort: the run is over.
        """
        worker = self.current
        if worker is None:
            if op.ready and not op.ready():
                raise RuntimeError(f"{op.what} would wait for ever: nothing else runs here")
            return
        if self.is_aborting:
            worker.aborts += 1
            if worker.aborts > STUBBORN:  # it catches all errors, and tries again
                self.watch.stop()
            raise Abort
        worker.op = op
        if op.frame is None:
            op.frame = frame_of_program()
        if worker.visits.repeats(op.frame, (op.what, op.thing, op.site), self):
            worker.is_idle = True
        if worker.visits.state or self.is_timed or op.what in ("is_alive", "enumerate"):
            self.is_plain = False
        chosen = self._next(worker)
        if chosen is not worker:
            if chosen is None:
                self._tell_end()
                self.is_aborting = True
                raise Abort
            self.current = chosen
            self.carriers.switch(worker, chosen)
            if self.is_aborting:
                raise Abort
        worker.op = None
        worker.sleeps += op.is_sleep
        self._done(worker, op)

    def _next(self, worker: Worker | None) -> Worker | None:
        """Return who goes on; None if the run ends here."""
        if self.unborn:
            return self.unborn.pop()
        if self.is_closing is None:
            self.is_closing = all(one.is_done or one.is_daemon for one in self.workers)
            self.has_daemons = any(one.is_daemon for one in self.workers)
        if worker and worker.visits.state and self.rounds.close(self):
            live = [one for one in self.workers if not one.is_done]
            if self.is_closing or not self._jumps(live):
                self.end = None if self.is_closing else End("livelock", live)
                return None
        ready = self._ready()
        if not ready:
            return None
        if len(self.choices) >= MOST:
            self.end = None if self.is_closing else End("endless", [worker] if worker else [])
            return None
        return self._chosen(worker, ready)

    def _ready(self) -> list[Worker]:
        """Return who could go on; nobody if the run ends here."""
        ready = [  # as `can_go`, without a call for each
            one
            for one in self.workers
            if not (one.is_done or one.is_idle)
            and ((its := one.op) is None or its.ready is None or its.ready())
        ]
        if self.has_daemons:
            ready = self._before_daemons(ready)
        return ready if ready or self.is_closing else self._woken()

    def _chosen(self, worker: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return which of those who could go on does; None if the run is cut here."""
        op = worker.op if worker else None
        was_chosen = bool(self.choices)  # else it has only begun
        stays = worker if was_chosen and worker in ready and not (op and op.is_sleep) else None
        chosen = self.chooser.choose(self, stays, ready)
        if chosen is None:
            self.end = self.end or End("cut")
            return None
        self.choices.append(chosen.number)
        self.preemptions += stays is not None and chosen is not stays
        return chosen

    def _before_daemons(self, ready: list[Worker]) -> list[Worker]:
        """Return who may go on if no daemon is to go first for ever, or after the program's end."""
        awake = [
            one
            for one in ready
            if not (one.is_daemon and one.op and one.op.is_sleep)
            or (one.sleeps < NAPS and not self.is_closing)
        ]
        if len(awake) == len(ready) or not (awake or self.is_closing):
            return ready
        self.leaves_out |= not self.is_closing
        return awake

    def _woken(self) -> list[Worker]:
        """Return who goes on when nobody can: whose waiting has its end; or note how it ends."""
        live = [one for one in self.workers if not one.is_done]
        timed = [one for one in live if one.op and one.op.deadline is not None and not one.is_idle]
        if timed:
            first = min(one.op.deadline for one in timed)  # type: ignore[union-attr,type-var]
            timed = [one for one in timed if one.op and one.op.deadline == first]
            self.clock.now = max(self.clock.now, first or 0)
            for one in timed:
                one.op.is_expired = True  # type: ignore[union-attr]
                one.history = hash((one.history, *(other.history for other in self.workers)))
            return timed
        if self._jumps([one for one in live if one.is_idle]):
            return [one for one in live if one.visits.looked_at_clock and one.can_go()]
        self.end = End("livelock" if any(one.is_idle for one in live) else "deadlock", live)
        return []

    def _jumps(self, some: list[Worker]) -> bool:
        """Let the clock jump if one of these goes round and round until it is late enough."""
        lookers = [one for one in some if one.visits.looked_at_clock]
        if not lookers:
            return False
        self.clock.jump()
        self.version += 1
        for one in lookers:
            one.is_idle = False
        return True

    def _tell_end(self) -> None:
        if self.end_log:
            self.is_telling = True
            self.end_log()
            self.is_telling = False

    def history_after(self, worker: Worker, op: Op) -> int:
        """Return what a worker's history will be once it has done an operation now."""
        things = op.things()
        met = [self.last_writes.get(one, 0) for one in things]
        if op.writes:
            met += [self.reads_since.get(one, 0) for one in things]
        return hash((worker.history, *met))

    def _done(self, worker: Worker, op: Op) -> None:
        """Note that a worker does an operation now."""
        worker.steps += 1
        worker.loops = 0
        worker.history = history = self.history_after(worker, op)
        for thing in op.things():
            if op.writes:
                self.last_writes[thing] = history
                self.reads_since[thing] = 0
            else:
                self.reads_since[thing] = self.reads_since.get(thing, 0) + hash((history, 7))
        if op.writes:
            for one in self.workers:  # who went round and round looks again
                if one.is_idle and one is not worker:
                    one.is_idle = False
        if self.log:
            self.is_telling = True
            self.log(worker, op)
            self.is_telling = False

    def spin(self, frame: FrameType) -> None:
        """Let others go on, if the current worker goes round and round without a point.

        Raises:
            Abort: the run is over.
        """
        worker = self.current
        if worker and worker.visits.repeats(frame, "spin", self):
            op = Op("spin", "spin", writes=False)
            op.frame = frame
            worker.is_idle = True
            self.point(op)

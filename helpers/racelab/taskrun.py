"""One run of a program of tasks: which of them has the next turn is chosen, again and again.

A turn goes from one await to the next. What belongs to no task comes at once, in between.
"""

from __future__ import annotations

import asyncio
import random
from asyncio import events
from collections.abc import Callable
from contextvars import Context
from math import inf
from types import FrameType
from typing import Any, NoReturn

from helpers.racelab.actors import Abort
from helpers.racelab.awaits import locks_in, tell
from helpers.racelab.carriers import Carrier, Carriers
from helpers.racelab.cycles import Cycles
from helpers.racelab.ends import End
from helpers.racelab.lab import Program, look
from helpers.racelab.rest import AFTER, settle
from helpers.racelab.run import MOST, Chooser, Run
from helpers.racelab.shared import RefusedError, Shared
from helpers.racelab.sites import Looker
from helpers.racelab.snapshot import MANY, Camera, Snapshot
from helpers.racelab.turns import TaskWorker, Turn, name_tasks, note_holder
from helpers.racelab.virtual import Loop, SeenClock, is_nested, running
from helpers.racelab.watch import Watch
from helpers.racelab.workers import Op, Worker

__all__ = ["TaskRun"]


LOOP_IS_HELD = "cannot go on: the loop is held up"


class _Blind:
    """Sees nothing: where a task can be left is no matter of single instructions."""

    def looks(self) -> bool:
        return False

    def touch(self, sites: Any, frame: FrameType) -> None:
        pass

    def gives(self, frame: FrameType, value: Any) -> None:
        pass


BLIND = Watch(Looker(), _Blind())


class TaskRun(Run):
    """One run, in a thread of its own.

    Attributes:
        error: what is wrong with the program as a whole, or with the lab.
        left: how many bodies have not ended.
        due: whom the last time-out has woken, and who have had no turn since.
    """

    workers: list[TaskWorker]  # type: ignore[assignment]
    current: TaskWorker | None

    clock: SeenClock

    def __init__(
        self, carriers: Carriers, carrier: Carrier, chooser: Chooser, camera: Callable[[], Camera]
    ) -> None:
        super().__init__(carriers, chooser, BLIND)
        self.carrier, self.camera = carrier, camera
        self.clock = SeenClock()
        self.error: BaseException | None = None
        self.by_task: dict[Any, TaskWorker] = {}
        self.last: TaskWorker | None = None
        self.left = 0
        self.limit = MOST
        self.named = 0
        self.points = 0
        self.end_log: Callable[[], None] | None = None
        self.is_in_make = True
        self.state: Any = None
        self.cycles = Cycles(self.workers)
        self.locks: list[asyncio.Lock] = []
        self.due: set[TaskWorker] = set()
        self.due_at = 0.0

    def play(self, program: Program, shared: Shared) -> None:
        """Make the program ready, let all its tasks run, and look whether all is in order."""
        self.loop = Loop(self)
        self.shared = shared
        try:
            with running(self.loop):
                try:
                    self._begin(program)
                    self._turns()
                    if self.end_log:
                        self.end_log()
                finally:
                    settle(self)
        finally:
            self.loop.put_away()
        if self.end is None and self.error is None and not self.is_aborting:
            self.end = look(program, self.state)

    def _begin(self, program: Program) -> None:
        state = self.state = self.shared.made(self.shared.in_place_of(program.make))
        self.is_in_make = False
        for name, body in zip(program.names, program.bodies, strict=True):
            coroutine = body(state)
            if not asyncio.iscoroutine(coroutine):
                self.error = RefusedError(f"{name} is no async function, as the other bodies are")
                return
            self.loop.create_task(coroutine, name=name, context=Context())
        self.left = len(self.workers)
        for one in self.workers:
            one.is_body = True
        self.named = self.left
        self.locks = [*locks_in(state)]
        for at in self.shared.places:
            self.locks += locks_in(at.get())

    # what the loop tells

    def take(self, task: Any) -> None:
        """Add a worker for a task that was created, in its turn."""
        if self.is_in_make:
            task.get_coro().close()
            self.refuse("a task in make()")
        if task not in self.by_task:
            worker = TaskWorker(len(self.workers), task.get_name(), task)
            self.by_task[task] = worker
            self.workers.append(worker)
            worker.carrier = self.carrier
        self._stand(self.by_task[task])  # an eager task has gone some way already

    def wake(self, task: Any, handle: events.Handle) -> None:
        """Keep the next step of a task until it is chosen."""
        if task not in self.by_task:
            self.take(task)
        worker = self.by_task[task]
        worker.handle = handle
        if worker.op:
            worker.op.is_sleep = False

    def looks_at_clock(self) -> None:
        """Note that what the task at work does next may depend on the time."""
        if self.current:
            self.current.visits.looked_at_clock = True

    def lost(self, error: BaseException) -> None:
        """End the run for an error in a callback, of which nobody else would hear."""
        if not self.is_aborting and not isinstance(error, Abort):
            who = [self.current] if self.current else []
            of_none = "" if who else "a callback"
            self.end = self.end or End("exception", who, error, who=of_none)

    def refuse(self, what: str) -> NoReturn:
        """End the run for something that leads out of the loop.

        Raises:
            RefusedError: always.
        """
        self.error = self.error or RefusedError(f"{what} leads out of the loop that is looked into")
        raise self.error

    # what the stand-ins ask of a run

    def add(self, name: str, function: Callable[[], Any]) -> Worker:
        """Refuse a thread beside the loop."""
        self.refuse("another thread")

    def point(self, op: Op) -> None:
        """Do an operation that tasks have in common with threads: it holds up the whole loop."""
        self.points += 1
        who = [self.current] if self.current else []
        if self.points > MOST:
            self.end = self.end or End("endless", who)
            raise Abort
        if op.is_sleep or op.ready is None or op.ready():
            return
        if op.deadline is not None:
            self.clock.at = max(self.clock.at, op.deadline)
            op.is_expired = True
            return
        self.end = self.end or self._held_up(op, who)
        raise Abort

    def _held_up(self, op: Op, who: list[Any]) -> End:
        """Return how a run ends in which a task waits for ever, and the whole loop with it."""
        live = [one for one in self.workers if not one.is_done]
        end = End("deadlock", live or who, words=f"{op.what} holds up the whole loop")
        for wait in end.waits:
            wait.words = LOOP_IS_HELD
            if wait.worker is self.current:
                wait.words = f"waits in {op.what}, and holds up the whole loop"
        return end

    # the turns

    def _turns(self) -> None:
        """Let one task after another have its turn until none can go on, or the run is over."""
        while True:
            self.loop.run_callbacks()
            if self.end or self.error or self.is_aborting:
                return
            limit = self._limit()
            ready: list[Any] = [
                one
                for one in self.workers
                if (one.handle or (one.timer and one.timer._when <= limit)) and not one.is_idle  # type: ignore[attr-defined]
            ]
            if not ready:
                if self._wakes_up():
                    continue
                return
            if len(self.choices) >= self.limit:
                if self.left:
                    self.end = End("endless", [self.last] if self.last else [])
                return
            last = self.last
            stays = last if last and last.handle and not last.is_idle else None
            chosen: Any = self.chooser.choose(self, stays, ready)
            if chosen is None:
                self.end = End("cut")
                return
            self.choices.append(chosen.number)
            self.preemptions += stays is not None and chosen is not stays
            self._turn(chosen)

    def _limit(self) -> float:
        """Return until when a sleep may last that ends now: no time-out that is due first."""
        return min(self.loop.first_timeout(), self.due_at if self.due else inf)

    def _turn(self, worker: TaskWorker) -> None:
        if self.log:
            op = Turn(worker.task, bool(worker.op and worker.op.is_sleep))
            op.frame = op.frame
            self.log(worker, op)
        if worker.handle is None and worker.timer:
            self.loop.go_off(worker.timer)
        self.step(worker)
        self.last = worker
        if worker.is_done:
            self._ended(worker)
        else:
            self.cycles.look(worker, self.shot)
        if self.named < len(self.workers):
            name_tasks(self.workers, self.named)
            self.named = len(self.workers)
        for lock in self.locks:
            note_holder(lock, worker, self.workers)

    def step(self, worker: TaskWorker) -> None:
        """Let a task go on until it awaits something that is not there yet."""
        handle, worker.handle, worker.op = worker.handle, None, None
        self.due.discard(worker)
        if handle is None:
            return
        worker.steps += 1
        self.current = worker
        try:
            handle._context.run(handle._callback, *handle._args)  # type: ignore[attr-defined]
        except (KeyboardInterrupt, SystemExit):
            pass  # of the program, which the task has kept as its error, too
        finally:
            self.current = None
        self._stand(worker)

    def _stand(self, worker: TaskWorker) -> None:
        """Note where a task stands: at its end, in a sleep, or in something else."""
        task = worker.task
        if task.done():
            worker.is_done, worker.timer, worker.op = True, None, None
            return
        sleeps = self.loop.sleeps
        worker.timer = sleeps.get(task._fut_waiter) if sleeps else None
        worker.op = Turn(task, worker.timer is not None)

    def _ended(self, worker: TaskWorker) -> None:
        self.cycles.stir()
        task = worker.task
        if not worker.is_body:
            return
        self.left -= 1
        if not self.left:
            self.limit = min(MOST, len(self.choices) + AFTER)
        error = None if task.cancelled() else task.exception()
        if error and not isinstance(error, Abort):
            if is_nested(error):
                self.error = RefusedError(
                    "another loop (run) leads out of the loop that is looked into"
                )
            self.end = self.end or End("exception", [worker], error)

    def shot(self, most: int = MANY) -> Snapshot | None:
        """Return the state that the run is in; None if it cannot be seen into.

        Args:
            most: objects; a larger state is not looked through.
        """
        camera, limit, loop = self.camera(), self._limit(), self.loop
        roots: list[Any] = [self.state, *camera.reach.values()]
        for one in self.workers:
            can_wake = one.timer is not None and one.timer._when <= limit  # type: ignore[attr-defined]
            roots += one.handle, one.timer, can_wake, one in self.due, one.task
        roots += [*loop._ready], [*loop.timeouts], loop._exception_handler, loop._task_factory
        roots.append(hash(random.getstate()) if self.shared.chance else None)
        found = camera.take(roots, [one.task for one in self.workers], most)
        if found is None:
            return None
        times = self.clock.at, loop.latest, self.due_at if self.due else 0.0, *found.times
        return found._replace(times=times)

    def _wakes_up(self) -> bool:
        """Return whether somebody may go on where nobody could; or note how the run ends."""
        live = [one for one in self.workers if not one.is_done]
        if not live:
            return False
        timeouts = self.loop.timeouts
        if timeouts:
            first = min(timeouts, key=lambda one: one.when())
            before = {one for one in self.workers if one.handle}
            self.loop.go_off(first)
            self.loop.run_callbacks()
            self.due = {one for one in self.workers if one.handle} - before
            self.due_at = first.when()
            self.cycles.stir()
            return True
        idle = [one for one in live if one.is_idle]
        lookers = [one for one in live if one.visits.looked_at_clock]
        if idle and lookers:
            self.clock.jump()
            for one in lookers:
                one.visits.looked_at_clock = False
            self.cycles.stir()
            return True
        if self.left:
            self.end = End("livelock" if idle else "deadlock", live)
            tell(self.end, live, self.workers)
        return False

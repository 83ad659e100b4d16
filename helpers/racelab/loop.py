"""The lab for tasks: runs a program's coroutines again and again, each time with other choices.

A task goes on until it awaits something that is not there yet; then it is chosen who goes next. A
sleep may last any time, whatever its length, for it is no way to keep an order; but no longer than
up to a time-out that comes first, and a time-out comes when nothing else can go on.
"""

from __future__ import annotations

import inspect
from _thread import get_ident
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from helpers.racelab.actors import Abort, now
from helpers.racelab.carriers import Carrier, Carriers, LostError
from helpers.racelab.copies import loop_bound
from helpers.racelab.ends import End
from helpers.racelab.lab import Program, shared_now, stage_of
from helpers.racelab.reach import Reach
from helpers.racelab.run import Chooser, Run
from helpers.racelab.shared import RefusedError, Shared
from helpers.racelab.sites import Site
from helpers.racelab.snapshot import Camera
from helpers.racelab.taskrun import TaskRun
from helpers.racelab.virtual import as_given
from helpers.racelab.workers import Op, Worker

__all__ = ["TaskLab", "tasks"]


class TaskLab:
    """One program of tasks.

    Attributes:
        run: the one that goes on now.
        carriers: of the thread in which all runs take place; it may get lost in a step.
    """

    def __init__(self, program: Program, shared: Shared) -> None:
        self.program, self.shared = program, shared
        self.run: TaskRun | None = None
        self.carriers = Carriers()
        self._camera: Camera | None = None

    def go(
        self,
        chooser: Chooser,
        log: Callable[[Worker, Op], None] | None = None,
        end_log: Callable[[], None] | None = None,
    ) -> TaskRun:
        """Let the program run once.

        Args:
            chooser: chooses which task goes next.
            log: told of each turn, before it.
            end_log: told of the end, before the tasks that are left put away what they have.

        Raises:
            RefusedError: the program leads out of the loop.
        """
        driver = Worker(-1, "loop", int, 0)
        self.carriers.used = 0
        driver.run = self  # type: ignore[assignment]
        self.carriers.give(driver)
        run = TaskRun(self.carriers, driver.carrier, chooser, self.camera)
        run.log, run.end_log = log, end_log
        self.run = now.run = run
        try:
            self.carriers.start(driver, run.choices)
        except LostError:
            self._give_up(run, driver.carrier)
        finally:
            self.run = now.run = None
        if run.error:
            raise run.error
        return run

    def shared_now(self) -> dict[str, Any]:
        """Return what the tasks share in the run that goes on, by the names that they use."""
        return shared_now(self.program, self.run.state if self.run else None, self.shared)

    def camera(self) -> Camera:
        """Return what takes snapshots of the runs, once somebody asks for one."""
        if self._camera is None:
            program = self.program
            functions = [program.make, program.holds, *program.bodies]
            self._camera = Camera(Reach(functions, self.shared))
        return self._camera

    def grew(self, run: Run) -> bool:
        """Return False: where a task can be left is known from the beginning."""
        return False

    @contextmanager
    def in_full(self) -> Iterator[set[Site]]:
        """Do nothing: of a task each turn is a step as it is."""
        yield set()

    def carry(self, driver: Worker) -> None:
        """Play the run that goes on, in its carrier's thread."""
        run = self.run
        if run is None:
            return
        now.ident = get_ident()
        try:
            self.shared.renew()
            run.play(self.program, self.shared)
        except Abort:
            pass  # the thread was lost, and has been called back
        except BaseException as error:
            run.error = error

    def _give_up(self, run: TaskRun, carrier: Carrier) -> None:
        """End a run in which a task does not come back from its step."""
        run.is_aborting = True
        end = End("endless", [run.current] if run.current else [])
        if not self.carriers.call_back(carrier):
            end.kind = "lost"
        run.end = end
        self.carriers = self.carriers.renewed()


def _check(program: Program) -> None:
    """Refuse what cannot be run.

    Raises:
        RefusedError: a function that has to be plain is a coroutine function.
    """
    for name in ("make", "holds"):
        if inspect.iscoroutinefunction(getattr(program, name)):
            raise RefusedError(f"{name} is an async function: it has to be a plain one")


@contextmanager
def tasks(program: Program, known: TaskLab | None = None) -> Iterator[TaskLab]:
    """Put up a lab for a program of tasks, and take it down at the end of the block.

    Args:
        program: is to be looked into.
        known: a lab of this program that was taken down: it is put up again.

    Raises:
        RefusedError: the program cannot be run in it.
    """
    _check(program)
    with stage_of(program, known.shared if known else None) as (shared, heard):
        one = known or TaskLab(program, shared)
        one.carriers = Carriers(heard)
        try:
            with loop_bound(), as_given():
                yield one
        finally:
            one.carriers.end()

"""The lab: runs one program again and again, each time with other choices.

Everything that a run needs is put up here and taken down: the threads that carry the workers, the
stand-ins for locks and queues, the watch on the instructions, the values of what is shared.
"""

from __future__ import annotations

import inspect
from _thread import get_ident
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from types import CoroutineType, FrameType, GeneratorType
from typing import Any

from helpers.aside import Heard, later
from helpers.racelab.actors import Abort, alone, now
from helpers.racelab.carriers import GRACE, Carriers, LostError, on_one_core
from helpers.racelab.ends import End
from helpers.racelab.forks import refused
from helpers.racelab.places import Places
from helpers.racelab.run import Chooser, Run
from helpers.racelab.shared import RefusedError, Shared
from helpers.racelab.shown import error_told, short
from helpers.racelab.sites import LOOK_FAR, Looker, Site
from helpers.racelab.stage import put_up
from helpers.racelab.watch import MANY, watch
from helpers.racelab.workers import Op, Worker

__all__ = ["Lab", "Program", "lab", "look", "stage_of"]

Body = Callable[[Any], Any]


class Program:
    """What is to be looked into.

    Attributes:
        make: returns what the bodies share.
        bodies: what runs at the same time.
        holds: returns whether what they share is in order at the end.
        names: of the bodies, each only once.
    """

    def __init__(
        self, make: Callable[[], Any], bodies: Sequence[Body], holds: Callable[[Any], Any]
    ) -> None:
        self.make, self.bodies, self.holds = make, [*bodies], holds
        names = [getattr(one, "__name__", type(one).__name__) for one in self.bodies]
        self.names = [
            f"{name} {names[: n + 1].count(name)}" if names.count(name) > 1 else name
            for n, name in enumerate(names)
        ]


def shared_now(program: Program, state: Any, shared: Shared) -> dict[str, Any]:
    """Return what the bodies of a program share, by the names that they use."""
    body = program.bodies[0]
    code = getattr(getattr(body, "__func__", body), "__code__", None)
    parameters = code.co_varnames[: code.co_argcount] if code else ()
    named = {one.name: one.get() for one in shared.places if one.is_data()}
    return {(parameters[-1] if parameters else "state"): state, **named}


def look(program: Program, state: Any) -> End | None:
    """Return how a run ended in which all came to their ends; None if all is in order."""
    try:
        found = program.holds(state)
    except AssertionError as error:
        return End("race", words=f"raised {error_told(error)}")
    except Exception as error:
        return End("exception", error=error, who="`holds`")
    if found is True:
        return None
    if found is None:
        raise TypeError("holds returned None: it has to return whether all is in order")
    return None if _is_yes(found) else End("race", words=f"returned {short(found)}")


def _is_yes(found: Any) -> bool:
    """Return whether `holds` has found all in order.

    Raises:
        TypeError: what it has returned does not tell.
    """
    try:
        if not isinstance(found, (CoroutineType, GeneratorType)):
            return bool(found)
    except Exception:  # as an array, of which some may be true
        pass
    raise TypeError(f"holds has to return True or False, not {short(found)}")


class Lab:
    """One program under watch.

    Attributes:
        run: the one that goes on now.
        heard: the interrupts that are put off; but `make` and `holds` run in this thread, and who
            interrupts them does so because they do not end.
        points: the instructions that are known to race.
        shared_sites: those that touch what several workers touch, in whatever order.
        is_timed: whether the program is known to look at the clock.
        leaves_out: whether a daemon was kept from going on first again and again.
    """

    def __init__(self, program: Program, shared: Shared) -> None:
        self.program, self.shared = program, shared
        self.looker = Looker()
        self.watch = watch(self.looker, self)
        self.carriers = Carriers()
        self.heard = Heard()
        self.points: set[Site] = set()
        self.shared_sites: set[Site] = set()
        self.run: Run | None = None
        self.state: Any = None  # what the program made for this run
        self.watches_all = self.is_timed = self.leaves_out = False
        for body in program.bodies:
            code = getattr(getattr(body, "__func__", body), "__code__", None)
            if code:
                self.watch.add(code)

    def go(
        self,
        chooser: Chooser,
        log: Callable[[Worker, Op], None] | None = None,
        end_log: Callable[[], None] | None = None,
    ) -> Run:
        """Let the program run once.

        Args:
            chooser: chooses who goes on.
            log: told of each operation.
            end_log: told of the end, before what is shared is taken down.
        """
        program = self.program
        self.looker.begin()
        self.carriers.used = 0
        run = Run(self.carriers, chooser, self.watch)
        run.begins_late, run.has_chance = self.is_timed, self.shared.chance is not None
        self.run = now.run = run
        own = copy_context()  # in which no run finds what another one has set
        try:
            self.shared.renew()
            make = self.shared.in_place_of(program.make)
            self.state = self.shared.made(partial(self.heard.aloud, own.run, make))
            run.log, run.end_log = log, end_log
            for name, body in zip(program.names, program.bodies, strict=True):
                run.add(name, partial(_call, body, self.state))
            self.watch.is_over = False
            try:
                run.go()
            except LostError:
                run.end = run.end or End("endless", [run.current] if run.current else [])
                self._give_up(run)
            if run.end and isinstance(run.end.error, RefusedError):
                raise run.end.error
            if run.end is None:
                run.end = self.heard.aloud(own.run, look, program, self.state)
            if end_log:
                end_log()  # again, after what came of `holds`: it notes only what is new
        finally:
            self.leaves_out |= run.leaves_out
            self.run = now.run = None
        return run

    def _give_up(self, run: Run) -> None:
        """End a run whose worker does not come to its next point."""
        run.is_aborting = True
        self.watch.stop()
        if run.current is None or self.carriers.comes_home(GRACE):
            return
        if not self.carriers.call_back(run.current.carrier):
            run.end = End("lost", [run.current])
        self.carriers = self.carriers.renewed()

    def grew(self, run: Run) -> bool:
        """Take over which instructions a run found to race; return whether there were new ones."""
        new = run.order.races - self.points
        for site in new:
            site.is_point = True
        self.points |= new
        self.shared_sites |= run.order.shared
        if self.looker.finder.has_grown:
            self.watch.sift()
        has_grown = bool(new) or self.looker.finder.has_grown or self.is_timed < run.is_timed
        self.is_timed |= run.is_timed
        return has_grown

    @contextmanager
    def in_full(self) -> Iterator[set[Site]]:
        """Let each touch of what is shared be a step, for the time of a block.

        For the search it need not be: where all touches are in order, as under a lock that all
        take, nobody could come in between. But who reads the order wants to see them.

        Yields:
            The instructions that are points only here.
        """
        points, is_timed = {*self.points}, self.is_timed
        more = self.shared_sites - points
        self.points |= more
        for site in more:
            site.is_point = True
        try:
            yield more
        finally:
            self.unlearn(points, is_timed)

    def forget(self) -> None:
        """Let go of the objects of the last run."""
        self.looker.begin()
        self.state = None

    def unlearn(self, points: set[Site], is_timed: bool) -> None:
        """Know no more than these points, so that the choices of a run lead the same way again."""
        for site in self.points - points:
            site.is_point = False
        self.points, self.is_timed = points, is_timed

    def shared_now(self) -> dict[str, Any]:
        """Return what the workers share in the run that goes on, by the names that they use."""
        return shared_now(self.program, self.state, self.shared)

    # what the watch tells

    def looks(self) -> bool:
        """Return whether a worker is at work, and this is its thread."""
        run = self.run
        worker = run.current if run and not run.is_telling else None
        return worker is not None and worker.carrier.ident == get_ident()

    def touch(self, sites: tuple[Site, ...], frame: FrameType) -> None:
        """Let others go on before an instruction that races, and note what it touches."""
        run = self.run
        worker = run.current if run else None
        if run is None or worker is None:
            return
        looker = self.looker
        for site in sites:
            touch = site.touch
            kind = touch.kind
            if kind == "caller" and not looker.is_busy():
                continue
            if kind == "again":
                worker.loops += 1
                looker.progress.again(frame, touch.others[0][1])
                if worker.loops > MANY:
                    run.spin(frame)
                continue
            if run.is_aborting:  # an order ends here that the program itself never ends so
                if site.is_point:
                    raise Abort
                continue
            if kind == "round" or kind == "caller":
                looker.note(touch, frame)
            places = looker.places(touch, frame)
            if places and (site.is_point or self.watches_all):
                places = self._point(run, site, frame, places)
            for place, writes in places or ():
                run.order.access(worker.number, worker.clocks, place, site, writes)
                if writes:
                    run.version += 1
            looker.remember(touch, frame, places)
            if looker.calls.looks_out:
                looker.calls.looks_out = False
                run.version += 1  # what comes of it may be another thing each time

    def _point(self, run: Run, site: Site, frame: FrameType, places: Places) -> Places | None:
        """Let others go on before an instruction touches some places; return what it touches then.

        They may have put something else into what it looks into.
        """
        before = len(run.choices)
        writes = any(one for _, one in places)
        first, *also = dict.fromkeys(place for place, _ in places)
        op = Op("write" if writes else "read", first, writes, also=tuple(also))
        op.frame, op.site = frame, site
        if site.touch.kind in LOOK_FAR:
            op.now = lambda: [place for place, _ in self.looker.places(site.touch, frame) or ()]
        if run.log:
            op.look = self.looker.value(site.touch, frame)
        run.point(op)
        if len(run.choices) == before + 1 or not self.looker.may_differ(site.touch):
            return places  # for nobody has come in between, or to nothing else
        return self.looker.places(site.touch, frame)

    def gives(self, frame: FrameType, value: Any) -> None:
        """Note what a function of the program returns to another."""
        if frame.f_back:
            self.looker.objects.returned[id(frame.f_back), id(frame.f_code)] = value


def _call(body: Body, state: Any) -> None:
    """Call a body.

    Raises:
        RefusedError: it has only made something that would have to be run.
    """
    made = body(state)
    if inspect.iscoroutine(made):
        made.close()
        raise RefusedError(
            "a body has made a coroutine, which nobody awaits: the bodies have to be the coroutine"
            " functions themselves (async def)"
        )


@contextmanager
def stage_of(program: Program, known: Shared | None) -> Iterator[tuple[Shared, Heard]]:
    """Make all ready for a program, for the time of a block, in which nobody else can do so.

    Args:
        program: is to be looked into.
        known: what its functions share, if that is known.

    Yields:
        What they share, and the interrupts that are put off.
    """
    functions = [program.make, program.holds, *program.bodies]
    with (
        alone(),
        later() as heard,
        on_one_core(),
        refused(),
        put_up(functions, known) as shared,
    ):
        shared.belongs_to(program)
        yield shared, heard


@contextmanager
def lab(program: Program, known: Lab | None = None) -> Iterator[Lab]:
    """Put up a lab for a program, and take it down at the end of the block.

    Args:
        program: is to be looked into.
        known: a lab of this program that was taken down: it is put up again as it was when an order
            was found, and will be so again.
    """
    with stage_of(program, known.shared if known else None) as (shared, heard):
        one = known or Lab(program, shared)
        points, is_timed = {*one.points}, one.is_timed
        one.carriers, one.heard = Carriers(heard), heard
        one.watch.begin()
        try:
            yield one
        finally:
            one.watch.end()
            one.carriers.end()
            one.forget()
            if known:
                one.unlearn(points, is_timed)

"""`race`: look for an order in which a program breaks; if there is none, say what was exhausted."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

from helpers.racelab import words
from helpers.racelab.arguments import check
from helpers.racelab.badge import award
from helpers.racelab.game import Game
from helpers.racelab.lab import Lab, Program, lab
from helpers.racelab.loop import TaskLab, tasks
from helpers.racelab.run import Run
from helpers.racelab.schedule import Scribe
from helpers.racelab.search import InFull, Replay, Search
from helpers.racelab.shared import RefusedError
from helpers.racelab.states import States
from helpers.racelab.verdict import Verdict

if TYPE_CHECKING:
    from helpers.board.stepper import Stepper

__all__ = ["race"]

BOUND = 2  # preemptions; 'ok' says that all orders with so many were tried
MORE = 500  # runs that are given to orders with more: no time, so that it is the same each time
GIVEN_UP = ("endless", "lost")


Body = Callable[[Any], Any]


@overload
def race(
    make: Callable[[], Any],
    bodies: Sequence[Body],
    holds: Body,
    *,
    seconds: float = ...,
    play: Literal[False] = ...,
) -> Verdict: ...


@overload
def race(
    make: Callable[[], Any],
    bodies: Sequence[Body],
    holds: Body,
    *,
    seconds: float = ...,
    play: Literal[True],
) -> Stepper: ...


def race(
    make: Callable[[], Any],
    bodies: Sequence[Body],
    holds: Body,
    *,
    seconds: float = 10.0,
    play: bool = False,
) -> Verdict | Stepper:
    """Look for an order of the bodies' steps in which they break what they share.

    The bodies are run again and again, in real threads or as real tasks, of which one goes on at a
    time; an order whose end is known from other runs is not run again. Locks, queues, threads,
    clocks and the event loop are exchanged for ones of the lab's own while it looks; no time passes
    in a sleep.

    Args:
        make: returns what the bodies share, anew for each run.
        bodies: two to four functions, or coroutine functions, of one argument: that which `make`
            returned.
        holds: is given it when all have come to their ends; returns whether it is in order, or
            raises AssertionError.
        seconds: after which the search is given up. What was exhausted by then decides between 'ok'
            and 'unknown'. Who does not come back to the lab may cost some seconds more.
        play: whether to look for such an order by hand, step by step, before the lab tells its own.

    Returns:
        What was found; to play, a board with buttons, which has it as its `verdict`.

    Raises:
        TypeError: the arguments are not of that kind, or `holds` returned None.
        ValueError: there are too few or too many bodies, or less than no time; or to play, the
            verdict is 'unknown'.
        RuntimeError: what the bodies share cannot be had anew for each run, or `race` runs already.
    """
    check(make, bodies, holds, seconds)
    verdict = _judged(make, bodies, holds, seconds)
    if not play:
        return verdict
    from helpers.board.stepper import Stepper

    return Stepper(verdict, is_open=False)


def _judged(make: Any, bodies: Sequence[Body], holds: Body, seconds: float) -> Verdict:
    program = Program(make, bodies, holds)
    begin = time.perf_counter()
    try:
        with (tasks if inspect.iscoroutinefunction(bodies[0]) else lab)(program) as one:
            verdict, run = _search(one, begin + seconds)
    except RefusedError as error:
        raise RuntimeError(str(error)) from None
    verdict.seconds = time.perf_counter() - begin
    if run and verdict.preemptions is not None:
        tell = partial(_other, one)
        verdict.award = partial(award, one, run.choices, run.preemptions, seconds, tell)
    return verdict


def _search(one: Lab | TaskLab, until: float) -> tuple[Verdict, Run | None]:
    """Try order after order, beginning again where new instructions are found to race.

    Returns:
        What was found, and the run that shows it.
    """
    runs = 0
    while True:
        search: Search = States() if isinstance(one, TaskLab) else Search()
        has_grown = False
        while search.go_on() and not _is_over(search, until):
            run = one.go(search)
            runs += 1
            if one.carriers.heard:
                return _unknown(runs, words.INTERRUPTED), None
            is_lost = run.end is not None and run.end.kind == "lost"
            if one.grew(run) and not is_lost:
                has_grown = True
                break
            if search.has_diverged:
                return _unknown(runs, words.DIVERGED), None
            if run.end and run.end.kind != "cut":
                proof = words.least(run.preemptions, runs, isinstance(one, TaskLab))
                return _told(one, run, runs, proof), run
        if has_grown:
            continue
        return _nothing_found(one, search, runs), None


def _is_over(search: Search, until: float) -> bool:
    """Return whether no more orders are to be tried."""
    search.more += search.cost > BOUND
    return search.more > MORE or time.perf_counter() > until


def _unknown(runs: int, why: str) -> Verdict:
    return Verdict("unknown", why, runs, words.NOTHING_EXHAUSTED, 0.0)


def _nothing_found(one: Lab | TaskLab, search: Search, runs: int) -> Verdict:
    """Return the verdict when no order has broken the program."""
    of_tasks = isinstance(one, TaskLab)
    left_out = words.without_daemons() if isinstance(one, Lab) and one.leaves_out else ""
    is_done = search.is_exhausted or search.cost > BOUND
    most = None if search.is_exhausted else search.cost - 1
    proof = words.proof(most, runs, of_tasks) + left_out
    if is_done:
        return Verdict("ok", words.ok(most), runs, proof, 0.0, game=Game(one))
    return Verdict("unknown", words.unfinished(search.cost - 1), runs, proof, 0.0)


def _other(one: Lab | TaskLab, run: Run, runs: int) -> Verdict | None:
    """Return the verdict on another order, which was looked for since this build can do it."""
    verdict = _told(one, run, runs, words.other(runs))
    return None if verdict.preemptions is None else verdict


def _told(one: Lab | TaskLab, run: Run, runs: int, proof: str) -> Verdict:
    """Return the verdict on a run that ended badly, once it has done so again."""
    end = run.end
    assert end
    if end.kind in GIVEN_UP:
        return _unknown(runs, words.given_up(end))
    if not _is_same(run, one.go(Replay(run.choices))):
        return _unknown(runs, words.DIVERGED)
    scribe, again, is_full = _written(one, run)
    if not is_full and not _is_same(run, again):
        return _unknown(runs, words.DIVERGED)
    why = words.why(again, scribe.name_of)
    verdict = Verdict(end.kind, why, runs, proof, 0.0)
    verdict.preemptions, verdict.schedule = run.preemptions, scribe.steps
    verdict.names = [scribe.name_of(worker) for worker in again.workers]
    verdict.first = scribe.first
    verdict.outcomes = words.outcomes(again, scribe.name_of)
    verdict.error = again.end.error if again.end else None
    verdict.game = Game(one, again.choices, is_full)
    return verdict


def _written(one: Lab | TaskLab, run: Run) -> tuple[Scribe, Run, bool]:
    """Do a run once more and write down its steps.

    Returns:
        What writes them, the run, and whether each touch of what is shared is a step: not where
        the program would go another way for that, as one that is given up after so many rounds.
    """
    scribe = Scribe(lambda: one.run, one.shared_now)
    with one.in_full() as more:
        again = one.go(InFull(run.choices, more), scribe.write, scribe.close)
    if _ends(again) == _ends(run) and again.preemptions == run.preemptions:
        return scribe, again, True
    scribe = Scribe(lambda: one.run, one.shared_now)
    return scribe, one.go(Replay(run.choices), scribe.write, scribe.close), False


def _is_same(run: Run, other: Run) -> bool:
    """Return whether two runs did the same and ended alike."""
    return (
        _ends(run) == _ends(other)
        and run.choices == other.choices
        and _histories(run) == _histories(other)
    )


def _ends(run: Run) -> tuple[str, type | None] | None:
    error = run.end.error if run.end else None
    return (run.end.kind, type(error) if error else None) if run.end else None


def _histories(run: Run) -> list[int]:
    return [one.history for one in run.workers]

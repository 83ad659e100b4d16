"""The badge of a schedule: whether this build of CPython can do this order at all, and how.

An order that leaves nobody who could go on needs no luck. Where it leaves somebody, this build has
to look, since that worker's last step, whether another thread waits for the GIL (`gil`). If it
never looks there, only a build without a GIL can do the order; then another one is looked for that
this build can do, and that breaks the program, too.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.racelab.ears import NoNumberError
from helpers.racelab.gil import (
    COLD,
    NEVER,
    STAYS,
    Checks,
    Instruction,
    has_gil,
    is_known,
    op_at,
)
from helpers.racelab.instructions import instructions
from helpers.racelab.lab import Lab, lab
from helpers.racelab.run import Run
from helpers.racelab.search import Replay, Search
from helpers.racelab.shared import RefusedError
from helpers.racelab.sites import Site
from helpers.racelab.source import Place, place
from helpers.racelab.symbols import Touch
from helpers.racelab.verdict import Badge, Verdict
from helpers.racelab.workers import Worker

if TYPE_CHECKING:
    from helpers.racelab.loop import TaskLab

__all__ = ["award"]

BOUND = 2  # preemptions of the other order that is looked for
MOST = 200  # runs for that: few, for a run that is starved of the core leaves it undecided
LONGEST = 60  # characters of a line of the program
CAN = {NEVER: "free-threaded", COLD: "cold", STAYS: "loop"}
Tell = Callable[[Run, int], Verdict | None]


@dataclass
class Forced:
    """A switch by force.

    Attributes:
        check: the best check that its worker has come by since its last step.
        since: the last step; None if that is not in the program.
        before: what it is about to do.
    """

    check: int
    since: Instruction | None
    before: Instruction


def award(
    one: Lab | TaskLab, choices: list[int], preemptions: int, seconds: float, tell: Tell
) -> Badge | None:
    """Return the badge of the order of a run; None if it is not known how this Python switches.

    Args:
        one: the lab, which is put up again for it.
        choices: of the order.
        preemptions: how many switches it has by force.
        seconds: in which another order may be looked for.
        tell: returns the verdict on another run, given how many it took.

    Raises:
        RuntimeError: `race` is at work.
    """
    if not isinstance(one, Lab):
        why = "a task goes on until it awaits, and which one is next is up to the loop"
        why += "; it need not be this one each time"
        return Badge("once", why, label="an event loop can do this order")
    if not preemptions:
        return _of_no_switch()
    if not is_known():
        return None
    if not has_gil():
        return Badge("loop", f"{_python()} runs without a GIL here, and its threads at once")
    until = time.perf_counter() + seconds
    try:
        with lab(one.program, one), Checks(one) as checks:
            badge = _decided(one, choices, preemptions, checks)
            if badge and badge.can == CAN[NEVER]:
                _look_for_another(one, checks, until, tell, badge)
            return badge
    except (NoNumberError, RefusedError):
        return None


def _of_no_switch() -> Badge:
    return Badge("once", "in it nobody is left for another who could have gone on")


def _decided(one: Lab, choices: list[int], preemptions: int, checks: Checks) -> Badge | None:
    """Return the badge of an order with forced switches."""
    again = _Again(choices, checks)
    one.go(again, checks.done)
    if again.has_diverged or len(again.forced) != preemptions:
        return None
    worst = min(again.forced, key=lambda forced: forced.check)
    return Badge(CAN[worst.check], _why(worst, len(again.forced)))


def _look_for_another(one: Lab, checks: Checks, until: float, tell: Tell, badge: Badge) -> None:
    """Look for an order that this build can do and that breaks the program, too."""
    who, runs = f"{_python()} with its GIL", 0
    while True:
        search, has_grown = _Within(checks), False
        while search.go_on() and search.cost <= BOUND:
            if runs >= MOST or time.perf_counter() > until or one.carriers.heard:
                badge.elsewise, badge.runs = _not_decided(who, runs), runs
                return
            found = one.go(search, checks.done)
            runs += 1
            if one.grew(found):
                has_grown = True
                break
            if found.end and found.end.kind != "cut":
                badge.runs, badge.other = runs, tell(found, runs)
                badge.elsewise = _found(who, found, badge.other, runs)
                if badge.other:
                    switches = found.preemptions
                    badge.other.badge = (
                        _decided(one, found.choices, switches, checks)
                        if switches
                        else _of_no_switch()
                    )
                return
        if not has_grown:
            badge.elsewise, badge.runs = _none(who, search.is_exhausted, runs), runs
            return


class _Again(Replay):
    """Does an order again, and notes its forced switches."""

    def __init__(self, choices: list[int], checks: Checks) -> None:
        super().__init__(choices)
        self.checks = checks
        self.forced: list[Forced] = []

    def choose(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return who was chosen here."""
        self.checks.meet(run, ready)
        chosen = super().choose(run, stays, ready)
        if stays and stays.op and chosen and chosen is not stays:
            gap = self.checks.gap(stays)
            self.forced.append(Forced(self.checks.before(stays), gap.since, op_at(stays.op)))
        return chosen


class _Within(Search):
    """Tries the orders that a build with a GIL can do, and only these."""

    def __init__(self, checks: Checks) -> None:
        super().__init__()
        self.checks, self.leaps = checks, False

    def choose(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return who goes on."""
        self.checks.meet(run, ready)
        return super().choose(run, stays, ready)

    def after(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Return who goes on at a new place; a worker that came by no check stays."""
        if stays and self.checks.before(stays) == NEVER:
            ready = [stays]
        return super().after(run, stays, ready)

    def beyond(self, run: Run) -> Sequence[int]:
        """Return the checks that each worker has come by."""
        return self.checks.state(run)


# the words


def _python() -> str:
    return f"Python {sys.version_info[0]}.{sys.version_info[1]}"


def _why(worst: Forced, forced: int) -> str:
    """Say how it was decided."""
    where, told = f"between {_gap(worst)}", f"by the bytecode of {_python()},"
    if worst.check == NEVER:
        return f"{told} {where} nothing lets go of the GIL"
    if forced > 1 and worst.check == STAYS:
        where = "wherever a worker is left"
    looks = f"{told} a thread looks {where} whether another one wants the GIL"
    if worst.check == COLD:
        return (
            f"{looks}, but only in its first rounds, until the call is exchanged for a quicker"
            " instruction that does not look"
        )
    milliseconds = sys.getswitchinterval() * 1000
    return f"{looks}, and lets go if that has waited for {milliseconds:g} ms"


def _gap(forced: Forced) -> str:
    """Say between which two instructions a worker is left."""
    since, before = forced.since, forced.before
    last, next_ = _placed(since) if since else None, _placed(before)
    if since is None or last is None or not last.line:
        return f"the start and {_told(before, next_)}"
    if since.code is before.code and last.line == next_.line:
        return f"{_name(since)} and {_name(before)} in {_line(next_)}"
    return f"{_told(since, last)} and {_told(before, next_)}"


def _placed(instruction: Instruction) -> Place:
    op = copy.copy(instruction.op)
    if op.site is None and instruction.code:
        op.site = Site(instruction.code, instruction.offset, Touch(""))
    return place(op)


def _told(instruction: Instruction, where: Place) -> str:
    return f"{_name(instruction)} in {_line(where)}" if where.line else instruction.op.what


def _line(where: Place) -> str:
    code = where.code.replace("`", "'")
    short = code if len(code) <= LONGEST else f"{code[: LONGEST - 1]}…"
    return f"`{short}` (line {where.line})"


def _name(instruction: Instruction) -> str:
    """Return the name of an instruction."""
    if instruction.code is None:
        return instruction.op.what
    every = [one for one in instructions(instruction.code) if one.offset <= instruction.offset]
    return every[-1].opname  # within a call, a frame points to behind it


def _found(who: str, run: Run, other: Verdict | None, runs: int) -> str:
    """Say that there is another order."""
    if other is None:
        return _not_decided(who, runs)
    if not run.preemptions:
        return f"{who} can break it, too, in another order, `verdict.badge.other`, without any"
    switches = "one preemption" if run.preemptions == 1 else f"{run.preemptions} preemptions"
    return f"{who} can break it, too, in another order, `verdict.badge.other`, with {switches}"


def _none(who: str, is_exhausted: bool, runs: int) -> str:
    """Say that there is none."""
    most = "" if is_exhausted else f" with at most {BOUND} preemptions"
    return (
        f"No order{most} that {who} can do breaks these bodies, each run once: all were tried,"
        f" in {runs} runs"
    )


def _not_decided(who: str, runs: int) -> str:
    return f"Whether {who} can break it in another order is not known after {runs} runs"

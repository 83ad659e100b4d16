"""The words of a verdict: what happened, what was exhausted, under which assumptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpers.racelab.run import End, Run, Wait

__all__ = [
    "DIVERGED", "INTERRUPTED", "NOTHING_EXHAUSTED", "given_up", "least", "ok", "proof", "unfinished", "why",
]  # fmt: skip

DIVERGED = (
    "the program did not do the same when it was run again in the same order, so it depends on"
    " something that the lab does not hold: real chance, the real clock, a file, what an earlier run left"
)
INTERRUPTED = "it was interrupted"
NOTHING_EXHAUSTED = "Nothing was exhausted."
GRAIN = (
    "A switch was tried before each instruction that touches what another worker touches, too, and"
    " before each call of a lock, a queue, a thread or the clock."
)
ASSUMED = (
    "Assumed: instructions take effect one after another, in one order for all; a call of a function"
    " written in C is one step; the code does the same each time, and `random` throws the same; a sleep may last as long as it likes,"
    " and a time-out goes off only when nothing else can go on before it."
)
VERBS = {"acquire": "waits for", "join": "waits for the end of", "be notified": "waits at"}
Name = Callable[[Any], str]


def ok(most: int | None) -> str:
    """Say that nothing was found."""
    which = "any" if most is None else f"up to {most}"
    return f"no order with {which} preemptions breaks it"


def unfinished(most: int) -> str:
    """Say that nothing was found in the time that there was."""
    if most < 0:
        return "the time was up before all orders without a preemption were tried"
    return f"no order with up to {most} preemptions breaks it; then the time was up"


def proof(most: int | None, runs: int) -> str:
    """Say what was exhausted when nothing was found."""
    if most is not None and most < 0:
        return f"{NOTHING_EXHAUSTED} {_runs(runs)}. {ASSUMED}"
    which = "with any number of" if most is None else f"with up to {most}"
    return f"All orders {which} preemptions, in {_runs(runs)}. {GRAIN} {ASSUMED}"


def least(preemptions: int, cost: int, runs: int) -> str:
    """Say what was exhausted before an order was found."""
    told = f"Found in run {runs}, and again in each of 2 replays."
    if preemptions:
        fewer = (
            "without a preemption"
            if preemptions == 1
            else f"with fewer than {preemptions} preemptions"
        )
        told += f" No order {fewer} breaks it: all were tried."
    return f"{told} {GRAIN} {ASSUMED}"


def _runs(runs: int) -> str:
    return f"{runs:,} run{'s' if runs > 1 else ''}"


def given_up(end: End) -> str:
    """Say why a run was given up."""
    who = end.waits[0].worker.name if end.waits else "a worker"
    if end.kind == "lost":
        return (
            f"{who} is in something that the lab cannot look into, and does not come back from it"
        )
    return f"{who} did not come to an end"


def why(run: Run, name: Name) -> str:
    """Say how a run ended."""
    end = run.end
    assert end
    if end.kind == "race":
        told = f"holds says {end.words!r}" if end.words else "holds says no"
        return f"{told} after this order{_of_zero(run)}"
    if end.kind == "exception":
        who = end.words or end.waits[0].worker.name
        return f"{who} raises {_error(end.error)}{_of_zero(run)}"
    told = "; ".join(_waits(one, name) for one in end.waits if not one.worker.is_daemon)
    return f"nobody can go on: {told}" if end.kind == "deadlock" else f"they never end: {told}"


def _of_zero(run: Run) -> str:
    return ", in which nobody is left who could go on" if run.preemptions == 0 else ""


def _error(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _waits(wait: Wait, name: Name) -> str:
    """Say what a worker holds, and what it waits for."""
    who = wait.worker.name
    if wait.holds:
        who += f" holds {' and '.join(map(name, wait.holds))} and"
    if wait.is_round or wait.op is None:
        return f"{who} goes round and round"
    whose = f", which {wait.owner.name} holds" if wait.owner else ""
    if wait.owner is wait.worker:
        whose = ", which it holds itself"
    what = VERBS.get(wait.op.what, f"waits in {wait.op.what} of")
    return f"{who} {what} {name(wait.op.thing)}{whose}"

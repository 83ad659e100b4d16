"""The words of a verdict: what happened, what was exhausted, under which assumptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpers.racelab.conditions import Barrier
from helpers.racelab.ends import End, Wait
from helpers.racelab.kinds import StandIn
from helpers.racelab.queues import Queue
from helpers.racelab.run import NAPS, Run
from helpers.racelab.shown import error_told
from helpers.racelab.workers import Op, Worker

__all__ = [
    "DIVERGED", "INTERRUPTED", "NOTHING_EXHAUSTED", "given_up", "least", "ok", "other",
    "outcomes", "preempted", "proof", "unfinished", "waits_for", "why",
    "without_daemons",
]  # fmt: skip

DIVERGED = (
    "the program did not do the same when it was run again in the same order, so it depends on"
    " something that the lab does not hold: real chance, the real clock, a file, what an earlier"
    " run left"
)
INTERRUPTED = "it was interrupted"
NOTHING_EXHAUSTED = "Nothing was exhausted."
GRAIN = (
    "A switch was tried before each instruction that touches what another worker touches, too, and"
    " before each call of a lock, a queue, a thread or the clock."
)
TASK_GRAIN = (
    "At each `await` at which a task gives way, each task that could go on was tried; leaving one"
    " that is ready is a preemption."
)
TASK_ASSUMED = (
    "Assumed: nothing comes from outside of the loop; the code does the same each time, and"
    " `random` draws the same numbers; a sleep may last as long as it likes, and a time-out goes"
    " off only when nothing else can go on before it."
)
ASSUMED = (
    "Assumed: instructions take effect one after another, in one order for all; a call of a"
    " function that is written in C, or a library's, is one step up to where it calls one of the"
    " program's, and what a library keeps to itself is not looked into; the code does the same each"
    " time, and `random` draws the same numbers; a sleep may last as long as it likes, and a"
    " time-out goes off only when nothing else can go on before it."
)
VERBS = {
    "acquire": "waits for {}",
    "join": "waits for the end of {}",
    "be notified": "waits to be notified by {}",
    "wait": "waits until {} is set",
    "wait at": "waits at {} for the others",
    "put": "waits for room in {}",
    "get": "waits for something in {}",
    "take": "waits for something to do",
    "result": "waits for the result of {}",
    "wait for": "waits for the end of {}",
    "join queue": "waits until all in {} is done",
    "sleep": "sleeps",
}
Name = Callable[[Any], str]


def preempted(preemptions: int) -> str:
    """Say with how many preemptions: 'with 1 preemption'."""
    return f"with {_counted(preemptions)}" if preemptions else "without a preemption"


def _counted(preemptions: int) -> str:
    return f"{preemptions} preemption{'' if preemptions == 1 else 's'}"


def ok(most: int | None) -> str:
    """Say that nothing was found."""
    return f"no order {_up_to(most)} breaks it"


def _up_to(most: int | None) -> str:
    if most is None:
        return "with any number of preemptions"
    return f"with up to {_counted(most)}" if most else "without a preemption"


def unfinished(most: int) -> str:
    """Say that nothing was found in the time that there was."""
    if most < 0:
        return "the time was up before all orders without a preemption were tried"
    return f"no order {_up_to(most)} breaks it; then the time was up"


def proof(most: int | None, runs: int, of_tasks: bool = False) -> str:
    """Say what was exhausted when nothing was found."""
    if most is not None and most < 0:
        return f"{NOTHING_EXHAUSTED} {_runs(runs)}. {_terms(of_tasks)}"
    return f"All orders {_up_to(most)}, in {_runs(runs)}. {_terms(of_tasks)}"


def without_daemons() -> str:
    """Say which orders were left out of these."""
    return f" A daemon that had slept {_times(NAPS)} came after all others."


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _terms(of_tasks: bool) -> str:
    """Return where switches were tried, and what was assumed."""
    return f"{TASK_GRAIN} {TASK_ASSUMED}" if of_tasks else f"{GRAIN} {ASSUMED}"


def least(preemptions: int, runs: int, of_tasks: bool = False) -> str:
    """Say what was exhausted before an order was found."""
    told = f"Found in run {runs}, and again in each of 2 replays."
    if preemptions:
        fewer = "without a preemption" if preemptions == 1 else f"with fewer than {preemptions}"
        told += f" No order {fewer} breaks it: all were tried."
    return f"{told} {_terms(of_tasks)}"


def other(runs: int) -> str:
    """Say how an order was found that this build of CPython can do."""
    return (
        f"Found in run {runs} of those in which only this Python's own switches were tried, and"
        f" again in each of 2 replays. {_terms(False)}"
    )


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
        return f"after this order{_of_zero(run)}, `holds` {end.words}"
    if end.kind == "exception":
        who = end.who or name(end.waits[0].worker)
        return f"{who} raises {error_told(end.error)}{end.words}{_of_zero(run)}"
    waits = (_waits(one, name) for one in end.waits if not one.worker.is_daemon)
    told = end.words or "; ".join(waits)
    return f"nobody can go on: {told}" if end.kind == "deadlock" else f"they never end: {told}"


def outcomes(run: Run, name: Name) -> dict[str, str]:
    """Say how each worker ended that did not come to its own end, by its name."""
    end = run.end
    assert end
    if end.kind == "exception":
        return {} if end.who else {name(end.waits[0].worker): f"raises {error_told(end.error)}"}
    return {name(one.worker): _wait(one, name) for one in end.waits}


def _of_zero(run: Run) -> str:
    return ", in which nobody is left for another" if run.preemptions == 0 else ""


def _waits(wait: Wait, name: Name) -> str:
    """Say what a worker holds, and what it waits for."""
    held = f"holds {' and '.join(map(name, wait.holds))} and " if wait.holds else ""
    return f"{name(wait.worker)} {held}{_wait(wait, name)}"


def _wait(wait: Wait, name: Name) -> str:
    """Say what a worker waits for."""
    if wait.words:
        return wait.words
    if wait.is_round or wait.op is None:
        return "goes round and round"
    return _waits_for(wait.op, wait.worker, wait.owner, name)


def waits_for(worker: Worker, name: Name) -> str:
    """Say what a worker waits for that is about to do something."""
    owner = getattr(worker.op.thing, "owner", None) if worker.op else None
    return _waits_for(worker.op, worker, owner, name) if worker.op else ""


def _waits_for(op: Op, worker: Worker, owner: Worker | None, name: Name) -> str:
    what = op.what
    if isinstance(op.thing, Barrier):
        what = "wait at"
    if isinstance(op.thing, Queue) and what == "join":
        what = "join queue"
    thing = name(op.thing) if isinstance(op.thing, (StandIn, Worker)) else str(op.thing)
    whose = "" if owner is None else f", which {name(owner)} holds"
    if owner is worker:
        whose = ", which it holds itself"
    return VERBS.get(what, f"waits in {what} of {{}}").replace("{}", thing) + whose

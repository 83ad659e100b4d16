"""SEE: what ran when, and what each was waiting for. `record()` around some code gives a Recording.

In every process that is recorded, with the standard library alone:

    hooks         make the standard library tell the log what it does
    log           what one process writes down; child_log, the same in a child process
    turns         each turn of a task on its event loop, at the least possible cost
    awaited       what a task is waiting for
    shelf         where child processes write, so that nothing is lost when one is killed
    errors        tells failures of these rooms from what a signal's handler raises
    family        follows the code into its child processes

In a helper process that looks at every thread a thousand times a second (Linux):

    sampler       its program
    tree          the threads of a process and of all that descend from it
    waits         what a blocked thread waits for
    runtime       where in a process the GIL is
    probe         a program whose threads wait for known things, to test the others

In the process that records:

    spans         record() and span()
    states        the line to the sampler
    stretches     turns its samples into stretches of states
    lane_states   gives the stretches to the lanes
    harvest       gathers everything in a Recording
    recording     the Recording, plain data
    perfetto      writes it as a trace for Perfetto

What an event loop did, for the loop view:

    loop_log      writes it down, iteration by iteration
    loop_calls    whose turn each call in a queue is, and what it is called
    iterations    one iteration, plain data
    places        where a task stands, and what it does next
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.recorder.recording import Lane, Recording
    from helpers.recorder.spans import record, span

__all__ = ["Lane", "Recording", "record", "span"]

_ROOM_OF = {"Lane": "recording", "Recording": "recording", "record": "spans", "span": "spans"}


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'helpers.recorder' has no attribute {name!r}")
    return getattr(import_module(f"helpers.recorder.{_ROOM_OF[name]}"), name)

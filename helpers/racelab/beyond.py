"""What would lead out of the lab: a thread or an event loop that it does not see. Both are refused.

Such a thread takes no turns, so what it does is done in any order; and of a loop the waiting takes
real time, and its files stay open where a run is ended in its middle.
"""

from __future__ import annotations

import _thread
import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any

from helpers.racelab.actors import at_work, is_here, now
from helpers.racelab.ends import End
from helpers.racelab.run import Run
from helpers.racelab.shared import RefusedError

__all__ = ["REFUSED"]


def _refused(real: Callable[..., Any], words: str) -> Callable[..., Any]:
    """Return what stands in place of a function, and ends the run where a worker calls it."""

    def refuse(*how: Any, **more: Any) -> Any:
        worker, run = at_work(), now.run
        if worker is None or not isinstance(run, Run) or not is_here():
            return real(*how, **more)
        error = RefusedError(words)
        run.end = run.end or End("exception", [worker], error)  # even if the program catches it
        raise error

    refuse.__name__ = real.__name__
    return refuse


LOOP = _refused(
    asyncio.new_event_loop,
    "a body has made an event loop of its own (asyncio.run): the bodies have to be the coroutine"
    " functions themselves (async def)",
)
REFUSED: dict[tuple[ModuleType, str], Any] = {
    (asyncio, "new_event_loop"): LOOP,
    (asyncio.events, "new_event_loop"): LOOP,
    (_thread, "start_new_thread"): _refused(
        _thread.start_new_thread,
        "a body has called _thread.start_new_thread: use threading.Thread, which the lab sees",
    ),
}

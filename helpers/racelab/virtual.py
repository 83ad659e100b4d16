"""An event loop without a world around it: its time is a number, and nothing comes from outside.

It only keeps what is to be called. Who goes on, and which timer goes off, its host decides.
"""

from __future__ import annotations

import asyncio
import sys
from _thread import get_ident
from asyncio import events, futures
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from typing import Any, NoReturn, Protocol

from helpers.racelab.clock import Clock
from helpers.racelab.whose import is_library

__all__ = ["Host", "Loop", "SeenClock", "as_given", "is_nested", "running"]

CALL_LATER = asyncio.BaseEventLoop.call_later.__code__
BEGIN = 1000.0  # what `time.monotonic` shows at the begin of a run, see threads.CLOCKS


class SeenClock(Clock):
    """A clock that knows whether it makes any difference what it shows.

    Attributes:
        at: what it shows, for those to whom it makes none.
        is_seen: whether somebody has looked at it, or waits for a time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_seen = False

    @property
    def now(self) -> float:
        """Seconds since the begin of the run."""
        self.is_seen = True
        return self.at

    @now.setter
    def now(self, seconds: float) -> None:
        self.at = seconds


class Host(Protocol):
    """Who decides what a loop does next."""

    clock: SeenClock

    def take(self, task: Any) -> None:
        """Hear of a task that was created."""

    def wake(self, task: Any, handle: events.Handle) -> None:
        """Hear of a task that can go on, by a handle."""

    def looks_at_clock(self) -> None:
        """Hear that the program asks for the time."""

    def lost(self, error: BaseException) -> None:
        """Hear of an error that a loop would only have logged."""

    def refuse(self, what: str) -> NoReturn:
        """Hear of what leads out of the loop."""


class Loop(asyncio.BaseEventLoop):
    """A loop whose host lets it go on step by step.

    Attributes:
        host: None once the loop is closed.
        sleeps: the timers of `asyncio.sleep`, by the futures that they set.
        timeouts: all other timers, in the order in which they were set.
    """

    _asyncgens: Any
    _check_closed: Callable[[], None]
    _exception_handler: Any
    _ready: deque[Any]
    _task_factory: Any
    _thread_id: int | None

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._debug = False  # it would warn of slow steps, by a real clock
        self.host: Host | None = host
        self.clock = host.clock
        self.latest = 0.0
        self.sleeps: dict[Any, events.TimerHandle] = {}
        self.timeouts: list[events.TimerHandle] = []

    def time(self) -> float:
        """Return the time of the run."""
        asks = sys._getframe(1).f_code
        if asks is not CALL_LATER:  # which only adds to it; see `call_at`
            self.clock.is_seen = True
        if self.host and not is_library(asks.co_filename):
            self.host.looks_at_clock()
        return max(BEGIN + self.clock.at, self.latest)

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> events.Handle:  # type: ignore[override]
        """Keep a callback; the step of a task is the host's, who chooses when it comes."""
        self._check_closed()
        handle = events.Handle(callback, args, self, context)
        task = _task_of(callback)
        if task is None or self.host is None:
            self._ready.append(handle)
        else:
            self.host.wake(task, handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]  # no other thread knows of it

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> events.TimerHandle:
        """Keep a callback for later, as a sleep or as a time-out."""
        self._check_closed()
        timer = events.TimerHandle(when, callback, args, self, context)
        if callback is futures._set_result_unless_cancelled and asyncio.current_task(self):  # type: ignore[attr-defined]
            self.sleeps[args[0]] = timer
        else:
            self.clock.is_seen = True
            self.timeouts.append(timer)
        return timer

    def _timer_handle_cancelled(self, handle: events.TimerHandle) -> None:
        if self.timeouts and handle in self.timeouts:
            self.timeouts.remove(handle)
        elif handle._args:
            self.sleeps.pop(handle._args[0], None)

    def create_task(self, coro: Any, **how: Any) -> Any:
        """Create a task, of which the host hears."""
        task = super().create_task(coro, **how)
        if self.host:
            self.host.take(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tell the host of an error that nobody has caught, unless the program looks after it."""
        if self._exception_handler:
            super().call_exception_handler(context)
        elif self.host and "exception" in context:
            self.host.lost(context["exception"])

    # what the host does with it

    def run_callbacks(self) -> None:
        """Call whatever belongs to no task, first come first served."""
        while self._ready:
            handle = self._ready.popleft()
            if not handle._cancelled:
                handle._run()

    def first_timeout(self) -> float:
        """Return when the first time-out is due; `inf` if none is set."""
        return min([one._when for one in self.timeouts], default=inf)  # type: ignore[attr-defined]

    def go_off(self, timer: events.TimerHandle) -> None:
        """Let a timer go off, as late as now, or later."""
        self.latest = max(self.latest, timer.when())
        self.clock.at = max(self.clock.at, timer.when() - BEGIN)
        self._timer_handle_cancelled(timer)
        timer._run()

    def put_away(self) -> None:
        """Close it; what is still done to it afterwards has no effect."""
        self._thread_id = None
        self.close()
        self.host = None
        self.sleeps.clear()
        self.timeouts.clear()


def _task_of(callback: Any) -> Any:
    """Return the task whose step it is; None if it is something else, like a task's `cancel`."""
    owner = getattr(callback, "__self__", None)
    kind = type(owner)
    if owner is None or not hasattr(kind, "get_coro"):
        return None
    return None if hasattr(kind, getattr(callback, "__name__", "")) else owner


def _refusal(what: str) -> Callable[..., NoReturn]:
    def refuse(self: Loop, *how: Any, **more: Any) -> NoReturn:
        if self.host is None:
            raise RuntimeError("Event loop is closed")
        self.host.refuse(what)

    return refuse


# What leads out of the loop, and what it is called when it is refused.
REFUSED = {
    "another thread": "run_in_executor set_default_executor",
    "another loop": "run_forever run_until_complete stop",
    "the network": "getaddrinfo getnameinfo create_connection create_server sendfile start_tls "
    "create_datagram_endpoint create_unix_connection create_unix_server connect_accepted_socket "
    "sock_recv sock_recv_into sock_recvfrom sock_recvfrom_into sock_sendall sock_sendto "
    "sock_connect sock_accept sock_sendfile add_reader remove_reader add_writer remove_writer",
    "another process": "subprocess_shell subprocess_exec connect_read_pipe connect_write_pipe",
    "signals": "add_signal_handler remove_signal_handler",
}
for what, names in REFUSED.items():
    for name in names.split():
        setattr(Loop, name, _refusal(f"{what} ({name})"))


def is_nested(error: BaseException) -> bool:
    """Return whether an error says that one loop cannot run within another."""
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    code = at.tb_frame.f_code if at else None
    nested = ("run", "_check_running", "run_until_complete", "run_forever")
    is_asyncio_s = code is not None and "asyncio" in code.co_filename and code.co_name in nested
    return isinstance(error, RuntimeError) and is_asyncio_s


@contextmanager
def running(loop: Loop) -> Iterator[None]:
    """Make a loop the one that runs in this thread, for the time of a block."""
    before = events._get_running_loop()
    hooks = sys.get_asyncgen_hooks()
    events._set_running_loop(loop)
    loop._thread_id = get_ident()
    sys.set_asyncgen_hooks(loop._asyncgen_firstiter_hook, loop._asyncgen_finalizer_hook)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        sys.set_asyncgen_hooks(*hooks)
        events._set_running_loop(before)


def _set(*some: Any) -> Any:
    return dict.fromkeys(*some) if some else set()


@contextmanager
def as_given() -> Iterator[None]:
    """Let asyncio take up what it is given in that order, for the time of a block.

    It makes a set of it, which goes by the addresses of the coroutines, and these differ each time.
    """
    names = vars(asyncio.tasks)
    names["set"] = _set
    try:
        yield
    finally:
        del names["set"]

"""The exercises of notebook 07: what is lost, what hangs, and what takes long."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from queue import Queue
from reprlib import repr as short
from types import SimpleNamespace
from typing import Any

from helpers.exercises import exercise, starts, worked
from helpers.exercises.levels import proved
from helpers.exercises.recall import recalled

Body = Callable[[Any], Any]

# --- 07 recap -------------------------------------------------------------------------------------

RECAP = {
    "a pool's `with` block ends when all its calls have ended": (True, "It waits for them."),
    "a thread that waits at a lock keeps a core busy": (
        False,
        "It sleeps until the lock is let go.",
    ),
    "a future that is asked for its `result()` raises the error of its call": (
        True,
        "Until then it keeps it.",
    ),
    "a task can be cancelled anywhere": (False, "At its next `await`, and nowhere else."),
    "one good run shows that there is no race": (False, "It shows one order of many."),
}


@exercise(
    "07 recap",
    "Put `True` or `False` in place of each `None`.",
    worked.recap_07,
    "Each of them was run in notebook 02, 03, 04 or 06.",
)
def remembers(answer: Any) -> str:
    """Judge a dictionary of sentences, or a function that makes one."""
    return recalled(answer, RECAP)


# --- 07 who ---------------------------------------------------------------------------------------


@exercise(
    "07 who",
    "Put the packer's name in place of `None`.",
    worked.who,
    "Add `%(threadName)s` to the format, and look at who takes what is never packed.",
)
def knows_who(answer: Any) -> str:
    """Judge a name, or a function that returns it."""
    answer = answer() if callable(answer) else answer
    if not isinstance(answer, str):
        return "It is a name, in quotes."
    if answer.strip().lower() != "ben":
        return "Whatever that one takes, it packs. Which parcels are taken and never packed?"
    return ""


# --- 07 loud --------------------------------------------------------------------------------------


class _Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.records.append(record)


@exercise(
    "07 loud",
    "Log the error of a future, if it has one, as an error, and with the error itself.",
    worked.report,
    "Three kinds of futures come: done, failed, and cancelled. Which method tells them apart?",
    "`future.exception()` returns the error or None; of a cancelled future it raises.",
    "`log.error(text, exc_info=error)`; without `except`, `log.exception` has nothing to show.",
)
def reports(answer: Callable[..., Any]) -> str:
    """Judge `report(future, log)`."""
    if any(_logged(answer, _done(7))):
        return "A future without an error is nothing to report."
    try:
        of_cancelled = _logged(answer, _cancelled())
    except Exception:  # not an interrupt
        return "A cancelled future made it fail: of such a one, ask `cancelled()` first."
    if of_cancelled:
        return "Who cancels a future knows of it: nothing to report."
    error = ValueError("no such parcel")
    lines = _logged(answer, _failed(error))
    if len(lines) != 1:
        return f"A failed future gave {len(lines)} lines in the log, not one."
    (line,) = lines
    if line.levelno < logging.ERROR:
        return f"It is logged as {line.levelname}, and is an error: `log.error`."
    try:
        line.getMessage()
    except Exception as why:
        return f"The line cannot be written ({why}): a value needs its `%s` in the text."
    if not isinstance(line.exc_info, tuple) or line.exc_info[1] is not error:
        return "The line does not have the error itself, with its traceback: `exc_info=error`."
    return ""


def _logged(answer: Callable[..., Any], future: Future[Any]) -> list[logging.LogRecord]:
    """Return what an answer logs of a future."""
    log, lines = logging.Logger("07 loud", logging.DEBUG), _Lines()
    log.addHandler(lines)
    answer(future, log)
    return lines.records


def _done(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def _failed(error: BaseException) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


def _cancelled() -> Future[Any]:
    future: Future[Any] = Future()
    future.cancel()
    return future


# --- 07 goodbye -----------------------------------------------------------------------------------


@exercise(
    "07 goodbye",
    "Mend `serve`, so that all servers go home, however many there are.",
    worked.serve,
    "There is one `None` for two servers. Who takes it away from the other?",
    "Who has found the `None` can put it back for the next.",
    start=starts.serve,
)
def serves(answer: Body) -> str:
    """Judge `serve(office)`."""

    def make() -> Any:
        return SimpleNamespace(jobs=Queue(), done=[])

    def boss(office: Any) -> None:
        for job in ("tea", "soup", None):
            office.jobs.put(job)

    def is_done(office: Any) -> bool:
        return sorted(office.done) == DISHES

    two = proved(make, [answer, answer, boss], is_done)
    return two or proved(make, [answer, answer, answer, boss], is_done)


DISHES = ["soup", "tea"]


# --- 07 clocks ------------------------------------------------------------------------------------

TURN = 0.05  # seconds of a core that the function to be timed computes for
NAP = 0.1  # seconds that it sleeps


@exercise(
    "07 clocks",
    "Return two numbers: the seconds that a call takes, and the seconds of them on a core.",
    worked.clocks,
    "One clock goes on while a thread waits: `perf_counter`. Which does not?",
    "`process_time` counts the other threads, too; `thread_time` does not.",
)
def reads_clocks(answer: Callable[..., Any]) -> str:
    """Judge `clocks(function)`, while another thread computes."""
    inner: list[tuple[float, float]] = []

    def timed() -> None:
        begun = time.perf_counter(), time.thread_time()
        time.sleep(NAP)
        _compute(TURN)
        inner.append((time.perf_counter() - begun[0], time.thread_time() - begun[1]))

    with _busy() as spent:
        begun = time.perf_counter(), time.thread_time()
        others = spent()
        told = answer(timed)
        outer = time.perf_counter() - begun[0], time.thread_time() - begun[1]
        others = spent() - others
    if len(inner) != 1:
        return f"It called the function {len(inner)} times, and once is enough."
    if not _are_two_numbers(told):
        return f"Two numbers are asked for, not {short(told)}."
    wall, cpu = told
    if not inner[0][0] <= wall <= outer[0]:
        return f"The first is {wall:.3g}; the call took {inner[0][0]:.3g} seconds."
    if not inner[0][1] <= cpu <= outer[1]:
        why = (
            " Another thread computes meanwhile: is it counted?"
            if others and cpu > outer[1]
            else ""
        )
        return f"The second is {cpu:.3g}; it was on a core for {inner[0][1]:.3g} seconds.{why}"
    return ""


def _are_two_numbers(told: Any) -> bool:
    is_pair = isinstance(told, tuple | list) and len(told) == 2
    return is_pair and all(isinstance(one, int | float) for one in told)


def _compute(seconds: float) -> None:
    """Compute for so many seconds of a core."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        sum(range(1000))


@contextmanager
def _busy() -> Iterator[Callable[[], float]]:
    """Have a thread compute meanwhile; yield what returns its seconds on a core so far."""
    over, spent = threading.Event(), [0.0]

    def work() -> None:
        while not over.is_set():
            sum(range(1000))
            spent[0] = time.thread_time()

    thread = threading.Thread(target=work, name="busy", daemon=True)
    thread.start()
    try:
        yield lambda: spent[0]
    finally:
        over.set()
        thread.join()


# --- 07 awaits ------------------------------------------------------------------------------------


@exercise(
    "07 awaits",
    "Return the name of the innermost coroutine function in which a task stands.",
    worked.awaits,
    "`task.get_coro()` is the outermost. What does it await? `cr_await` says.",
    "At the innermost it is no coroutine any more: ask `inspect.iscoroutine` before you go on.",
)
def finds_the_innermost(answer: Callable[..., Any]) -> str:
    """Judge `awaits(task)`."""
    for right, told in asyncio.run(_asked(answer)).items():
        if told != right:
            return f"The task that stands in `{right}`: you say {short(told)}."
    return ""


async def _asked(answer: Callable[..., Any]) -> dict[str, Any]:
    """Return what an answer says of tasks, by the name of the function in which each stands."""

    async def bake() -> None:
        await asyncio.get_running_loop().create_future()

    async def order() -> None:
        await bake()

    async def serve() -> None:
        await order()

    async def wash() -> None:
        await asyncio.Event().wait()

    tasks = {"bake": [asyncio.create_task(one()) for one in (serve, order, bake)]}
    tasks["wait"] = [asyncio.create_task(wash())]
    await asyncio.sleep(0)
    try:
        found = {name: [answer(task) for task in several] for name, several in tasks.items()}
    finally:
        for task in (one for several in tasks.values() for one in several):
            task.cancel()
    return {name: next((one for one in told if one != name), name) for name, told in found.items()}

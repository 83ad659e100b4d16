"""Runs a coroutine function of a learner on a loop of its own, one turn after another.

No clock counts: what can happen by itself has happened after a number of turns, unless a timer or a
thread is still to come. Who holds up the loop is seen, and thrown out of it.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import linecache
import sys
import threading
import traceback
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from types import FrameType
from typing import Any

from helpers.exercises.interrupts import GivenUp, catch, throw

__all__ = ["Conductor", "conducted", "lacks_brackets"]

TURNS = 60  # of the loop in which everybody does all that can be done without anybody else
PATIENCE = 3.0  # seconds that one waits for what does not come
HELD = 3.0  # seconds without a turn of the loop after which it is held up
THROWS = 7  # after which one that holds up the loop is left to itself
TICK = 0.01  # seconds between two looks at what comes by itself: a timer, a thread
LOCK = type(threading.Lock())

NO_BRACKETS = (  # what asyncio and `await` say of a function that nobody has called
    "a coroutine was expected",
    "an awaitable is required",
    "a coroutine or an awaitable",
    "'await' expression",
    "can't be awaited",
)

Job = Callable[..., Coroutine[Any, Any, Any]]
Script = Callable[["Conductor"], Awaitable[str]]


def lacks_brackets(error: BaseException | None) -> bool:
    """Say whether an error tells of a function that was awaited, not a call of it."""
    told = str(error).lower()
    return isinstance(error, TypeError) and any(words in told for words in NO_BRACKETS)


def ticks() -> int:
    """Return how many ticks one waits for what does not come."""
    return max(1, round(PATIENCE / TICK))


def conducted(answer: Any, *scripts: Script) -> str:
    """Return what is wrong with a coroutine function, or ''.

    Args:
        answer: what the learner made.
        scripts: each tries it in another way, on a loop of its own, and says what is wrong.
    """
    if inspect.iscoroutine(answer):
        answer.close()
        return "Hand over the function itself, without brackets: with them you call it."
    if inspect.isasyncgenfunction(answer):
        return "`yield` makes a generator of it: `return` all of it at the end."
    if not callable(answer) or not inspect.iscoroutinefunction(answer):
        return "Begin it with `async def`: only there can you `await`."
    for script in scripts:
        if told := quietly(Conductor(answer), script):
            return told
    return ""


def quietly(conductor: Conductor, script: Script) -> str:
    """Return what a script says, without warnings of coroutines never awaited: it says more."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        gc.freeze()  # what was there before is not looked through
        try:
            return conductor.conduct(script)
        finally:
            gc.collect()  # or they would warn later
            gc.unfreeze()


class Conductor:
    """Lets one answer run, and says when nothing more comes of it.

    Attributes:
        task: the answer's, once it was started.
        slip: what is to be said of a call of the job that did not fit it, or ''.
        turns: how many the loop has made under these eyes.
        rescue: called if the loop is held up, to let go who may wait for the judge.
    """

    def __init__(self, answer: Job) -> None:
        self.turns = 0
        self.slip = ""
        self.rescue: Callable[[], None] = lambda: None
        self.task: asyncio.Task[Any]
        self.loop: asyncio.AbstractEventLoop
        self._answer = answer
        self._made: list[Coroutine[Any, Any, Any]] = []
        self._known: set[threading.Thread] = set()

    def conduct(self, script: Script) -> str:
        """Run a script on a loop, and return what it says."""
        watch = Watch(self, threading.current_thread())
        watch.start()
        try:
            with asyncio.Runner() as runner:  # which nest-asyncio leaves as it is
                return runner.run(self._play(script))
        except GivenUp:
            return watch.told()
        except asyncio.CancelledError:
            return "`CancelledError` left your function. Whoever awaits a cancelled task gets it."
        except BaseException as error:
            traceback.clear_frames(error.__traceback__)  # which hold coroutines
            raise
        finally:
            watch.end()
            for one in self._made:
                with suppress(BaseException):  # it may answer even to this
                    one.close()
            vars(self).clear()  # whoever still knows it keeps no coroutine alive

    async def _play(self, script: Script) -> str:
        self.loop = asyncio.get_running_loop()
        self.loop.set_exception_handler(lambda *_: None)  # tasks whose errors nobody looks at
        self._known = {*threading.enumerate()}
        try:
            told = await script(self)
            return self.slip if told and self.slip else told
        finally:
            self.rescue()  # or the threads of this loop would not end

    def job(self, function: Job, form: str) -> Job:
        """Return a coroutine function as one whose coroutines are closed if nobody awaits them.

        Args:
            function: it.
            form: the way to call it, such as "fetch(url)", which is told if it is called otherwise:
                an answer may catch this error, with those of the job itself.
        """
        signature = inspect.signature(function)

        def call(*args: Any, **named: Any) -> Coroutine[Any, Any, Any]:
            try:
                signature.bind(*args, **named)
            except TypeError as error:
                self.slip = f"It is to be called as `{form}`; your call has not fitted: {error}."
                raise TypeError(self.slip) from None
            self._made.append(function(*args, **named))
            return self._made[-1]

        return call

    def start(self, *args: Any) -> None:
        """Begin the answer in a task."""
        self.task = asyncio.create_task(self._answer(*args))

    def error(self) -> BaseException | None:
        """Return the error by which the answer has ended, or None."""
        ended = self.task.done() and not self.task.cancelled()
        return self.task.exception() if ended else None

    async def settle(self, until: Callable[[], Any]) -> None:
        """Let the loop turn as long as something comes by itself.

        Args:
            until: what is hoped for; timers and threads are not waited for after it.
        """
        turns = quiet = waited = 0
        while waited <= ticks() and quiet < TURNS and not (turns >= TURNS and until()):
            more = self._more_comes()
            seconds = TICK if more and turns >= TURNS else 0
            await self._turn(seconds)
            turns, quiet, waited = turns + 1, 0 if more else quiet + 1, waited + (seconds > 0)

    async def back(self) -> bool:
        """Say whether the answer comes back, if it is left alone."""
        await self.settle(self.task.done)
        return self.task.done()

    async def _turn(self, seconds: float) -> None:
        self.turns += 1
        await asyncio.sleep(seconds)

    def _more_comes(self) -> bool:
        """Say whether a timer or a thread of the answer may still do something."""
        timers = getattr(self.loop, "_scheduled", [None])  # nobody else knows them
        return any(not getattr(one, "_cancelled", False) for one in timers) or bool(
            {*threading.enumerate()} - self._known
        )

    def left_over(self) -> set[asyncio.Task[Any]]:
        """Return the tasks that the answer has made and that have not ended."""
        mine = asyncio.current_task()
        return {one for one in asyncio.all_tasks() if one not in (mine, self.task)}


class Watch(threading.Thread):
    """Watches whether a loop turns, and throws out who holds it up."""

    def __init__(self, conductor: Conductor, thread: threading.Thread) -> None:
        super().__init__(name="check: is the loop held up?", daemon=True)
        self._conductor, self._thread = conductor, thread
        self._over, self._lock = threading.Event(), threading.Lock()
        self._line, self._thrown = "", 0

    def run(self) -> None:
        """Look on until it is over; a tick is late if the whole program is."""
        seen, still = -1, 0
        while self._thrown < THROWS and not self._over.wait(TICK):
            if not self._thread.is_alive():  # an interrupt has ended it before it could say so
                break
            still = still + 1 if self._conductor.turns == seen else 0
            seen = self._conductor.turns
            if still * TICK >= HELD:
                still = 0
                with self._lock:
                    self._throw_out()
        if self._thrown:
            catch()

    def end(self) -> None:
        """Look on no longer, and throw nobody out; called by the thread that is watched."""
        with self._lock:
            self._over.set()
        if self._thrown:
            catch()
        self.join()

    def told(self) -> str:
        """Return where the loop was held up."""
        where = f" in the line `{self._line}`" if self._line else ""
        return (
            f"Your code holds up the loop{where}: nothing else runs meanwhile, and so what it "
            "waits for never comes. Inside `async def`, wait with `await` only."
        )

    def _throw_out(self) -> None:
        frame = sys._current_frames().get(self._thread.ident or 0)
        if self._over.is_set() or frame is None or not self._thread.is_alive():
            return
        self._line = self._line or line_of(frame, self._conductor._answer)
        self._thrown += 1
        throw(self._thread)
        self._conductor.rescue()
        for one in named_in(frame):  # a thread that waits for a lock hears nothing
            if isinstance(one, LOCK) and one.locked():
                with suppress(RuntimeError):  # it was just let go
                    one.release()
        with suppress(RuntimeError, AttributeError):  # nor does one that waits for a socket
            self._conductor.loop.call_soon_threadsafe(int)


def named_in(frame: FrameType) -> list[Any]:
    """Return what the names in a frame stand for."""
    outer = (frame.f_globals.get(name) for name in frame.f_code.co_names)
    return [*frame.f_locals.values(), *outer]


def line_of(frame: FrameType | None, answer: Any) -> str:
    """Return the innermost line of the answer's own file or cell that a thread is in."""
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    while frame is not None and frame.f_code.co_filename != file:
        frame = frame.f_back
    return linecache.getline(file, frame.f_lineno).strip() if file and frame else ""

"""What one process writes down while a recording is under way: when each span began and ended.

A span is four words of eight bytes: its start, its end (0 while it lasts), its time on a core
(-1 where that is not measured; of a task's turn, by how much it was late, in nanoseconds), and what
it is: lane, name, kind, and what was waited for before.
Start and end are nanoseconds of `perf_counter_ns`, one clock for all processes. The start is
written when the span begins and the end in its place when it ends, so at any moment all that was
finished stands there, and what was not is seen to be open.

No lock is needed: a place in the memory is taken from a counter, in one step under the GIL.
"""

from __future__ import annotations

import mmap
import sys
import threading
import time
import weakref
from array import array
from contextvars import Context, ContextVar
from functools import partial
from itertools import count
from threading import get_ident
from typing import TYPE_CHECKING, Any

from helpers.recorder.shelf import Shelf
from helpers.recorder.turns import FLAG, HOST, Entry, Stream

if TYPE_CHECKING:
    import asyncio

__all__ = [
    "HERE",
    "KINDS",
    "LOST",
    "Log",
    "ask",
    "current_task",
    "has_own_gils",
    "name_of",
    "name_of_thread",
]

KINDS = ("", "thread", "process", "item", "task", "step", "own")
LANE, NAME_SHIFT, KIND_SHIFT = 0xFFFFFFFF, 32, 48  # in `what`: the lane has the lowest bits
KIND = {kind: number << KIND_SHIFT for number, kind in enumerate(KINDS)}
ITEM, TASK, STEP = KIND["item"], KIND["task"], KIND["step"] | FLAG
WORDS = 4  # of a span
OWN_SPANS = 64 << 20  # bytes for the recording process itself: two million spans
MOST_NAMES, LONGEST = 1 << 16, 200  # names, and letters of one
# A child that was forked writes into a copy of its own, where the system has such a thing.
PRIVATE: Any = (
    {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
)
HIDDEN, HIDDEN_WORK = -1, "BaseEventLoop.shutdown_"  # by which asyncio.run ends a loop
MAKERS = ("_xxsubinterpreters", "concurrent.interpreters", "concurrent.futures.interpreter")
LOST = -1  # the place of a span for which there was none
PLAIN = (threading.Thread, type(threading.main_thread()))

# Set in the context of recorded code, so that its tasks are told from those of a kernel around it.
HERE: ContextVar[bool] = ContextVar("three_lanes_here", default=False)


class Log:
    """What the recording process writes down: its spans, and the names of its lanes.

    Attributes:
        spans: memory, as 64-bit words.
        take: gives the place of the next span, an index into `spans`.
        lanes: a row for each lane: number, kind, name, native thread id, number of its parent.
        names: the number of each span's name.
        threads: the lane of each thread, by its ident.
        tasks: for each living task, by its `id`: what its turns are, what notes them, its start,
            and a weak reference to it.
        lived: what, start, end and name of each task that is done.
        late: for each turn that was late, its start, and by how many nanoseconds: pairs, flat.
        streams: the turns of tasks on the event loops of each thread, by its ident.
        ended_streams: those of threads whose ident another one has now.
        sessions: how many recordings still need this.
        watch: whether to note what a task waits for.
        elders: the pids of the children that were there before.
        deaths: when this process noticed that a child of it had died, and its exit code, by pid.
    """

    main = "main"  # the kind of the main thread's lane

    def __init__(self, shelf: Shelf) -> None:
        self.shelf, self.watch = shelf, shelf.watch
        self.spans, self.take = self._memory(), count(0, WORDS).__next__
        self.lanes: list[tuple[int, str, str, int, int]] = []
        self.names: dict[str, int] = {}
        self.names_of: dict[str, int] = {}  # by qualified name, which is quicker to get
        self.threads: dict[int, int] = {}
        self.calls: dict[int, Any] = {}  # futures of the items under way, by the item's place
        self.items: dict[int, tuple[int, int]] = {}
        self.tasks: dict[int, Entry] = {}
        self.lived: list[tuple[int, int, int, str]] = []
        self.late = array("q")
        self.streams: dict[int, Stream] = {}
        self.ended_streams: list[Stream] = []
        self.deaths: dict[int, tuple[int, int]] = {}
        self.elders = _children()
        self.strangers = set(_idents()) - {get_ident()}
        self.home, self.in_a_task = get_ident(), current_task() is not None
        self.numbers, self.name_numbers = count().__next__, count().__next__
        self.sessions = 0

    def _memory(self) -> memoryview:
        return memoryview(mmap.mmap(-1, OWN_SPANS, **PRIVATE)).cast("q")

    @property
    def closed(self) -> bool:
        """Whether the recording is over; here that is known without asking."""
        return False

    def tidy(self) -> None:
        """Keep the turns of tasks of this thread from taking too much room."""
        if (stream := self.streams.get(get_ident())) is not None:
            stream.tidy()

    # --- spans --------------------------------------------------------------------------------

    def begin(self, kind: str, name: str, lane: int, start: int = 0) -> int:
        """Write down that a span begins, and return its place, for `end`."""
        return self.open(lane | self.name(name) << NAME_SHIFT | KIND[kind], start)

    def open(self, what: int, start: int = 0) -> int:
        """Write down that a span begins whose `what` is packed already."""
        place, spans = self.take(), self.spans
        try:
            spans[place + 3] = what
        except IndexError:
            self.overflow(place)
            return LOST
        spans[place] = start or time.perf_counter_ns()
        return place

    def end(self, place: int, cpu: int = -1) -> None:
        """Write down that the span at a place has ended; `cpu` is in nanoseconds."""
        if place != LOST:
            self.spans[place + 2] = cpu
            self.spans[place + 1] = time.perf_counter_ns()

    def overflow(self, place: int) -> None:
        """Take note of a span for which there is no room; how many is told by the counter."""

    def note_death(self, pid: int, code: int) -> None:
        """Note that a child of this process was found to have ended."""
        if pid not in self.elders:
            self.deaths.setdefault(pid, (time.perf_counter_ns(), code))

    # --- items: the calls that an executor or a pool hands to its workers ------------------------

    def begin_item(self, work: Any) -> None:
        """Write down that this thread begins a call of a pool; it has one at a time."""
        place = self.open(self.what_of_item(work))
        self.items[get_ident()] = place, time.thread_time_ns()

    def what_of_item(self, work: Any) -> int:
        """Return what a call on this thread is, packed for `open`."""
        lane = self.threads.get(get_ident()) or self.thread_lane()
        return lane | self.number_of(work) << NAME_SHIFT | ITEM

    def end_done_items(self, moment: int) -> None:
        """End the items whose results are known, though their threads have not said so yet."""
        for place, future in list(self.calls.items()):
            if future.done() and self.calls.pop(place, None) is not None:
                self.spans[place + 1], self.spans[place + 2] = moment, -1

    def end_item(self) -> None:
        """Write down that this thread's call has ended, if there is one."""
        place, cpu = self.items.pop(get_ident(), (LOST, 0))
        if place != LOST:
            self.end(place, time.thread_time_ns() - cpu)

    # --- names and lanes ------------------------------------------------------------------------

    def name(self, text: str) -> int:
        """Return the number of a span's name."""
        number = self.names.get(text)
        if number is None:
            mine = min(self.name_numbers(), MOST_NAMES - 1)
            number = self.names.setdefault(text, mine)  # another thread may have been quicker
            if number == mine:
                self._keep("name", number, text[:LONGEST])
        return number

    def _keep(self, *row: Any) -> None:
        """Keep the name of a lane or a span."""
        if row[0] == "lane":
            self.lanes.append(row[1:])

    def number_of(self, work: Any) -> int:
        """Return the number of the name of a function or coroutine, or HIDDEN."""
        try:  # as `ask` does, but this is called for each item
            name = work.__qualname__
        except Exception:
            name = None
        number = self.names_of.get(name) if type(name) is str else None
        if number is None:
            text = name_of(work)
            number = HIDDEN if text.startswith(HIDDEN_WORK) else self.name(text)
            if type(name) is str and not issubclass(type(work), partial):
                self.names_of[name] = number
        return number

    def lane(self, kind: str, name: str, native: int = 0, parent: int = -1) -> int:
        """Begin a lane and return its number."""
        number = self.numbers()
        self._keep("lane", number, kind, name[:LONGEST], native, parent)
        return number

    def thread_lane(self) -> int:
        """Return the lane of the thread that calls this."""
        ident = get_ident()
        lane = self.threads.get(ident)
        if lane is None:
            kind = self.main if ident == threading.main_thread().ident else "thread"
            lane = self.new_thread_lane(kind, _name_of_thread_here())
        return lane

    def new_thread(self) -> None:
        """Forget what is known of the thread that had this one's ident before."""
        ident = get_ident()
        self.threads.pop(ident, None)
        self.items.pop(ident, None)
        self.strangers.discard(ident)
        if (stream := self.streams.pop(ident, None)) is not None:
            self.ended_streams.append(stream)

    def new_thread_lane(self, kind: str, name: str) -> int:
        """Begin a lane for the thread that calls this, and return its number."""
        lane = self.threads[get_ident()] = self.lane(kind, name, threading.get_native_id())
        return lane

    def lane_here(self) -> int:
        """Return the lane of the task that calls this, or of the thread."""
        task = current_task()
        if task is not None and (what := self.adopt(task)[0]):
            return int(what & LANE)
        return self.thread_lane()

    # --- tasks ----------------------------------------------------------------------------------

    def adopt(self, task: asyncio.Task[Any]) -> Entry:
        """Begin the lane and the life of a task, if it is of the recorded code and not yet known.

        Returns:
            Its entry in `tasks`, or `HOST` if it belongs to somebody else, such as the kernel.
        """
        known = self.tasks.get(id(task))
        return self.begin_task(task) if known is None else known

    def begin_task(self, task: asyncio.Task[Any], start: int = 0, coroutine: Any = None) -> Entry:
        """Begin the lane and the life of a task that is new; returns what `adopt` does."""
        if not (HERE.get() or self._is_ours()):
            return HOST
        ident = get_ident()
        stream = self.streams.get(ident)
        if stream is None:
            stream = self.streams[ident] = Stream(self.thread_lane())
        coroutine, key = coroutine or task.get_coro(), id(task)
        try:
            number = self.names_of[coroutine.__qualname__]
        except (KeyError, AttributeError):
            number = self.number_of(coroutine)
        if number == HIDDEN:
            return HOST
        lane = self.numbers()
        self.lanes.append((lane, "task", "", 0, stream.lane))
        what = lane | number << NAME_SHIFT
        born = start or time.perf_counter_ns()
        reference = weakref.ref(task, partial(self._forget, key))
        entry = self.tasks[key] = what | STEP, stream.note, born, reference
        return entry

    def _forget(self, key: int, _: Any) -> None:
        """End the life of a task that nobody kept, before another object gets its `id`."""
        entry = self.tasks.pop(key, None)
        if entry is not None:
            self.lived.append((entry[0], entry[2], time.perf_counter_ns(), "a lost task"))

    def _is_ours(self) -> bool:
        """Say whether the thread that calls this belongs to the recorded code, all of it."""
        ident = get_ident()
        return ident not in self.strangers and not (self.in_a_task and ident == self.home)

    def backdate(self, task: asyncio.Task[Any], start: int) -> None:
        """Set the start of a task's life, where it was met before its creation was over."""
        if (entry := self.tasks.get(id(task))) is not None:
            self.tasks[id(task)] = *entry[:2], start, entry[3]

    def bury(self, task: asyncio.Task[Any]) -> None:
        """End the life of a task that is done."""
        entry = self.tasks.pop(id(task), None)
        if entry is not None:
            # Its name comes last: it may have been set after the creation.
            row = entry[0], entry[2], time.perf_counter_ns(), task.get_name()
            self.lived.append(row)


def name_of(work: Any) -> str:
    """Return what to call a function or coroutine: `fetch`, whatever was wrapped around it."""
    while issubclass(type(work), partial):
        work = work.args[0] if work.args and _only_calls(work.func) else work.func
    name = ask(work, "__qualname__")
    return (name if isinstance(name, str) else type(work).__name__).rpartition("<locals>.")[2]


def name_of_thread(thread: Any) -> str:
    """Return a thread's or a process's name; whatever a subclass makes of it, it is to run."""
    if (
        type(thread) in PLAIN
    ):  # not asked, for what a handler of a signal raises is not ours to lose
        return str(thread._name)
    names = (ask(thread, "name"), ask(thread, "_name"))
    return next((name for name in names if isinstance(name, str)), "")


def _name_of_thread_here() -> str:
    """Return the name of the thread that calls this.

    To ask for the object of a thread that was begun without one would make one, and leave it.
    """
    thread = threading._active.get(get_ident())  # type: ignore[attr-defined]
    return f"thread {threading.get_native_id()}" if thread is None else name_of_thread(thread)


def has_own_gils() -> bool:
    """Return whether this process may have interpreters that have a GIL of their own.

    The addresses at which their threads wait for it do not tell it from a lock.
    """
    if any(name in sys.modules for name in MAKERS):
        return True
    module = sys.modules.get("_interpreters")  # from 3.14 on, the executors load it in any case
    return module is not None and (sys.version_info < (3, 14) or len(module.list_all()) > 1)


def ask(thing: Any, name: str) -> Any:
    """Return an attribute or None; whatever a thing does when asked, its code is to run."""
    try:
        return getattr(thing, name, None)
    except Exception:
        return None


def _only_calls(function: Any) -> bool:
    """Say whether a function is one of the standard library that calls its first argument.

    These are `Context.run` in `asyncio.to_thread`, `_process_chunk` in `ProcessPoolExecutor.map`.
    """
    if ask(function, "__name__") == "_process_chunk":
        return bool(ask(function, "__module__") == "concurrent.futures.process")
    return isinstance(ask(function, "__self__"), Context)


def current_task() -> asyncio.Task[Any] | None:
    """Return the task that calls this, or None; a process without asyncio need not load it."""
    events, tasks = sys.modules.get("asyncio.events"), sys.modules.get("asyncio.tasks")
    if events is None or tasks is None or events._get_running_loop() is None:
        return None
    task: asyncio.Task[Any] | None = tasks.current_task()
    return task


def _children() -> set[int]:
    processes = sys.modules.get("multiprocessing.process")
    return {one.pid for one in getattr(processes, "_children", ()) if one.pid is not None}


def _idents() -> list[int]:
    return [thread.ident for thread in threading.enumerate() if thread.ident is not None]

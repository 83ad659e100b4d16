"""Makes the standard library tell the log what it does, and puts everything back.

What is hooked, in the recording process and in its descendants alike:

    Thread._bootstrap_inner             the life of a thread
    BaseProcess._bootstrap              the life of a process, in the process itself
    Popen.poll                          when its parent notices that a process has died
    _WorkItem.run                       a call that a ThreadPoolExecutor hands to a thread
    _process_worker, Pool._setup_queues a call that a pool hands to a process
    BaseEventLoop.create_task           the life of a task, and the first turn of an eager one
    Handle._run                         each turn of a task on its event loop

The functions are wrapped where no exception of the recorded code passes through, so that none of
these frames is in its tracebacks. A pool's worker reads a call from one queue and writes the
result to another: what lies between is the call, so its queues are tapped, not the function.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from threading import get_ident
from typing import Any

from helpers.recorder.child_log import ChildLog
from helpers.recorder.log import ITEM, LOST, NAME_SHIFT, Log, ask, name_of, name_of_thread
from helpers.recorder.turns import runner

__all__ = ["install", "log", "patched", "uninstall"]

log: Log | None = None  # of this process, while a recording is under way
_originals: list[tuple[Any, str, Any]] = []  # owner, attribute, what it was
_hooked: set[str] = set()  # modules of HOOKS

# Threads that a library runs for itself; an executor's threads show their calls instead.
HIDDEN_PACKAGES = ("ipykernel", "zmq", "IPython", "tornado")
PACKAGES = ("asyncio", "concurrent", "multiprocessing", "helpers")
HIDDEN_WORK = {
    *("_worker", "_ExecutorManagerThread", "worker", "Queue._feed", "_ResourceSharer._serve"),
    *("Pool._handle_workers", "Pool._handle_tasks", "Pool._handle_results"),
    *("Server.accepter", "Server.handle_request", "Server.serve_client"),
    *("BaseEventLoop._do_shutdown", "ThreadedChildWatcher._do_waitpid"),
    *("_ThreadedChildWatcher._do_waitpid", "_Aside"),  # the latter: helpers.aside's
}


def install(new_log: Log) -> None:
    """Hook everything that is imported; what was hooked before is put back first."""
    global log
    uninstall()
    log = new_log
    for name in HOOKS:
        hook_module(name)


def hook_module(name: str) -> None:
    """Hook one module of `HOOKS`, if it is imported and not hooked yet."""
    if log and name not in _hooked and (module := sys.modules.get(name)):
        _hooked.add(name)
        HOOKS[name](module, log)


def uninstall() -> None:
    """Put back everything that was hooked."""
    global log
    log = None
    _hooked.clear()
    while _originals:
        owner, attribute, original = _originals[-1]
        setattr(owner, attribute, original)
        _originals.pop()  # last, so that after an interrupt it can be done again


def patched() -> list[tuple[Any, str]]:
    """Return (owner, attribute) of everything that is hooked now."""
    return [(owner, attribute) for owner, attribute, _ in _originals]


def _patch(owner: Any, attribute: str, wrap: Callable[[Any], Any]) -> None:
    original = owner.__dict__[attribute]
    wrapper = wrap(original)
    for detail in ("__module__", "__name__", "__qualname__", "__doc__"):  # pickled by its name
        setattr(wrapper, detail, getattr(original, detail))
    _originals.append((owner, attribute, original))
    setattr(owner, attribute, wrapper)


def over(log: Log) -> bool:
    """Say whether a child's recording is over; it then goes on without hooks."""
    if log.closed:
        uninstall()
    return log.closed


# --- threads -----------------------------------------------------------------------------------


def _hook_threads(module: Any, log: Log) -> None:
    def wrap(original: Any) -> Any:
        def _bootstrap_inner(self: threading.Thread) -> None:
            place = _begin_thread(self, log)
            try:
                original(self)
            finally:
                log.end(place, time.thread_time_ns())
                log.new_thread()

        return _bootstrap_inner

    _patch(module.Thread, "_bootstrap_inner", wrap)


def _begin_thread(thread: threading.Thread, log: Log) -> int:
    """Begin a thread's lane and its life, and return the life's place; it starts in any case."""
    try:
        log.new_thread()
        if _is_hidden(thread) or over(log):
            return LOST
        lane = log.new_thread_lane("thread", name_of_thread(thread))
        return log.begin("thread", _job_of(thread), lane)
    except Exception:
        return LOST


def _is_hidden(thread: threading.Thread) -> bool:
    package, name = _work_of(thread)
    return package in HIDDEN_PACKAGES or (package in PACKAGES and name in HIDDEN_WORK)


def of_the_kernel(thread: threading.Thread) -> bool:
    """Say whether a thread is one with which Jupyter's kernel does its own work."""
    return _work_of(thread)[0] in HIDDEN_PACKAGES


def _work_of(thread: threading.Thread) -> tuple[str, Any]:
    """Return the package and the name of what a thread runs; where that is not known, ''."""
    target = ask(thread, "_target")
    work = type(thread) if target is None else target
    module, name = ask(work, "__module__"), ask(work, "__qualname__")
    if not isinstance(module, str):  # as of a method of a built-in type
        return "", name
    return module.partition(".")[0], name


def _job_of(thread: threading.Thread) -> str:
    works = (ask(thread, "_target"), ask(thread, "function"))  # the latter: threading.Timer
    return name_of(next((work for work in works if work is not None), type(thread)))


# --- executors and pools -------------------------------------------------------------------------


def _hook_thread_executor(module: Any, log: Log) -> None:
    """Have each call noted; there may be many, so the log is bypassed where that is quicker."""
    lanes, numbers, calls = log.threads, log.names_of, log.calls
    spans, take, clock, cpu_clock = log.spans, log.take, time.perf_counter_ns, time.thread_time_ns
    has_task = sys.version_info >= (3, 14)

    def wrap(original: Any) -> Any:
        def run(self: Any, *context: Any) -> None:
            future = self.future
            if future._state == "CANCELLED":  # it is taken from the queue, and not called
                original(self, *context)
                return
            work = self.task[0] if has_task else self.fn
            try:
                what = lanes[get_ident()] | numbers[work.__qualname__] << NAME_SHIFT | ITEM
            except Exception:  # the first call of a thread or of a function, or an odd function
                what = log.what_of_item(work)
            place = take()
            if place >= len(spans):
                log.overflow(place)
                original(self, *context)
                return
            spans[place + 3] = what
            calls[place] = future
            cpu, spans[place] = cpu_clock(), clock()
            try:
                if context:
                    original(self, *context)
                else:  # an empty row of arguments would cost more than the call
                    original(self)
            finally:
                if calls.pop(place, None) is not None:
                    spans[place + 2], spans[place + 1] = cpu_clock() - cpu, clock()

        return run

    _patch(module._WorkItem, "run", wrap)


def _hook_process_executor(module: Any, log: Log) -> None:
    def wrap(original: Any) -> Any:
        def _process_worker(calls: Any, results: Any, *others: Any) -> None:
            original(Tap(calls), Tap(results), *others)

        return _process_worker

    _patch(module, "_process_worker", wrap)


def _hook_pool(module: Any, log: Log) -> None:
    def wrap(original: Any) -> Any:
        def _setup_queues(self: Any) -> None:
            original(self)
            # The pool's own threads use these as well, and see no difference.
            self._inqueue, self._outqueue = Tap(self._inqueue), Tap(self._outqueue)

        return _setup_queues

    _patch(module.Pool, "_setup_queues", wrap)
    _patch(module.ThreadPool, "_setup_queues", wrap)


class Tap:
    """A queue that notes when a worker takes a call from it, or puts a result into it."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    def __reduce__(self) -> tuple[Any, ...]:
        return Tap, (self._queue,)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    def get(self, *arguments: Any, **options: Any) -> Any:
        """Take a call from the queue, and note that it begins."""
        call = self._queue.get(*arguments, **options)
        if log is None or over(log) or not options.get("block", True):  # a pool ends: not called
            return call
        try:
            return _begin_call(call, log)
        except Exception:  # whatever is odd about it, it is to be called
            return call

    def put(self, result: Any) -> None:
        """Note that the call has ended, and put its result into the queue."""
        if log is not None:
            log.end_item()
        self._queue.put(result)


def _begin_call(call: Any, log: Log) -> Any:
    """Note that a worker begins a call; a chunk of calls notes each of them itself."""
    if isinstance(call, tuple) and len(call) == 5:  # of a Pool: job, number, function, args, ...
        job, number, function, args, options = call
        pool = sys.modules["multiprocessing.pool"]
        if function is pool.mapstar or function is pool.starmapstar:
            ((inner, chunk),) = args
            return job, number, function, ((inner, Chunk(chunk, inner, log)),), options
        log.begin_item(function)
    elif hasattr(call, "work_id"):  # of a ProcessPoolExecutor
        chunked = sys.modules["concurrent.futures.process"]._process_chunk
        if type(call.fn) is partial and call.fn.func is chunked:
            call.args = (Chunk(call.args[0], call.fn, log), *call.args[1:])
        else:
            log.begin_item(call.fn)
    return call


class Chunk:
    """The arguments of several calls; taking the next one ends a call and begins another."""

    def __init__(self, arguments: Iterable[Any], work: Any, log: Log) -> None:
        self.arguments, self.work, self.log = iter(arguments), work, log

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self.log.end_item()
        arguments = next(self.arguments)
        self.log.begin_item(self.work)
        return arguments


# --- processes -----------------------------------------------------------------------------------


def _hook_processes(module: Any, log: Log) -> None:
    def wrap(original: Any) -> Any:
        def _bootstrap(self: Any, *arguments: Any, **options: Any) -> Any:
            if isinstance(log, ChildLog):
                log.name_process(
                    name_of_thread(self), name_of(getattr(self, "_target", None) or type(self))
                )
            try:
                return original(self, *arguments, **options)
            finally:
                if isinstance(log, ChildLog):
                    log.end_process()

        return _bootstrap

    _patch(module.BaseProcess, "_bootstrap", wrap)


def hook_exit(module: Any, log: ChildLog) -> None:
    """Have the life of this process end when it leaves by `os._exit`, as after a bare fork."""

    def wrap(original: Any) -> Any:
        def _exit(status: int) -> None:
            log.end_process()
            original(status)

        return _exit

    _patch(module, "_exit", wrap)


def _hook_deaths(module: Any, log: Log, method: str = "poll") -> None:
    def wrap(original: Any) -> Any:
        def poll(self: Any, *arguments: Any, **options: Any) -> Any:
            known = self.returncode is not None
            status = original(self, *arguments, **options)
            if status is not None and not known:
                log.note_death(self.pid, status)
            return status

        return poll

    _patch(module.Popen, method, wrap)


# --- tasks ---------------------------------------------------------------------------------------


def _hook_task_creation(module: Any, log: Log) -> None:
    begin_task, clock = log.begin_task, time.perf_counter_ns

    def wrap(original: Any) -> Any:
        def create_task(self: Any, coro: Any, **options: Any) -> Any:
            if over(log):
                return original(self, coro, **options)
            start = clock()
            task = original(self, coro, **options)
            if self._task_factory is not None or "eager_start" in options:
                _note_eager(task, coro, start, log)
            else:
                begin_task(task, start)
            return task

        return create_task

    _patch(module.BaseEventLoop, "create_task", wrap)


def _note_eager(task: Any, coro: Any, start: int, log: Log) -> None:
    """Note a task that may have had its first turn, or all of its life, while it was created."""
    if not hasattr(task, "get_coro"):
        return
    if id(task) in log.tasks:  # a span in its first turn has met it before
        log.backdate(task, start)
        what = log.tasks[id(task)][0]
    else:
        what = log.begin_task(task, start, coro)[0]
    if what and _has_begun(coro):
        log.end(log.open(what, start))
        if task.done():
            log.bury(task)


def _has_begun(coro: Any) -> bool:
    """Say whether a coroutine has run already: an eager task's first turn is in its creation."""
    from inspect import CORO_CREATED, getcoroutinestate

    return hasattr(coro, "cr_frame") and getcoroutinestate(coro) != CORO_CREATED


def _hook_turns(module: Any, log: Log) -> None:
    _patch(module.Handle, "_run", lambda original: runner(original, log))


HOOKS: dict[str, Callable[[Any, Log], None]] = {
    "threading": _hook_threads,
    "concurrent.futures.thread": _hook_thread_executor,
    "concurrent.futures.process": _hook_process_executor,
    "multiprocessing.pool": _hook_pool,
    "multiprocessing.process": _hook_processes,
    "multiprocessing.popen_fork": _hook_deaths,
    "multiprocessing.popen_forkserver": _hook_deaths,
    "asyncio.base_events": _hook_task_creation,
    "asyncio.events": _hook_turns,
}
if sys.platform == "win32":
    HOOKS["multiprocessing.popen_spawn_win32"] = partial(_hook_deaths, method="wait")

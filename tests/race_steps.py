"""What a small program can come to, found without anything of the race lab's.

A thread may be left before each bytecode that is not about its own variables and stack only, as
`sys.settrace` or `sys.monitoring` tells; locks, queues and threads are those of this file; all
orders are run, from the first step to the last.
"""

import dis
import math
import os
import queue
import re
import sys
import threading
from collections import Counter, deque
from contextlib import contextmanager
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType, SimpleNamespace

from tests.race_fuzz import Found, TooManyError, found_by_lab, unlike

__all__ = ["compare_with_steps", "found_by_steps", "is_for_steps"]

OWN = (  # what is only about a thread's own variables and stack
    "RESUME", "CACHE", "NOP", "POP_TOP", "PUSH_NULL", "COPY", "SWAP", "PRECALL", "KW_NAMES",
    "RETURN_VALUE", "RETURN_CONST", "MAKE_CELL", "COPY_FREE_VARS", "LOAD_CLOSURE", "MAKE_FUNCTION",
    "RETURN_GENERATOR", "IS_OP", "LIST_APPEND", "SET_ADD", "MAP_ADD", "END_FOR", "POP_ITER",
    "LOAD_ASSERTION_ERROR", "RAISE_VARARGS", "RERAISE", "POP_EXCEPT", "PUSH_EXC_INFO",
    "CHECK_EXC_MATCH", "EXTENDED_ARG", "NOT_TAKEN", "SET_FUNCTION_ATTRIBUTE", "LOAD_SMALL_INT",
    "POP_JUMP_FORWARD_IF_NONE", "POP_JUMP_FORWARD_IF_NOT_NONE",
)  # fmt: skip
OWN_BEGINS = ("LOAD_FAST", "STORE_FAST", "DELETE_FAST", "LOAD_CONST", "JUMP", "BUILD_")
BUILDS_BY_LOOKING = ("BUILD_STRING",)


class Stop(BaseException):
    """Ends a thread of a run that is over."""


class _Thread:
    def __init__(self, steps, number, function):
        self.steps, self.number, self.function = steps, number, function
        self.gate = threading.Lock()
        self.gate.acquire()
        self.ready, self.is_done, self.until, self.is_expired = None, False, None, False
        self.real = threading.Thread(target=self.live, daemon=True)
        self.real.start()

    def live(self):
        self.gate.acquire()
        steps = self.steps
        self.ident = threading.get_ident()
        try:
            if not steps.is_over:
                sys.settrace(None if MONITORS else steps.trace)
                try:
                    self.function()
                finally:
                    sys.settrace(None)
        except Stop:
            pass
        except BaseException as error:
            if not steps.is_over:
                steps.close(("exception", type(error).__name__))
        self.is_done = True
        if not steps.is_over:
            steps.move(None)

    def can_go(self):
        return not self.is_done and (self.ready is None or self.ready())


class _Steps:
    """One run, in which a thread may be left before each instruction."""

    def __init__(self, names, choices):
        self.names, self.choices = names, choices
        self.taken, self.others, self.preemptions = [], [], 0
        self.home = threading.Lock()
        self.home.acquire()
        self.is_over, self.outcome, self.now = False, None, 0.0
        self.threads = []
        self.me = None
        self.files = names.every["__file"]
        self.at = {}

    def run(self):
        self.state = self.names.make()
        for body in self.names.bodies:
            self.add(lambda body=body: body(self.state))
        self.move(None)
        self.home.acquire()
        for one in self.threads:
            while not one.is_done:
                one.gate.release()
                one.real.join(5)
                assert one.is_done
            one.real.join()
        if self.outcome is None:
            self.outcome = "end", self.names.final(self.state)

    def add(self, function):
        self.threads.append(_Thread(self, len(self.threads), function))
        return self.threads[-1]

    def close(self, outcome):
        self.outcome, self.is_over = outcome, True
        self.home.release()

    def move(self, stays):
        """Let it be chosen who goes on."""
        ready = [one for one in self.threads if one.can_go()] or self.expire()
        if not ready:
            if not all(one.is_done for one in self.threads):
                self.outcome = "deadlock", self.names.final(self.state)[:-1]
            self.is_over, chosen = True, None
        else:
            if stays not in ready:
                stays = None
            n = len(self.taken)
            chosen = stays or ready[0]
            if n < len(self.choices):
                chosen = self.threads[self.choices[n]]
                assert chosen in ready
            else:
                self.others += [
                    (n, one.number, self.preemptions + (stays is not None))
                    for one in ready
                    if one is not chosen
                ]
            self.taken.append(chosen.number)
            self.preemptions += stays is not None and chosen is not stays
        before, self.me = self.me, chosen
        if before is chosen:
            return
        (chosen.gate if chosen else self.home).release()
        if before and not before.is_done:
            before.gate.acquire()
            if self.is_over:
                raise Stop

    def expire(self):
        timed = [one for one in self.threads if not one.is_done and one.until is not None]
        if not timed:
            return []
        self.now = min(one.until for one in timed)
        timed = [one for one in timed if one.until == self.now]
        for one in timed:
            one.is_expired, one.ready = True, None
        return timed

    def wait(self, ready, until=None, stays=False):
        """Wait until something is the case; return whether it is."""
        me = self.me
        if me is None:
            return bool(ready())
        if self.is_over:
            raise Stop
        if ready() and not stays:
            return True
        me.ready, me.until, me.is_expired = ready, until, False
        trace = sys.gettrace()
        sys.settrace(None)
        try:
            self.move(None)
        finally:
            sys.settrace(trace)
            me.ready = me.until = None
        return not me.is_expired

    def trace(self, frame, event, value):
        if frame.f_code.co_filename != self.files and frame.f_code.co_filename != "<string>":
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self.step

    def step(self, frame, event, value):
        if event == "opcode" and frame.f_lasti in self.points(frame.f_code) and not self.is_over:
            self.move(self.me)
            frame.f_locals  # noqa: B018 else CPython puts back what another thread has changed
        return self.step

    def points(self, code):
        found = POINTS.get(code)
        if found is None:
            every = self.names.every
            found = POINTS[code] = frozenset(
                one.offset for one in dis.get_instructions(code) if _may_be_shared(one, every)
            )
        return found


POINTS = {}
MONITORS = hasattr(sys, "monitoring")  # there `f_trace_opcodes` comes too late for the first call
TOOL = 1


@contextmanager
def _monitored(code, steps):
    """Have each instruction of a program tell that it is about to run, from Python 3.12 on."""
    if not MONITORS:
        yield
        return
    monitoring = sys.monitoring
    monitoring.use_tool_id(TOOL, "fuzz")
    event = monitoring.events.INSTRUCTION

    def about_to_run(code, offset):
        now = steps()
        me = now and now.me
        if not me or me.ident != threading.get_ident() or now.is_over:
            return
        if offset in now.points(code):
            now.move(me)

    monitoring.register_callback(TOOL, event, about_to_run)
    every = [*code]
    for one in every:
        every += [inner for inner in one.co_consts if isinstance(inner, CodeType)]
    for one in every[2:]:
        monitoring.set_local_events(TOOL, one, event)
    try:
        yield
    finally:
        for one in every[2:]:
            monitoring.set_local_events(TOOL, one, 0)
        monitoring.register_callback(TOOL, event, None)
        monitoring.free_tool_id(TOOL)


FIXED = (type, ModuleType, FunctionType, BuiltinFunctionType)  # what no program here exchanges


def _may_be_shared(one, names):
    if one.opname == "LOAD_GLOBAL":
        value = names.get(one.argval, len)  # a builtin, or a class or function of the program
        return not isinstance(value, FIXED)
    if one.opname in BUILDS_BY_LOOKING:
        return True
    return one.opname not in OWN and not one.opname.startswith(OWN_BEGINS)


class _Lock:
    is_reentrant = False

    def __init__(self, steps):
        self.steps, self.owner, self.count = steps, None, 0

    def me(self):
        return self.steps().me or "make"

    def acquire(self, blocking=True, timeout=-1):
        if self.is_reentrant and self.owner is self.me():
            self.count += 1
            return True
        if blocking:
            until = None if timeout == -1 else self.steps().now + timeout
            self.steps().wait(lambda: self.owner is None, until)
        if self.owner is not None:
            return False
        self.owner, self.count = self.me(), 1
        return True

    def release(self):
        if self.owner is None or (self.is_reentrant and self.owner is not self.me()):
            raise RuntimeError("release unlocked lock")
        self.count -= 1
        if self.count == 0:
            self.owner = None

    def locked(self):
        return self.owner is not None

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *error):
        if not self.steps().is_over:
            self.release()


class _RLock(_Lock):
    is_reentrant = True


class _Event:
    def __init__(self, steps):
        self.steps, self.flag = steps, False

    def is_set(self):
        return self.flag

    def set(self):
        self.flag = True

    def clear(self):
        self.flag = False

    def wait(self, timeout=None):
        steps = self.steps()
        steps.wait(lambda: self.flag, None if timeout is None else steps.now + timeout)
        return self.flag


class _Semaphore:
    def __init__(self, steps, value=1):
        self.steps, self.value = steps, value

    def acquire(self, blocking=True):
        if blocking:
            self.steps().wait(lambda: self.value > 0)
        if self.value <= 0:
            return False
        self.value -= 1
        return True

    def release(self):
        self.value += 1

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *error):
        if not self.steps().is_over:
            self.release()


class _Condition:
    def __init__(self, steps):
        self.steps, self.lock, self.waiting = steps, _RLock(steps), []
        self.acquire, self.release = self.lock.acquire, self.lock.release

    def __enter__(self):
        return self.lock.acquire()

    def __exit__(self, *error):
        self.lock.__exit__()

    def wait(self, timeout=None):
        steps, lock, ticket = self.steps(), self.lock, [False]
        if lock.owner is not lock.me():
            raise RuntimeError("cannot wait on un-acquired lock")
        count, lock.count, lock.owner = lock.count, 0, None
        self.waiting.append(ticket)
        until = None if timeout is None else steps.now + timeout
        steps.wait(lambda: ticket[0], until)
        if ticket in self.waiting:
            self.waiting = [one for one in self.waiting if one is not ticket]
        steps.wait(lambda: lock.owner is None)
        lock.owner, lock.count = lock.me(), count
        return ticket[0]

    def notify(self, n=1):
        if self.lock.owner is not self.lock.me():
            raise RuntimeError("cannot notify on un-acquired lock")
        for ticket in self.waiting[:n]:
            ticket[0] = True
        del self.waiting[:n]

    def notify_all(self):
        self.notify(len(self.waiting))


class _Queue:
    def __init__(self, steps, maxsize=0):
        self.steps, self.maxsize, self.queue = steps, maxsize, deque()

    def has_room(self):
        return self.maxsize <= 0 or len(self.queue) < self.maxsize

    def put(self, item, block=True):
        if block:
            self.steps().wait(self.has_room)
        if not self.has_room():
            raise queue.Full
        self.queue.append(item)

    def get(self, block=True, timeout=None):
        steps = self.steps()
        if block:
            steps.wait(lambda: self.queue, None if timeout is None else steps.now + timeout)
        if not self.queue:
            raise queue.Empty
        return self.queue.popleft()

    def put_nowait(self, item):
        self.put(item, False)

    def get_nowait(self):
        return self.get(False)

    def qsize(self):
        return len(self.queue)

    def empty(self):
        return not self.queue


class _Started:
    def __init__(self, steps, target, args=()):
        self.steps, self.target, self.args, self.worker = steps, target, args, None

    def start(self):
        self.worker = self.steps().add(lambda: self.target(*self.args))

    def join(self):
        self.steps().wait(lambda: self.worker.is_done)


class _Modules:
    """What a program has in place of `threading`, `queue` and `time`."""

    def __init__(self):
        self.steps = None
        self.threading = SimpleNamespace(
            Lock=self.of(_Lock), RLock=self.of(_RLock), Event=self.of(_Event),
            Semaphore=self.of(_Semaphore), Condition=self.of(_Condition), Thread=self.of(_Started),
            Barrier=lambda parties: None,
        )  # fmt: skip
        self.queue = SimpleNamespace(Queue=self.of(_Queue), Empty=queue.Empty, Full=queue.Full)
        self.time = SimpleNamespace(sleep=self.sleep)

    def of(self, kind):
        return lambda *how, **more: kind(lambda: self.steps, *how, **more)

    def sleep(self, seconds):
        self.steps.wait(lambda: True, stays=True)


def found_by_steps(code, bound=None, most=5000):
    """Return the outcomes when a thread may be left before each bytecode."""
    modules = _Modules()
    with _on_one_core(), _monitored(code.compiled, lambda: modules.steps):
        return _found_by_steps(code, bound, most, modules)


def _found_by_steps(code, bound, most, modules):
    found, todo = Found(), [()]
    while todo:
        choices = todo.pop()
        names = code.loaded()
        names.every["__file"] = code.name
        for name in ("threading", "queue", "time"):
            names.every[name] = getattr(modules, name)
        modules.steps = steps = _Steps(names, choices)
        steps.run()
        found.runs += 1
        if found.runs > most:
            raise TooManyError
        if bound is None and found.runs == 1:
            each = Counter(steps.taken)
            total = math.factorial(sum(each.values()))
            if total // math.prod(map(math.factorial, each.values())) > 4 * most:
                raise TooManyError
        known = found.get(steps.outcome, 99)
        found[steps.outcome] = min(known, steps.preemptions)
        for n, number, cost in steps.others:
            if bound is None or cost <= bound:
                todo.append((*steps.taken[:n], number))
    return found


@contextmanager
def _on_one_core():
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[os.getpid() % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def compare_with_steps(code, most=1000):
    """Compare the lab with what is found here: with up to 2 preemptions if there are many orders.

    Returns:
        What is wrong, in words ("" if nothing is); and the outcomes found here.
    """
    try:
        bound, steps = None, found_by_steps(code, None, most)
    except TooManyError:
        bound, steps = 2, found_by_steps(code, 2, most)
    wrong = unlike(steps, found_by_lab(code, bound), 99 if bound is None else bound)
    return f"outcomes by steps, and by the lab: {wrong}" if wrong else "", steps


def is_for_steps(code):
    """Return whether a program does nothing that this file has no notion of: no round and round."""
    return not re.search(
        r"while |s\.bar\.|timeout|wait\(\d|wait_for", code.source.partition("n = 0")[2]
    )

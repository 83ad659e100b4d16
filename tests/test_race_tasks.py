"""helpers.racelab.loop: which task has the next turn, when time passes, and how a run ends."""

import asyncio
import gc
import importlib
import itertools
import pkgutil
import queue
import sys
import threading
import time
import warnings
from contextlib import suppress
from contextvars import ContextVar
from types import SimpleNamespace

import pytest

from helpers import race
from helpers.racelab.lab import Program
from helpers.racelab.loop import tasks
from helpers.racelab.search import Replay, Search
from helpers.racelab.shared import RefusedError
from tests import races

PROGRAMS = {
    one.name: importlib.import_module(f"{races.__name__}.{one.name}")
    for one in pkgutil.iter_modules(races.__path__)
    if one.name.startswith("async_")
}


class First:
    """Chooses whoever comes first in a list of numbers; then as a search would."""

    def __init__(self, *numbers):
        self.numbers = [*numbers]
        self.ready = []

    def choose(self, run, stays, ready):
        self.ready.append([one.number for one in ready])
        if self.numbers:
            wanted = self.numbers.pop(0)
            return next(one for one in ready if one.number == wanted)
        return stays or next((one for one in ready if not one.op.is_sleep), ready[0])


def explored(program, most=2, limit=5000, ended=None):
    """Return the first run that does not end well, or None, and how many runs there were.

    Args:
        ended: called with each run that ends well.
    """
    search = Search(merges=False)
    with tasks(program) as lab:
        n = 0
        while search.go_on() and search.cost <= most:
            run = lab.go(search)
            assert not search.has_diverged
            assert lab.grew(run) is False
            n += 1
            if run.end and run.end.kind != "cut":
                return run, n
            if ended:
                ended(run)
            assert n < limit
    return None, n


def new():
    return SimpleNamespace(log=[], task=None, flag=False, lock=asyncio.Lock(), n=0)


def yes(state):
    return True


def program(*bodies, make=new, holds=yes):
    return Program(make, bodies, holds)


def once(*bodies, choose=None, make=new, holds=yes, log=None):
    with tasks(program(*bodies, make=make, holds=holds)) as lab:
        return lab.go(choose or First(), log)


def every_log(*bodies, make=new):
    """Return all logs that orders lead to, with any number of preemptions."""
    found = set()
    run, _ = explored(
        program(*bodies, make=make), 99, ended=lambda run: found.add(tuple(run.state.log))
    )
    assert run is None
    return found


# the programs


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_program_is_judged_as_it_says(name):
    one = PROGRAMS[name]
    run, _ = explored(Program(one.make, one.bodies, one.holds))
    if one.KIND == "ok":
        assert run is None
        return
    assert (run.end.kind, run.preemptions) == (one.KIND, one.PREEMPTIONS)
    logged = []
    with tasks(Program(one.make, one.bodies, one.holds)) as lab:
        replay = Replay(run.choices)
        again = lab.go(replay, lambda worker, op: logged.append((worker.number, op.frame)))
    assert not replay.has_diverged
    assert (again.end.kind, again.choices) == (run.end.kind, run.choices)
    assert [number for number, _ in logged] == run.choices
    assert all("/races/" in frame.f_code.co_filename for _, frame in logged)


# who goes next


async def twice(state, name):
    state.log.append(f"{name}1")
    await asyncio.sleep(0)
    state.log.append(f"{name}2")


async def a(state):
    await twice(state, "a")


async def b(state):
    await twice(state, "b")


def test_all_orders_of_turns_come_up():
    found = every_log(a, b)
    assert len(found) == 6
    assert all(one.index("a1") < one.index("a2") for one in found)


def test_to_leave_a_task_that_is_ready_is_a_preemption():
    assert once(a, b, choose=First(0, 0, 1, 1)).preemptions == 0
    assert once(a, b, choose=First(0, 1, 1, 0)).preemptions == 1
    assert once(a, b, choose=First(0, 1, 0, 1)).preemptions == 2


def test_to_leave_a_task_that_waits_or_sleeps_is_none():
    async def sleeps(state):
        await asyncio.sleep(1)
        await asyncio.sleep(0.5)

    assert once(sleeps, sleeps, choose=First(0, 1, 0, 1, 0, 1)).preemptions == 0


def test_what_belongs_to_no_task_comes_at_once():
    async def calls(state):
        asyncio.get_running_loop().call_soon(state.log.append, "called")
        await asyncio.sleep(0)
        state.log.append("calls")

    async def other(state):
        state.log.append("other")

    assert every_log(calls, other) == {
        ("called", "calls", "other"),
        ("called", "other", "calls"),
        ("other", "called", "calls"),
    }


def test_a_task_that_a_program_starts_is_a_worker():
    async def child(state):
        state.log.append("child")

    async def parent(state):
        await asyncio.gather(child(state), child(state), asyncio.create_task(child(state)))

    async def named(state):
        await asyncio.create_task(child(state), name="Ben")

    run = once(parent, named, choose=First(1, 0))
    assert [one.name for one in run.workers] == [
        "parent", "named", "Ben", "child", "child 2", "child 3",
    ]  # fmt: skip
    assert [one.number for one in run.workers] == [*range(6)]
    assert all(one.is_done for one in run.workers)
    assert run.end is None


def test_a_callback_that_cancels_a_task_is_no_step_of_it():
    async def waits(state):
        try:
            await asyncio.Event().wait()
        finally:
            state.log.append("cancelled")

    async def starts(state):
        task = asyncio.create_task(waits(state))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(task.cancel)
        await asyncio.wait([task])

    run = once(starts, choose=First(0, 1))
    assert run.end is None
    assert run.state.log == ["cancelled"]
    assert run.choices == [0, 1, 0, 1, 0]


# time


async def long(state):
    await asyncio.sleep(100)
    state.log.append("long")


async def short(state):
    await asyncio.sleep(0.001)
    state.log.append("short")


def test_sleeps_wake_in_any_order_and_beside_others():
    async def awake(state):
        state.log.append("awake")

    assert every_log(long, short) == {("long", "short"), ("short", "long")}
    assert ("long", "awake") in every_log(long, awake)
    assert ("awake", "long") in every_log(long, awake)


def test_a_sleep_does_not_outlast_a_timeout():
    async def limited(state):
        try:
            async with asyncio.timeout(5):
                await asyncio.Event().wait()
        except TimeoutError:
            state.log.append("timeout")

    assert every_log(long, limited) == {("long", "timeout"), ("timeout", "long")}
    begun = First(1, 0)
    once(long, limited, choose=begun)
    assert begun.ready == [[0, 1], [0], [1], [0]]
    assert every_log(short, limited) == {("short", "timeout")}


def test_timeouts_go_off_when_nothing_else_can_go_the_earliest_first():
    def limited(seconds):
        async def body(state):
            try:
                async with asyncio.timeout(seconds):
                    await asyncio.Event().wait()
            except TimeoutError:
                state.log.append((seconds, asyncio.get_running_loop().time()))

        return body

    async def spins(state):
        for n in range(3):
            await asyncio.sleep(0)
            state.log.append(n)

    assert every_log(limited(3), limited(2), spins) == {(0, 1, 2, (2, 1002.0), (3, 1003.0))}


@pytest.mark.parametrize("late", [False, True])
def test_wait_for_and_wait_and_call_later_are_timeouts(late):
    async def waits(state):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 1)
        task = asyncio.create_task(asyncio.Event().wait())
        assert await asyncio.wait([task], timeout=2) == (set(), {task})
        task.cancel()
        asyncio.get_running_loop().call_later(3, state.log.append, "later")
        if late:
            await asyncio.sleep(4)
        state.log.append(asyncio.get_running_loop().time() - 1000)

    assert every_log(waits) == {("later", 7.0) if late else (3.0,)}


def test_the_clock_only_goes_forward():
    async def looks(state):
        for seconds in (3, 1, 2):
            await asyncio.sleep(seconds)
            state.log.append(asyncio.get_running_loop().time())
            assert time.monotonic() == asyncio.get_running_loop().time()

    found = every_log(looks, looks)
    assert len(found) > 1
    assert all(list(one) == sorted(one) for one in found)


def test_time_sleep_lets_nobody_else_go():
    async def blocks(state):
        before = time.monotonic()
        time.sleep(60)
        state.log.append(time.monotonic() - before)

    async def other(state):
        state.log.append("other")

    begin = time.perf_counter()
    assert every_log(blocks, other) == {(60.0, "other"), ("other", 60.0)}
    assert time.perf_counter() - begin < 60


# the ends


def test_a_deadlock_says_what_is_awaited():
    async def holder(state):
        await state.lock.acquire()
        await asyncio.Event().wait()

    async def waiter(state):
        async with state.lock:
            pass

    end = once(holder, waiter).end
    assert end.kind == "deadlock"
    assert [one.worker.name for one in end.waits] == ["holder", "waiter"]
    assert (
        end.words
        == "holder awaits an Event that nobody sets; waiter awaits a Lock that holder holds"
    )
    assert [one.worker.op.what for one in end.waits] == ["await", "await"]
    assert [one.worker.op.frame.f_code.co_name for one in end.waits] == ["holder", "waiter"]
    assert [len(one.worker.holds) for one in end.waits] == [1, 0]
    first = holder.__code__.co_firstlineno
    assert [one.worker.line - first for one in end.waits] == [2, 5]
    assert not any(one.worker.is_done for one in end.waits)


def test_a_lock_that_nothing_but_its_block_shows_has_a_holder():
    async def inner(lock):
        async with lock:
            pass

    async def body(state):
        lock, other = asyncio.Lock(), asyncio.Lock()
        async with lock, other:
            await asyncio.create_task(inner(lock))

    async def again(state):
        async with state.lock, state.lock:
            pass

    words = once(body).end.words
    assert words == "body awaits the task inner; inner awaits a Lock that body holds"
    assert once(again).end.words == "again awaits a Lock that it already holds"


def test_who_waits_for_a_lock_does_not_hold_it():
    async def waits(state):
        async with state.deep[0][0][0]:
            pass

    async def holds(state):
        async with state.deep[0][0][0]:
            await asyncio.Event().wait()

    run = once(
        waits, holds, choose=First(1, 0), make=lambda: SimpleNamespace(deep=[[[asyncio.Lock()]]])
    )
    assert run.end.words.startswith("waits awaits a Lock that holds holds; ")


def test_everything_that_can_be_awaited_has_words():
    async def waits(awaited):
        await awaited

    async def condition(state):
        state.changed = asyncio.Condition()
        async with state.changed:
            await state.changed.wait_for(lambda: False)

    async def queues(state):
        full, done = asyncio.Queue(1), asyncio.Queue()
        full.put_nowait(1)
        done.put_nowait(1)
        await asyncio.gather(full.put(2), asyncio.Queue().get(), done.join())

    async def group(state):
        async with asyncio.TaskGroup() as some:
            some.create_task(waits(asyncio.Semaphore(0).acquire()), name="Anna")
            some.create_task(waits(asyncio.Barrier(2).wait()), name="Ben")

    async def future(state):
        await asyncio.wait([asyncio.create_task(waits(asyncio.Future()), name="Cleo")])

    assert once(condition).end.words == "condition awaits a Condition that nobody notifies"
    assert once(queues).end.words.split("; ") == [
        "queues awaits the tasks get, join, put",
        "put awaits room in a Queue",
        "get awaits something in a Queue",
        "join awaits a Queue of which 1 items are not done",
    ]
    assert once(group).end.words.split("; ") == [
        "group awaits the tasks Anna, Ben",
        "Anna awaits a Semaphore that nobody lets go",
        "Ben awaits a Barrier for 2, at which 1 wait",
    ]
    assert once(future).end.words.split("; ") == [
        "future awaits the task Cleo",
        "Cleo awaits a Future that nobody sets",
    ]


async def fails(state):
    await asyncio.sleep(0)
    raise ValueError("no")


def test_an_error_that_leaves_a_body_is_an_end():
    end = once(fails, a).end
    assert (end.kind, end.waits[0].worker.name, str(end.error)) == ("exception", "fails", "no")


def test_an_error_of_a_task_that_nobody_awaits_is_an_end():
    async def starts(state):
        state.task = asyncio.create_task(fails(state))

    async def hears(state):
        await asyncio.gather(asyncio.create_task(fails(state)), return_exceptions=True)

    end = once(starts).end
    assert (end.kind, end.waits[0].worker.name, str(end.error)) == ("exception", "fails", "no")
    assert once(hears).end is None


def test_an_error_of_a_callback_is_an_end():
    async def calls(state):
        asyncio.get_running_loop().call_soon({}.pop, "nothing")
        await asyncio.sleep(0)

    assert isinstance(once(calls).end.error, KeyError)


def test_to_be_cancelled_is_no_error():
    async def cancels(state):
        state.task.cancel()

    async def victim(state):
        state.task = asyncio.current_task()
        await asyncio.Event().wait()

    async def starts(state):
        task = asyncio.create_task(fails(state))
        task.cancel()

    assert once(victim, cancels).end is None
    assert once(starts).end is None


def test_a_task_that_nobody_awaits_goes_on_to_its_end():
    async def child(state):
        await asyncio.sleep(5)
        state.log.append("done")

    async def starts(state):
        state.task = asyncio.create_task(child(state))

    run = once(starts, holds=lambda state: state.log == ["done"])
    assert run.end is None


@pytest.mark.parametrize("seconds", [None, 0, 1])
def test_a_task_that_nobody_awaits_and_that_never_ends_is_cancelled(seconds):
    async def child(state):
        try:
            while True:
                state.n += 1
                await (asyncio.Event().wait() if seconds is None else asyncio.sleep(seconds))
        finally:
            state.log.append("cancelled")

    async def starts(state):
        state.task = asyncio.create_task(child(state))
        await asyncio.sleep(0)

    run = once(starts, holds=lambda state: state.log == ["cancelled"])
    assert run.end is None
    assert run.workers[1].task.cancelled()
    assert len(run.choices) < 1000


def test_a_race_is_told_by_holds():
    assert once(a, holds=lambda state: False).end.kind == "race"
    with pytest.raises(TypeError, match="returned None"):
        once(a, holds=lambda state: None)


def test_a_program_that_goes_on_for_ever_is_endless():
    async def counts(state):
        while True:
            state.n += 1
            await asyncio.sleep(0)

    assert once(counts).end.kind == "endless"


def test_a_step_that_does_not_come_back_is_endless():
    async def body(state):
        while True:
            pass

    with tasks(program(body, a)) as lab:
        lab.carriers.patience = 1
        run = lab.go(First())
        assert (run.end.kind, run.end.waits[0].worker.name) == ("endless", "body")
        assert lab.go(Replay([1, 1])).end.kind == "cut"  # in another thread


@pytest.mark.parametrize("seconds", [0, 0.01])
def test_who_waits_in_a_loop_for_nothing_is_a_livelock(seconds):
    async def polls(state):
        while not state.flag:
            await asyncio.sleep(seconds)

    async def sets(state):
        state.flag = True

    run = once(polls, polls)
    assert run.end.kind == "livelock"
    assert len(run.choices) < 20
    assert explored(program(polls, polls, sets))[0] is None


def test_a_loop_that_counts_is_no_livelock_wherever_it_counts():
    def counter():
        n = 0

        def count():
            nonlocal n
            n += 1
            return n

        return count

    async def closure(state):
        count = counter()
        while count() < 9:
            await asyncio.sleep(0)

    async def iterator(state):
        for _ in iter([None] * 9):
            await asyncio.sleep(0)

    async def generator(state):
        for _ in (None for _ in range(9)):
            await asyncio.sleep(0)

    async def depth(state):
        state.deep = SimpleNamespace(items=[[0]])
        while state.deep.items[0][0] < 9:
            state.deep.items[0][0] += 1
            await asyncio.sleep(1)

    async def task(state):
        for _ in map(str, [1] * 9):
            await asyncio.create_task(asyncio.sleep(0))

    async def queued(state):
        some = asyncio.Queue()
        for _ in [None] * 9:
            some.put_nowait(None)
            await asyncio.sleep(0)

    async def hidden(state):
        for _ in itertools.repeat(None, 9):
            await asyncio.sleep(0)

    for body in (closure, iterator, generator, depth, task, queued, hidden):
        run = once(body)
        assert run.end is None, body
        assert len(run.choices) >= 9


def test_a_loop_that_waits_for_a_time_is_no_livelock():
    async def by_loop(state):
        loop = asyncio.get_running_loop()
        end = loop.time() + 60
        while loop.time() < end:
            await asyncio.sleep(0)

    async def by_time(state):
        begin = time.time()
        while time.time() - begin < 60:
            await asyncio.sleep(1)

    async def limited(state):
        async with asyncio.timeout(60):
            while True:
                await asyncio.sleep(1)

    assert once(by_loop).end is None
    assert once(by_time).end is None
    assert isinstance(once(limited).end.error, TimeoutError)


# what leads out of the loop


async def to_thread(state):
    await asyncio.to_thread(int)


async def executor(state):
    with suppress(Exception):
        await asyncio.get_running_loop().run_in_executor(None, int)


async def connection(state):
    await asyncio.open_connection("localhost", 1)


async def subprocess(state):
    await asyncio.create_subprocess_exec("true")


async def reader(state):
    asyncio.get_running_loop().add_reader(0, int)


async def signals(state):
    asyncio.get_running_loop().add_signal_handler(2, int)


async def nested(state):
    coroutine = asyncio.sleep(0)
    try:
        asyncio.run(coroutine)
    finally:
        coroutine.close()


async def thread(state):
    threading.Thread(target=int).start()


@pytest.mark.parametrize(
    "body", [to_thread, executor, connection, subprocess, reader, signals, nested, thread]
)
def test_what_leads_out_of_the_loop_is_refused(body):
    with tasks(program(body, a)) as lab:
        with pytest.raises(RefusedError, match=r"^another|^the network|^signals") as caught:
            lab.go(First())
        assert "\n" not in str(caught.value)


def test_functions_of_the_wrong_kind_are_refused():
    async def holds(state):
        return True

    with pytest.raises(RefusedError, match="holds is an async function"):
        once(a, holds=holds)
    with pytest.raises(RefusedError, match="yes is no async function"):
        once(a, yes)
    with pytest.raises(RefusedError, match=r"a task in make\(\)"):
        once(a, make=lambda: asyncio.ensure_future(asyncio.sleep(0)))


def test_a_real_lock_that_is_not_there_holds_up_the_loop():
    async def takes(state):
        state.real.acquire()
        await asyncio.sleep(0)
        state.real.release()

    def make():
        return SimpleNamespace(real=threading.Lock())

    run, _ = explored(program(takes, takes, make=make))
    assert (run.end.kind, run.preemptions) == ("deadlock", 1)
    assert run.end.words == "acquire holds up the whole loop"

    async def gets(state):
        with pytest.raises(queue.Empty):
            queue.Queue().get(timeout=7)
        state.log.append(time.monotonic())

    assert every_log(gets) == {(1007.0,)}


# what all tasks share


SHARED = asyncio.Lock()
NUMBERS = []


async def shares(state):
    async with SHARED:
        NUMBERS.append(len(NUMBERS))
        await asyncio.sleep(0)
    state.log.append(tuple(NUMBERS))


def test_globals_are_new_for_each_run():
    async def bind():
        async with SHARED:
            waiter = asyncio.create_task(SHARED.acquire())
            await asyncio.sleep(0)
            waiter.cancel()

    asyncio.run(bind())  # a lock that belongs to another loop
    assert every_log(shares, shares) == {((0,), (0, 1))}
    assert NUMBERS == []
    assert not SHARED.locked()


COUNT = ContextVar("count", default=0)


async def counts_in_its_context(state):
    COUNT.set(COUNT.get() + 1)
    await asyncio.sleep(0)
    state.log.append(COUNT.get())


def test_each_body_has_a_context_of_its_own():
    assert every_log(counts_in_its_context, counts_in_its_context) == {(1, 1)}


# nothing is left


def test_nothing_is_left_or_said(capfd):
    async def stubborn(state):
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    async def numbers(state):
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            state.log.append("closed")

    async def half(state):
        state.kept = numbers(state)
        await anext(state.kept)
        await asyncio.Event().wait()

    async def loses(state):
        state.task = asyncio.create_task(fails(state))
        await asyncio.Event().wait()

    before = time.sleep, time.monotonic, threading.Lock, sys.get_asyncgen_hooks()

    async def within():
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        for bodies in ([stubborn, a], [half, a], [loses], [a, long, fails]):
            assert once(*bodies).end
            run = once(*bodies, choose=Replay([0]))
            assert run.end.kind == "cut"
            assert ("closed" in run.state.log) == (half in bodies)
        assert asyncio.get_running_loop() is loop
        assert asyncio.current_task() is task
        assert asyncio.all_tasks() == {task}
        await asyncio.sleep(0)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(within())
        gc.collect()
    assert (time.sleep, time.monotonic, threading.Lock, sys.get_asyncgen_hooks()) == before
    assert asyncio._get_running_loop() is None
    assert capfd.readouterr() == ("", "")


def test_a_thousand_runs_leave_little_behind():
    with tasks(program(a, short, b)) as lab:
        lab.go(First())
        gc.collect()
        threads = threading.active_count()
        before = len(gc.get_objects())
        for _ in range(1000):
            lab.go(First())
        gc.collect()
        assert len(gc.get_objects()) - before < 100
        assert threading.active_count() == threads


def test_who_swallows_that_it_is_cancelled_does_not_hang_the_lab():
    def make():
        return SimpleNamespace(jobs=asyncio.Queue())

    async def stubborn(state):
        while True:
            try:
                await state.jobs.get()
            except:  # noqa: E722
                continue

    async def idle(state):
        pass

    verdict = race(make, [stubborn, idle], lambda state: True)
    gc.collect()
    assert (verdict.kind, "something in a Queue" in verdict.why) == ("deadlock", True)


def test_an_error_in_a_callback_is_told():
    async def calls(state):
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)

    async def is_done(state):
        task = asyncio.create_task(asyncio.sleep(0))
        task.add_done_callback(lambda task: 1 / 0)
        await task

    async def idle(state):
        pass

    for body in (calls, is_done):
        verdict = race(SimpleNamespace, [body, idle], lambda state: True)
        assert verdict.kind == "exception"
        assert "a callback raises ZeroDivisionError" in verdict.why
        assert verdict.outcomes == {}


def test_an_error_that_nobody_awaited_is_its_task_s():
    async def bad():
        await asyncio.sleep(0)
        raise ValueError("lost")

    async def starts(state):
        state.task = asyncio.create_task(bad())

    async def idle(state):
        pass

    verdict = race(SimpleNamespace, [starts, idle], lambda state: True)
    assert verdict.why.startswith("bad raises ValueError: lost (nobody has awaited it)")
    assert verdict.outcomes == {"bad": "raises ValueError: lost"}

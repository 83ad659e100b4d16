"""The stand-ins of the race lab do what the real locks, queues and pools do."""

import queue
import sys
import threading
import time
from concurrent import futures
from contextlib import suppress
from types import SimpleNamespace

import pytest

from helpers import race
from helpers.racelab import conditions, locks, pools, queues
from helpers.racelab.run import Run


def nothing(state):
    pass


def always(state):
    return True


def told(call):
    """Return what a call returns, or which error it raises."""
    try:
        return call()
    except Exception as error:
        return type(error).__name__


def agree(*calls):
    """Fail if calls do anything else in a body than they really do."""
    expected = [told(call) for call in calls]

    def body(state):
        state.told = [told(call) for call in calls]

    def holds(state):
        if state.told != expected:
            raise AssertionError(f"{state.told} really is {expected}")
        return True

    verdict = race(SimpleNamespace, [body, nothing], holds)
    assert verdict.kind == "ok", verdict.why


# barriers


def both(make, bodies, values):
    """Return the values of `state.saw` that some order leads to."""
    return {
        value
        for value in values
        if race(make, bodies, lambda state: state.saw != value).kind == "race"  # noqa: B023
    }


def test_who_looks_at_a_barrier_may_see_it_before_or_after_it_breaks():
    def make():
        return SimpleNamespace(barrier=threading.Barrier(2), saw=None)

    def look(state):
        state.saw = state.barrier.broken

    def abort(state):
        state.barrier.abort()

    assert both(make, [look, abort], [False, True]) == {False, True}
    assert both(make, [abort, look], [False, True]) == {False, True}


def test_who_counts_at_a_barrier_may_see_nobody_or_somebody():
    def make():
        return SimpleNamespace(barrier=threading.Barrier(2), saw=None)

    def count(state):
        state.saw = state.barrier.n_waiting
        state.barrier.abort()

    def come(state):
        with suppress(threading.BrokenBarrierError):
            state.barrier.wait()

    assert both(make, [count, come], [0, 1, 2]) == {0, 1}


def test_a_barrier_that_is_shown_makes_no_step():
    def make():
        return SimpleNamespace(barrier=threading.Barrier(2), saw=None)

    def abort(state):
        state.barrier.abort()

    def look(state):
        state.saw = state.barrier.broken

    verdict = race(make, [abort, look], lambda state: not state.saw)
    assert [one.what for one in verdict.schedule] == ["abort", "look"]
    begin, after = verdict.game.position([]), verdict.game.position([0])
    assert [one.state for one in begin.guards + after.guards] == ["0 of 2 here", "broken"]
    assert [one.what for one in after.seats] == ["", "look"]


# time-outs that are none

POLLS = {
    "event": (threading.Event, lambda it: it.wait(0), lambda it: it.set()),
    "event, less than 0": (threading.Event, lambda it: it.wait(-1), lambda it: it.set()),
    "queue": (queue.Queue, lambda it: it.get(timeout=0), lambda it: it.put(1)),
    "simple queue": (queue.SimpleQueue, lambda it: it.get(timeout=0), lambda it: it.put(1)),
    "semaphore": (
        lambda: threading.Semaphore(0),
        lambda it: it.acquire(timeout=0),
        lambda it: it.release(),
    ),
    "future": (futures.Future, lambda it: it.result(0), lambda it: it.set_result(1)),
    "futures": (
        futures.Future,
        lambda it: futures.wait([it], 0)[0],
        lambda it: it.set_result(1),
    ),
}


@pytest.mark.parametrize("make, poll, give", POLLS.values(), ids=POLLS)
def test_who_does_not_wait_may_come_in_vain_or_not(make, poll, give):
    def ask(state):
        try:
            state.saw = bool(poll(state.it))
        except (TimeoutError, queue.Empty):
            state.saw = False

    assert both(
        lambda: SimpleNamespace(it=make(), saw=None),
        [ask, lambda state: give(state.it)],
        [False, True],
    ) == {False, True}


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_who_does_not_wait_for_a_lock_may_come_in_vain_or_not(kind):
    def make():
        return SimpleNamespace(lock=getattr(threading, kind)(), saw=None)

    def ask(state):
        state.saw = state.lock.acquire(timeout=0)
        if state.saw:
            state.lock.release()

    def hold(state):
        with state.lock:
            pass

    assert both(make, [ask, hold], [False, True]) == {False, True}


def test_who_does_not_wait_for_a_thread_may_find_it_alive_or_not():
    def look(state):
        thread = threading.Thread(target=nothing, args=(state,))
        thread.start()
        thread.join(0)
        state.saw = thread.is_alive()

    def make():
        return SimpleNamespace(saw=None)

    assert both(make, [look, nothing], [False, True]) == {False, True}


def test_who_does_not_wait_at_a_condition_lets_the_lock_go_all_the_same():
    def make():
        return SimpleNamespace(condition=threading.Condition(), told=False, saw=None)

    def ask(state):
        with state.condition:
            state.saw = state.condition.wait_for(lambda: state.told, 0)

    def ask_once(state):
        with state.condition:
            state.saw = state.condition.wait(0)

    def tell(state):
        with state.condition:
            state.told = True
            state.condition.notify()

    assert both(make, [ask, tell], [False, True]) == {False, True}
    assert both(make, [ask_once, tell], [False, True]) == {False, True}

    asked = []

    def refuse():
        asked.append(1)

    def ask_in_vain(state):
        with state.condition:
            state.condition.wait_for(refuse, 0)
        state.saw = len(asked)

    state = make()
    ask_in_vain(state)
    really = state.saw
    asked.clear()
    assert both(make, [ask_in_vain, nothing], [1, 2, 3]) == {really}


def test_a_time_out_that_is_none_is_what_it_really_is():
    condition, semaphore = threading.Condition(), threading.Semaphore(0)
    agree(
        lambda: threading.Event().wait(0),
        lambda: threading.Event().wait(-1),
        lambda: semaphore.acquire(timeout=-1),
        lambda: condition.wait(0),
        lambda: threading.Lock().acquire(timeout=-2),
        lambda: threading.Lock().acquire(False, 0),
        lambda: queue.Queue().get(timeout=0),
        lambda: futures.Future().result(0),
        lambda: threading.Barrier(2).wait(0),
    )


# who makes the program


def test_what_make_holds_is_kept_by_its_run_alone():
    makers = []
    init = Run.__init__

    def note(run, *how):
        init(run, *how)
        makers.append(run.maker)

    def make():
        lock = threading.Lock()
        lock.acquire()
        return SimpleNamespace(lock=lock, n=0)

    def add(state):
        state.n = state.n + 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "__init__", note)
        race(make, [add, add], always)
    assert len(makers) > 2
    assert {len(one.holds) for one in makers} == {1}


def test_a_stand_in_that_outlives_its_run_can_be_taken_and_keeps_nobody(monkeypatch):
    monkeypatch.setattr(sys, "kept", [], raising=False)

    def make():
        sys.kept.append(threading.RLock())

    race(make, [nothing, nothing], always)
    lock = sys.kept[0]
    with lock, lock:
        assert not lock.owner.holds
    with pytest.raises(RuntimeError):
        lock.release()


# what it is that makes them


def test_a_class_is_a_class_while_a_lab_is_up():
    def make():
        return SimpleNamespace(queue=queue.Queue[int](3), stop=threading.Event(), told=None)

    def body(state):
        def kind(it):
            match it:
                case queue.LifoQueue():
                    return "lifo"
                case queue.Queue():
                    return "queue"

        state.told = [
            isinstance(state.queue, queue.Queue),
            isinstance(state.queue, queue.LifoQueue | queue.SimpleQueue),
            isinstance(state.stop, threading.Event),
            isinstance(threading.Semaphore(), threading.BoundedSemaphore),
            issubclass(queue.PriorityQueue, queue.Queue),
            issubclass(queue.Queue, queue.PriorityQueue),
            issubclass(bool, queue.Queue),
            isinstance(1, threading.Condition),
            kind(state.queue),
            kind(queue.LifoQueue()),
            queue.Queue.__name__,
            queue.Queue.__module__,
            queue.Queue[int] == queue.Queue[int],
        ]

    state = make()
    body(state)

    def holds(found):
        assert found.told == state.told, (found.told, state.told)
        return True

    verdict = race(make, [body, nothing], holds)
    assert verdict.kind == "ok", verdict.why


def test_what_cannot_be_done_with_a_class_raises_the_same_error():
    def of_a_lock():
        class Mine(threading.RLock):
            pass

    agree(
        of_a_lock,
        lambda: threading.Event[int],
        lambda: isinstance(1, threading.Lock),
        lambda: threading.Barrier.no_such_name,
    )


class Before(threading.Event):
    """Made of the real class, before a lab is up."""

    def __init__(self):
        threading.Event.__init__(self)
        self.count = 0

    def set(self):
        self.count = self.count + 1
        threading.Event.set(self)


def in_it():
    class Within(threading.Event):
        def __init__(self):
            super().__init__()
            self.count = 0

        def set(self):
            self.count = self.count + 1
            threading.Event.set(self)

    return Within()


@pytest.mark.parametrize("make", [Before, in_it])
def test_a_class_of_the_program_s_own_that_is_made_of_one_of_threading_s(make):
    def tell(event):
        event.set()

    def wait(event):
        event.wait()
        assert isinstance(event, threading.Event)

    verdict = race(make, [tell, wait], lambda event: event.is_set() and event.count == 1)
    assert verdict.kind == "ok", verdict.why
    verdict = race(make, [tell, tell], lambda event: event.count == 2)
    assert (verdict.kind, verdict.preemptions) == ("race", 1)
    assert race(make, [wait, nothing], always).kind == "deadlock"


class Doubled(queue.Queue):
    """Made before a lab is up; its room is changed by methods that `queue.Queue` calls."""

    def _init(self, maxsize):
        self.queue = []

    def _put(self, item):
        self.queue.append(item)
        self.queue.append(item)

    def _get(self):
        return self.queue.pop(0)


def made_within():
    class Within(queue.Queue):
        _init, _put, _get = Doubled._init, Doubled._put, Doubled._get

    return Within()


@pytest.mark.parametrize("make", [Doubled, made_within])
def test_a_queue_of_the_program_s_own(make):
    def put(queue):
        queue.put(1)

    def get(queue):
        assert (queue.get(), queue.get()) == (1, 1)

    assert race(make, [put, get], lambda queue: queue.empty()).kind == "ok"
    assert race(make, [get, get], always).kind == "deadlock"


class Pool(futures.ThreadPoolExecutor):
    """Made before a lab is up."""


def pool_within():
    class Within(futures.ThreadPoolExecutor):
        pass

    return Within


def test_a_pool_of_the_program_s_own_is_made_within_it():
    def use(state):
        with state.kind(2) as pool:
            state.n = sum(pool.map(abs, [1, -2]))

    def make():
        return SimpleNamespace(kind=pool_within(), n=0)

    def make_of_real():
        return SimpleNamespace(kind=Pool, n=0)

    assert race(make, [use, nothing], lambda state: state.n == 3).kind == "ok"
    with pytest.raises(RuntimeError, match="Pool was made of the real ThreadPoolExecutor"):
        race(make_of_real, [use, nothing], always)
    with Pool(1) as pool:
        assert [*pool.map(abs, [-1])] == [1]


def test_what_a_library_makes_while_it_is_imported_stays_real(monkeypatch):
    monkeypatch.delitem(sys.modules, "webbrowser", raising=False)
    is_real = type(threading.RLock())

    def body(state):
        import webbrowser

        state.told = type(webbrowser._lock) is is_real

    verdict = race(SimpleNamespace, [body, body], lambda state: state.told)
    assert verdict.kind == "ok"
    assert type(sys.modules["webbrowser"]._lock) is is_real


# queues


def test_a_queue_can_be_emptied_with_its_mutex():
    def make():
        return SimpleNamespace(queue=queue.Queue(), saw=None)

    def empty(state):
        with state.queue.mutex:
            state.saw = len(state.queue.queue)
            state.queue.queue.clear()

    def put(state):
        state.queue.put(1)

    assert both(make, [empty, put, put], [0, 1, 2, 3]) == {0, 1, 2}
    assert race(make, [empty, put], lambda state: state.queue.empty()).kind == "race"

    def put_unless(state):
        with state.queue.mutex:
            if not state.queue.queue:
                state.queue.queue.append(1)

    verdict = race(make, [put_unless, put_unless], lambda state: state.queue.qsize() == 1)
    assert verdict.kind == "ok", verdict.why

    def put_unless_unguarded(state):
        if not state.queue.queue:
            state.queue.put(1)

    bodies = [put_unless_unguarded, put_unless_unguarded]
    verdict = race(make, bodies, lambda state: state.queue.qsize() == 1)
    assert verdict.kind == "race"


def test_who_looks_at_what_is_in_a_queue_may_see_it_before_or_after():
    def make():
        return SimpleNamespace(queue=queue.Queue(), saw=None)

    def look(state):
        state.saw = len(state.queue.queue)

    def put(state):
        state.queue.put(1)

    assert both(make, [look, put], [0, 1]) == {0, 1}

    def spin(state):
        while not state.queue.queue:
            pass

    assert race(make, [spin, put], always).kind == "ok"
    assert race(make, [spin, nothing], always).kind == "livelock"
    # each may have changed it, so that the other looks again
    assert race(make, [spin, spin], always).kind in ("livelock", "unknown")


def test_who_waits_for_a_thing_waits_on_when_it_is_cleared_away():
    def make():
        it = queue.Queue()
        it.put(1)
        return it

    def clear(it):
        with it.mutex:
            time.sleep(0)  # here the other may come
            it.queue.clear()

    def get(it):
        it.get()

    verdict = race(make, [get, clear], always)
    assert verdict.kind == "deadlock", verdict.why


@pytest.mark.skipif(sys.version_info < (3, 13), reason="Queue.shutdown came with 3.13")
def test_a_queue_that_is_shut_down_lets_all_go_on():
    def make():
        it = queue.Queue(1)
        it.put(1)
        return it

    def end(it):
        it.shutdown(immediate=True)

    def wait(it):
        it.join()

    def put(it):
        with suppress(queue.ShutDown):
            it.put(2)
            it.join()

    assert race(make, [end, wait], always).kind == "ok"
    assert race(make, [end, put], lambda it: it.empty()).kind == "ok"


CALLS = {
    "put": lambda it: it.put(1),
    "get": lambda it: it.get(),
    "put_nowait": lambda it: it.put_nowait(1),
    "get_nowait": lambda it: it.get_nowait(),
    "qsize": lambda it: it.qsize(),
    "empty": lambda it: it.empty(),
    "task_done": lambda it: it.task_done(),
    "join": lambda it: it.join(),
    "timeout": lambda it: it.get(timeout=1),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_nothing_is_done_with_a_queue_whose_mutex_is_held(call):
    def make():
        it = queue.Queue()
        it.put(1)
        return it

    def hold(it):
        it.mutex.acquire()

    def use(it):
        with it.mutex:
            call(it)

    assert race(make, [use, nothing], always).kind == "deadlock"
    assert race(make, [hold, call], always).kind == "deadlock"


def test_who_waits_until_all_is_done_is_notified():
    def make():
        it = queue.Queue()
        it.put(1)
        return SimpleNamespace(queue=it, saw=None)

    def work(state):
        state.queue.get()
        state.queue.task_done()

    def wait(state):
        with state.queue.all_tasks_done:
            while state.queue.unfinished_tasks:
                state.queue.all_tasks_done.wait()

    def wait_a_while(state):
        with state.queue.all_tasks_done:
            done = state.queue.all_tasks_done
            state.saw = done.wait_for(lambda: not state.queue.unfinished_tasks, 1)

    assert race(make, [work, wait], always).kind == "ok"
    assert race(make, [nothing, wait], always).kind == "deadlock"
    assert race(make, [work, wait_a_while], lambda state: state.saw).kind == "ok"


@pytest.mark.parametrize("name, other", [("not_empty", "get"), ("not_full", "put")])
def test_a_condition_that_a_queue_does_not_have_is_refused(name, other):
    with pytest.raises(RuntimeError, match=f"q.{name} cannot be had here: q.{other}\\(\\) waits"):
        race(queue.Queue, [lambda it: getattr(it, name), nothing], always)


class Item:
    """Which of two is less is said by the program: that is no moment to come in between."""

    asked = 0

    def __init__(self, n):
        self.n = n

    def __lt__(self, other):
        Item.asked = Item.asked + 1
        return self.n < other.n


def test_a_queue_that_asks_its_things_is_in_order_meanwhile():
    def make():
        it = queue.PriorityQueue()
        it.put(Item(5))
        return it

    def put(n):
        return lambda it: it.put(Item(n))

    def holds(it):
        return [it.get().n for _ in range(3)] == [1, 2, 5] and Item.asked > 0

    assert race(make, [put(2), put(1)], holds).kind == "ok"


def test_a_time_out_matters_only_where_one_waits():
    agree(
        lambda: queue.Queue().put(1, timeout=-1),
        lambda: queue.Queue().put(1, False, -1),
        lambda: queue.Queue(1).put(1, timeout=-1),
        lambda: queue.Queue(1).put(1, False, -1),
        lambda: queue.Queue().get(False, -1),
        lambda: queue.Queue().get(True, -1),
        lambda: queue.SimpleQueue().put(1, True, -1),
        lambda: queue.SimpleQueue().get(False, -1),
        lambda: queue.SimpleQueue().get(True, -1),
        lambda: queue.Queue(1).put_nowait(1),
        lambda: queue.Queue().task_done(),
    )


FULL = queue.SimpleQueue()
FULL.put(1)
HALF_DONE = queue.Queue()
HALF_DONE.put(1)
HALF_DONE.put(2)
HALF_DONE.get()


def test_a_queue_that_was_made_before_is_as_it_was():
    def look(state):
        state.saw = HALF_DONE.qsize(), HALF_DONE.unfinished_tasks

    def take(state):
        FULL.get()

    assert race(SimpleNamespace, [look, nothing], lambda state: state.saw == (1, 2)).kind == "ok"
    with pytest.raises(RuntimeError, match="FULL cannot be copied for each run"):
        race(SimpleNamespace, [take, nothing], always)


# what they have

OURS = {
    *("kind", "clocks", "owner", "count", "is_free", "value", "most", "lock", "waiting"),
    *("tell_all", "flag", "here", "is_broken", "round", "timeout", "items", "pool", "state"),
    *("callbacks", "error", "is_done", "prefix", "initializer", "initargs", "work", "workers"),
    *("idle", "action", "max_workers", *(() if sys.version_info >= (3, 13) else ("is_shutdown",))),
}
KINDS = {
    "Lock": threading.Lock,
    "RLock": threading.RLock,
    "Semaphore": threading.Semaphore,
    "BoundedSemaphore": threading.BoundedSemaphore,
    "Condition": threading.Condition,
    "Event": threading.Event,
    "Barrier": lambda: threading.Barrier(2),
    "Queue": queue.Queue,
    "LifoQueue": queue.LifoQueue,
    "PriorityQueue": queue.PriorityQueue,
    "SimpleQueue": queue.SimpleQueue,
    "Future": futures.Future,
    "ThreadPoolExecutor": lambda: futures.ThreadPoolExecutor(1),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_stand_in_has_the_same_names_as_the_real_thing(name):
    room = next(one for one in (locks, conditions, queues, pools) if hasattr(one, name))
    real = KINDS[name]()
    kind = getattr(room, name)
    stand_in = kind(2) if name == "Barrier" else kind()
    names, has = ({one for one in dir(it) if one[0] != "_"} for it in (real, stand_in))
    names -= {"BROKEN", "prepare_context"}  # of 3.14's pool, for those who write pools
    more = has - names - OURS - ({"is_shutdown"} if name == "ThreadPoolExecutor" else set())
    assert (sorted(names - has), sorted(more)) == ([], [])


def test_the_threads_that_are_alive_are_the_workers():
    def begin(state):
        thread = threading.Thread(target=nothing, args=(state,))
        before = thread in threading.enumerate()
        thread.start()
        state.saw = before, thread in threading.enumerate(), threading.active_count()
        thread.join()
        state.is_in = threading.current_thread() in threading.enumerate()
        state.is_gone = thread not in threading.enumerate()

    def make():
        return SimpleNamespace(saw=None, is_in=False, is_gone=False)

    found = [(False, True, 3), (False, True, 4), (False, False, 2), (True, True, 4)]
    assert both(make, [begin, nothing], found) <= {*found[:3]}
    assert both(make, [begin, nothing], found) >= {*found[:2]}
    assert race(make, [begin, nothing], lambda state: state.is_in and state.is_gone).kind == "ok"


# pools


def test_a_pool_does_what_it_really_does():
    def wait():
        with futures.ThreadPoolExecutor(1) as pool:
            found = futures.wait([pool.submit(abs, -1)])
            return [one.result() for one in found.done], found.not_done

    def begin():
        one = futures.Future()
        had = one.set_running_or_notify_cancel(), one.running(), one.cancel()
        one.set_result(1)
        return had, one.result()

    def begin_in_vain():
        one = futures.Future()
        return one.cancel(), one.set_running_or_notify_cancel(), one.cancelled()

    def begin_twice():
        one = futures.Future()
        one.set_running_or_notify_cancel()
        one.set_running_or_notify_cancel()

    agree(
        wait,
        begin,
        begin_in_vain,
        begin_twice,
        lambda: futures.wait([futures.Future()], return_when="FIRST"),
        lambda: [*futures.as_completed([futures.Future()], 0)],
    )


def test_a_pool_that_is_not_told_how_many_has_five_threads():
    def meet(state):
        with futures.ThreadPoolExecutor() as pool:
            for _ in range(5):
                pool.submit(state.wait)

    verdict = race(lambda: threading.Barrier(5), [meet, nothing], always, seconds=1)
    assert verdict.kind in ("ok", "unknown"), verdict.why


def test_an_error_in_a_callback_is_logged_once_and_ends_nothing(caplog):
    def oops(future):
        raise ValueError("in a callback")

    def use(state):
        future = futures.Future()
        future.add_done_callback(oops)
        future.add_done_callback(lambda one: setattr(state, "n", state.n + 1))
        future.set_result(1)
        future.add_done_callback(oops)

    verdict = race(lambda: SimpleNamespace(n=0), [use, nothing], lambda state: state.n == 1)
    assert verdict.kind == "ok", verdict.why
    assert "exception calling callback" in caplog.text
    assert caplog.text.count("Traceback") <= 2


def test_a_time_out_is_of_all_that_is_waited_for():
    def make():
        return SimpleNamespace(had=0)

    def use(state):
        with futures.ThreadPoolExecutor(2) as pool:
            some = [pool.submit(threading.Event().wait, 0.75 * n) for n in (1, 2)]
            with suppress(TimeoutError):
                for _ in futures.as_completed(some, 1):
                    state.had += 1

    assert race(make, [use, nothing], lambda state: state.had < 2, seconds=2).kind != "race"

    def use_map(state):
        with futures.ThreadPoolExecutor(2) as pool, suppress(TimeoutError):
            for _ in pool.map(threading.Event().wait, [0.75, 1.5], timeout=1):
                state.had += 1

    assert race(make, [use_map, nothing], lambda state: state.had < 2, seconds=2).kind != "race"


def test_what_makes_the_state_may_be_a_class_of_threading_s():
    def take(lock):
        lock.acquire()

    verdict = race(threading.Lock, [take, take], always)
    assert verdict.kind == "deadlock"

"""The stand-ins of the race lab do what the real locks, queues and pools do."""

import queue
import sys
import threading
from concurrent import futures
from contextlib import suppress
from types import SimpleNamespace

import pytest

from helpers import race
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

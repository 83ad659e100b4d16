"""helpers.recorder: which lane gets which stretch of states, and what a task's waits are."""

import asyncio
import multiprocessing
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from math import nan

import numpy as np
import pytest

from helpers import record
from helpers.recorder.lane_states import of_tasks, of_threads
from helpers.recorder.recording import Lane, span_table

SEEN = [("pid", "i4"), ("tid", "i4"), ("state", "U8"), ("start", "f8"), ("end", "f8")]


def rows(table):
    return [(int(one["lane"]), str(one["state"]), one["start"], one["end"]) for one in table]


def test_each_thread_gets_its_own_stretches():
    lanes = [Lane("main", "m", 1), Lane("process", "p", 2), Lane("thread", "t", 2, within=1)]
    seen = [(1, 11, "lock", 0, 1), (2, 22, "running", 0, 0.5), (2, 23, "gil", 0.2, 0.9)]
    found = of_threads(lanes, [11, 22, 23], span_table([]), np.array(seen, SEEN))
    assert rows(found) == [(0, "lock", 0, 1), (1, "running", 0, 0.5), (2, "gil", 0.2, 0.9)]


def test_threads_that_had_the_same_number_one_after_the_other_are_told_apart():
    lanes = [Lane("thread", "a", 1), Lane("thread", "b", 1)]
    spans = span_table([(0, "f", "thread", 0.0, 0.4, nan), (1, "f", "thread", 0.5, nan, nan)])
    seen = np.array([(1, 7, "sleep", 0.1, 0.3), (1, 7, "lock", 0.6, 0.9)], SEEN)
    found = of_threads(lanes, [7, 7], spans, seen)
    assert rows(found) == [(0, "sleep", 0.1, 0.3), (1, "lock", 0.6, 0.9)]


def test_a_thread_runs_at_its_begin_and_its_end_if_it_was_on_a_core_for_so_long():
    idle = span_table([(0, "f", "thread", 0.0, 1.0, 0.001)])
    spans = span_table([(0, "f", "thread", 0.0, 1.0, 0.1)])
    seen = np.array([(1, 7, "sleep", 0.001, 0.9985)], SEEN)
    found = of_threads([Lane("thread", "a", 1)], [7], spans, seen)
    assert sorted(rows(found), key=lambda row: row[2]) == [
        (0, "running", 0.0, 0.001),
        (0, "sleep", 0.001, 0.9985),
        (0, "running", 0.9985, 1.0),
    ]
    found = of_threads([Lane("thread", "a", 1)], [7], idle, seen)
    assert rows(found) == [(0, "sleep", 0.001, 0.9985)]


def test_what_is_longer_unseen_stays_unseen():
    spans = span_table([(0, "f", "thread", 0.0, 1.0, nan)])
    seen = np.array([(1, 7, "sleep", 0.01, 0.9)], SEEN)
    found = of_threads([Lane("thread", "a", 1)], [7], spans, seen)
    assert rows(found) == [(0, "sleep", 0.01, 0.9)]


@pytest.fixture
def task():
    """A task's lane on main's, with two steps of its life, and the waits before them."""
    lanes = [Lane("main", "m", 1), Lane("task", "t", 1, within=0)]
    spans = span_table(
        [
            (1, "f", "task", 0.1, nan, nan),
            (1, "f", "step", 0.2, 0.3, nan),
            (1, "f", "step", 0.6, 0.8, nan),
        ]
    )
    return lanes, spans, np.array(["", "", "sleep"]), np.zeros(3)


def test_a_task_waits_for_its_turn_then_for_what_it_awaits(task):
    threads = np.zeros(0, [("lane", "i4"), ("state", "U8"), ("start", "f8"), ("end", "f8")])
    found = of_tasks(*task, {1: "network"}, threads, 1.0)
    assert rows(found) == [
        (1, "turn", 0.1, 0.2),
        (1, "sleep", 0.3, 0.6),
        (1, "network", 0.8, 1.0),
    ]


def test_a_task_whose_sleep_is_over_waits_for_its_turn(task):
    threads = np.zeros(0, [("lane", "i4"), ("state", "U8"), ("start", "f8"), ("end", "f8")])
    lanes, spans, waits, late = task
    late[:] = 0, 0, 0.2
    found = rows(of_tasks(lanes, spans, waits, late, {}, threads, 1.0))
    assert found[1:3] == [
        (1, "sleep", 0.3, pytest.approx(0.4)),
        (1, "turn", pytest.approx(0.4), 0.6),
    ]


def test_in_its_steps_a_task_does_what_its_thread_does(task):
    fields = [("lane", "i4"), ("state", "U8"), ("start", "f8"), ("end", "f8")]
    threads = [(0, "running", 0.0, 0.25), (0, "disk", 0.25, 0.7), (0, "running", 0.7, 1.0)]
    found = rows(of_tasks(*task, {}, np.array(threads, fields), 1.0))
    assert found[2:] == [
        (1, "running", 0.2, 0.25),
        (1, "disk", 0.25, 0.3),
        (1, "disk", 0.6, 0.7),
        (1, "running", 0.7, 0.8),
    ]


def test_a_step_shorter_than_the_sampler_can_see_runs_if_its_thread_ran_nearby(task):
    lanes, spans, waits, late = task
    spans.end[1:] = spans.start[1:] + 0.0003
    fields = [("lane", "i4"), ("state", "U8"), ("start", "f8"), ("end", "f8")]
    threads = [(0, "sleep", 0.0, 0.2005), (0, "running", 0.2005, 0.201), (0, "sleep", 0.201, 1.0)]
    found = rows(of_tasks(lanes, spans, waits, late, {}, np.array(threads, fields), 1.0))
    steps = [row for row in found if row[2] in (0.2, 0.6)]
    assert [row[:2] for row in steps] == [(1, "running"), (1, "sleep")]


def test_a_step_of_a_moment_runs_whatever_was_seen_of_its_thread(task):
    lanes, spans, waits, late = task
    spans.end[1:] = spans.start[1:] + 0.00003
    threads = np.zeros(0, [("lane", "i4"), ("state", "U8"), ("start", "f8"), ("end", "f8")])
    found = rows(of_tasks(lanes, spans, waits, late, {}, threads, 1.0))
    assert [row[:2] for row in found if row[2] in (0.2, 0.6)] == [(1, "running"), (1, "running")]


# --- measured ------------------------------------------------------------------------------------

linux = pytest.mark.skipif(sys.platform != "linux", reason="states are measured on Linux only")


def spent(run, number):
    """Return {state: seconds} of a lane."""
    mine = run.states[run.states.lane == number]
    times = {}
    for one in mine:
        times[str(one.state)] = times.get(str(one.state), 0) + one.end - one.start
    return times


@linux
def test_threads_and_tasks_wait_for_what_they_wait_for():
    lock = threading.Lock()

    async def main():
        queue = asyncio.Queue()
        waits = asyncio.create_task(queue.get())
        sleeps = asyncio.create_task(asyncio.sleep(0.2))
        await asyncio.to_thread(time.sleep, 0.1)
        await sleeps
        queue.put_nowait(1)
        await waits

    with record(states=True) as run:
        lock.acquire()
        blocked = threading.Thread(target=lock.acquire, name="blocked")
        blocked.start()
        asyncio.run(main())
        lock.release()
        blocked.join()
    if run.states is None:
        pytest.skip(run.unseen[0])
    told = {
        lane.spans.name[0]: spent(run, n) for n, lane in enumerate(run.lanes) if len(lane.spans)
    }
    most = {name: max(times, key=times.get) for name, times in told.items() if times}
    assert most["lock.acquire"] == "lock"
    assert most["Queue.get"] == "lock"
    assert told["sleep"]["sleep"] > 0.05
    assert most["main"] == "awaiting"


@linux
def test_a_thread_that_was_there_before_is_seen_too():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        with record(states=True) as run:
            pool.submit(time.sleep, 0.1).result()
    if run.states is None:
        pytest.skip(run.unseen[0])
    number = next(n for n, lane in enumerate(run.lanes) if {*lane.spans.name} == {"sleep"})
    assert spent(run, number)["sleep"] > 0.05


def hold_the_loop():
    """Sleep for 0.05 seconds in a task, while another one holds the loop for 0.3."""

    async def hold():
        time.sleep(0.3)

    async def main():
        await asyncio.gather(asyncio.sleep(0.05), hold())

    asyncio.run(main())


@linux
@pytest.mark.parametrize("make", [threading.Thread, multiprocessing.get_context("spawn").Process])
def test_who_is_held_up_waits_for_its_turn(make):
    with record(states=True) as run:
        worker = make(target=hold_the_loop)
        worker.start()
        worker.join()
    if run.states is None:
        pytest.skip(run.unseen[0])
    number = next(n for n, lane in enumerate(run.lanes) if {"sleep"} <= {*lane.spans.name})
    times = spent(run, number)
    assert 0.03 < times["sleep"] < 0.3
    assert times["turn"] > 0.2


def test_where_states_cannot_be_measured_it_is_said(monkeypatch):
    from helpers.recorder import states

    with monkeypatch.context() as patch:
        patch.setattr(states, "_sampler", states.Sampler())
        patch.setattr(states._sampler, "_hopeless", True)
        states._sampler.reason = "What threads waited for was not measured: for a test."
        with record(states=True) as run:
            pass
    assert run.states is None
    assert run.unseen == ["What threads waited for was not measured: for a test."]
    assert run.unseen[0] in run.alt

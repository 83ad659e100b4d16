"""helpers.recorder: spans named by hand, on threads and tasks."""

import asyncio
import threading
import time

import numpy as np
import pytest

from helpers import record, span
from helpers.recorder import spans


def own(run):
    """Return the spans that were named by hand."""
    return run.spans[run.spans.kind == "own"]


def test_a_span_is_written_down_with_its_times():
    with record() as run, span("parse"):
        time.sleep(0.01)
    (one,) = run.spans
    assert (one.lane, one.name, one.kind) == (0, "parse", "own")
    assert 0 <= one.start < one.end <= run.elapsed
    assert one.end - one.start >= 0.01
    assert one.cpu < one.end - one.start  # it slept
    assert run.lanes[0].kind == "main"
    assert run.states is None


def test_cpu_time_is_the_thread_s_own():
    with record() as run, span("count"):
        began = time.thread_time()
        while time.thread_time() - began < 0.02:
            pass
    assert run.spans[0].cpu >= 0.02


def test_each_thread_is_a_lane():
    meet = threading.Barrier(3)

    def job():
        with span("together"):
            meet.wait(30)

    with record() as run:
        threads = [threading.Thread(target=job, name=f"worker {n}") for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(lane.name for lane in run.lanes) == ["worker 0", "worker 1", "worker 2"]
    assert {lane.kind for lane in run.lanes} == {"thread"}
    assert run.peak() == run.peak("thread") == run.peak("own") == 3
    assert run.peak("task") == run.peak("item") == 0
    assert [one.kind for one in run.lanes[0].spans] == ["thread", "own"]
    assert run.lanes[0].spans.name[0] == "test_each_thread_is_a_lane.job"[-3:]


def test_the_main_lane_is_not_counted_in_the_peak():
    with record() as run, span("alone"):
        pass
    assert run.peak() == 0


def test_nested_spans_of_one_lane_count_once_among_lanes():
    def job():
        with span("outer"), span("inner"):
            pass

    with record() as run:
        thread = threading.Thread(target=job)
        thread.start()
        thread.join()
    assert (run.peak("thread"), run.peak("own")) == (1, 2)


def test_one_after_the_other_do_not_overlap():
    def job():
        with span("page"):
            time.sleep(0.001)

    with record() as run:
        for _ in range(4):
            thread = threading.Thread(target=job)
            thread.start()
            thread.join()
    assert len(run.lanes) == 4
    assert run.peak() == 1


def test_each_task_is_a_lane_and_has_no_cpu_time():
    async def job(name):
        with span(name):
            await asyncio.sleep(0.001)

    async def main():
        with record() as run:
            with span("here"):
                pass
            await asyncio.gather(*[job(f"page {n}") for n in range(3)])
        return run

    run = asyncio.run(main())
    assert [lane.kind for lane in run.lanes] == ["main", "task", "task", "task"]
    assert run.peak("task") == 3
    assert np.isnan(own(run).cpu).tolist() == [False, True, True, True]


def test_what_is_still_open_is_unfinished():
    go, opened = threading.Event(), threading.Event()

    def job():
        with span("endless"):
            opened.set()
            go.wait(30)

    with record() as run:
        thread = threading.Thread(target=job)
        thread.start()
        opened.wait(30)
    go.set()
    thread.join()
    assert np.isnan(run.spans.end).tolist() == [True, True]  # the thread, and the span in it
    assert run.peak() == 1


def test_an_exception_ends_span_and_recording():
    with pytest.raises(ZeroDivisionError), record() as run, span("broken"):
        _ = 1 / 0
    assert run.spans[0].end <= run.elapsed


def test_a_span_outside_a_recording_does_nothing():
    with span("unseen"):
        pass
    with record() as run:
        pass
    assert len(run.spans) == len(run.lanes) == 0
    assert repr(run) == "<Recording of 0 lanes, 0 spans>"


def test_recordings_may_nest():
    with record() as outer:
        with record() as inner, span("both"):
            pass
        with span("outer only"):
            pass
    assert [one.name for one in outer.spans] == ["both", "outer only"]
    assert [one.name for one in inner.spans] == ["both"]


def test_empty_recordings_may_nest_too():
    with record() as outer:
        with record():
            pass
        with span("seen"):
            pass
    assert [one.name for one in outer.spans] == ["seen"]
    assert spans._under_way == []


def test_recordings_in_two_threads_end_each_by_itself():
    meet, ended = threading.Barrier(2), []

    def job(wait_first):
        with record():
            meet.wait(30)
            if wait_first:
                meet.wait(30)
        ended.append(wait_first)
        if not wait_first:
            meet.wait(30)

    threads = [threading.Thread(target=job, args=(first,)) for first in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == [False, True]
    assert spans._under_way == []


def test_a_span_in_which_other_tasks_ran_has_no_cpu_time():
    async def burn():
        with span("burns"):
            while time.thread_time() - began < 0.01:
                pass

    async def main():
        with record() as run:
            with span("waits for it"):
                await asyncio.gather(burn())
            with span("alone"):
                pass
        return run

    began = time.thread_time()
    run = asyncio.run(main())
    assert dict(zip(own(run).name, np.isnan(own(run).cpu), strict=True)) == {
        "waits for it": True,
        "burns": False,
        "alone": False,
    }


def test_a_span_that_ends_in_another_thread_has_no_cpu_time():
    def spanned():
        with span("handed over"):
            yield

    with record() as run:
        generator = spanned()
        next(generator)
        thread = threading.Thread(target=generator.close)
        thread.start()
        thread.join()
    assert np.isnan(own(run).cpu).tolist() == [True]


def test_a_recording_under_way_is_not_drawn():
    with record() as run, span("seen"):
        for use in (run.timeline, run.peak, lambda: run.alt):
            with pytest.raises(RuntimeError, match=r"under way: call .* after"):
                use()
    assert run.peak() == 0


def test_each_lane_has_its_own_spans_in_order():
    def job(name):
        with span(f"{name} first"):
            pass
        with span(f"{name} then"):
            pass

    with record() as run:
        for name in "ab":
            thread = threading.Thread(target=job, args=(name,), name=name)
            thread.start()
            thread.join()
    told = {lane.name: [one.name for one in lane.spans] for lane in run.lanes}
    assert told == {"a": ["job", "a first", "a then"], "b": ["job", "b first", "b then"]}
    assert [run.lanes.index(lane) for lane in run.lanes] == [0, 1]


def test_spans_are_in_order_of_their_start():
    with record() as run, span("outer"), span("inner"):
        pass
    assert [one.name for one in run.spans] == ["outer", "inner"]


def test_bad_arguments_are_named():
    words = r'span\(name\): must be words such as "parse", not 3'
    with pytest.raises(TypeError, match=words), span(3):
        pass
    with record() as run:
        pass
    with pytest.raises(ValueError, match=r"peak\(kind\): must be one of thread, process, task"):
        run.peak("threads")

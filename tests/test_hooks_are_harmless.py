"""helpers.recorder: recorded code does what it does without us, and nothing of us stays behind."""

import asyncio
import concurrent.futures.process
import concurrent.futures.thread
import gc
import logging
import multiprocessing.pool
import multiprocessing.popen_fork
import multiprocessing.popen_forkserver
import os
import signal
import sys
import threading
import time
import traceback
from array import array
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from helpers import record, span
from helpers.recorder import hooks, log, shelf, spans, turns

OWNERS = [
    threading,
    threading.Thread,
    multiprocessing.process,
    multiprocessing.process.BaseProcess,
    multiprocessing.popen_fork.Popen,
    multiprocessing.popen_forkserver.Popen,
    multiprocessing.pool,
    multiprocessing.pool.Pool,
    multiprocessing.pool.ThreadPool,
    concurrent.futures.process,
    concurrent.futures.process.ProcessPoolExecutor,
    concurrent.futures.thread,
    concurrent.futures.thread._WorkItem,
    concurrent.futures.thread.ThreadPoolExecutor,
    asyncio,
    asyncio.events,
    asyncio.events.Handle,
    asyncio.events.TimerHandle,
    asyncio.base_events.BaseEventLoop,
    asyncio.tasks,
    os,
    sys,
    signal,
    time,
]
CHANGE_BY_THEMSELVES = ("last_", "_counter", "_cleanup", "__warningregistry__", "exc_", "ps")


def attributes():
    """Return every attribute of whatever may be hooked, and what else a recording touches."""
    state = {
        (repr(owner), name): value
        for owner in OWNERS
        for name, value in vars(owner).items()
        if not name.startswith(CHANGE_BY_THEMSELVES)
    }
    state["finders"] = list(sys.meta_path)
    state["configuration"] = dict(multiprocessing.process.current_process()._config)
    state["wakeup"] = signal.set_wakeup_fd(signal.set_wakeup_fd(-1))
    return state


def changed(before):
    after = attributes()
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def quietly():
    pass


def raising():
    raise ZeroDivisionError


def interrupted():
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("states", [False, True])
@pytest.mark.parametrize("job", [quietly, raising, interrupted])
def test_every_attribute_is_put_back(job, states):
    with record(states=states):
        pass
    before = attributes()
    try:
        with record(states=states):
            assert len(changed(before)) > 8
            job()
    except (ZeroDivisionError, KeyboardInterrupt):
        pass
    assert changed(before) == set()
    assert hooks.log is None


def test_what_is_hooked_is_known_to_the_test_of_it():
    with record():
        owners = [owner for owner, _ in hooks.patched()]
    assert owners
    assert all(any(owner is one for one in OWNERS) for owner in owners)


def test_no_thread_descriptor_or_child_stays_behind():
    def everything():
        with record(states=True):
            asyncio.run(asyncio.to_thread(quietly))

    everything()
    gc.collect()  # what earlier tests have left, of which the rest may still go meanwhile
    threads, files = {*threading.enumerate()}, {*Path("/proc/self/fd").iterdir()}
    for _ in range(20):
        everything()
    gc.collect()
    assert not {*threading.enumerate()} - threads
    assert not {*Path("/proc/self/fd").iterdir()} - files


def test_no_frame_of_ours_is_in_a_traceback():
    def fail():
        raise ValueError("mine")

    async def main():
        await asyncio.gather(asyncio.to_thread(fail))

    with pytest.raises(ValueError, match="mine") as caught, record():
        asyncio.run(main())
    assert not ours(caught.value)
    with pytest.raises(TypeError) as caught, record():
        asyncio.run(not_a_coroutine())
    assert not ours(caught.value)


async def not_a_coroutine():
    await asyncio.create_task(3)


def ours(error):
    """Return the frames of the hooks in an exception's traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if frame.filename in (hooks.__file__, turns.__file__)]


def test_a_thread_s_own_traceback_is_as_without_us(capfd, monkeypatch):
    def fail():
        raise ValueError("mine")

    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)  # pytest has its own
    with record():
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    told = capfd.readouterr().err
    assert "ValueError: mine" in told
    assert "hooks.py" not in told


def test_a_callback_s_exception_reaches_the_loop_s_handler_as_without_us():
    def contexts():
        told = []

        async def main():
            loop, task = asyncio.get_running_loop(), asyncio.current_task()
            loop.set_exception_handler(lambda _, context: told.append(context))
            loop.call_soon(partial(raising))
            loop.call_soon(task.set_name)  # a method of a task, without its argument
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        asyncio.run(main())
        return [(one["message"].split(" at 0x")[0], type(one["exception"])) for one in told]

    without = contexts()
    with record():
        within = contexts()
    assert len(without) == 2
    assert without == within


def test_a_task_that_nobody_keeps_is_lost_as_without_us(caplog):
    def lose():
        async def never():
            await asyncio.get_running_loop().create_future()

        async def main():
            asyncio.create_task(never())  # noqa: RUF006 - that is the point
            await asyncio.sleep(0)
            gc.collect()

        with caplog.at_level(logging.ERROR):
            asyncio.run(main())
        told = [one.getMessage().split("\n")[0] for one in caplog.records]
        caplog.clear()
        return told

    gc.collect()  # what earlier tests have lost is told now
    caplog.clear()
    without = lose()
    with record():
        within = lose()
    assert without == ["Task was destroyed but it is pending!"]
    assert within == without


def test_what_gets_the_id_of_a_lost_task_is_not_taken_for_it():
    class Other:
        def called(self):
            calls.append(id(self))

    calls, lost = [], set()

    async def main():
        loop = asyncio.get_running_loop()
        for _ in range(300):
            task = asyncio.create_task(loop_forever(loop))
            lost.add(id(task))
            await asyncio.sleep(0)
            del task
        gc.collect()
        others = [Other() for _ in range(3000)]
        for other in others:
            loop.call_soon(other.called)
        await asyncio.sleep(0)
        assert not {id(other) for other in others} & set(hooks.log.tasks)

    with record() as run:
        asyncio.run(main())
    assert len(calls) == 3000
    assert len(run.lanes) == 301


async def loop_forever(loop):
    await loop.create_future()


def test_interrupting_a_task_ends_it_and_the_recording():
    async def main():
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(60)

    with pytest.raises(KeyboardInterrupt), record() as run:
        asyncio.run(main())
    assert [lane.kind for lane in run.lanes] == ["task"]
    assert not np.isnan(run.spans.end).any()


def test_a_thread_whose_name_cannot_be_told_runs_all_the_same():
    class Strange:
        def __getattribute__(self, name):
            raise RuntimeError(name)

        def __call__(self):
            done.append(1)

    done = []
    with record() as run:
        thread = threading.Thread(target=Strange(), name="strange")
        thread.start()
        thread.join(30)
    assert done == [1]
    assert run.lanes[0].spans.name[0] == "Strange"


def test_a_target_that_has_every_attribute_runs_all_the_same():
    with record() as run:
        thread = threading.Thread(target=Mock())
        thread.start()
        thread.join(30)
    assert not thread.is_alive()
    assert [lane.kind for lane in run.lanes] == ["thread"]


def test_a_thread_whose_name_fails_runs_all_the_same():
    class Nameless(threading.Thread):
        @property
        def name(self):
            raise RuntimeError("not yet")

    done = []
    with record() as run:
        thread = Nameless(target=done.append, args=(1,))
        thread.start()
        thread.join(30)
    assert done == [1]
    assert run.lanes[0].name.startswith("Thread-")


def test_a_callback_that_does_not_like_to_be_asked_is_called():
    class Proxy:
        def __getattr__(self, name):
            raise RuntimeError(name)

        def __call__(self):
            called.append(1)

    async def main():
        asyncio.get_running_loop().call_soon(Proxy())
        await asyncio.sleep(0)

    called = []
    with record():
        asyncio.run(main())
    assert called == [1]


def mapstar(numbers):
    return sum(numbers)


def test_a_function_that_is_called_like_one_of_a_pool_s_own_is_not_taken_for_it():
    with record() as run, multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(mapstar, ([1, 2],)).get(30) == 3
    assert run.spans.name[run.spans.kind == "item"].tolist() == ["mapstar"]


def test_threads_that_follow_each_other_have_each_a_lane_of_their_own():
    with record() as run:
        for _ in range(3):
            with concurrent.futures.ThreadPoolExecutor(1) as executor:
                executor.submit(quietly).result()
        for name in ("first", "second"):
            thread = threading.Thread(target=asyncio.run, args=(coroutine(),), name=name)
            thread.start()
            thread.join()
    told = [(lane.kind, lane.name) for lane in run.lanes]
    assert [kind for kind, _ in told] == ["thread"] * 4 + ["task", "thread", "task"]
    assert [told[lane.within][1] for lane in run.lanes if lane.kind == "task"] == [
        "first",
        "second",
    ]


async def coroutine():
    pass


def test_a_loop_in_a_thread_of_its_own_has_a_lane():
    with record() as run:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="loop")
        thread.start()
        asyncio.run_coroutine_threadsafe(coroutine(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
    assert [(lane.kind, lane.within) for lane in run.lanes] == [("thread", None), ("task", 0)]


def test_an_interrupt_while_a_recording_begins_leaves_nothing_hooked(monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    with record():
        pass
    before = attributes()
    monkeypatch.setattr(spans, "_mark_host", interrupt)
    with pytest.raises(KeyboardInterrupt), record():
        pass
    monkeypatch.undo()
    assert changed(before) == set()
    assert spans._under_way == []
    with record() as run, span("seen"):
        pass
    assert run.spans.name.tolist() == ["seen"]


def test_a_forked_child_that_runs_on_ends_nothing_of_its_parent_s():
    with record() as run:
        with span("mine"):
            child = os.fork()
            if child:
                os.waitpid(child, 0)
                time.sleep(0.01)
        if not child:
            os._exit(0)
        later = multiprocessing.get_context("fork").Process(target=many_spans, args=(1,))
        later.start()
        later.join()
    mine = run.spans[run.spans.name == "mine"][0]
    assert mine.end - mine.start >= 0.01
    assert (run.spans.name == "one").sum() == 1


def test_recordings_that_end_together_close_their_shelf_once():
    def job():
        for _ in range(100):
            try:
                with record():
                    pass
            except BaseException as error:
                failed.append(error)

    failed = []
    threads = [threading.Thread(target=job) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert hooks.log is None


def test_stripping_a_traceback_takes_any_exception():
    class Odd(Exception):  # noqa: N818 - its name is no matter
        exceptions = None

    first = error = Odd()
    for _ in range(3000):
        error.__context__ = Odd()
        error = error.__context__
    spans.strip(first)
    spans.strip(ExceptionGroup("several", [ValueError(), Odd()]))


def test_names_are_those_of_the_work():
    async def job():
        pass

    coroutine = job()
    assert log.name_of(job) == log.name_of(partial(job)) == log.name_of(coroutine) == "job"
    coroutine.close()
    assert log.name_of(shelf.Shelf.close) == "Shelf.close"
    assert log.name_of([].append) == "list.append"
    assert log.name_of(partial(partial(max, 1), 2)) == "max"
    assert log.name_of(3) == "int"


def test_a_task_has_the_name_it_has_in_the_end():
    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0), name="short")
            long = group.create_task(asyncio.sleep(0))
            long.set_name("renamed")

    with record() as run:
        asyncio.run(main())
    assert [lane.name for lane in run.lanes][1:] == ["short", "renamed"]
    context = multiprocessing.get_context("fork")
    with record() as run:
        child = context.Process(target=lambda: asyncio.run(main()))
        child.start()
        child.join()
    assert [lane.name for lane in run.lanes][2:] == ["short", "renamed"]


# --- too much ------------------------------------------------------------------------------------


def test_spans_without_room_are_counted(monkeypatch):
    monkeypatch.setattr(log, "OWN_SPANS", 4096)  # 128 spans
    with record() as run:
        for _ in range(200):
            with span("one"):
                pass
    assert len(run.spans) == 128
    assert run.unseen == ["There was no room for 72 more spans."]


def test_spans_of_a_child_without_room_are_counted(monkeypatch):
    monkeypatch.setattr(shelf, "SPANS_SIZE", 4096)
    monkeypatch.setattr(shelf, "PLACE_SIZE", shelf.HEAD_SIZE + shelf.NAMES_SIZE + 4096)
    with record() as run:
        child = multiprocessing.get_context("fork").Process(target=many_spans, args=(200,))
        child.start()
        child.join()
    assert len(run.spans) == 128
    assert run.unseen == ["There was no room for 73 more spans."]  # and its life is one


def many_spans(number):
    for _ in range(number):
        with span("one"):
            pass


def test_turns_without_room_are_counted(monkeypatch):
    stream = turns.Stream(0)
    monkeypatch.setattr(turns, "MOST", 6)
    for number in range(3):
        for value in (turns.FLAG | number, 10 * number + 1, 10 * number + 2):
            stream.note(value)
        stream.pack()
    assert stream.numbers == []
    assert stream.lost == 1
    assert turns.decode(stream, array("q"))[:, 3].tolist() == [turns.FLAG, turns.FLAG | 1]


def test_a_stream_is_packed_while_it_grows(monkeypatch):
    monkeypatch.setattr(turns, "SELDOM", 0)  # at every turn
    monkeypatch.setattr(turns, "CHUNK", 30)

    async def many():
        for _ in range(100):
            await asyncio.sleep(0)
        return [len(stream.packed) for stream in hooks.log.streams.values()]

    with record() as run:
        (packed,) = asyncio.run(many())
    assert packed == 9  # 303 numbers, 33 at a time
    steps = run.spans[run.spans.kind == "step"]
    assert len(steps) == 101
    assert (steps.end[:-1] <= steps.start[1:]).all()


def test_turns_within_turns_and_open_ones_are_told_apart():
    stream = turns.Stream(0)
    outer, inner, last = (turns.FLAG | number for number in (1, 2, 3))
    stream.numbers.extend([outer, 10, inner, 11, 12, 13, last, 14])
    late = array("q", [14, 3, 11, 5])  # in the order in which two threads wrote them
    assert turns.decode(stream, late).tolist() == [
        [10, 13, 0, outer],
        [11, 12, 5, inner],
        [14, 0, 3, last],
    ]


# --- children ------------------------------------------------------------------------------------


def is_hooked(_):
    return len(hooks.patched())


def test_a_worker_that_outlives_the_recording_puts_everything_back():
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.map(is_hooked, [1]) == [0]
    with record() as run:
        pool = multiprocessing.get_context("fork").Pool(1)
        (during,) = pool.map(is_hooked, [1])
    (after,) = pool.map(is_hooked, [1])
    pool.close()
    pool.join()
    assert during > 0
    assert after == 0
    assert (run.spans.kind == "item").sum() == 1


def test_a_killed_child_loses_nothing_that_was_finished():
    context = multiprocessing.get_context("fork")
    told, tell = context.Pipe(duplex=False)
    with record() as run:
        child = context.Process(target=some_spans_then_wait, args=(tell,))
        child.start()
        told.recv()
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        time.sleep(0.05)
    spans = {one.name: one.end for one in run.spans}
    assert set(spans) == {"some_spans_then_wait", "one", "two", "open"}
    assert [name for name, end in spans.items() if np.isnan(end)] == [
        "some_spans_then_wait",
        "open",
    ]
    (lane,) = run.lanes
    assert spans["two"] <= lane.until <= run.elapsed - 0.05


def some_spans_then_wait(tell):
    for name in ("one", "two"):
        with span(name):
            pass
    with span("open"):
        tell.send(True)
        time.sleep(60)


def test_without_memory_files_a_folder_serves(monkeypatch, tmp_path):
    monkeypatch.delattr(os, "memfd_create")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with record() as run:
        for method in ("fork", "spawn"):
            context = multiprocessing.get_context(method)
            child = context.Process(target=many_spans, args=(3,), name=f"by {method}")
            child.start()
            child.join()
    assert [lane.kind for lane in run.lanes] == ["process", "process"]
    assert [lane.name for lane in run.lanes] == ["by fork", "by spawn"]
    assert (run.spans.kind == "own").sum() == 6
    assert list(tmp_path.iterdir()) == []


def test_where_only_ancestors_may_look_each_child_allows_the_sampler(monkeypatch, tmp_path):
    from helpers.recorder import states

    rule, told = tmp_path / "ptrace_scope", tmp_path / "told"
    rule.write_text("1\n")
    monkeypatch.setattr(states, "YAMA", rule)
    monkeypatch.setattr(states, "allow", lambda pid: told.write_text(str(pid)))
    with record(states=True) as run:
        child = multiprocessing.get_context("fork").Process(target=quietly)
        child.start()
        child.join()
    if run.states is None:
        pytest.skip(run.unseen[0])
    assert told.read_text() == str(states.sampler().pid)


def test_many_processes_that_begin_at_once_do_not_disturb_each_other():
    context = multiprocessing.get_context("fork")

    def all_at_once(target, number, *arguments):
        children = [context.Process(target=target, args=arguments) for _ in range(number)]
        for child in children:
            child.start()
        for child in children:
            child.join()

    with record() as run:
        all_at_once(all_at_once, 8, many_spans, 8, 1)
    assert len(run.lanes) == 8 + 64
    assert (run.spans.kind == "own").sum() == 64


def test_a_process_that_is_started_after_the_recording_runs_without_it():
    with record():
        child = multiprocessing.get_context("spawn").Process(target=many_spans, args=(1,))
    child.start()
    child.join()
    assert child.exitcode == 0


def test_a_recording_within_a_child_is_its_own():
    context = multiprocessing.get_context("fork")
    told, tell = context.Pipe(duplex=False)
    with record() as run:
        child = context.Process(target=record_and_tell, args=(tell,))
        child.start()
        names = told.recv()
        child.join()
    assert child.exitcode == 0
    assert names == ["mine"]
    assert [lane.kind for lane in run.lanes] == ["process"]


def record_and_tell(tell):
    with record() as run, span("mine"):
        pass
    tell.send(run.spans.name.tolist())

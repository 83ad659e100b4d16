"""helpers.recorder at its edges: other users and systems, odd threads, results that come early."""

import _thread
import asyncio
import concurrent.futures
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from helpers import record, span
from helpers.magic import CellMagics
from helpers.recorder import harvest, hooks, log, shelf, spans, states
from helpers.recorder.recording import Lane, span_table, state_table

ROOT = Path(__file__).resolve().parent.parent
NOBODY = 65534
fork = multiprocessing.get_context("fork") if sys.platform != "win32" else None
needs_fork = pytest.mark.skipif(fork is None, reason="no fork on this system")


def in_a_span(name):
    with span(name):
        pass


def run_child(target, *arguments, context=fork):
    child = context.Process(target=target, args=arguments)
    child.start()
    child.join()
    return child


# --- children ------------------------------------------------------------------------------------


def as_nobody_with_a_child():
    os.setuid(NOBODY)
    run_child(in_a_span, "inner")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs two users")
def test_a_child_that_changes_its_user_still_records_its_children():
    with record() as run:
        run_child(as_nobody_with_a_child)
    assert "inner" in run.spans.name
    assert run.unseen == []


def out_of_reach(*_):
    raise FileNotFoundError


@needs_fork
def test_a_child_that_could_not_write_is_told_of(monkeypatch):
    monkeypatch.setattr(shelf.Shelf, "place", out_of_reach)
    with record() as run:
        assert run_child(in_a_span, "unseen").exitcode == 0
    assert run.unseen == ["What a process did was not recorded."]
    assert run.unseen[0] in run.alt


@needs_fork
def test_a_python_without_memory_files_asks_the_system_for_one(monkeypatch):
    if sys.platform != "linux":
        pytest.skip("memory files are Linux's")
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr("tempfile.mkdtemp", out_of_reach)
    with record() as run:
        run_child(in_a_span, "inner")
    assert "inner" in run.spans.name


def waits_for_a_lock(module):
    if module:
        sys.modules[module] = sys.modules[__name__]
    lock = threading.Lock()
    lock.acquire()
    lock.acquire(timeout=0.5)


@needs_fork
@pytest.mark.parametrize(
    ("module", "state"), [("", "lock"), ("concurrent.futures.interpreter", "waiting")]
)
def test_a_child_that_may_have_other_gils_has_no_locks(module, state):
    with record(states=True) as run:
        run_child(waits_for_a_lock, module)
    if run.states is None:
        pytest.skip(run.unseen[0])
    (number,) = [number for number, lane in enumerate(run.lanes) if lane.kind == "process"]
    its = run.states[run.states.lane == number]
    told = {one: (its.end - its.start)[its.state == one].sum() for one in ("lock", "waiting")}
    assert told[state] > sum(told.values()) / 2, told


@pytest.mark.parametrize(("platform", "answer"), [("darwin", False), ("win32", True)])
def test_without_proc_a_process_is_asked_or_taken_for_alive(monkeypatch, platform, answer):
    monkeypatch.setattr(harvest.sys, "platform", platform)
    monkeypatch.setattr(harvest.os, "kill", lambda *_: (_ for _ in ()).throw(ProcessLookupError))
    assert harvest._is_alive(os.getpid()) is answer


def test_a_killed_child_that_was_sampled_is_drawn_to_its_last_sample_not_to_the_join():
    lane = Lane("process", "1", pid=1)
    table = span_table([(0, "life", "process", 0.0, np.nan, np.nan)])
    states = state_table([(0, "sleep", 0.0, 0.3)])
    harvest._note_ends(SimpleNamespace(lanes=[lane]), table, states, deaths={1: 2.0})
    assert lane.until == 0.3
    harvest._note_ends(SimpleNamespace(lanes=[lane]), table, None, deaths={1: 2.0})
    assert lane.until == 2.0


def ended(number):
    return number


@needs_fork
def test_a_child_of_before_is_not_told_of():
    before = run_child(ended, 1)
    zombie = fork.Process(target=ended, args=(1,))
    zombie.start()
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    with record() as run:
        assert before.exitcode == 0
        run_child(in_a_span, "inner")
    assert run.unseen == []
    zombie.join()


def begins_and_lives_on(tell):
    tell.send("here")
    time.sleep(600)


def with_a_killed_child():
    told, tell = fork.Pipe(duplex=False)
    child = fork.Process(target=begins_and_lives_on, args=(tell,))
    child.start()
    told.recv()  # of one that is killed before it has begun nothing is drawn
    time.sleep(0.05)
    child.kill()
    child.join()


@needs_fork
def test_a_killed_child_of_a_child_is_drawn_to_its_death():
    with record() as run:
        run_child(with_a_killed_child)
    _, inner = run.lanes
    assert inner.until >= inner.spans.start[0] + 0.05


def forks_and_lives_on(tell):
    child = os.fork()
    if child == 0:
        sys.exit()  # through all that is around it
    os.waitpid(child, 0)
    time.sleep(0.05)
    tell.send(time.perf_counter())


@needs_fork
def test_a_fork_does_not_end_the_life_of_its_parent():
    told, tell = fork.Pipe(duplex=False)
    with record() as run:
        began = time.perf_counter()
        run_child(forks_and_lives_on, tell)
    last = told.recv() - began
    life = run.spans[(run.spans.kind == "process") & (run.spans.name == "forks_and_lives_on")]
    assert life.end[0] >= last - 0.001


class Odd(str):
    def __repr__(self):
        return "Odd.name"


@needs_fork
@pytest.mark.parametrize("name", [Odd("mine"), "x" * 10_000])
def test_a_process_may_have_any_name(name):
    with record() as run:
        child = fork.Process(target=in_a_span, args=("inner",), name=name)
        child.start()
        child.join()
    (lane,) = run.lanes
    assert lane.name == str(name)[:200]


def records_later(go, tell):
    tell.send("here")
    go.wait(60)
    with record() as run:
        in_a_span("its own")
    tell.send(run.spans.name.tolist())


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_child_that_outlives_the_recording_can_record(method):
    context = multiprocessing.get_context(method)
    go, (told, tell) = context.Event(), context.Pipe(duplex=False)
    with record():
        child = context.Process(target=records_later, args=(go, tell))
        child.start()
        assert told.recv() == "here"
    go.set()
    assert told.recv() == ["its own"]
    child.join()


def test_a_recording_that_cannot_begin_leaves_nothing_open(monkeypatch):
    def refused(_):
        raise OSError("no memory")

    with record():
        pass
    monkeypatch.setattr(log.Log, "_memory", refused)
    gc.collect()  # what an earlier test has left in a cycle would otherwise go at any time
    before = open_files()
    with pytest.raises(OSError, match="no memory"), record():
        pass
    assert hooks.log is None
    assert open_files() == before


def open_files():
    folder = Path("/proc/self/fd")
    return sorted(folder.iterdir()) if folder.is_dir() else []


# --- threads and items ---------------------------------------------------------------------------


def test_a_thread_without_an_object_gets_none():
    done = _thread.allocate_lock()
    done.acquire()

    def work():
        with suppress(RuntimeError), span("raw"):
            pass
        done.release()

    before = set(threading._active)
    with record() as run:
        _thread.start_new_thread(work, ())
        done.acquire()
    assert set(threading._active) <= before
    (lane,) = run.lanes
    assert lane.kind == "thread"
    assert lane.spans.name.tolist() == ["raw"]


def test_nothing_of_ours_keeps_a_thread_from_starting(monkeypatch):
    done = threading.Event()
    with record() as run:
        monkeypatch.setattr(log.Log, "new_thread_lane", out_of_reach)
        thread = threading.Thread(target=done.set)
        thread.start()
        thread.join()
    assert done.is_set()
    assert run.lanes == []


def test_an_item_whose_result_is_there_has_ended():
    begin, go = threading.Event(), threading.Event()
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        with record() as run:
            future = executor.submit(begin.wait)
            future.add_done_callback(lambda _: go.wait(60))  # runs in the worker, within the item
            begin.set()
            future.result()
        go.set()
    (item,) = run.spans[run.spans.kind == "item"]
    assert item.end <= run.elapsed
    assert np.isnan(item.cpu)  # its thread has not told it


def test_a_cancelled_item_is_not_told_as_called():
    go = threading.Event()
    with record() as run, concurrent.futures.ThreadPoolExecutor(1) as executor:
        executor.submit(go.wait)
        assert executor.submit(in_a_span, "never").cancel()
        go.set()
    assert (run.spans.kind == "item").sum() == 1


def test_items_without_room_are_counted_and_called(monkeypatch):
    monkeypatch.setattr(log, "OWN_SPANS", 4096)
    with record() as run, concurrent.futures.ThreadPoolExecutor(1) as executor:
        assert sum(executor.map(abs, range(200))) == sum(range(200))
    assert (run.spans.kind == "item").sum() == 128
    assert run.unseen == ["There was no room for 72 more spans."]


def test_a_task_that_is_done_is_not_taken_for_a_new_one():
    async def nothing():
        pass

    async def main():
        task = asyncio.ensure_future(nothing())
        await task
        with record() as run:
            task.get_loop().call_soon(task.set_name, "late")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert task.get_name() == "late"
        return run

    assert asyncio.run(main()).lanes == []


class LikeAnArray:
    def __call__(self, number):
        return number + 1

    def __eq__(self, other):
        raise ValueError("neither true nor false")

    __hash__ = None


@needs_fork
def test_a_pool_calls_whatever_can_be_called():
    with record() as run, fork.Pool(1) as pool:
        assert pool.apply_async(LikeAnArray(), (1,)).get(timeout=60) == 2
        assert pool.map(LikeAnArray(), [1, 2]) == [2, 3]
    assert (run.spans.kind == "item").sum() == 3


def test_only_what_calls_for_the_library_is_looked_through():
    def run(*_):
        pass

    assert log.name_of(partial(run, "a")) == "run"
    assert log.name_of(partial(copy_context().run, run)) == "run"
    assert log.name_of(partial(copy_context().run, partial(in_a_span, "a"))) == "in_a_span"


# --- interrupts ----------------------------------------------------------------------------------


def test_a_recording_whose_end_is_interrupted_lets_go_of_the_sampler(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    with record(states=True):
        pass
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt), record(states=True):
        patched.setattr(spans.Session, "_stop_sampling", interrupt)
    assert hooks.log is None
    with record(states=True) as run:
        pass
    assert not any("another recording" in one for one in run.unseen)


def test_an_interrupt_at_the_end_of_a_recording_unhooks_all_the_same(monkeypatch):
    def interrupt_once(*_):
        patched.undo()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt), record():
        patched.setattr(log.Log, "end_done_items", interrupt_once)
    assert hooks.log is None
    assert hooks.patched() == []
    with record(states=True) as run:
        pass
    assert spans.WITHIN not in run.unseen


@pytest.mark.skipif(sys.platform != "linux", reason="states are measured on Linux only")
def test_two_threads_never_talk_to_the_sampler_at_once(monkeypatch):
    one, order, inside, really = states.Sampler(), [], threading.Event(), states.Sampler._take

    def take(self, size):
        order.append("in")
        inside.set()
        time.sleep(0.05)
        found = really(self, size)
        order.append("out")
        return found

    assert one.start(), one.reason
    monkeypatch.setattr(states.Sampler, "_take", take)
    stopped = []
    thread = threading.Thread(target=lambda: stopped.append(one.stop()))
    thread.start()
    inside.wait()
    assert one.start(), one.reason
    thread.join()
    assert stopped[0] is not None
    assert one.stop() is not None
    assert order == ["in", "out"] * (len(order) // 2)
    one.close()


@pytest.fixture
def shell():
    """A shell with no more of it than the magic uses."""
    events = SimpleNamespace(register=lambda *_: None, unregister=lambda *_: None)
    manager = SimpleNamespace(register_function=lambda *_: None, magics={"cell": {}})
    return SimpleNamespace(
        input_transformers_cleanup=[], events=events, magics_manager=manager, user_ns={}
    )


def cell(source="%%timeline\n"):
    return SimpleNamespace(raw_cell=source)


def test_an_interrupt_at_the_end_of_a_cell_gives_its_traceback_back_and_the_next_cell_unhooks(
    shell, monkeypatch, capsys
):
    magic = CellMagics(shell)
    magic.begin(cell())
    with monkeypatch.context() as patched:
        patched.setattr(log.Log, "end_done_items", lambda *_: signal.raise_signal(signal.SIGINT))
        magic.end()
    assert "interrupted" in capsys.readouterr().err
    assert not hasattr(shell, "showtraceback")
    magic.begin(cell("1 + 1"))
    assert hooks.log is None
    magic.close()


def test_an_empty_cell_within_a_cell_ends_nothing(shell):
    magic = CellMagics(shell)
    magic.begin(cell())
    magic.end(SimpleNamespace(info=cell(" ")))
    assert magic.session is not None
    magic.abandon()
    magic.close()


def test_cells_within_a_cell_are_of_its_recording(shell):
    magic = CellMagics(shell)
    magic.begin(cell("%%timeline run"))
    magic.begin(cell("1 + 1"))
    magic.end()
    assert magic.session is not None
    assert "run" not in shell.user_ns
    magic.abandon()
    magic.close()


# --- asyncio -------------------------------------------------------------------------------------


@pytest.mark.parametrize("debug", [False, True])
def test_in_debug_mode_too_a_failing_callback_is_told_as_without_us(debug):
    def fail(_):
        raise ZeroDivisionError

    async def main():
        told = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context["message"]))
        loop.call_soon(fail, "an argument")
        await asyncio.create_task(asyncio.sleep(0))
        await asyncio.sleep(0)
        return told

    without = asyncio.run(main(), debug=debug)
    with record():
        within = asyncio.run(main(), debug=debug)
    assert without == within
    assert len(without) == 1


# --- what the code does to the process -----------------------------------------------------------


def told(code):
    """Run a program of its own, and return what it printed."""
    options = {"capture_output": True, "text": True, "timeout": 60, "cwd": ROOT}
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], **options)
    assert run.stderr == ""
    return run.stdout


@pytest.mark.parametrize("states", [False, True])
def test_what_a_handler_of_a_signal_raises_is_not_swallowed(states):
    code = f"""
        import signal, time
        from helpers import record
        def handler(*_):
            raise TimeoutError("too long")
        with record(states=True):
            pass
        signal.signal(signal.SIGALRM, handler)
        passed = 0
        for delay in range(1, 101):
            try:
                signal.setitimer(signal.ITIMER_REAL, delay / 4000)
                with record(states={states}):
                    time.sleep(0.02)
                time.sleep(1)
            except TimeoutError:
                passed += 1
        print(passed)
    """
    assert told(code) == "100\n"


@pytest.mark.skipif(sys.platform != "linux", reason="states are measured on Linux only")
def test_a_handler_that_leaves_a_lock_taken_does_not_hang_the_recorder():
    code = """
        import os, subprocess
        from helpers import record
        class Interrupted(subprocess.Popen):
            def wait(self, timeout=None):
                self._waitpid_lock.acquire()
                raise TimeoutError("from a handler")
        subprocess.Popen = Interrupted
        try:
            with record(states=True):
                pass
        except TimeoutError:
            pass
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            print("nothing is left")
    """
    assert told(code) == "nothing is left\n"


@pytest.mark.skipif(sys.platform != "linux", reason="states are measured on Linux only")
def test_what_a_handler_raises_while_a_file_is_read_is_not_swallowed():
    code = """
        from helpers import record
        from helpers.recorder import states
        class Rule:
            def read_text(self):
                raise TimeoutError("from a handler")
        states.YAMA = Rule()
        try:
            with record(states=True):
                pass
        except TimeoutError as error:
            print(error)
    """
    assert told(code) == "from a handler\n"


def test_a_plain_thread_is_not_asked_for_its_name():
    code = """
        import threading
        from helpers import record, span
        asked = []
        threading.Thread.name = property(lambda self: asked.append(self))
        with record() as run, span("a bar"):
            pass
        print(run.lanes[0].name, asked)
    """
    assert told(code) == "MainThread []\n"  # or a handler's error would be taken for the thread's


@needs_fork
def test_files_of_the_code_that_get_a_number_of_ours_are_left_alone():
    code = """
        import os, socket, tempfile
        from helpers import record
        with record(states=True):
            os.closerange(3, 256)
            pairs = [socket.socketpair() for _ in range(6)]
            for one, other in pairs:
                one.sendall(b"there")
                other.sendall(b"here")
        print({one.recv(99) for one, _ in pairs}, {other.recv(99) for _, other in pairs})
    """
    assert told(code) == "{b'here'} {b'there'}\n"


@needs_fork
def test_files_of_a_child_that_get_a_number_of_ours_are_left_alone():
    code = """
        import os, sys, tempfile
        from helpers import record
        folder = tempfile.TemporaryDirectory()
        names = [f"{folder.name}/{number}" for number in range(8)]
        with record(states=True):
            child = os.fork()
            if child == 0:
                folder._finalizer.detach()
                os.closerange(3, 256)
                files = [open(name, "w") for name in names]
                for file in files:
                    file.write("data")
                sys.exit()
            os.waitpid(child, 0)
        print({open(name).read() for name in names})
    """
    assert told(code).endswith("{'data'}\n")


def test_a_python_that_does_not_know_its_program_records_without_states(monkeypatch):
    states.close()
    monkeypatch.setattr(sys, "executable", None)
    with record(states=True) as run:
        pass
    assert run.states is None
    monkeypatch.undo()
    with record(states=True) as run:
        pass
    assert run.states is not None or run.unseen


@pytest.mark.skipif(sys.platform == "win32", reason="a program for a shell")
def test_a_program_that_never_ends_is_given_up(monkeypatch, tmp_path):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setattr(states, "PATIENCE", 0.2)
    monkeypatch.setattr(sys, "executable", str(program))
    one = states.Sampler()
    assert not one.start()
    assert one.reason
    assert one.pid is None


def test_an_unhooking_that_was_interrupted_is_done_again(monkeypatch):
    real, calls = setattr, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(*arguments)

    with pytest.raises(KeyboardInterrupt), record():
        monkeypatch.setattr(hooks, "setattr", interrupted, raising=False)
    assert hooks.patched() == []
    with record() as run:
        in_a_span("later")
    assert run.spans.name.tolist() == ["later"]


@needs_fork
def test_who_ignores_the_deaths_of_children_has_states():
    code = """
        import signal
        from helpers import record
        with record(states=True) as before:
            pass
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        from helpers.recorder import states
        states.close()
        with record(states=True) as run:
            pass
        print((before.states is None) == (run.states is None), run.unseen == before.unseen)
    """
    assert told(code) == "True True\n"

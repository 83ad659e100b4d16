"""Tests of the states of threads: what is told of programs whose truth is known."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from benchmarks.known_waits import WAITS, repeat
from helpers.recorder import probe, runtime, states, waits
from helpers.recorder.states import Samples
from helpers.recorder.stretches import stretches
from helpers.recorder.waits import STATES

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = states.PROGRAM
MS = 1_000_000
CORES = ("running", "ready")

linux = pytest.mark.skipif(sys.platform != "linux", reason="states are measured on Linux only")


@pytest.fixture
def sampler():
    one = states.sampler()
    if not one.start():
        assert probe.REFUSED in one.reason or probe.UNKNOWN in one.reason, one.reason
        pytest.skip(one.reason)
    one.stop()
    yield one
    one.stop()


@pytest.fixture(autouse=True, scope="module")
def _end():
    yield
    states.close()


def sampled(sampler, *bodies, **how):
    """Run each body in a thread; return the table and the threads' ids."""
    tids = [0] * len(bodies)

    def live(number, body):
        tids[number] = threading.get_native_id()
        body()

    threads = [threading.Thread(target=live, args=pair) for pair in enumerate(bodies)]
    assert sampler.start(**how), sampler.reason
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    samples = sampler.stop()
    assert samples, sampler.reason
    return stretches(samples), tids


def shares(table):
    """Return the ns in each state."""
    lengths = Counter()
    for state, length in zip(table.state.tolist(), (table.end - table.start).tolist(), strict=True):
        lengths[state] += length
    return lengths


def spin(seconds=0.4):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


# What is told of threads.


@linux
@pytest.mark.parametrize("name", WAITS)
def test_a_wait_is_told_by_its_kind(sampler, name):
    wait = WAITS[name]()
    began = []
    table, (tid,) = sampled(sampler, lambda: began.append(repeat(wait, 0.25)))
    told = shares(table[(table.tid == tid) & (table.start > began[0])])
    blocked = {state: ns for state, ns in told.items() if state not in (*CORES, "gil")}
    if wait.state == "disk" and sum(blocked.values()) < 20 * MS:
        pytest.skip("the disk is too fast here to be waited for")
    assert blocked[wait.state] > 0.7 * sum(blocked.values()), told


@linux
def test_a_wait_for_the_gil_is_no_wait_for_a_lock(sampler):
    table, tids = sampled(sampler, spin, spin, spin)
    for tid in tids:
        told = shares(table[table.tid == tid])
        assert told["running"] > 0
        waits = {state: ns for state, ns in told.items() if state not in CORES}
        assert told["gil"] > 0.9 * sum(waits.values()), told  # how long, a busy machine decides
        assert told["lock"] < 0.02 * told["gil"]


@linux
def test_a_thread_that_is_alone_waits_for_no_gil(sampler):
    table, (tid,) = sampled(sampler, lambda: time.sleep(0.2))
    assert "gil" not in {*table.state[table.tid == tid].tolist()[1:]}


@linux
def test_more_processes_than_cores_are_ready_or_running(sampler):
    assert sampler.start()
    pids = []
    core = min(os.sched_getaffinity(0))
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            os.sched_setaffinity(0, {core})
            spin()
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    table = stretches(sampler.stop())
    told = shares(table[np.isin(table.pid, pids)])
    assert told["running"] + told["ready"] > 0.9 * sum(told.values())
    assert told["ready"] > 0.4 * sum(told.values())


@linux
def test_a_program_started_meanwhile_has_a_gil_of_its_own(sampler):
    code = "import threading as t\ndef f():\n for _ in range(6_000_000): pass\n"
    code += "a = [t.Thread(target=f) for _ in range(3)]\n[x.start() for x in a]"
    assert sampler.start()
    child = subprocess.Popen([sys.executable, "-S", "-c", code])
    child.wait()
    table = stretches(sampler.stop())
    mine, its = shares(table[table.pid == os.getpid()]), table[table.pid == child.pid]
    assert mine["child"] > 0
    assert len({*its.tid.tolist()}) == 4
    threads = shares(its[its.tid != child.pid])
    assert threads["gil"] > 10 * threads["lock"]


@linux
def test_threads_that_live_shortly_are_seen(sampler):
    table, tids = sampled(sampler, *[lambda: time.sleep(0.1)] * 20)
    assert len({*tids} & {*table.tid.tolist()}) >= 15


@linux
def test_hidden_threads_are_left_out(sampler):
    done = threading.Event()
    hidden = threading.Thread(target=done.wait)
    hidden.start()
    table, _ = sampled(sampler, lambda: time.sleep(0.01), hidden=[hidden.native_id])
    done.set()
    hidden.join()
    assert hidden.native_id not in table.tid
    assert threading.get_native_id() in table.tid


@linux
def test_the_sampler_does_not_watch_itself(sampler):
    assert sampler.start()
    assert sampler.pid not in stretches(sampler.stop()).pid


@linux
def test_stretches_do_not_overlap(sampler):
    table, _ = sampled(sampler, spin, spin, *[lambda: time.sleep(0.01)] * 5)
    assert (table.end > table.start).all()
    same = (table.pid[1:] == table.pid[:-1]) & (table.tid[1:] == table.tid[:-1])
    assert (table.start[1:] >= table.end[:-1])[same].all()
    keys = [*zip(table.pid.tolist(), table.tid.tolist(), table.start.tolist(), strict=True)]
    assert keys == sorted(keys)


# The helper: kept, ended, lost.


@linux
def test_a_hundred_recordings_leave_nothing_open(sampler):
    helper = sampler.pid
    files = [open_files("self"), open_files(helper)]
    for _ in range(100):
        assert sampler.start()
        assert sampler.stop()
    assert sampler.pid == helper
    for pid, before in zip(("self", helper), files, strict=True):
        assert open_files(pid) <= before  # of earlier tests' some may be closed meanwhile


def open_files(pid):
    return len([*Path(f"/proc/{pid}/fd").iterdir()])


@linux
def test_nothing_is_left_of_a_helper_that_was_closed(sampler):
    pid = sampler.pid
    states.close()
    assert sampler.pid is None
    wait_for_the_end(pid)


def wait_for_the_end(pid):
    """Wait until a helper whose line is cut is marked as ended; one that stays is a hang."""
    while not has_ended(pid):
        time.sleep(0.01)


def has_ended(pid):
    """Say whether a process has ended; who collects it may be slow, or may never come."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


@linux
def test_a_helper_that_is_killed_is_missed_and_replaced(sampler):
    assert sampler.start()
    lost = sampler.pid
    os.kill(lost, signal.SIGKILL)
    assert sampler.stop() is None
    assert "ended" in sampler.reason
    assert sampler.start()
    assert sampler.reason == ""
    assert sampler.pid != lost
    assert sampler.stop()
    wait_for_the_end(lost)


@linux
def test_code_may_wait_until_it_has_no_more_children():
    code = """
import os
from helpers import record
with record(states=True) as run:
    child = os.fork() or os._exit(0)
    try:
        while True:
            assert os.wait()[0] == child
    except ChildProcessError:
        pass
print(run.states is not None or run.unseen)
"""
    options = {"cwd": ROOT, "capture_output": True, "text": True, "timeout": 60}
    run = subprocess.run([sys.executable, "-c", code], **options)
    assert (run.stdout, run.stderr) == ("True\n", "")


@linux
def test_a_default_time_out_of_sockets_is_not_the_line_s():
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(5)
    one = states.Sampler()
    try:
        assert one.start()
        flags = Path(f"/proc/{one.pid}/fdinfo/1").read_text().split("flags:")[1].split()[0]
        assert not int(flags, 8) & os.O_NONBLOCK
        assert one._line_to.gettimeout() is None
    finally:
        socket.setdefaulttimeout(before)
        one.close()


@linux
def test_who_adopts_the_helper_collects_it():
    code = """
import ctypes, os
from helpers.recorder import states
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
one = states.Sampler()
assert one.start(), one.reason
one.close()
try:
    print(os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("no child")
"""
    options = {"cwd": ROOT, "capture_output": True, "text": True, "timeout": 60}
    run = subprocess.run([sys.executable, "-c", code], **options)
    assert (run.stdout, run.stderr) == ("no child\n", "")


@linux
@pytest.mark.parametrize("moment", [1, 2])
def test_an_interrupt_while_it_starts_leaves_no_helper(monkeypatch, moment):
    one, really, moments = states.Sampler(), states.Sampler._read, iter(range(1, moment + 1))

    def read(self):
        if next(moments) == moment:
            raise KeyboardInterrupt
        really(self)

    before = helpers()
    monkeypatch.setattr(states.Sampler, "_read", read)
    with pytest.raises(KeyboardInterrupt):
        one.start()
    assert one.pid is None
    assert helpers() == before


def helpers():
    """Return the pids of the helpers of this process that run."""
    command = b"%s\0%d\0" % (os.fsencode(states.PROGRAM), os.getpid())
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if command in (folder / "cmdline").read_bytes():  # empty, once it has ended
                found.add(folder.name)
    return found


@linux
def test_the_helper_ignores_interrupts(sampler):
    assert sampler.start()
    os.kill(sampler.pid, signal.SIGINT)
    assert sampler.stop()


@linux
def test_an_interrupt_while_it_answers_leaves_nothing_half_read(sampler, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    assert sampler.start()
    monkeypatch.setattr(sampler, "_read", interrupt)
    with pytest.raises(KeyboardInterrupt):
        sampler.stop()
    monkeypatch.undo()
    assert sampler.start()
    assert sampler.stop()


@linux
def test_a_second_recording_meanwhile_is_refused(sampler):
    assert sampler.start()
    assert not sampler.start()
    assert "another recording" in sampler.reason
    assert sampler.stop()


@linux
@pytest.mark.parametrize("recording", [False, True])
def test_the_helper_ends_with_its_parent_though_a_child_holds_the_line(recording):
    code = f"""
import os, time
from helpers.recorder import probe, runtime, states, waits
one = states.sampler()
assert one.start(), one.reason
{"" if recording else "one.stop()"}
if os.fork() == 0:
    time.sleep(60)
print(one.pid, flush=True)
time.sleep(60)
"""
    options = {"stdout": subprocess.PIPE, "text": True, "cwd": ROOT, "start_new_session": True}
    with subprocess.Popen([sys.executable, "-c", code], **options) as parent:
        helper = int(parent.stdout.readline())
        file = os.pidfd_open(helper)
        parent.kill()
        parent.wait()
        try:
            assert states.select.select([file], [], [], 30)[0], "the helper lives on"
        finally:
            os.close(file)
            os.killpg(parent.pid, signal.SIGKILL)


@linux
def test_a_forked_child_has_a_sampler_of_its_own(sampler):
    helper = sampler.pid
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        its = states.sampler()
        answer = f"{its is sampler} {its.pid} {its.start()} {its.stop() is not None}"
        states.close()
        os.write(writer, answer.encode())
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(reader, 99) == b"False None True True"
    os.close(reader)
    os.close(writer)
    assert sampler.start()
    assert sampler.pid == helper


@linux
def test_rows_that_find_no_room_are_counted(sampler, monkeypatch):
    monkeypatch.setattr(states, "ROOM", 10)
    one, done = states.Sampler(), threading.Event()
    threads = [threading.Thread(target=done.wait) for _ in range(20)]  # each has a row at least
    for thread in threads:
        thread.start()
    assert one.start()
    samples = one.stop()
    one.close()
    done.set()
    for thread in threads:
        thread.join()
    assert len(samples.rows) == 10 * 56
    assert samples.dropped > 0


# Where states cannot be measured.


def test_elsewhere_the_reason_is_told(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    one = states.Sampler()
    assert not one.start()
    assert one.stop() is None
    assert one.reason == ("What threads waited for was not measured: it can be read on Linux only.")


@linux
def test_a_helper_that_cannot_start_is_no_error(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    one = states.Sampler()
    assert not one.start()
    assert "could not be started" in one.reason


@linux
@pytest.mark.parametrize("answer", ["no this system is odd", ""])
def test_a_failed_test_is_the_reason(monkeypatch, tmp_path, answer):
    program = tmp_path / "sampler.py"
    begin = "import os\nif os.fork(): os._exit(0)\nprint(os.getpid(), flush=True)\n"
    program.write_text(f"{begin}input()\nprint({answer!r})" if answer else "")
    monkeypatch.setattr(states, "PROGRAM", program)
    one = states.Sampler()
    assert not one.start()
    assert one.reason.endswith("this system is odd." if answer else "does not answer.")
    assert one.pid is None


@linux
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs two users")
def test_what_may_not_be_read_is_refused():
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setuid(65534)
        os.write(writer, probe.why_not(os.getppid()).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    answer = os.read(reader, 999).decode()
    os.close(reader)
    os.close(writer)
    assert answer == probe.REFUSED


@linux
@pytest.mark.parametrize("wrong", ["sleep", "gil"])
def test_the_test_fails_where_anything_else_is_seen(monkeypatch, wrong):
    monkeypatch.setattr(probe, "LIMIT", 500 * MS)
    if wrong == "sleep":
        for number in waits.AT_ONCE:
            monkeypatch.setitem(waits.AT_ONCE, number, "child")
    else:
        monkeypatch.setattr(runtime, "find", lambda pid: range(1, 2))
    assert probe.why_not(os.getpid()) == probe.WRONG


@linux
def test_the_test_passes_here(sampler):
    assert probe.why_not(os.getpid()) == ""


@linux
def test_only_the_machines_whose_calls_are_known(monkeypatch):
    monkeypatch.setattr(probe, "known_machine", lambda: False)
    assert probe.why_not(os.getpid()) == probe.UNKNOWN


@linux
def test_the_runtime_is_where_the_linker_says(sampler):
    place = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    found = runtime.find(os.getpid())
    assert found.start == place
    assert 1000 < len(found) < 10_000_000


@linux
def test_a_process_without_python_has_no_runtime():
    with subprocess.Popen(["sleep", "60"]) as child:
        assert runtime.find(child.pid) is None
        child.kill()


def test_loading_it_loads_the_standard_library_only():
    code = "import sys; from helpers.recorder import states; print('numpy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "False\n"


# From rows to stretches, on rows made by hand: (state, first, last, core, queue, turns) in ms.


def made(*rows, born=0, pid=7, longest=1.0):
    numbers = [
        (0, STATES.index(state), *(round(x * MS) for x in times), turns)
        for state, *times, turns in rows
    ]
    table = np.array(numbers, np.int64).tobytes()
    lanes = np.array([(pid, 8, round(born * MS))], np.int64).tobytes()
    return Samples(lanes, table, 1, round(longest * MS), 0, 0, ())


def told(samples, **how):
    table = stretches(samples, **how)
    columns = table.state.tolist(), table.start.tolist(), table.end.tolist()
    return [(state, start / MS, end / MS) for state, start, end in zip(*columns, strict=True)]


def test_no_rows_no_stretches():
    assert len(stretches(made())) == 0


def test_the_same_counters_are_evidence_over_any_time():
    assert told(made(("lock", 5, 9000, 1, 0, 3))) == [("lock", 5, 9000)]


def test_a_short_turn_lies_in_the_middle():
    samples = made(("sleep", 10, 20, 1, 0, 3), ("sleep", 21, 30, 1.2, 0, 4))
    assert told(samples) == [("sleep", 10, 20.4), ("running", 20.4, 20.6), ("sleep", 20.6, 30)]


def test_what_changed_in_a_long_time_unseen_is_a_gap():
    samples = made(("sleep", 10, 20, 1, 0, 3), ("sleep", 90, 95, 2, 0, 4))
    assert told(samples) == [("sleep", 10, 20), ("sleep", 90, 95)]


def test_a_thread_that_ran_all_the_time_unseen_leaves_no_gap():
    samples = made(("running", 10, 10, 1, 0, 3), ("running", 90, 90, 81, 0, 3))
    assert told(samples) == [("running", 10, 90)]


def test_a_thread_that_never_lost_its_core_ran_though_less_was_counted():
    samples = made(("running", 10, 10, 1, 0, 3), ("running", 19, 19, 6, 0, 3))
    assert told(samples) == [("running", 10, 19)]


def test_a_wait_for_a_core_ends_when_it_gets_one():
    rows = [("sleep", 10, 20, 1, 0, 3), ("running", 21, 23, 1, 0, 3)]
    samples = made(*rows, ("running", 24, 24, 1, 3, 4), ("sleep", 25, 30, 2, 3, 4))
    (_, _, woken), (ready, _, got), (running, _, slept), *_ = told(samples)
    assert (ready, running) == ("ready", "running")
    assert 20 <= woken <= 21
    assert got - woken == pytest.approx(3)
    assert slept - got == pytest.approx(1)


def test_a_blocked_thread_that_was_woken_is_ready_until_it_runs():
    samples = made(("lock", 10, 20, 1, 0, 3), ("lock", 21, 30, 1.1, 5, 4))
    first, ready, running, last = told(samples)
    assert [row[0] for row in (first, ready, running, last)] == ["lock", "ready", "running", "lock"]
    assert ready[2] - ready[1] == pytest.approx(5, abs=0.01)
    assert running[2] - running[1] == pytest.approx(0.1, abs=0.01)
    assert 15 <= ready[1] <= 16


def test_what_a_thread_did_before_it_was_seen_is_told_if_its_birth_was():
    rows = [("sleep", 10, 20, 0.5, 0.25, 1)]
    assert told(made(*rows)) == [("sleep", 10, 20)]
    assert told(made(*rows, born=9)) == [
        ("ready", 9.25, 9.5),
        ("running", 9.5, 10),
        ("sleep", 10, 20),
    ]
    assert told(made(*rows, born=9.9)) == [("sleep", 10, 20)]


def test_a_wait_between_two_looks_at_a_running_thread_is_a_gap():
    samples = made(("running", 10, 10, 1, 0, 3), ("running", 12, 12, 2, 0, 4))
    assert told(samples)[0][0] == told(samples)[-1][0] == "running"
    assert 0.9 < sum(end - start for _, start, end in told(samples)) < 1.6


def test_a_thread_that_no_tick_counts_is_ready():
    samples = made(("sleep", 10, 20, 1, 0, 3), ("running", 21, 60, 1, 0, 3))
    assert told(samples)[-1] == ("ready", 21, 60)


def test_no_lock_is_told_where_interpreters_have_gils_of_their_own():
    samples = made(("lock", 5, 9, 1, 0, 3))
    assert told(samples, own_gils=[7]) == [("waiting", 5, 9)]
    assert told(samples, own_gils=[1]) == [("lock", 5, 9)]


def test_threads_do_not_disturb_each_other():
    one, other = made(("lock", 5, 9, 1, 0, 3), pid=9), made(("sleep", 1, 99, 50, 70, 3), pid=2)
    rows = np.frombuffer(other.rows, np.int64).copy()
    rows[0] = 1
    both = Samples(one.lanes + other.lanes, one.rows + rows.tobytes(), 1, MS, 0, 0, ())
    assert told(both) == [("sleep", 1, 99), ("lock", 5, 9)]


def test_any_rows_make_stretches_that_do_not_overlap():
    numbers = np.random.default_rng(1)
    for _ in range(50):
        count = 200
        steps = numbers.integers(0, 3 * MS, (count, 2)).ravel()
        times = 10**12 + np.cumsum(steps).reshape(-1, 2)
        core, queue = (np.cumsum(numbers.integers(0, 2 * MS, count)) for _ in range(2))
        code, turns = numbers.integers(0, 9, count), np.cumsum(numbers.integers(0, 3, count))
        rows = np.column_stack((np.zeros(count, int), code, times, core, queue, turns))
        samples = Samples(np.array([(1, 2, 0)]).tobytes(), rows.tobytes(), 1, MS, 0, 0, ())
        table = stretches(samples)
        assert (table.end > table.start).all()
        assert (table.start[1:] >= table.end[:-1]).all()
        assert table.start.min() >= times[0, 0]
        assert table.end.max() <= times[-1, 1]

"""helpers.cluster: a Dask cluster's programs, one of them killed, and the picture of what ran."""

import gc
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from math import isnan
from operator import not_
from pathlib import Path

import psutil
import pytest

from helpers.cluster import Cluster, clocks, machines, stream, task_stream
from helpers.cluster.clocks import Clock
from helpers.cluster.task_stream import _Found
from helpers.pictures import pictures
from helpers.workers import blur

distributed = pytest.importorskip("distributed", reason="Dask is not installed")
config = pytest.importorskip("dask.config")
Client, LocalCluster, as_completed = (
    distributed.Client,
    distributed.LocalCluster,
    distributed.as_completed,
)
ROOT = Path(__file__).resolve().parent.parent
MARK = "THREE_LANES_TEST", f"cluster-{os.getpid()}-"  # others may run these tests just now
SETTLE = 60  # seconds in which what has been told to end has ended, on a machine that is busy
SOON = 5  # seconds after which a client gives up a scheduler, instead of 30
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
has_signals = pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is no signal there")


def settled(look, right=bool):
    """Return what is seen once it is right, or at the end of all patience."""
    deadline = time.monotonic() + SETTLE
    while not right(found := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def marked():
    """Return the commands of all other processes that have the mark of these tests."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            is_ours = "=".join(MARK).encode() in (path.parent / "environ").read_bytes()
            command = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if is_ours and int(path.parent.name) != os.getpid() and "resource_tracker" not in command:
            found.append(command)
    return found


def threads():
    return [one.name for one in threading.enumerate() if one.name.startswith("Cluster")]


def answers(address):
    host, _, port = address.rpartition("//")[2].rpartition(":")
    with socket.socket() as one:
        return one.connect_ex((host, int(port))) == 0


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Where clusters keep their files; nothing of them is left, nor any program or thread."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv(*MARK)
    with config.set({"temporary-directory": str(tmp_path)}):  # of these tests' own clusters
        yield folder
    assert not settled(threads, not_)
    assert not settled(marked, not_)
    assert not [*folder.iterdir()]


def test_what_is_left_is_seen():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as left:
        assert settled(marked)
        left.kill()


# --- the programs ---------------------------------------------------------------------------------


def test_it_starts_computes_and_leaves_nothing(place):
    with Cluster() as cluster:
        assert answers(cluster.address)
        assert [one.name for one in cluster.workers] == ["worker-1", "worker-2"]
        assert all(is_alive(one.pid) and one.ended is None for one in cluster.workers)
        assert repr(cluster) == "<Cluster of 2 workers, 2 of them running>"
        with Client(cluster.address) as client:
            assert client.gather(client.map(lambda n: n * n, range(5))) == [0, 1, 4, 9, 16]
            # Of the course, what a worker finds; and nothing of this process.
            assert client.submit(blur, pictures()[0], place).result().name == pictures()[0].name
            (place / pictures()[0].name).unlink()
            pids = client.run(os.getpid)
            assert {*pids.values()} == {one.pid for one in cluster.workers}
            info = client.scheduler_info(n_workers=-1)["workers"].values()
            assert {one["nthreads"] for one in info} == {1}
    assert not answers(cluster.address)
    assert not any(is_alive(one.pid) for one in cluster.workers)
    assert all(one.ended for one in cluster.workers)
    assert repr(cluster.workers[0]) == "<Worker worker-1, ended>"


def test_so_many_workers_with_so_many_threads():
    with Cluster(workers=1, threads=3) as cluster, Client(cluster.address) as client:
        assert repr(cluster) == "<Cluster of 1 worker, 1 of them running>"
        info = client.scheduler_info(n_workers=-1)["workers"].values()
        assert [one["nthreads"] for one in info] == [3]
        with pytest.raises(RuntimeError, match="has begun already"):
            cluster.__enter__()
    with pytest.raises(RuntimeError, match="has begun already"):
        cluster.__enter__()


def test_its_commands_are_those_for_machines_of_their_own():
    assert Cluster(workers=2, threads=4).commands == [
        "dask scheduler --no-dashboard",
        "dask worker tcp://first-machine:8786 --name worker-1 --nthreads 4 --no-nanny "
        "--no-dashboard",
        "dask worker tcp://first-machine:8786 --name worker-2 --nthreads 4 --no-nanny "
        "--no-dashboard",
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"workers": 0}, r"Cluster\(workers\): must be a whole number from 1 to 32, not 0"),
        ({"workers": 1.5}, "not 1.5"),
        ({"workers": True}, "not True"),
        ({"workers": "2"}, "not '2'"),
        ({"threads": 65}, r"Cluster\(threads\): must be a whole number from 1 to 64, not 65"),
    ],
)
def test_what_cannot_be_started_is_one_line(arguments, told):
    with pytest.raises(ValueError, match=told):
        Cluster(**arguments)


def test_without_dask_it_says_how_to_get_it(monkeypatch):
    for room in (machines, task_stream):
        monkeypatch.setattr(room, "lacking", "{} is not installed: get it.".format)
    with pytest.raises(ModuleNotFoundError, match=r"^Cluster: dask is not installed: get it.$"):
        Cluster()
    with (
        pytest.raises(ModuleNotFoundError, match=r"^stream: dask is not installed: get it.$"),
        stream(None),
    ):
        pass


def test_a_program_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(machines, "OF_WORKER", ["--nonsense"])
    with pytest.raises(
        RuntimeError, match=r"Cluster: worker-1 could not start: .*--nonsense"
    ) as it:
        Cluster(workers=1).__enter__()
    assert "\n" not in str(it.value)


def test_its_port_is_none_that_others_are_given():
    assert all(machines._free_port() in machines.PORTS for _ in range(20))


def test_programs_that_are_not_ready_in_time_are_named(monkeypatch):
    monkeypatch.setattr(machines, "PATIENCE", 0.0)
    monkeypatch.setattr(machines, "READY", dict.fromkeys(machines.READY, "what none of them says"))
    told = "Cluster: not ready after 0 seconds: scheduler, worker-1, worker-2; ask for fewer"
    with pytest.raises(RuntimeError, match=told):
        Cluster().__enter__()


def test_a_worker_that_was_killed_stays_dead():
    with Cluster() as cluster, Client(cluster.address) as client:
        before = time.perf_counter()
        cluster.workers[0].kill()
        assert before < cluster.workers[0].ended <= time.perf_counter()
        assert settled(lambda: len(client.scheduler_info(n_workers=-1)["workers"]) == 1)
        assert client.submit(os.getpid).result() == cluster.workers[1].pid
        assert repr(cluster) == "<Cluster of 2 workers, 1 of them running>"
        ended = cluster.workers[0].ended
        cluster.workers[0].kill()  # again: nothing more happens
    assert cluster.workers[0].ended == ended


def test_a_worker_that_somebody_else_ends_is_noticed():
    with Cluster(workers=1) as cluster:
        psutil.Process(cluster.workers[0].pid).kill()
        assert settled(lambda: cluster.workers[0].ended)


def test_a_block_that_never_ends_leaves_nothing():
    cluster = Cluster(workers=1)
    cluster.__enter__()
    pid = cluster.workers[0].pid
    del cluster
    gc.collect()
    assert not settled(lambda: is_alive(pid), not_)


@has_signals
@pytest.mark.parametrize("moment", ["before they are ready", "when they are"])
def test_an_interrupt_leaves_nothing(monkeypatch, moment):
    wait, pids = machines._wait, []

    def interrupted(programs, *how):
        pids.extend(one.pid for one in programs.values())
        if moment == "when they are":
            wait(programs, *how)
        os.kill(os.getpid(), signal.SIGINT)
        if moment != "when they are":
            wait(programs, *how)

    monkeypatch.setattr(machines, "_wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Cluster(workers=1).__enter__()
    assert len(pids) == 2
    assert not any(map(is_alive, pids))


KILLED = """
from helpers.cluster import Cluster
with Cluster() as cluster:
    print(cluster.address, *[one.pid for one in cluster.workers], flush=True)
    input()
"""


@pytest.mark.slow
@on_linux
def test_if_this_process_is_killed_nothing_is_left(place):
    command = [sys.executable, "-c", KILLED]
    how = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": ROOT}
    with subprocess.Popen(command, **how) as program:
        address, *pids = program.stdout.readline().decode().split()
        assert all(is_alive(int(one)) for one in pids)
        assert [*place.iterdir()]
        program.kill()
        program.wait()
    assert not settled(lambda: any(is_alive(int(one)) for one in pids), not_)
    assert not settled(lambda: answers(address), not_)
    assert not settled(lambda: [*place.iterdir()], not_)


# --- what ran -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_200_pictures_come_right_though_a_worker_is_killed_half_way(tmp_path):
    some = pictures()
    right, many = tmp_path / "in_turn", 200 // len(some)
    right.mkdir()
    expected = [blur(one, right).read_bytes() for one in some] * many
    folders = [tmp_path / str(number) for number in range(many)]
    for folder in folders:
        folder.mkdir()
    jobs = [(one, folder) for folder in folders for one in some]
    with Cluster() as cluster, Client(cluster.address) as client:
        with stream(client) as run:
            futures = [client.submit(blur, *job) for job in jobs]
            for number, _ in enumerate(as_completed(futures), 1):
                if number == 100:
                    cluster.workers[0].kill()
            done = client.gather(futures)
        first, second = cluster.workers
    assert len(done) == 200
    assert [one.read_bytes() for one in done] == expected
    assert done == [folder / one.name for one, folder in jobs]

    assert [(one.kind, one.name, one.pid) for one in run.lanes] == [
        ("process", "worker-1", first.pid),
        ("process", "worker-2", second.pid),
    ]
    killed, other = run.lanes
    items = run.spans[run.spans.kind == "item"]
    assert {*items.name} == {"blur"}
    assert len(items) >= 200  # what the dead worker had kept was done once more
    assert len(items) == 200 + (killed.spans.kind == "item").sum()
    assert 0 < killed.until < run.elapsed
    assert other.until is None
    assert isnan(killed.spans.end[-1])  # torn where it was killed
    assert run.ends()[run.spans.lane == 0].max() == killed.until
    assert other.spans.end.max() > killed.until
    alone = other.spans.start > killed.until
    assert alone.any()
    for lane in run.lanes:  # one thread, one thing after the other
        ends = [*lane.spans.end[:-1]]
        assert all(end <= start for end, start in zip(ends, lane.spans.start[1:], strict=True))
    words = run.timeline(title="one killed").alt
    assert "worker-1: blur from" in words
    assert "1 process not finished" in words
    assert "worker-1 was gone after" in words
    assert "and what it was at is not told" in words


def test_a_worker_with_threads_has_a_lane_for_each():
    def both(_):  # waits for the other thread; sent as it is, for workers do not find this module
        import sys
        import threading

        vars(sys).setdefault("_both", threading.Barrier(2)).wait(30)

    with Cluster(1, threads=2) as cluster, Client(cluster.address) as client, stream(client) as run:
        client.gather(client.map(both, range(2)))
    process, *others = run.lanes
    assert process.name == "worker-1"
    assert [(one.kind, one.name, one.within) for one in others] == [
        ("thread", "worker-1, thread 1", 0),
        ("thread", "worker-1, thread 2", 0),
    ]
    # They were at work at once, or neither would have ended. Each is drawn to when the worker's
    # loop said that it had ended: on a busy machine that is later by more than they took.
    assert sorted(zip(run.spans.lane, run.spans.name, strict=True)) == [(1, "both"), (2, "both")]
    assert "worker-1, thread 2 of process worker-1: both from" in run.timeline().alt


def test_what_is_fetched_from_another_worker_has_a_lane():
    with Cluster() as cluster, Client(cluster.address) as client, stream(client) as run:
        made = client.submit(bytes, 5_000_000, workers="worker-1", key="made-1")
        long = client.submit(len, made, workers="worker-2", key="long-1")
        assert long.result() == 5_000_000
    assert [one.name for one in run.lanes] == ["worker-1", "worker-2", "worker-2, data thread"]
    done = {(int(one.lane), one.name) for one in run.spans}  # two workers have two clocks
    assert done == {(0, "made"), (2, "data for long"), (1, "long")}
    assert [(one.lane, one.state) for one in run.states] == [(2, "network")]
    assert "waiting for the network" in run.timeline().alt


def test_any_cluster_will_do_and_an_error_is_a_span_too():
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.submit(abs, -1).result()  # before the block: not in it
        began = time.perf_counter()
        with stream(client, since=began - 5) as run, pytest.raises(ZeroDivisionError):
            client.submit(divmod, 1, 0).result()
    assert [(one.kind, one.pid) for one in run.lanes] == [("thread", os.getpid())]
    assert run.lanes[0].name.startswith("worker ")
    assert [*run.spans.name] == ["divmod"]
    assert 5 <= run.spans.start[0] <= run.spans.end[0] <= run.elapsed


def test_a_block_that_fails_raises_its_own_error_and_shows_what_ran_until_then():
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster) as client,
        pytest.raises(KeyError),
        stream(client) as run,
    ):
        client.submit(abs, -1).result()
        raise KeyError
    assert [*run.spans.name] == ["abs"]
    assert "abs from" in run.timeline().alt


def test_an_error_counts_more_than_a_scheduler_that_is_gone():
    with Cluster(workers=1) as cluster:
        client = Client(cluster.address, timeout=SOON)
        with pytest.raises(KeyError) as found, stream(client):
            cluster.__exit__(None, None, None)
            raise KeyError
    assert found.value.__context__ is None
    client.close()


@pytest.mark.parametrize("thing", [None, "tcp://127.0.0.1:1", Client])
def test_what_is_no_client_is_refused(thing):
    told = r"stream\(client\): must be a Client that is not awaited, not "
    with pytest.raises(TypeError, match=told), stream(thing):
        pass


LATER = time.perf_counter() + 1e6


@pytest.mark.parametrize("since", ["now", float("nan"), True, pytest.param(LATER, id="later")])
def test_what_is_no_moment_is_refused(since):
    with Cluster(1) as cluster, Client(cluster.address) as client:
        told = r"^stream\(since\): must be what time.perf_counter\(\) showed, not"
        with pytest.raises(ValueError, match=told), stream(client, since=since):
            pass


def test_a_client_that_is_closed_is_told_in_one_line():
    with Cluster(1) as cluster, Client(cluster.address) as client:
        client.close()
        with pytest.raises(RuntimeError, match=r"the client is closed$"), stream(client):
            pass


@on_linux
def test_who_is_stopped_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(clocks, "PATIENCE", 3.0)
    with Cluster(2) as cluster, Client(cluster.address) as client:
        os.kill(cluster.workers[0].pid, signal.SIGSTOP)
        with stream(client) as run:
            assert client.submit(sum, [1, 2], workers=["worker-2"]).result() == 3
        assert [lane.name for lane in run.lanes] == ["worker-1", "worker-2"]
        with pytest.raises(RuntimeError, match="the scheduler does not answer"), stream(client):
            mine = [one for one in psutil.Process().children() if is_alive(one.pid)]
            (scheduler,) = (one for one in mine if "scheduler" in one.cmdline())
            scheduler.suspend()


def test_a_scheduler_that_is_gone_is_told_in_one_line():
    with Cluster(workers=1) as cluster:
        client = Client(cluster.address, timeout=SOON)
        told = r"stream\(client\): the scheduler does not answer"
        with pytest.raises(RuntimeError, match=told) as found, stream(client):
            cluster.__exit__(None, None, None)
    assert "\n" not in str(found.value)
    client.close()


# --- what Dask tells, made up ---------------------------------------------------------------------


def item(worker, start, stop, key="blur-1", action="compute", thread=1):
    stretch = {"action": action, "start": start, "stop": stop}
    return {"worker": worker, "key": key, "thread": thread, "startstops": (stretch,)}


def gone(at, worker, busy=True, expected=False):
    event = {"action": "remove-worker", "worker": worker, "expected": expected}
    return at, event | {"processing-tasks": {"blur-9"} if busy else set()}


CLOCKS = {"": Clock(90.0, 2e-3), "tcp://b": Clock(1090.0, 1e-3)}  # b is in another time


def found(items, events=(), workers=None):
    """Return what comes of rows of a scheduler whose clock was at 100 when 10 s of it began."""
    known = {"tcp://a": (0, 1), "tcp://b": (1, 2)} if workers is None else workers
    told = _Found(10.0, 10.0, CLOCKS, known)
    told.take(items, events)
    return told


def test_times_are_those_of_the_recording_and_none_is_outside():
    told = found([item("tcp://a", 101, 102), item("tcp://b", 99, 111)])
    assert [row[:5] for row in told.spans] == [
        (0, "blur", "item", 1.0, 2.0),
        (1, "blur", "item", 0.0, 10.0),
    ]
    assert [one.name for one in told.lanes] == ["worker 0", "worker 1"]


def test_what_overlaps_by_a_clock_is_cut_and_said():
    told = found([item("tcp://a", 101, 102), item("tcp://a", 101.75, 103)])
    assert [row[3:5] for row in told.spans] == [(1.0, 2.0), (2.0, 3.0)]
    assert "overlapped, up to 250 ms are cut off the second one's begin." in told.unseen()[-1]
    said = found([item("tcp://a", 101, 102)]).unseen()[-1]
    assert said.endswith("set by this one's, to within 2.00 ms: half a message's way.")


def test_a_worker_s_own_clock_counts_not_what_dask_made_of_it():
    ended = {"stimulus_id": "task-finished-1103.5"}
    told = found([item("tcp://b", 101, 102) | ended])  # Dask was wrong by 1.5 s
    assert [row[3:5] for row in told.spans] == [(2.5, 3.5)]
    wrong = {"stimulus_id": "task-erred-1103.5"}
    moved = {"action": "transfer", "start": 100, "stop": 101}
    failed = item("tcp://b", 101, 102) | wrong
    failed["startstops"] = (moved, *failed["startstops"])
    told = found([failed])
    assert [(row[1], *row[3:5]) for row in told.spans] == [
        ("blur", 2.5, 3.5),
        ("data for blur", 1.5, 2.5),
    ]
    for other in ({"stimulus_id": "retry-1103.5"}, {"stimulus_id": None}, {"worker": "tcp://c"}):
        told = found([item("tcp://b", 101, 102) | ended | other])
        assert [row[3:5] for row in told.spans] == [(1.0, 2.0)]


def test_only_who_was_killed_at_work_is_torn():
    items = [item("tcp://a", 101, 102), item("tcp://b", 101, 102)]
    torn = found(items, [gone(104, "tcp://a")])
    assert [row[:4] for row in torn.spans if isnan(row[4])] == [(0, "worker", "process", 2.0)]
    assert [one.until for one in torn.lanes] == [4.0, None]
    assert "worker 0 was gone after 4.00 s, and what it was at is not told." in torn.unseen()
    for how in ({"busy": False}, {"expected": True}):
        told = found(items, [gone(104, "tcp://a", **how)])
        assert not any(isnan(row[4]) for row in told.spans)
        assert told.lanes[0].until == 4.0
        assert "worker 0 was gone after 4.00 s." in told.unseen()
    assert not found(items, [gone(99, "tcp://a"), gone(111, "tcp://b")]).gone  # before, and after


def test_who_is_started_anew_has_another_lane_and_who_is_not_known_its_address():
    come = 105, {"action": "add-worker", "worker": "tcp://c"}
    workers = {"tcp://a": ("worker-1", 1), "tcp://c": ("worker-1", 3)}
    events = [gone(104, "tcp://a"), come, gone(108, "tcp://d:1"), "no event", (1, "none")]
    told = found([], [one for one in events if isinstance(one, tuple)], workers)
    assert [(one.name, one.pid) for one in told.lanes] == [
        ("worker d:1", 0),
        ("worker-1", 1),
        ("worker-1 (2)", 3),
    ]


def test_what_dask_only_guesses_is_not_drawn():
    actions = ("compute", "disk-read", "disk-write", "deserialize")
    told = found([item("tcp://a", 101 + n, 102 + n, action=one) for n, one in enumerate(actions)])
    assert [row[1:4] for row in told.spans] == [("blur", "item", 1.0)]
    assert not told.states


def test_more_items_than_dask_keeps_are_told(monkeypatch):
    items = [item("tcp://a", 101, 102)]
    assert task_stream.FULL not in found(items).unseen()
    monkeypatch.setattr(task_stream, "MOST", 1)
    assert task_stream.FULL in found(items).unseen()


def test_workers_stand_in_the_order_of_their_numbers():
    workers = {f"tcp://{n}": (f"worker-{n}", n) for n in (10, 2, 1)}
    assert [one.pid for one in found([], (), workers).lanes] == [1, 2, 10]


# --- several hosts --------------------------------------------------------------------------------

AT_FIRST = """
import json, os, sys
from distributed import Client
from helpers.cluster import stream
from helpers.workers import count
with Client(sys.argv[1]) as client:
    client.wait_for_workers(2, timeout=60)
    with stream(client) as run:
        sums = client.gather(client.map(count, range(1000, 1040)))
        made = client.submit(bytes, 1_000_000, workers="worker-1")
        long = client.submit(len, made, workers="worker-2").result()
    workers = client.scheduler_info(n_workers=-1)["workers"]
    told = {
        "sums": sums,
        "long": long,
        "hosts": {one["name"]: one["host"] for one in workers.values()},
        "lanes": [one.name for one in run.lanes],
        "inside": bool((run.spans.start >= 0).all() and (run.spans.end <= run.elapsed).all()),
        "alt": run.timeline().alt,
    }
    print(json.dumps(told))
"""
HOSTS = ("first", "second", "third", "fourth")


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


@pytest.fixture
def hosts():
    """Four hosts on one network of their own: network namespaces; their names, by role."""
    if sys.platform != "linux" or not shutil.which("ip"):
        pytest.skip("it needs Linux with the program ip, to make hosts of its own")
    if os.geteuid() != 0:
        pytest.skip("only root may make network namespaces, which are its hosts")
    names = {role: f"tl{os.getpid()}{role}" for role in HOSTS}
    with ExitStack() as stack:
        try:
            for name in names.values():
                ip("netns", "add", name)
                stack.callback(ip, "netns", "del", name)
                ip("-n", name, "link", "set", "lo", "up")
            hub = names["first"]  # the others' cables end in a bridge there
            ip("-n", hub, "link", "add", "hub", "type", "bridge")
            ip("-n", hub, "addr", "add", "10.83.0.1/24", "dev", "hub")
            ip("-n", hub, "link", "set", "hub", "up")
            for number, role in enumerate(HOSTS[1:], 2):
                far = ["peer", "name", "eth0", "netns", names[role]]
                ip("-n", hub, "link", "add", f"port{number}", "type", "veth", *far)
                ip("-n", hub, "link", "set", f"port{number}", "master", "hub", "up")
                ip("-n", names[role], "addr", "add", f"10.83.0.{number}/24", "dev", "eth0")
                ip("-n", names[role], "link", "set", "eth0", "up")
        except OSError as error:
            pytest.skip(f"this machine does not let it make hosts: {error}")
        yield names
    left = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    assert not [name for name in names.values() if name in left]


@pytest.mark.slow
def test_the_same_over_several_hosts(hosts, tmp_path):
    def at(role, *command):
        return ["ip", "netns", "exec", hosts[role], *command]

    dask = Path(sys.executable).with_name("dask")
    typed = [one.replace("first-machine", "10.83.0.1") for one in Cluster().commands]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "DASK_TEMPORARY_DIRECTORY": str(tmp_path)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    with ExitStack() as stack:
        for role, command in zip(HOSTS, typed, strict=False):  # as typed on each of them
            _, *words = shlex.split(command)
            program = subprocess.Popen(at(role, str(dask), *words), env=environment, **quiet)
            stack.callback(program.wait)
            stack.callback(program.kill)
        client = at("fourth", sys.executable, "-c", AT_FIRST, "tcp://10.83.0.1:8786")
        how = {"env": environment, "cwd": tmp_path, "capture_output": True, "text": True}
        asked = subprocess.run(client, timeout=5 * SETTLE, **how)  # who reaches nobody waits on
    assert not asked.returncode, asked.stderr
    told = json.loads(asked.stdout)
    assert told["hosts"] == {"worker-1": "10.83.0.2", "worker-2": "10.83.0.3"}
    assert told["sums"] == [n * (n - 1) // 2 for n in range(1000, 1040)]
    assert told["long"] == 1_000_000
    assert told["lanes"] == ["worker-1", "worker-2", "worker-2, data thread"]
    assert told["inside"]
    assert re.search("worker-1: .*count from .* worker-2: .*count from", told["alt"])

"""A program that uses each of the course's instruments, run by test_other_systems in disguise.

It is copied into a folder with a space and an umlaut in its name, and prints what it prints to a
pipe that takes the letters of cp1252 only.
"""

import asyncio
import os
import signal
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Event, Process
from types import SimpleNamespace

from helpers import compare, race, record
from helpers.cores import describe_cores
from helpers.crawl import _most_memory
from helpers.program import run_program
from helpers.project.report import Finding, Report
from helpers.website import website
from helpers.workers import count, fetch, wait, wait_async

ENDS = """
import multiprocessing, sys, time
if __name__ == "__main__":
    multiprocessing.Process(target=time.sleep, args=(600,), daemon=True).start()
    print("ü", len(sys.path[0]) > 0)
"""


class Proactor(asyncio.SelectorEventLoop):
    """A loop that, like Windows' own, watches no socket or pipe for others."""

    def add_reader(self, *how):
        raise NotImplementedError

    add_writer = remove_reader = remove_writer = add_signal_handler = add_reader


def see():
    """Record every kind of lane, and one process that is killed in the middle."""
    with record(states=True) as run:
        threading.Thread(target=wait, args=(0.05,), name="waits").start()
        with ProcessPoolExecutor(1) as pool:
            assert pool.submit(count, 100).result() == 4950
        begun = Event()
        killed = Process(target=stay, args=(begun,), name="killed")
        killed.start()
        assert begun.wait(60)
        killed.kill()
        killed.join()
        with asyncio.Runner(loop_factory=Proactor) as runner:
            runner.run(wait_async(0.05))
    assert {lane.kind for lane in run.lanes} - {"main"} == {"thread", "process", "task"}
    assert {"killed", "waits"} <= {lane.name for lane in run.lanes}
    print(run.unseen)
    run.timeline().savefig("timeline.png")


def stay(begun):
    """Say that it has begun, and never end."""
    begun.set()
    wait(600)


def break_it():
    """Look for the losing order of two threads, and show it."""
    found = race(lambda: SimpleNamespace(n=0), [add, add], lambda state: state.n == 2)
    assert found.kind == "race"
    print(found)


def add(state):
    n = state.n
    state.n = n + 1


def choose():
    """Compare for a function that waits."""
    ways = ["in turn", "threads"]
    if (
        sys.platform != "darwin"
    ):  # where they are spawned, one system stands for both: it takes long
        ways.append("processes")
    found = compare(wait, [0.01] * 8, workers=4, techniques=ways)
    print(found.why, found.table, sep="\n")


def others():
    """Use what starts programs, or asks the system."""
    ended = run_program(ENDS, limit=100)
    assert (ended.status, ended.printed) == (0, "ü True\n"), ended
    with website(latency=0) as site:
        assert "<html" in fetch(site.urls[0])
    assert _most_memory() > 0
    print(describe_cores(), ended)
    print(Report([Finding("a", "b", True), Finding("c", "d", False)]))


if __name__ == "__main__":
    for each in (see, break_it, choose, others):
        each()
    left = [one.name for one in threading.enumerate() if one is not threading.main_thread()]
    print(sys.platform, os.name, hasattr(signal, "SIGKILL"), left)

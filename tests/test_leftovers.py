"""What a notebook leaves behind when each of its cells is interrupted once: nothing.

That it leaves nothing behind otherwise is looked at wherever it is run as a test: see
notebook_rules.
"""

import random
import shutil
import sys
import time
from pathlib import Path

import nbformat
import pytest

from tests.kernel import running_kernel
from tests.leftovers import Leftovers

ROOT = Path(__file__).resolve().parent.parent
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc"),
]


def sources(path):
    book = nbformat.read(path, as_version=4)
    return [cell.source for cell in book.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_an_interrupted_notebook_leaves_nothing_behind(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    leftovers = Leftovers(path.parent)
    for name, value in leftovers.environment.items():
        monkeypatch.setenv(name, value)
    first, *others = sources(path)
    with running_kernel() as kernel:
        leftovers.name_what_is_its_own(kernel)
        assert kernel.run(first)[0] == "ok"
        leftovers.begin(kernel)
        chance = random.Random(path.stem)  # the same moments each time
        for source in others:
            moment = chance.uniform(0.02, 0.4)
            interrupt(kernel, source, moment)
            leftovers.check(kernel, f"{moment:.3f} s of {source}", interrupted=True)
            assert kernel.run(source)[0] == "ok", (source, kernel.traceback)
        leftovers.check(kernel, "all of it", interrupted=True)
        kernel.manager.shutdown_kernel()  # as JupyterLab does: it may put its things away
    leftovers.check_its_end()


def interrupt(kernel, source, moment):
    """Run a cell and interrupt it after so many seconds, if it has not ended by then.

    Its end is not waited for, the next cell runs after it anyway: where the interrupt meets
    ipykernel on its way out of the cell, "idle" or the reply may never be sent.
    """
    kernel.client.execute(source)
    time.sleep(moment)
    kernel.manager.interrupt_kernel()


# The first child is still in a callback of its fork when the pool is about to start the second.
SLOWLY = """
import os, sys, time
from concurrent.futures import ProcessPoolExecutor
flush, times = sys.stdout.flush, [1, 2, 3]
def before_each_fork():
    times.append(1)
    if len(times) == 2:
        open({waits!r}, "w").close()
        time.sleep(600)
    flush()
sys.stdout.flush = before_each_fork
os.register_at_fork(after_in_child=lambda: time.sleep(600))
"""
STARTS = """
from multiprocessing import get_context
with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
    times.clear()
    pool.submit(abs, 1)
"""


# A pool that has the thread that starts its processes, and not yet the one that gives them work.
BY_HALVES = """
import multiprocessing.pool, threading, time
from types import SimpleNamespace
made = []
def thread(*arguments, **named):
    made.append(1)
    if len(made) == 2:
        open({waits!r}, "w").close()
        time.sleep(600)
    return threading.Thread(*arguments, **named)
multiprocessing.pool.threading = SimpleNamespace(**vars(threading) | {{"Thread": thread}})
"""
MAKES = """
from multiprocessing import get_context
with get_context("fork").Pool(2) as pool:
    pass
"""


@pytest.mark.skipif(not shutil.which("py-spy"), reason="it tells where a process stands")
@pytest.mark.parametrize(
    ("slow", "cell"), [(SLOWLY, STARTS), (BY_HALVES, MAKES)], ids=["pool of futures", "Pool"]
)
def test_a_child_that_its_pool_gave_up_may_stay_after_an_interrupt_only(
    monkeypatch, tmp_path, slow, cell
):
    monkeypatch.setattr("tests.leftovers.SETTLE", 2)
    waits, notebooks = tmp_path / "waits", tmp_path / "notebooks"
    notebooks.mkdir()
    leftovers = Leftovers(notebooks)
    for name, value in leftovers.environment.items():
        monkeypatch.setenv(name, value)
    with running_kernel() as kernel:
        assert kernel.run(slow.format(waits=str(waits)))[0] == "ok"
        leftovers.begin(kernel)
        kernel.client.execute(cell)
        while not waits.exists():
            time.sleep(0.01)
        kernel.manager.interrupt_kernel()
        leftovers.check(kernel, "the interrupt", interrupted=True)
        with pytest.raises(AssertionError, match=r"ipykernel_launcher|_handle_workers"):
            leftovers.check(kernel, "the cell")
    leftovers.check_its_end()


def test_a_feeder_thread_may_stay_after_an_interrupt_only(monkeypatch, tmp_path):
    monkeypatch.setattr("tests.leftovers.SETTLE", 2)
    leftovers = Leftovers(tmp_path)
    with running_kernel() as kernel:
        kernel.run("import threading; end = threading.Event()")
        leftovers.begin(kernel)
        kernel.run("threading.Thread(target=end.wait, name='QueueFeederThread').start()")
        leftovers.check(kernel, "the interrupt", interrupted=True)
        with pytest.raises(AssertionError, match="QueueFeederThread"):
            leftovers.check(kernel, "the cell")
        kernel.run("end.set()")
        leftovers.check(kernel, "the end")
    leftovers.close()

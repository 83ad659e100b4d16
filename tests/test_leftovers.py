"""What a notebook leaves behind: nothing, even if each of its cells is interrupted once."""

import operator
import random
import sys
import time
import uuid
from pathlib import Path

import nbformat
import pytest

from tests.kernel import running_kernel

ROOT = Path(__file__).resolve().parent.parent
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MARK = "THREE_LANES_TEST"  # in the environment of a kernel and of all that it starts
SETTLE = 30  # seconds in which what has been told to end has ended, on a machine that is busy
STAY = ("resource_tracker", "forkserver", "sampler.py", "helpers.website")  # until the kernel ends

KEPT = """
import gc, threading
gc.collect()
print(sorted(
    one.name for one in threading.enumerate()
    if not one.name.startswith("asyncio_") and type(one).__module__ != "zmq.utils.garbage"
))
"""
FEEDER = "'QueueFeederThread', "  # CPython's: an interrupted pool of processes may leave it, idle
# What a response holds, and an error that holds one, may keep a connection to the practice website.
SOCKETS = """
import psutil
port = int(site.url.split(":")[2].strip("/")) if "site" in globals() else None
print(sorted(
    str(one.raddr or one.laddr) for one in psutil.Process().net_connections("inet")
    if one.status in ("LISTEN", "ESTABLISHED") and not (one.raddr and one.raddr.port == port)
))
"""
# Where an interrupt meets a fork, CPython forgets the child it has just made (one in 60 that are
# aimed at it). Nobody can end that child but the kernel's own end, and nobody knows of it: a child
# that multiprocessing knows and has not ended would be a defect.
KNOWN = """
import multiprocessing
print(*(child.pid for child in multiprocessing.active_children()))
"""
# The folder of its socket. A kernel that has children is ended before it can put that away.
FORKSERVER = "pymp-"
NAMES = """
from multiprocessing import current_process, shared_memory
current_process()._config["semprefix"] = "/mp-{0}"
shared_memory._SHM_NAME_PREFIX = "/{0}"
"""  # by which this kernel's shared memory is told from others'

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc"),
]


def marked(mark):
    """Return the command lines of the living processes that have a mark, by pid."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[int(folder.name)] = command
        except OSError:  # it has ended, or is not ours
            continue
    return found


def sources(path):
    book = nbformat.read(path, as_version=4)
    return [cell.source for cell in book.cells if cell.cell_type == "code"]


def settled(look, right):
    """Return what is seen once it is right, or at the end of all patience."""
    deadline = time.monotonic() + SETTLE
    while not right(found := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


@pytest.mark.parametrize("interrupted", [False, True], ids=["whole", "interrupted"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_leaves_nothing_behind(path, interrupted, tmp_path, monkeypatch):
    mark, temporary = uuid.uuid4().hex[:8], tmp_path / "tmp"
    temporary.mkdir()
    beside = {*path.parent.iterdir()}
    monkeypatch.setenv(MARK, mark)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.chdir(path.parent)
    first, *others = sources(path)
    with running_kernel() as kernel:
        assert kernel.run(NAMES.format(mark))[0] == "ok"
        assert kernel.run(first)[0] == "ok"
        before = [kernel.run(one)[1] for one in (KEPT, SOCKETS)]
        chance = random.Random(path.stem)  # the same moments each time
        for source in others:
            if interrupted:
                moment = chance.uniform(0.02, 0.4)
                interrupt(kernel, source, moment)
                after = f"{moment:.3f} s of {source}"
                nothing_is_left(kernel, mark, before, after, forgotten=True)
            assert kernel.run(source)[0] == "ok", (source, kernel.traceback)
        nothing_is_left(kernel, mark, before, "all of it", forgotten=interrupted)
        assert interrupted or FEEDER not in kernel.run(KEPT)[1]
        kernel.manager.shutdown_kernel()  # as JupyterLab does: it may put its things away
    assert not settled(lambda: marked(mark), operator.not_)
    assert not settled(lambda: shared_memory_of(mark), operator.not_)
    assert not [name for name in temporary.iterdir() if not name.name.startswith(FORKSERVER)]
    assert {*path.parent.iterdir()} == beside


def shared_memory_of(mark):
    return [path.name for path in Path("/dev/shm").iterdir() if mark in path.name]


def nothing_is_left(kernel, mark, before, after, forgotten=False):
    """Check that nothing runs and nothing is connected that was not there before.

    Children that CPython itself has forgotten may be there if `forgotten`.
    """
    for look, right in zip((KEPT, SOCKETS), before, strict=True):
        told = settled(lambda look=look: seen(kernel, look), right.__eq__)
        assert told == right, after
    assert not settled(lambda: unexpected(mark, kernel, forgotten), operator.not_), after


def seen(kernel, look):
    return kernel.run(look)[1].replace(FEEDER, "")


def unexpected(mark, kernel, forgotten):
    """Return the processes of a kernel that should have ended by now."""
    living, own = marked(mark), kernel.manager.provisioner.pid
    known = {own, *map(int, kernel.run(KNOWN)[1].split())} if forgotten else living
    return {
        pid: command
        for pid, command in living.items()
        if pid != own
        and not any(word in command for word in STAY)
        and not (command == living[own] and pid not in known)
    }


def interrupt(kernel, source, moment):
    """Run a cell and interrupt it after so many seconds, if it has not ended by then.

    Its end is not waited for, the next cell runs after it anyway: where the interrupt meets
    ipykernel on its way out of the cell, "idle" or the reply may never be sent.
    """
    kernel.client.execute(source)
    time.sleep(moment)
    kernel.manager.interrupt_kernel()

"""What a kernel leaves behind: its threads, connections, processes, shared memory and files."""

import operator
import os
import shutil
import tempfile
import time
import uuid
from pathlib import Path

MARK = "THREE_LANES_TEST"  # in the environment of a kernel and of all that it starts
SETTLE = float(os.environ.get("PYTEST_LEFTOVERS_SETTLE", "30"))  # seconds in which what has been
# told to end has ended, on a machine that is busy; less in tests of what never ends
STAY = ("resource_tracker", "forkserver", "sampler.py", "helpers.website")  # until the kernel ends

# IPython ends the thread that saves its history before each fork; if an interrupt meets that, it
# has none from then on.
KEPT = """
import gc, threading
gc.collect()
print(sorted(
    one.name for one in threading.enumerate()
    if not one.name.startswith("asyncio_") and not one.name.endswith({!r})
    and type(one).__module__ not in ("zmq.utils.garbage", "IPython.core.history")
))
"""
# CPython's: an interrupted pool of processes may leave the first, idle. A `multiprocessing.Pool`
# that is interrupted while it is made leaves the second, the first of three that a pool has.
FEEDERS = "QueueFeederThread", "(_handle_workers)"
# What a response holds, and an error that holds one, may keep a connection to the practice website.
# Who is connected to the kernel's own heartbeat is the client's affair: it connects anew where the
# kernel is late.
SOCKETS = """
import psutil
from ipykernel.kernelapp import IPKernelApp
website = int(site.url.split(":")[2].strip("/")) if site else None
heartbeat = IPKernelApp.instance().hb_port
print(sorted(
    str(one.raddr or one.laddr) for one in psutil.Process().net_connections("inet")
    if one.status in ("LISTEN", "ESTABLISHED")
    and not (one.raddr and (one.raddr.port == website or one.laddr.port == heartbeat))
))
"""
# Where an interrupt meets a fork, CPython forgets the child it has just made (one in 60 that are
# aimed at it). Nobody can end that child but the kernel's own end, and nobody knows of it: a child
# that multiprocessing knows and has not ended would be a defect.
KNOWN = """
import multiprocessing
print(*(child.pid for child in multiprocessing.active_children()))
"""
# A pool of processes that is interrupted while it starts the next has no thread yet that would end
# them (CPython's, too). One whose own interrupt met a callback of its fork, where Python drops it,
# then waits for a call as long as the kernel is there; so do those of a `Pool` that was never
# whole. These lines stand in its stack.
GIVEN_UP = [
    (
        "get (multiprocessing/queues.py",
        "_process_worker (concurrent/futures/process.py",
        "_launch_processes (concurrent/futures/process.py",
    ),
    (
        "get (multiprocessing/queues.py",
        "worker (multiprocessing/pool.py",
        "_repopulate_pool_static (multiprocessing/pool.py",
    ),
]
# The folder of its socket. A kernel that has children is ended before it can put that away.
FORKSERVER = "pymp-"
NAMES = """
from multiprocessing import current_process, shared_memory
current_process()._config["semprefix"] = "/mp-{0}"
shared_memory._SHM_NAME_PREFIX = "/{0}"
"""  # by which this kernel's shared memory is told from others'

# Names of their own: a look must not give the notebook a module that it has not imported.
LOOK = "exec({!r}, {{'site': globals().get('site')}})"


class Leftovers:
    """What one kernel, and all that it has started, leave behind.

    Attributes:
        environment: variables that the kernel is to be started with.
        mark: by which its processes and its shared memory are told from others'.
        temporary: its folder for temporary files.
        before: what there was when its notebook began; None if it has not.
    """

    def __init__(self, folder):
        """Begin before the kernel is started, in a folder."""
        self._folder, self._beside = folder, {*folder.iterdir()}
        self.mark, self.temporary = uuid.uuid4().hex[:8], Path(tempfile.mkdtemp())
        self.environment = {MARK: self.mark, "TMPDIR": str(self.temporary)}
        self.before = None

    def name_what_is_its_own(self, kernel):
        """Have a kernel that was just started give its shared memory names of its own."""
        assert look(kernel, NAMES.format(self.mark)) == ""

    def begin(self, kernel):
        """Note what there is, after the notebook's first cell."""
        self.before = [look(kernel, one) for one in (KEPT.format(()), SOCKETS)]

    def check(self, kernel, after, interrupted=False):
        """Check that nothing runs and nothing is connected that was not there when it began.

        After an interrupt, CPython may have forgotten a child, or have given up one of a pool, and
        a feeder thread may be idle.
        """
        kept = KEPT.format(FEEDERS if interrupted else ())
        for one, right in zip((kept, SOCKETS), self.before, strict=True):
            told = settled(lambda one=one: look(kernel, one), right.__eq__)
            assert told == right, (told, right, after)
        left = settled(lambda: self._unexpected(kernel, interrupted), operator.not_)
        assert not left, (left, after)

    def check_its_end(self):
        """Check that all of it has ended after the kernel has, and that no file is left."""
        try:
            assert not settled(lambda: marked(self.mark), operator.not_)
            assert not settled(lambda: shared_memory_of(self.mark), operator.not_)
            files = [one.name for one in self.temporary.iterdir()]
            assert not [name for name in files if not name.startswith(FORKSERVER)]
            assert {*self._folder.iterdir()} == self._beside
        finally:
            self.close()

    def close(self):
        """Remove the folder for temporary files."""
        shutil.rmtree(self.temporary, ignore_errors=True)

    def _unexpected(self, kernel, interrupted):
        """Return the processes of a kernel that should have ended by now."""
        living, own = marked(self.mark), kernel.manager.provisioner.pid
        known = {own, *map(int, look(kernel, KNOWN).split())} if interrupted else living
        return {
            pid: command
            for pid, command in living.items()
            if pid != own
            and not any(word in command for word in STAY)
            and not (command == living[own] and pid not in known)
            and not (interrupted and is_given_up(kernel.stands(pid)))
        }


def look(kernel, source):
    """Run some lines in a kernel; return what they print."""
    return kernel.run(LOOK.format(source))[1]


def is_given_up(stack):
    """Say whether a process is one that an interrupted pool has left behind, and idle."""
    return any(all(line in stack for line in lines) for lines in GIVEN_UP)


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


def settled(look, right):
    """Return what is seen once it is right, or at the end of all patience."""
    deadline = time.monotonic() + SETTLE
    while not right(found := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def shared_memory_of(mark):
    return [path.name for path in Path("/dev/shm").iterdir() if mark in path.name]

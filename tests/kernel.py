"""A kernel that runs cells one by one, for tests of what notebooks need."""

import shutil
import subprocess
import sys
import uuid
from contextlib import ExitStack, contextmanager, suppress
from queue import Empty

import psutil
from jupyter_client.manager import KernelManager

IDLE = 1  # seconds on a core in PATIENCE, below which a kernel waits
PATIENCE = 60  # seconds; far more than a kernel needs, far less than the cells that are interrupted


def kernel_manager(**how):
    """Return a KernelManager; on Linux its kernel is talked with by no TCP port.

    A port is looked for, and let go of, before the kernel is started: until that has it, it may
    be another program's. Names are there for one alone.
    """
    line = {"transport": "ipc", "ip": f"@{uuid.uuid4()}"} if sys.platform == "linux" else {}
    return KernelManager(**line, **how)


@contextmanager
def running_kernel(prefix=(), **how):
    """Start a kernel, by a command before its own if need be, as `Popen` would."""
    manager = kernel_manager(kernel_name="python3")
    manager.kernel_spec.argv[:1] = [*prefix, sys.executable]
    manager.start_kernel(extra_arguments=["--log-level=ERROR"], **how)  # it warns of TCP
    with ExitStack() as ends:  # from now on: also a kernel that never gets ready is ended
        ends.callback(manager.shutdown_kernel, now=True)
        client = manager.client()
        ends.callback(client.stop_channels)
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        yield Kernel(manager, client)


def whole(get):
    """Return the next message; one that an interrupt spoilt while it was signed is none."""
    while True:
        try:
            return get(timeout=PATIENCE)
        except ValueError:  # a wrong signature, after which jupyter_client drops the message
            continue


class Kernel:
    """Runs cells; what the last one showed stands in `shown` and `traceback`.

    `complaint` is its traceback, or where IPython shows none, what it wrote to stderr.
    """

    def __init__(self, manager, client):
        self.manager, self.client = manager, client
        self.shown, self.traceback, self.complaint = [], "", ""

    def run(self, source):
        """Run a cell to its end; return (status or error's name, all it printed)."""
        try:
            return self.finish(self.client.execute(source))
        except Empty:
            silent = f"{PATIENCE} s of silence in:\n{source}\n{self.stands()}"
            raise AssertionError(silent) from None

    def stands(self, pid=None):
        """Return where the threads of a kernel or of a child of it stand, if py-spy is there."""
        spy = shutil.which("py-spy")
        command = [spy, "dump", "--pid", str(pid or self.manager.provisioner.pid)]
        return subprocess.run(command, capture_output=True, text=True).stdout if spy else ""

    def next_message(self):
        """Return the next message; raise Empty where none comes from a kernel that waits.

        On a busy machine a cell that computes may say nothing for long: it has as much time on a
        core as the others have by the clock.
        """
        began = before = self.spent()
        while True:
            try:
                return whole(self.client.get_iopub_msg)
            except Empty:
                now = self.spent()
                if now - before < IDLE or now - began > PATIENCE:
                    raise
                before = now

    def spent(self):
        """Return how many seconds the kernel and what it has started were on a core."""
        own = psutil.Process(self.manager.provisioner.pid)
        seconds = 0.0
        for one in [own, *own.children(recursive=True)]:
            with suppress(psutil.Error):  # it has ended
                seconds += sum(one.cpu_times()[:4])  # with those of the children that have ended
        return seconds

    def finish(self, cell):
        printed, errors, self.shown, self.traceback = [], [], [], ""
        while True:
            message = self.next_message()
            if message["parent_header"].get("msg_id") != cell:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                printed.append(content["text"])
                errors += [content["text"]] if content["name"] == "stderr" else []
            elif kind in ("display_data", "execute_result"):
                self.shown.append((kind, content["data"]))
            elif kind == "error":
                self.traceback = "\n".join(content["traceback"])
            if content.get("execution_state") == "idle":
                break
        self.complaint = self.traceback or "".join(errors)
        reply = self.reply_to(cell)
        return reply.get("ename", reply["status"]), "".join(printed)

    def reply_to(self, cell):
        while True:  # a kernel that is slow to start is asked several times whether it is ready
            message = whole(self.client.get_shell_msg)
            if message["parent_header"].get("msg_id") == cell:
                return message["content"]

    def restart(self, now):
        """Have another kernel in its place: it is killed now, or first asked to end."""
        self.manager.restart_kernel(now=now)
        self.client.wait_for_ready(timeout=PATIENCE)

    def interrupt_when_printed(self, source, word):
        cell = self.client.execute(source)
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            is_its = message["parent_header"].get("msg_id") == cell  # an earlier one may print late
            if is_its and word in message["content"].get("text", ""):
                break
        self.manager.interrupt_kernel()
        return self.finish(cell)

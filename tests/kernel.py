"""A kernel that runs cells one by one, for tests of what notebooks need."""

import shutil
import subprocess
from contextlib import contextmanager
from queue import Empty

from jupyter_client.manager import KernelManager

PATIENCE = 60  # seconds; far more than a kernel needs, far less than the cells that are interrupted


@contextmanager
def running_kernel():
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)
    try:
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def whole(get):
    """Return the next message; one that an interrupt spoilt while it was signed is none."""
    while True:
        try:
            return get(timeout=PATIENCE)
        except ValueError:  # a wrong signature, after which jupyter_client drops the message
            continue


class Kernel:
    """Runs cells; what the last one showed stands in `shown` and `traceback`."""

    def __init__(self, manager, client):
        self.manager, self.client = manager, client
        self.shown, self.traceback = [], ""

    def run(self, source):
        """Run a cell to its end; return (status or error's name, all it printed)."""
        try:
            return self.finish(self.client.execute(source))
        except Empty:
            silent = f"{PATIENCE} s of silence in:\n{source}\n{self.stands()}"
            raise AssertionError(silent) from None

    def stands(self):
        """Return where the threads of a kernel that says nothing stand, if py-spy is there."""
        spy = shutil.which("py-spy")
        command = [spy, "dump", "--pid", str(self.manager.provisioner.pid)]
        return subprocess.run(command, capture_output=True, text=True).stdout if spy else ""

    def finish(self, cell):
        printed, self.shown, self.traceback = [], [], ""
        while True:
            message = whole(self.client.get_iopub_msg)
            if message["parent_header"].get("msg_id") != cell:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                printed.append(content["text"])
            elif kind in ("display_data", "execute_result"):
                self.shown.append((kind, content["data"]))
            elif kind == "error":
                self.traceback = "\n".join(content["traceback"])
            if content.get("execution_state") == "idle":
                break
        reply = self.reply_to(cell)
        return reply.get("ename", reply["status"]), "".join(printed)

    def reply_to(self, cell):
        while True:  # a kernel that is slow to start is asked several times whether it is ready
            message = whole(self.client.get_shell_msg)
            if message["parent_header"].get("msg_id") == cell:
                return message["content"]

    def interrupt_when_printed(self, source, word):
        cell = self.client.execute(source)
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if word in message["content"].get("text", ""):
                break
        self.manager.interrupt_kernel()
        return self.finish(cell)

"""helpers.notebook: what `%load_ext helpers` does in a real kernel, and that it can be undone."""

import asyncio
import signal
import socket

import pytest
from jupyter_client.manager import KernelManager

from helpers import notebook

PATIENCE = 60  # seconds; far more than a kernel needs, far less than the cells that are interrupted


@pytest.fixture
def kernel():
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)
    yield Kernel(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


class Kernel:
    """A kernel that runs cells one by one."""

    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def run(self, source):
        """Run a cell to its end; return (status or error's name, all it printed)."""
        return self.finish(self.client.execute(source))

    def finish(self, cell):
        printed = []
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != cell:
                continue
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])
            if message["content"].get("execution_state") == "idle":
                break
        reply = self.reply_to(cell)
        return reply.get("ename", reply["status"]), "".join(printed)

    def reply_to(self, cell):
        while True:  # a kernel that is slow to start is asked several times whether it is ready
            message = self.client.get_shell_msg(timeout=PATIENCE)
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


# The word comes from the loop itself, once the cell waits: an interrupt that comes sooner is
# handled by Python between two instructions and proves nothing.
WAITS = """
import asyncio
asyncio.get_running_loop().call_later(0.2, print, "waiting")
await asyncio.sleep(3600)
"""


def test_an_interrupt_ends_a_top_level_await(kernel):
    assert kernel.run("%load_ext helpers") == ("ok", "")
    status, _ = kernel.interrupt_when_printed(WAITS, "waiting")
    assert status in ("KeyboardInterrupt", "CancelledError")
    assert kernel.run("print(6 * 7)") == ("ok", "42\n")


def test_loading_changes_what_it_says_and_unloading_puts_it_back(kernel):
    state = """
import asyncio, signal, matplotlib
descriptor = signal.set_wakeup_fd(-1); signal.set_wakeup_fd(descriptor)
readers = len(asyncio.get_running_loop()._selector.get_map())
print(descriptor >= 0, readers, dict(matplotlib.rcParams))
"""
    kernel.run("import matplotlib.pyplot, matplotlib_inline")
    before = kernel.run(state)
    assert kernel.run("%load_ext helpers\n%reload_ext helpers") == ("ok", "")
    during = kernel.run(state)
    assert during[1].startswith("True") and "'axes.titlelocation': 'left'" in during[1]
    assert kernel.run("%unload_ext helpers") == ("ok", "")
    assert kernel.run(state) == before


def test_loading_twice_is_once():
    notebook.load_ipython_extension(None)
    first = notebook._setup
    notebook.load_ipython_extension(None)
    assert notebook._setup is first
    notebook.unload_ipython_extension(None)
    notebook.unload_ipython_extension(None)
    assert notebook._setup is None


def test_a_wake_up_leaves_no_descriptor_behind():
    async def main():
        wake_up = notebook.WakeUp(asyncio.get_running_loop())
        sockets = wake_up.reader, wake_up.writer
        wake_up.close()
        return sockets

    reader, writer = asyncio.run(main())
    assert reader.fileno() == writer.fileno() == -1
    assert signal.set_wakeup_fd(-1) == -1


def test_closing_leaves_another_owner_of_the_signals_alone():
    async def main(others):
        wake_up = notebook.WakeUp(asyncio.get_running_loop())
        signal.set_wakeup_fd(others.fileno())
        wake_up.close()
        return signal.set_wakeup_fd(-1)

    a, b = socket.socketpair()
    with a, b:
        b.setblocking(False)
        assert asyncio.run(main(b)) == b.fileno()


def test_a_loop_that_watches_no_socket_gets_none():
    class Proactor(asyncio.SelectorEventLoop):
        def add_reader(self, *arguments):
            if arguments[0] is not self._ssock and arguments[0] != self._ssock.fileno():
                raise NotImplementedError
            super().add_reader(*arguments)

    async def main():
        return notebook._wake_up()

    with asyncio.Runner(loop_factory=Proactor) as runner:
        assert runner.run(main()) is None


def test_no_loop_no_wake_up():
    assert notebook._wake_up() is None

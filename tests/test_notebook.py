"""helpers.notebook: what `%load_ext helpers` does in a real kernel, and that it can be undone."""

import asyncio
import os
import signal
import socket

import pytest
from IPython.core.interactiveshell import InteractiveShell

from helpers import notebook
from tests.kernel import running_kernel


@pytest.fixture
def kernel():
    with running_kernel() as kernel:
        yield kernel


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_that_comes_out_of_a_cell_is_no_second_kernel(kernel):
    assert kernel.run("%load_ext helpers\nimport os, signal")[0] == "ok"
    kernel.run("child = os.fork()\nif not child: signal.alarm(30)")  # it ends in any case
    assert kernel.run("print(os.waitpid(child, 0)[1] >> 8)") == ("ok", "1\n")


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
    shell = InteractiveShell()
    notebook.load_ipython_extension(shell)
    first = notebook._setup
    notebook.load_ipython_extension(shell)
    assert notebook._setup is first
    notebook.unload_ipython_extension(shell)
    notebook.unload_ipython_extension(shell)
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


def test_what_draws_is_loaded_before_a_cell_can_be_interrupted(kernel):
    assert kernel.run("%load_ext helpers\nimport sys") == ("ok", "")
    kernel.run("before = {*sys.modules}\nfrom helpers.timeline import grid")
    kernel.run("page = grid([[None]], ['a'], ['b']).html()")
    new = "print(sorted(one for one in {*sys.modules} - before if 'matplotlib.' in one))"
    assert kernel.run(new) == ("ok", "[]\n")

"""What IPython and the kernel need; `%load_ext helpers` comes here.

It sets the style of figures, makes an interrupt reach a cell that waits in a top-level `await`,
ends a child that comes out of a cell as a second kernel, and adds the magics `%%timeline`, `%%loop`
and `%%needs`. Nothing else is changed, and `%unload_ext helpers` puts it back. What this machine
lacks it says first.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from helpers.ground import lacks
from helpers.look import AXIS, GRID, INK, SECONDARY

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

FIGURE_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": AXIS,
    "axes.labelcolor": SECONDARY,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": SECONDARY,
    "ytick.color": SECONDARY,
}


class WakeUp:
    """Wakes the kernel's event loop when a signal comes.

    Python handles a signal between two instructions, but a loop that sleeps in `select` runs
    none: an interrupted `await asyncio.sleep(10)` stopped after the ten seconds. A byte that the
    signal writes into a socket which the loop reads ends that sleep at once.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.reader, self.writer = socket.socketpair()
        self.reader.setblocking(False)
        self.writer.setblocking(False)
        try:
            loop.add_reader(self.reader, self._drain)
        except NotImplementedError:  # Windows' proactor loop watches no socket
            self.reader.close()
            self.writer.close()
            raise
        self.before = signal.set_wakeup_fd(self.writer.fileno(), warn_on_full_buffer=False)

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            self.reader.recv(4096)

    def close(self) -> None:
        """Put back what was there, unless somebody else has taken the signals over since."""
        current = signal.set_wakeup_fd(self.before)
        if current != self.writer.fileno():
            signal.set_wakeup_fd(current)
        self.loop.remove_reader(self.reader)
        self.reader.close()
        self.writer.close()


class OneKernel:
    """Ends a forked child that comes to the end of a cell.

    An interrupt reaches the children, too. One that was forked a moment ago, and has not begun its
    work, is thrown out of the cell like its parent. It would go on as a second kernel, which
    nobody talks to, and which keeps a core busy for ever.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell, self.pid = shell, os.getpid()
        shell.events.register("post_run_cell", self.look)

    def look(self, *_: object) -> None:
        """End this process, if it is not the kernel."""
        if os.getpid() != self.pid:
            os._exit(1)

    def close(self) -> None:
        """Look no longer."""
        self.shell.events.unregister("post_run_cell", self.look)


class Setup:
    """What loading the extension has changed, and how it was before."""

    def __init__(self, shell: InteractiveShell) -> None:
        import matplotlib

        # An interrupt in the middle of this import would leave matplotlib unusable: not in a cell.
        import helpers.timeline  # noqa: F401
        from helpers.magic import CellMagics
        from helpers.needs import Needs

        self.rc = cast("dict[str, Any]", matplotlib.rcParams)
        self.before = {name: self.rc[name] for name in FIGURE_STYLE}
        self.rc.update(FIGURE_STYLE)
        self.wake_up = _wake_up()
        self.one_kernel = OneKernel(shell)  # before the magics, which would draw a picture
        self.magics = CellMagics(shell)
        self.needs = Needs(shell)

    def undo(self) -> None:
        """Put everything back."""
        self.needs.close()
        self.magics.close()
        self.one_kernel.close()
        self.rc.update(self.before)
        if self.wake_up is not None:
            self.wake_up.close()


_setup: Setup | None = None


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Set this kernel up for the course; `%load_ext helpers` calls it. Twice is once."""
    global _setup
    if _setup is None:
        for line in lacks():
            print(line, file=sys.stderr)
        _setup = Setup(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Undo `load_ipython_extension`; `%unload_ext helpers` calls it."""
    global _setup
    if _setup is not None:
        _setup.undo()
        _setup = None


def _wake_up() -> WakeUp | None:
    """Return a WakeUp, or None where none is needed or possible.

    In plain IPython no loop runs between cells; only the main thread may set the descriptor;
    Windows' proactor loop wakes by itself.
    """
    if threading.current_thread() is not threading.main_thread():
        return None
    try:
        return WakeUp(asyncio.get_running_loop())
    except (RuntimeError, NotImplementedError):
        return None

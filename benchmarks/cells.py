"""What `%%timeline` adds to a cell that does nothing, in a real kernel.

What IPython calls before and after a cell is called here, from a cell, again and again: with
states and without drawing, then the drawing, and beside them `record()` alone.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

from jupyter_client.manager import KernelManager

from benchmarks.pairs import ROOT, Times, in_turns, spread
from benchmarks.table import Row, at_most, written

ROUNDS = 40
PATIENCE = 120  # seconds
EMPTY, DRAWN, BARE = "empty %%timeline cell", "its picture", "record()"


def rows() -> Iterator[Row]:
    """Measure all, and yield what was found."""
    times = measure(ROUNDS)
    yield at_most(f"{EMPTY}, before drawing", "states on", spread(times[EMPTY]), " ms", 10)
    yield Row(f"{EMPTY}: {DRAWN}", "states on", written(spread(times[DRAWN]), " ms"))
    yield Row(f"{BARE} around nothing", "states off", written(spread(times[BARE]), " ms"))


def measure(rounds: int) -> Times:
    """Return milliseconds by name, measured in a kernel of its own."""
    found: Times = ask_a_kernel(f"import benchmarks.cells\nbenchmarks.cells.within({rounds})")
    return found


def within(rounds: int) -> None:
    """Print milliseconds by name as JSON; called in a kernel."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    shell.run_line_magic("load_ext", "helpers")
    cell = Cell(shell)
    arms = {EMPTY: cell.run, DRAWN: cell.draw, BARE: bare}
    print(json.dumps(in_turns(arms, rounds)))


class Cell:
    """An empty cell under `%%timeline`."""

    def __init__(self, shell: Any) -> None:
        from types import SimpleNamespace

        self.shell, self.info = shell, SimpleNamespace(raw_cell="%%timeline\n")
        hooks = [hook.__self__ for hook in shell.events.callbacks["pre_run_cell"]]
        self.magic = next(one for one in hooks if type(one).__name__ == "CellMagics")

    def run(self) -> float:
        """Return milliseconds of all that is done before and after the cell, but the picture."""
        from time import perf_counter

        began = perf_counter()
        self.magic.begin(self.info)
        self.last = self.magic.session.run
        self.magic.abandon()
        return 1e3 * (perf_counter() - began)

    def draw(self) -> float:
        """Return milliseconds of the picture, with the bytes that are sent to the browser."""
        from time import perf_counter

        self.run()
        began = perf_counter()
        self.shell.display_formatter.format(self.last.timeline())
        return 1e3 * (perf_counter() - began)


def bare() -> float:
    """Return milliseconds of a recording of nothing, without states."""
    from time import perf_counter

    from helpers import record

    began = perf_counter()
    with record():
        pass
    return 1e3 * (perf_counter() - began)


def ask_a_kernel(source: str) -> Any:
    """Return what a cell prints as JSON, run in a new kernel.

    Raises:
        RuntimeError: the cell failed, or printed nothing.
    """
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(ROOT), stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    printed: list[str] = []

    def hear(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    try:
        client.wait_for_ready(timeout=PATIENCE)
        reply = client.execute_interactive(source, timeout=PATIENCE, output_hook=hear)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if reply["content"]["status"] != "ok" or not printed:
        raise RuntimeError(reply["content"].get("evalue", "the kernel printed nothing"))
    return json.loads("".join(printed).splitlines()[-1])

"""What one learner takes of a shared machine: `python -m benchmarks.heads`, on Linux.

Each notebook is run to its end in a kernel of its own, as a learner would run it. Ten times a
second the memory of the kernel and of all that it has started is added up. It is counted as PSS,
in which what several processes share is shared out among them: their sum is what is really taken.
The CPU seconds are those of the processes that are there at the end, and of all that these and
their children have waited for; what ended when its parent had gone before is not among them. Wall
time is not told: it is the machine's, and that of whoever else works on it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import nbformat
import psutil
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from helpers.cores import usable_cores
from tests.command import read

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).parent / "heads.json"
PAUSE = 0.1  # seconds from one look to the next
PATIENCE = 180  # seconds for a cell, and for the server to answer
MB = 1e6


class Head:
    """A process and all that it has started, looked at until the `with` ends.

    Attributes:
        peak: bytes of PSS that all of them took together, at most.
        most: processes alive at one moment, at most.
        cpu: seconds of CPU time of those alive at the end, and of all that were waited for.
    """

    def __init__(self, pid: int) -> None:
        self.root = psutil.Process(pid)
        self.known = {self.root}
        self.peak, self.most, self.cpu = 0, 0, 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="heads")

    def __enter__(self) -> Head:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.cpu = sum(seconds(one) for one in self.known)

    def _look(self) -> None:
        while not self._over.wait(PAUSE):
            for one in [*self.known]:  # also of one whose parent has gone
                self.known.update(children(one))
            self.known = {one for one in self.known if one.is_running()}
            taken = [pss(one) for one in self.known]
            self.peak = max(self.peak, sum(taken))
            self.most = max(self.most, len(taken))


def asked(process: psutil.Process, question: Callable[[psutil.Process], Any], gone: Any) -> Any:
    """Return an answer of a process, or another where it has ended meanwhile."""
    try:
        return question(process)
    except psutil.Error:
        return gone


def children(process: psutil.Process) -> list[psutil.Process]:
    return asked(process, lambda one: one.children(recursive=True), [])


def pss(process: psutil.Process) -> int:
    return asked(process, lambda one: one.memory_full_info().pss, 0)


def seconds(process: psutil.Process) -> float:
    return asked(process, lambda one: sum(one.cpu_times()[:4]), 0.0)


def of_notebook(path: Path) -> dict[str, Any]:
    """Run a notebook in a kernel of its own, and return what it took."""
    book = nbformat.read(path, as_version=4)
    manager = KernelManager(kernel_name="python3")
    client = NotebookClient(
        book, km=manager, timeout=PATIENCE, resources={"metadata": {"path": path.parent}}
    )
    with client.setup_kernel(), Head(manager.provisioner.pid) as head:
        for number, cell in enumerate(book.cells):
            client.execute_cell(cell, number)
    return told(path.stem, head)


def of_server() -> dict[str, Any]:
    """Start JupyterLab, let it send its page and list the notebooks, and return what it took."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--no-browser", "--allow-root", "--ServerApp.port=0"]
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={ROOT}"],
            env={**os.environ, "JUPYTER_RUNTIME_DIR": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with Head(server.pid) as head:
                about = answering(Path(folder))
                for page in ("lab", "api/contents/notebooks", "lab/api/settings"):
                    get(about, page)
                time.sleep(2)  # until what it began for them is done
        finally:
            server.terminate()
            server.wait()
    return told("JupyterLab's server", head)


def answering(folder: Path) -> dict[str, Any]:
    """Return what the server writes down about itself, once it answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for file in folder.glob("jpserver-*.json"):
            with suppress(URLError, ValueError):
                about: dict[str, Any] = json.loads(file.read_text("utf-8"))
                get(about, "api")
                return about
        time.sleep(0.2)
    raise TimeoutError("JupyterLab did not start")


def get(about: dict[str, Any], page: str) -> None:
    """Load a page of the server; only who has its token may."""
    token = {"Authorization": f"token {about['token']}"}
    urlopen(Request(about["url"] + page, headers=token), timeout=PATIENCE).read()


def told(name: str, head: Head) -> dict[str, Any]:
    return {
        "name": name,
        "peak MB": round(head.peak / MB),
        "CPU s": round(head.cpu),
        "processes": head.most,
    }


def main(words: list[str]) -> int:
    """Measure the notebooks that are named, or all and the server; write all of it down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked = read(parser, words, numbered=True)
    if sys.platform != "linux":
        parser.error("only Linux tells what memory a process really takes: measure it there")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["THREE_LANES_DIARY"] = str(Path(folder) / "diary")
        rows = [] if asked.names else [row(of_server())]
        rows += [row(of_notebook(path)) for path in asked.paths]
    if not asked.names:
        about = f"{platform.machine()}, {platform.system()}, {usable_cores():g} cores"
        about += f", Python {platform.python_version()}"
        found = {"date": date.today().isoformat(), "machine": about, "heads": rows}
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


def row(found: dict[str, Any]) -> dict[str, Any]:
    """Print what was found, and return it."""
    print(*(f"{key} {value}" for key, value in found.items()), sep="  ", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

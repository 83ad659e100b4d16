"""Runs the course for hours: `python3 course.py run python tests/soak.py --minutes 60 --busy`.

Round after round, each notebook in a kernel of its own, with all cores kept busy if asked for.
After each it looks at what is left behind, and at how much memory, how many processes and files
it took: what grows from round to round is told at the end. `--shuffle SEED` runs the cells of each
notebook out of order instead, and `--restart SEED` restarts its kernel while cells run; both go
through the notebooks once. Ctrl-C, or a request to end, ends it with the table. The exit
status is 1 if anything failed.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from helpers.cores import usable_cores
from tests.rounds import Round, from_the_top, memory_of, out_of_order, restarted

ROOT = Path(__file__).resolve().parent.parent
BUSY = "import os\nwhile os.getppid() == {}:\n    sum(range(100_000))"  # as long as we live
GROWS = 5.0  # MB a round from which on a notebook, or this program itself, is told to grow
ENOUGH = 3  # rounds that a trend takes
HEAD = f"{'':24} rounds failed  seconds first MB last MB  MB a round"


def main(words: list[str]) -> int:
    """Run it, tell the table, and return the exit status."""
    asked = arguments(words)
    found: dict[str, list[Round]] = defaultdict(list)
    own: list[float] = []
    try:
        with busy(usable_cores() if asked.busy else 0):
            for one in rounds(asked, own):
                found[one.name].append(one)
                tell(one)
    except KeyboardInterrupt:
        print("stopped", flush=True)
    print(table(found, own))
    return int(any(one.troubles for these in found.values() for one in these))


def arguments(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="notebooks, such as 02_threading; else all")
    parser.add_argument("--minutes", type=float, default=60, help="a new round begins until then")
    parser.add_argument("--rounds", type=int, default=sys.maxsize, help="at most so many")
    parser.add_argument("--busy", action="store_true", help="keep every core busy besides")
    parser.add_argument("--shuffle", type=int, metavar="SEED", help="cells out of order, twice")
    parser.add_argument("--restart", type=int, metavar="SEED", help="restart kernels under way")
    asked = parser.parse_args(words)
    asked.paths = notebooks(asked.names)
    if unknown := [name for name in asked.names if not notebooks([name])]:
        parser.error(f"there is no notebook {', '.join(unknown)}")
    return asked


def notebooks(names: list[str]) -> list[Path]:
    """Return the paths of these notebooks, or of all, as a course goes."""
    paths = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    paths = [path for path in paths if not any(part.startswith(".") for part in path.parts)]
    return [path for path in paths if not names or path.stem in names]


def rounds(asked: argparse.Namespace, own: list[float]) -> Iterator[Round]:
    """Yield each run of a notebook as it ends, and note this program's memory, round by round."""
    until, run, number = time.monotonic() + 60 * asked.minutes, way(asked), 0
    once = asked.shuffle is not None or asked.restart is not None
    while number < (1 if once else asked.rounds) and (not number or time.monotonic() < until):
        for path in asked.paths:
            yield run(path)
        own.append(memory_of("self"))
        number += 1


def way(asked: argparse.Namespace) -> Callable[[Path], Round]:
    """Return how each notebook is to be run."""
    if asked.shuffle is not None:
        return partial(out_of_order, seed=asked.shuffle)
    if asked.restart is not None:
        return partial(restarted, seed=asked.restart)
    return from_the_top


@contextmanager
def busy(cores: int) -> Iterator[None]:
    """Keep so many cores busy."""
    command = [sys.executable, "-c", BUSY.format(os.getpid())]
    others = [subprocess.Popen(command, start_new_session=True) for _ in range(cores)]
    try:
        yield
    finally:
        for one in others:
            one.kill()
            one.wait()


# --- what is told --------------------------------------------------------------------------------


def tell(one: Round) -> None:
    """Print a line about one run, and all that was wrong with it."""
    took = f"{one.seconds:6.1f} s  {one.memory:6.0f} MB  {one.processes:3} processes"
    held = f"{one.files:4} files  {one.shared:3} in /dev/shm"
    print(f"{one.name:24}{took}  {held}  {verdict(one)}", flush=True)
    for line, often in sorted(one.refused.items()):
        print(f"    {often} x {line}")
    for trouble in one.troubles:
        print(f"--- {trouble}\n", flush=True)


def verdict(one: Round) -> str:
    return f"{len(one.troubles)} FAILED" if one.troubles else "ok"


def table(found: dict[str, list[Round]], own: list[float]) -> str:
    """Return what came of it: a row for each notebook, and one for this program."""
    lines = [HEAD]
    for name, these in found.items():
        failed = sum(bool(one.troubles) for one in these)
        seconds = f"{np.mean([one.seconds for one in these]):9.1f}"
        memory = [one.memory for one in these]
        lines.append(f"{name:24}{len(these):7}{failed:7}{seconds}{growth(memory)}")
    if own:
        lines.append(f"{'this program':24}{len(own):7}{'':7}{'':9}{growth(own)}")
    return "\n".join(lines)


def growth(memory: list[float]) -> str:
    """Return the memory of the first and the last round, in MB, and how it changes a round."""
    first_and_last = f"{memory[0]:9.0f}{memory[-1]:8.0f}"
    if len(memory) < ENOUGH:
        return f"{first_and_last}{'-':>12}"
    slope = np.polyfit(range(len(memory)), memory, 1)[0]
    return f"{first_and_last}{slope:12.2f}{'  GROWS' if slope > GROWS else ''}"


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` has it ignored
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    sys.exit(main(sys.argv[1:]))

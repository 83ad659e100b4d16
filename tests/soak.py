"""Runs the course for hours: `python3 course.py run python tests/soak.py --minutes 60 --busy`.

Round after round, each notebook in a kernel of its own, with all cores kept busy if asked for.
After each it looks at what is left behind, and at how much memory, how many processes and files
it took: which of these climbs from round to round is told at the end. `--shuffle SEED` runs the
cells of each notebook out of order instead, and `--restart SEED` restarts its kernel while cells
run; both go through the notebooks once. Ctrl-C, or a request to end, ends it with the table. The
exit status is 1 if anything failed.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from helpers.cores import usable_cores
from tests.command import read
from tests.rounds import Round, entries, from_the_top, memory_of, out_of_order, restarted

BUSY = "import os\nwhile os.getppid() == {}:\n    sum(range(100_000))"  # as long as we live
# What is told to grow, and from how much a round on: memory in MB, else one thing in ten rounds.
GROWS = {"memory": 5.0, "processes": 0.1, "files": 0.1, "shared": 0.1}
ENOUGH = 4  # rounds that a trend takes
STEADY = 6  # a climb's height by its scatter from which on it is more than a single step up
HEAD = f"{'':24} rounds failed  seconds first MB last MB  MB a round"


def main(words: list[str]) -> int:
    """Run it, tell the table, and return the exit status."""
    asked = arguments(words)
    found: dict[str, list[Round]] = defaultdict(list)
    own: list[Round] = []
    try:
        with busy(usable_cores() if asked.busy else 0):
            for one in rounds(asked, own):
                found[one.name].append(one)
                tell(one)
    except KeyboardInterrupt:
        print("stopped", flush=True)
    finally:
        print(table([*found.values(), own]))
    return int(any(one.troubles for these in found.values() for one in these))


def arguments(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60, help="a new round begins until then")
    parser.add_argument("--rounds", type=int, default=sys.maxsize, help="at most so many")
    parser.add_argument("--busy", action="store_true", help="keep every core busy besides")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--shuffle", type=int, metavar="SEED", help="cells out of order, twice")
    ways.add_argument("--restart", type=int, metavar="SEED", help="restart kernels under way")
    return read(parser, words)


def rounds(asked: argparse.Namespace, own: list[Round]) -> Iterator[Round]:
    """Yield each run of a notebook as it ends, and note what this program takes, round by round."""
    until, run, number = time.monotonic() + 60 * asked.minutes, way(asked), 0
    once = asked.shuffle is not None or asked.restart is not None
    while number < (1 if once else asked.rounds) and (not number or time.monotonic() < until):
        began = time.monotonic()
        for path in asked.paths:
            yield run(path)
        own.append(itself(time.monotonic() - began))
        number += 1


def itself(seconds: float) -> Round:
    """Return what this program takes after a round of so many seconds."""
    files = entries("/proc/self/fd")
    return Round("this program", seconds, memory_of("self"), processes=1, files=files)


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


def table(found: Iterable[list[Round]]) -> str:
    """Return what came of it: a row for all rounds of a notebook, and one for this program."""
    return "\n".join([HEAD, *(row(these) for these in found if these)])


def row(these: list[Round]) -> str:
    failed = sum(bool(one.troubles) for one in these)
    seconds = np.mean([one.seconds for one in these])
    return f"{these[0].name:24}{len(these):7}{failed:7}{seconds:9.1f}{growth(these)}"


def growth(these: list[Round]) -> str:
    """Return the memory of the first and the last round, its change a round, and what climbs."""
    these = [one for one in these if one.processes]  # else its kernel had gone before the look
    if not these:
        return ""
    first_and_last = f"{these[0].memory:9.0f}{these[-1].memory:8.0f}"
    if len(these) < ENOUGH:
        return f"{first_and_last}{'-':>12}"
    by_name = {name: [getattr(one, name) for one in these] for name in GROWS}
    told = ", ".join(name for name, least in GROWS.items() if climbs(by_name[name], least))
    change = trend(by_name["memory"])[0]
    return f"{first_and_last}{change:12.2f}{f'  GROWS: {told}' if told else ''}"


def climbs(measured: list[float], least: float) -> bool:
    """Say whether it rises by more than so much a round, and steadily."""
    change, scatter = trend(measured)
    return change > least and change * (len(measured) - 1) > STEADY * scatter


def trend(measured: list[float]) -> tuple[float, float]:
    """Return by how much it changes a round, and how it scatters around that line."""
    number = np.arange(len(measured))
    line = np.polyfit(number, measured, 1)
    return line[0], np.std(measured - np.polyval(line, number))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` has it ignored
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    sys.exit(main(sys.argv[1:]))

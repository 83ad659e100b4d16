"""What the rivals of `race` find in a program, how soon, and how many runs a second they make.

`python -m benchmarks.race_rivals [SECONDS] PROGRAM...` prints a table; a program is a file with
`make`, `bodies` and `holds`. Each exploration has a process of its own, and what is timed in it
begins when the rival is imported and has explored a program that does nothing.

Both are told to try every order with at most two preemptions, and are set so that they are fastest:
frontrun without looking for input and output and without replaying what it found, interleave-test
with a main thread that takes no part in the order. frontrun switches only where something shared
may be touched, and leaves out orders that it takes to be alike; interleave-test switches at every
instruction, or at every line. "ok" is what the rival says: it is no proof.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from time import perf_counter
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

from benchmarks.pairs import ROOT
from benchmarks.rivals import MissingError

__all__ = [
    "Verdict",
    "frontrun_here",
    "frontrun_verdict",
    "interleave_here",
    "interleave_verdict",
    "load",
]

PREEMPTIONS = 2
SECONDS = 10.0  # that a rival has for a program, unless told otherwise
ENOUGH = 1.0  # seconds of runs that make a rate
GRACE = 15.0  # seconds that a process has beyond its time before it is killed
PATCHED = {
    threading: ("Lock", "RLock", "Condition", "Event", "Semaphore", "BoundedSemaphore"),
    queue: ("Queue", "LifoQueue", "PriorityQueue", "SimpleQueue"),
    time: ("sleep",),
}


class Verdict(NamedTuple):
    """What a rival said of a program.

    Attributes:
        found: 'race' (`holds` was false), 'deadlock', 'exception' (a body raised), 'ok' (all was
            tried and nothing found) or 'unfinished'.
        seconds: from the call to the result; None if the process was killed.
        runs: complete runs in that time, the one with the bug among them; None likewise.
        rate: runs per second; of a program in which nothing was found, else None.
        told: why it is unfinished, or what was raised.
    """

    found: str
    seconds: float | None = None
    runs: int | None = None
    rate: float | None = None
    told: str = ""


class Explored(NamedTuple):
    """What came of one exploration; see Verdict."""

    found: str
    runs: int
    told: str = ""


class BrokenError(Exception):
    """The state did not hold, told to a rival that wants an exception."""


def frontrun_verdict(program: ModuleType | Path | str, seconds: float = SECONDS) -> Verdict:
    """Return what frontrun says of a program, in a process of its own.

    Raises:
        MissingError: it is not installed.
    """
    installed("frontrun")
    return in_a_process("frontrun", program, seconds)


def interleave_verdict(
    program: ModuleType | Path | str, seconds: float = SECONDS, grain: str = "opcode"
) -> Verdict:
    """Return what interleave-test says of a program, in a process of its own.

    Args:
        program: a module or its file.
        seconds: that it has.
        grain: where it may switch: at each 'opcode', or at each 'line', which is faster.

    Raises:
        MissingError: it is not installed, or does not run on this Python.
    """
    installed("interleave_test")
    return in_a_process(f"interleave {grain}", program, seconds)


def frontrun_here(program: Any, seconds: float = SECONDS) -> Verdict:
    """Do as frontrun_verdict, in this process."""
    installed("frontrun")
    return measured(explored_by_frontrun, program, seconds)


def interleave_here(program: Any, seconds: float = SECONDS, grain: str = "opcode") -> Verdict:
    """Do as interleave_verdict, in this process."""
    installed("interleave_test")

    def explore(one: Any, limit: float) -> Explored:
        return explored_by_interleave(one, limit, grain)

    return measured(explore, program, seconds)


def installed(package: str) -> None:
    """Raise MissingError, with a line that says what to do, if a rival cannot run here."""
    name = package.replace("_", "-")
    if package == "interleave_test" and sys.version_info < (3, 12):
        raise MissingError(f"{name} needs Python 3.12")
    if sys.modules.get(package, ...) is None or find_spec(package) is None:
        raise MissingError(
            f"{name} is not installed: python -m pip install -r benchmarks/requirements.txt"
        )


def load(program: Path | str) -> ModuleType:
    """Import a program from its file.

    A rival puts something else in the place of `threading.Lock`; a program that has imported it by
    its name would go on with the real one, which no rival sees. So these names are looked up late.
    """
    path = Path(program).resolve()
    spec = spec_from_file_location(f"program_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is no Python file")
    module = module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    for source, names in PATCHED.items():
        for name in names:
            for own, value in list(vars(module).items()):
                if value is getattr(source, name):
                    setattr(module, own, looked_up_late(source, name))
    return module


def looked_up_late(source: ModuleType, name: str) -> Callable[..., Any]:
    """Return a function that calls what a module has under a name at the time of the call."""
    return lambda *given, **named: getattr(source, name)(*given, **named)


def in_a_process(rival: str, program: ModuleType | Path | str, seconds: float) -> Verdict:
    """Return what a rival says of a program, run in a process of its own.

    Raises:
        RuntimeError: the process failed; with the last line that it wrote.
    """
    path = Path(str(program.__file__) if isinstance(program, ModuleType) else program).resolve()
    command = [sys.executable, "-m", __spec__.name, "--in", *rival.split(), str(seconds), str(path)]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * seconds + GRACE,
        )
    except subprocess.TimeoutExpired:
        return Verdict("unfinished", told="killed: it did not come back")
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or str(done.returncode)).splitlines()[-1])
    return Verdict(*json.loads(done.stdout.splitlines()[-1]))


def measured(explore: Callable[[Any, float], Explored], program: Any, seconds: float) -> Verdict:
    """Explore a program, and again if it is so small that a rate needs more runs."""
    nothing = SimpleNamespace(make=list, bodies=[len, len], holds=lambda state: not state)
    explore(nothing, ENOUGH)  # what is imported late, or made only once, is not timed
    began = perf_counter()
    first = explore(program, seconds)
    took = whole = perf_counter() - began
    runs = first.runs
    while first.found == "ok" and whole < min(ENOUGH, seconds):
        began = perf_counter()
        runs += explore(program, seconds).runs
        whole += perf_counter() - began
    is_rate = first.found == "ok" or (first.found == "unfinished" and not first.told)
    return Verdict(first.found, took, first.runs, runs / whole if is_rate else None, first.told)


def explored_by_frontrun(program: Any, seconds: float) -> Explored:
    """Have frontrun explore a program once."""
    os.environ.setdefault("FRONTRUN_ACTIVE", "1")  # else it wants to be started by its own command
    import frontrun

    runs = 0

    def make() -> Any:
        nonlocal runs
        runs += 1
        return program.make()

    until = perf_counter() + seconds
    try:
        result = frontrun.explore(
            make,
            list(program.bodies),
            program.holds,
            strategy="dpor",
            preemption_bound=PREEMPTIONS,
            detect_io=False,
            reproduce_on_failure=0,
            total_timeout=seconds,
            timeout_per_run=seconds,
            deadlock_timeout=seconds,
        )
    except Exception as error:  # one that a body raised, it lets through
        is_its_own = type(error).__module__.startswith("frontrun")
        return Explored("unfinished" if is_its_own else "exception", runs, last_line(error))
    if result.property_holds is None:
        return Explored("unfinished", result.num_explored, result.inconclusive_reason or "?")
    if result.property_holds:  # also where its time was up: it does not tell the one from the other
        found = "ok" if perf_counter() < until else "unfinished"
    else:
        found = "deadlock" if str(result.explanation).startswith("Deadlock") else "race"
    return Explored(found, result.num_explored)


def explored_by_interleave(program: Any, seconds: float, grain: str) -> Explored:
    """Have interleave-test explore a program once."""
    import interleave_test as rival

    until = perf_counter() + seconds

    class UntilTimeIsUp(rival.DFSStrategy):  # type: ignore[misc]
        """All orders with so many preemptions; it has a limit of runs only."""

        def more(self) -> bool:
            return bool(super().more()) and perf_counter() < until

        def end(self) -> None:
            if perf_counter() < until:  # after a run that hung this takes minutes
                super().end()

    def model() -> None:
        with rival.no_interleave():  # else the main thread is switched to and from as well
            state = program.make()
            left, done = len(program.bodies), rival.Event()

            def live(body: Callable[[Any], Any]) -> None:
                nonlocal left
                body(state)
                left -= 1
                if not left:  # joined one by one, each would wake the main thread for nothing
                    with rival.no_interleave():
                        done.set()

            for body in program.bodies:
                rival.spawn(live, body)
            done.wait()
            if not program.holds(state):
                raise BrokenError

    result = rival.explore(
        model,
        strategy=UntilTimeIsUp(PREEMPTIONS),
        granularity=grain,
        iterations=sys.maxsize,
        timeout=seconds,
        exclude=[__file__],
        seed=0,
        raise_on_failure=False,
    )
    failure, runs = result.failure, result.schedules_run
    if failure is None:
        return Explored("ok" if result.exhausted else "unfinished", runs)
    if failure.kind == "deadlock" or isinstance(failure.exception, BrokenError):
        return Explored("deadlock" if failure.kind == "deadlock" else "race", runs)
    if failure.kind == "hang":
        return Explored("unfinished", runs, failure.details)
    is_its_own = isinstance(failure.exception, rival.InterleaveError)
    told = last_line(failure.exception)
    return Explored("unfinished" if is_its_own else "exception", runs, told)


def last_line(error: BaseException | None) -> str:
    """Return an exception as the last line of its traceback."""
    return f"{type(error).__name__}: {error}".splitlines()[0]


ARMS: dict[str, Callable[[Path, float], Verdict]] = {
    "frontrun": frontrun_verdict,
    "interleave-test": interleave_verdict,
    "interleave-test, by line": lambda path, seconds: interleave_verdict(path, seconds, "line"),
}


def main(given: list[str]) -> None:
    """Print what each rival finds in some programs."""
    seconds = SECONDS if not given or given[0].endswith(".py") else float(given.pop(0))
    missing = set()
    print(f"{'program':20} {'rival':24} {'found':10} {'s':>8} {'runs':>7} {'runs/s':>7}")
    for path in map(Path, given):
        for name, verdict in ARMS.items():
            try:
                found, took, runs, rate, told = verdict(path, seconds)
            except MissingError as reason:
                missing.add(str(reason))
                continue
            figures = f"{written(took, '.4f'):>8} {written(runs, 'd'):>7} {written(rate, '.0f'):>7}"
            print(
                f"{path.stem:20} {name:24} {found:10} {figures}  {told[:60]}".rstrip(), flush=True
            )
    for reason in sorted(missing):
        print(reason)


def written(figure: float | None, how: str) -> str:
    """Return a figure, or a dash if there is none."""
    return "-" if figure is None else format(figure, how)


def child(rival: str, *given: str) -> None:
    """Print as JSON what a rival says of a program, in the process begun for it."""
    *grain, seconds, path = given
    here = frontrun_here if rival == "frontrun" else interleave_here
    print(json.dumps(here(load(path), float(seconds), *grain)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--in"]:
        child(*sys.argv[2:])
    else:
        main(sys.argv[1:])

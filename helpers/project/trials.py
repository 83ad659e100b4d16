"""What a program that visits a gallery is tried with, as its users and its website would try it.

    print(examine(Path("my_project.py")))

The program is started as `python my_project.py ADDRESS DATABASE` and must take `--at-once N` (6 if
left out), `--workers N` and `--timeout SECONDS`. What it keeps is compared, row by row, with what
the program in turn keeps. Nothing here depends on how long something takes.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from numbers import Integral
from pathlib import Path
from reprlib import repr as short
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from helpers.aside import aside
from helpers.checks import is_number
from helpers.project.practice import BROKEN, FORBIDDEN, make_gallery, rows
from helpers.project.report import Finding, Report
from helpers.project.terminal import Run, run_in_terminal
from helpers.website import Website, website
from helpers.website.faults import fate

__all__ = ["examine"]

AT_ONCE = 6
LIMIT = 30.0  # seconds for a run; one that hangs is given up
LONGEST = 35.0  # seconds after which no trial is begun that was not asked for by number
LATENCY = 0.05
MOST_TRIES = 100
KEYBOARD, DONE, INCOMPLETE = 130, 0, 1  # exit statuses


def examine(program: str | Path, interrupts: int | None = None, seed: int = 1) -> Report:
    """Try a program in many ways; return what was found.

    Args:
        program: its source, or its file.
        interrupts: how often it is interrupted, each time at another moment, and run again; None
            for as often as there is time for within 35 seconds, three times at most.
        seed: another one, other moments.

    Raises:
        OSError: the file cannot be read.
        TypeError: program is neither a str nor a Path.
        ValueError: interrupts is no whole number from 0.
    """
    if isinstance(program, Path):
        program = program.read_text("utf-8")
    if not isinstance(program, str):
        raise TypeError(f"examine(program): must be its source or its Path, not {short(program)}")
    if interrupts is not None and not is_number(interrupts, low=0, kind=Integral):
        raise ValueError(f"examine(interrupts): must be a whole number, not {short(interrupts)}")
    source = program
    return aside("examine", lambda stop: _examined(source, interrupts, seed, stop))


@dataclass
class Bench:
    """Where a program is tried.

    Attributes:
        program: its source.
        site: the gallery.
        right: the rows that it has to keep.
        folder: for the files of all runs.
        stop: set to have it end now.
    """

    program: str
    site: Website
    right: list[tuple[object, ...]]
    folder: Path
    stop: threading.Event
    numbers: Iterator[int] = field(default_factory=count)

    def run(
        self, database: Path, *options: str, interrupt: Callable[[], bool] | None = None
    ) -> Run:
        """Run the program, in a folder that nothing else uses."""
        folder = self.folder / f"run-{next(self.numbers)}"
        folder.mkdir()
        arguments = [self.site.url, str(database), "--workers", "1", *options]
        return run_in_terminal(self.program, arguments, folder, LIMIT, self.stop, interrupt)

    def database(self) -> Path:
        """Return the place for a new database."""
        return self.folder / f"gallery-{next(self.numbers)}.db"

    def unlike(self, database: Path) -> str:
        """Return how a database differs from what is right, or ''."""
        try:
            found = rows(database)
        except sqlite3.Error as error:
            return f"the database cannot be read: {error}"
        missing = [row for row in self.right if row not in found]
        if missing:
            which = urlsplit(str(missing[0][0])).path
            wrong = f"{len(missing)} of {len(self.right)} rows are missing or differ"
            return f"{wrong}, such as that of `{which}`"
        more = len(found) - len(self.right)
        return f"it keeps {more} rows too many" if more else ""


def _examined(program: str, interrupts: int | None, seed: int, stop: threading.Event) -> Report:
    until = time.monotonic() + LONGEST
    findings = []
    with _bench(program, stop) as bench:
        for name, trial in TRIALS.items():
            bench.site.set(**KIND)
            bench.site.reset()
            is_late = stop.is_set() or (interrupts is None and time.monotonic() > until)
            findings.append(NO_TIME(name) if is_late else _found(name, trial, bench))
        findings += _interrupted(bench, interrupts, random.Random(seed), until)
    return Report(findings)


NO_TIME = partial(Finding, words="there was no time for it", is_good=None)
KIND = {"latency": LATENCY, "error_rate": 0, "drop_rate": 0, "slow_rate": 0, "rate_limit": None}


@contextmanager
def _bench(program: str, stop: threading.Event, broken: bool = False) -> Iterator[Bench]:
    with TemporaryDirectory(prefix="three-lanes-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        make_gallery(folder / "site", broken)
        with website(pages=folder / "site") as site:
            reference = folder / "reference.db"
            _visit_in_turn(site.url, reference)
            yield Bench(program, site, rows(reference), folder, stop)


def _visit_in_turn(url: str, path: Path) -> None:
    from requests import HTTPError

    from helpers.project.gallery import visit

    with suppress(HTTPError):  # of a picture that is not there, the last of all
        visit(url, path)


def _found(name: str, trial: Callable[[Bench], str], bench: Bench) -> Finding:
    trouble = trial(bench)
    return Finding(name, trouble or PASSED[name], not trouble)


# --- what it is tried with ------------------------------------------------------------------------


def _keeps(bench: Bench) -> str:
    """Run it on a website that is kind; look at what it asks for, and how many at once."""
    database = bench.database()
    run = bench.run(database)
    seen = bench.site.seen
    if trouble := _wrong_end(run, DONE) or bench.unlike(database):
        return trouble
    if twice := [path for path, times in seen.paths.items() if times > 1]:
        return f"it asked more than once for `{twice[0]}`"
    if seen.peak_connections > AT_ONCE:
        return f"the website saw {seen.peak_connections} connections at once, not {AT_ONCE} at most"
    return "" if seen.peak_requests > 1 else "never were two requests under way at once"


def _keeps_within_bounds(bench: Bench) -> str:
    """Have it ask for two things at a time; look whether it asks for what it may."""
    run = bench.run(bench.database(), "--at-once", "2")
    seen = bench.site.seen
    if trouble := _wrong_end(run, DONE):
        return trouble
    if seen.peak_connections > 2:
        return f"`--at-once 2`, and the website saw {seen.peak_connections} connections at once"
    first = next(iter(seen.paths))
    if first != "/robots.txt":
        return f"it asked for `{first}` before it asked for `/robots.txt`"
    forbidden = [path for path in seen.paths if path.startswith(FORBIDDEN)]
    return f"it asked for `{forbidden[0]}`, which `robots.txt` forbids" if forbidden else ""


def _bears_faults(bench: Bench) -> str:
    """Let a tenth of the answers be errors, and a tenth of the connections break."""
    bench.site.set(error_rate=0.1, drop_rate=0.1, seed=FAULTY)
    database = bench.database()
    run = bench.run(database)
    seen = bench.site.seen
    if trouble := _wrong_end(run, DONE) or bench.unlike(database):
        return trouble
    for path, times in seen.paths.items():
        right = _tries(bench.site, path)
        if times != right:
            return f"it asked {times} times for `{path}`, which came at the {_nth(right)} try"
    return ""


def _waits_when_told(bench: Bench) -> str:
    """Turn away what is more than five requests a second, and say when to come back."""
    bench.site.set(rate_limit=5, latency=0)
    database = bench.database()
    run = bench.run(database)
    seen = bench.site.seen
    if trouble := _wrong_end(run, DONE) or bench.unlike(database):
        return trouble
    turned_away, all_of_it = seen.statuses[429], len(bench.right)
    if turned_away > 4 * all_of_it:
        return f"it was turned away {turned_away} times for {all_of_it} things: it does not wait"
    return ""


def _gives_up(bench: Bench) -> str:
    """Let some answers take a minute, and half a second be enough."""
    bench.site.set(slow_rate=0.2, slow_latency=60, seed=SLOW)
    database = bench.database()
    run = bench.run(database, "--timeout", "0.5")
    return _wrong_end(run, DONE) or bench.unlike(database)


def _tells_what_failed(bench: Bench) -> str:
    """Let a page show a picture that is not there."""
    with _bench(bench.program, bench.stop, broken=True) as other:
        database = other.database()
        run = other.run(database)
        times = other.site.seen.paths[BROKEN]
        if trouble := _wrong_end(run, INCOMPLETE) or other.unlike(database):
            return trouble
        if BROKEN not in run.told:
            return f"it does not tell that `{BROKEN}` could not be had"
        if times != 2:  # once it was asked for in turn
            return f"it asked {times - 1} times for what is not there"
    return ""


FAULTY, SLOW = 3, 2  # seeds with which something happens, but not to the same thing for ever

TRIALS: dict[str, Callable[[Bench], str]] = {
    "keeps what the program in turn keeps": _keeps,
    "minds its manners": _keeps_within_bounds,
    "bears errors and broken connections": _bears_faults,
    "waits when it is told to": _waits_when_told,
    "gives up what never comes, and tries again": _gives_up,
    "tells what it could not have": _tells_what_failed,
}
PASSED = {
    "keeps what the program in turn keeps": f"row by row; at most {AT_ONCE} requests at once",
    "minds its manners": "2 at once with `--at-once 2`, `robots.txt` first, nothing forbidden",
    "bears errors and broken connections": "all rows are there, and nothing was asked for in vain",
    "waits when it is told to": "it came back when `Retry-After` said",
    "gives up what never comes, and tries again": "all rows are there",
    "tells what it could not have": "with exit status 1, and all the rest is kept",
}


def _wrong_end(run: Run, status: int) -> str:
    """Return what is wrong with how a run ended, or ''."""
    if run.status is None:
        return f"it had not ended after {LIMIT:.0f} seconds"
    if run.status != status:
        last = next((line for line in reversed(run.told.splitlines()) if line.strip()), "")
        return f"it ended with status {run.status}, not {status}. {last}".strip()
    if run.left:
        return f"{run.left} of its processes were left behind"
    return "there is a traceback" if "Traceback" in run.told else ""


def _tries(site: Website, path: str) -> int:
    """Return at which try something comes; the rules always come."""
    if path == "/robots.txt":
        return 1
    tries = range(1, MOST_TRIES + 1)
    right = (n for n in tries if fate(site.settings, f"{path}?", n - 1)[1] == "file")
    return next(right, MOST_TRIES)


def _nth(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")


# --- Ctrl-C ---------------------------------------------------------------------------------------

CTRL_C, AGAIN = "ends cleanly at Ctrl-C", "goes on where it stopped"


def _interrupted(
    bench: Bench, interrupts: int | None, chance: random.Random, until: float
) -> list[Finding]:
    """Interrupt it, each time at another moment, and run it again."""
    bench.site.set(**KIND)
    moments, wrong = [], {CTRL_C: "", AGAIN: ""}
    for _ in range(3 if interrupts is None else interrupts):
        if bench.stop.is_set() or (interrupts is None and time.monotonic() > until):
            break
        moment = chance.randint(1, len(bench.right) + 1), chance.uniform(0, LATENCY)
        moments.append(moment[0])
        database = bench.database()
        for name, trouble in zip(wrong, _once(bench, database, *moment), strict=True):
            if trouble and not wrong[name]:
                wrong[name] = f"after {moment[0]} requests {trouble}"
        if any(wrong.values()):
            break
    if not moments:
        return [*map(NO_TIME, wrong)]
    told = f"{len(moments)} times, after " + ", ".join(map(str, moments)) + " requests"
    return [Finding(name, wrong[name] or told, not wrong[name]) for name in wrong]


def _once(bench: Bench, database: Path, requests: int, seconds: float) -> tuple[str, str]:
    """Interrupt it after so many requests and seconds; return what is wrong then, and after."""
    bench.site.reset()
    due: list[float] = []

    def is_time() -> bool:
        if not due and bench.site.seen.requests >= requests:
            due.append(time.monotonic() + seconds)
        return bool(due) and time.monotonic() >= due[0]

    run = bench.run(database, interrupt=is_time)
    if not run.interrupted or (run.status == DONE and not bench.unlike(database)):
        first = _wrong_end(run, DONE)  # it was done before Ctrl-C came
    else:
        first = _wrong_end(run, KEYBOARD)
    kept = _kept(database)
    bench.site.reset()
    run = bench.run(database)
    asked = {*bench.site.seen.paths} & kept
    second = _wrong_end(run, DONE) or bench.unlike(database)
    if asked and not second:
        second = f"it asked again for `{min(asked)}`, which it had kept"
    return first, second


def _kept(database: Path) -> set[str]:
    """Return the paths of what a database holds whole; nothing, if it cannot be read."""
    try:
        found = rows(database)
    except sqlite3.Error:
        return set()
    return {urlsplit(str(row[0])).path for row in found if row[1] is not None}

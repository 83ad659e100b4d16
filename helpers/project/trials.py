"""What a program that visits a gallery is tried with, as its users and its website would try it.

    print(examine(Path("my_project.py")))

The program is started as `python my_project.py ADDRESS DATABASE` and must take `--at-once N` (6 if
left out), `--workers N` and `--timeout SECONDS`. What it keeps is compared, row by row, with what
the program in turn keeps. Nothing here depends on how long something takes, except that a run that
has not ended after 20 seconds is given up.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from numbers import Integral
from pathlib import Path
from reprlib import repr as short

from helpers.aside import aside
from helpers.checks import is_number
from helpers.program import check_characters
from helpers.project.bench import LATENCY, LIMIT, Bench, bench, clean
from helpers.project.practice import BROKEN, FORBIDDEN, is_picture
from helpers.project.report import Finding, Report
from helpers.project.terminal import HAS_CTRL_C, Run
from helpers.website import Seen, Website
from helpers.website.faults import fate

__all__ = ["examine"]

AT_ONCE = 6
LONGEST = 35.0  # seconds after which no trial is begun that was not asked for by number
INTERRUPTS = 3  # where no number is asked for: one early, one late, one in the pictures
MOST_TRIES = 100
KEYBOARD, DONE, INCOMPLETE = 130, 0, 1  # exit statuses
FAULTY, SLOW = 3, 2  # seeds with which something happens, but not to the same thing for ever


def examine(program: str | Path, interrupts: int | None = None, seed: int = 1) -> Report:
    """Try a program in many ways; return what was found.

    Args:
        program: its source, or its file.
        interrupts: how often it is interrupted, each time at another moment, and run again; None
            for as often as there is time for within 35 seconds, three times at most.
        seed: another one, other moments.

    Raises:
        OSError: the file cannot be read.
        RuntimeError: the practice website could not start.
        TypeError: program is neither a str nor a Path.
        ValueError: program holds what no program can, or interrupts is no whole number from 0.
    """
    source = _source(program)
    if interrupts is not None and not is_number(interrupts, low=0, kind=Integral):
        raise ValueError(f"examine(interrupts): must be a whole number, not {short(interrupts)}")
    return aside("examine", lambda stop: _examined(source, interrupts, seed, stop))


def _source(program: str | Path) -> str:
    """Return the source of a program, which may be in a file."""
    try:
        source = program.read_text("utf-8") if isinstance(program, Path) else program
    except UnicodeDecodeError as error:
        raise ValueError(f"examine(program): {program} is no text in UTF-8: {error}") from None
    if not isinstance(source, str):
        raise TypeError(f"examine(program): must be its source or its Path, not {short(program)}")
    check_characters("examine", source, "program")
    return source


def _examined(program: str, interrupts: int | None, seed: int, stop: threading.Event) -> Report:
    until = time.monotonic() + LONGEST

    def is_late() -> bool:
        return stop.is_set() or (interrupts is None and time.monotonic() > until)

    with bench(program, stop) as place:
        findings = [_found(name, place, is_late) for name in TRIALS]
        times = INTERRUPTS if interrupts is None else interrupts
        findings += _interrupted(place, times, random.Random(seed), is_late)
    return Report(findings)


NO_TIME = partial(Finding, words="there was no time for it", is_good=None)


def _found(name: str, place: Bench, is_late: Callable[[], bool]) -> Finding:
    if is_late():
        return NO_TIME(name)
    place.begin()
    trial, passed = TRIALS[name]
    trouble = trial(place)
    return Finding(name, trouble or passed, not trouble)


# --- what it is tried with ------------------------------------------------------------------------


def _keeps(place: Bench) -> str:
    """Run it on a website that is kind; look at what it asks for, and how many at once."""
    database = place.database()
    run = place.run(database)
    seen = place.site.seen
    if trouble := _wrong_end(run, DONE) or place.unlike(database):
        return trouble
    if twice := [path for path, times in seen.paths.items() if times > 1]:
        return f"it asked more than once for `{clean(twice[0])}`"
    if seen.peak_connections > AT_ONCE:
        return f"the website saw {seen.peak_connections} connections at once, not {AT_ONCE} at most"
    return "" if seen.peak_requests > 1 else "never were two requests under way at once"


def _keeps_within_bounds(place: Bench) -> str:
    """Have it ask for two things at a time; look whether it asks for what it may."""
    run = place.run(place.database(), "--at-once", "2")
    seen = place.site.seen
    if trouble := _wrong_end(run, DONE):
        return trouble
    if seen.peak_connections > 2:
        return f"`--at-once 2`, and the website saw {seen.peak_connections} connections at once"
    if not seen.paths:
        return "it asked for nothing at all"
    first = next(iter(seen.paths))
    if first != "/robots.txt":
        return f"it asked for `{clean(first)}` before it asked for `/robots.txt`"
    forbidden = [path for path in seen.paths if path.startswith(FORBIDDEN)]
    return f"it asked for `{clean(forbidden[0])}`, which `robots.txt` forbids" if forbidden else ""


def _bears_faults(place: Bench) -> str:
    """Let a tenth of the answers be errors, and a tenth of the connections break."""
    place.begin(error_rate=0.1, drop_rate=0.1, seed=FAULTY)
    database = place.database()
    run = place.run(database)
    seen = place.site.seen
    if trouble := _wrong_end(run, DONE) or place.unlike(database):
        return trouble
    for path, times in seen.paths.items():
        right = _tries(place.site, path)
        if times != right:
            asked = f"it asked {times} times for `{clean(path)}`"
            return f"{asked}, which came at the {_nth(right)} try"
    return ""


def _waits_when_told(place: Bench) -> str:
    """Turn away what is more than five requests a second, and say when to come back."""
    place.begin(rate_limit=5, latency=0)
    database = place.database()
    run = place.run(database)
    if trouble := _wrong_end(run, DONE) or place.unlike(database):
        return trouble
    turned_away, all_of_it = place.site.seen.statuses[429], len(place.right)
    if turned_away > 4 * all_of_it:
        return f"it was turned away {turned_away} times for {all_of_it} things: it does not wait"
    return ""


def _gives_up(place: Bench) -> str:
    """Let some answers take a minute, and half a second be enough."""
    place.begin(slow_rate=0.2, slow_latency=60, seed=SLOW)
    database = place.database()
    run = place.run(database, "--timeout", "0.5")
    return _wrong_end(run, DONE) or place.unlike(database)


def _tells_what_failed(place: Bench) -> str:
    """Let a page show a picture that is not there."""
    with bench(place.program, place.stop, place.folder, broken=True) as other:
        other.begin()
        database = other.database()
        run = other.run(database)
        times = other.site.seen.paths[BROKEN]
        if trouble := _wrong_end(run, INCOMPLETE) or other.unlike(database):
            return trouble
    if BROKEN not in run.told:
        return f"it does not tell that `{BROKEN}` could not be had"
    return "" if times == 1 else f"it asked {times} times for what is not there"


TRIALS: dict[str, tuple[Callable[[Bench], str], str]] = {  # each with the words for who passes
    "keeps what the program in turn keeps": (
        _keeps,
        f"row by row; at most {AT_ONCE} requests at once",
    ),
    "minds its manners": (
        _keeps_within_bounds,
        "2 at once with `--at-once 2`, `robots.txt` first, nothing forbidden",
    ),
    "bears errors and broken connections": (
        _bears_faults,
        "all rows are there, and nothing was asked for in vain",
    ),
    "waits when it is told to": (_waits_when_told, "it came back when `Retry-After` said"),
    "gives up what never comes, and tries again": (_gives_up, "all rows are there"),
    "tells what it could not have": (
        _tells_what_failed,
        "with exit status 1, and all the rest is kept",
    ),
}


def _wrong_end(run: Run, status: int) -> str:
    """Return what is wrong with how a run ended, or ''."""
    if run.status is None:
        return f"it had not ended after {LIMIT:.0f} seconds"
    if run.status != status:
        last = next((line for line in reversed(run.told.splitlines()) if line.strip()), "")
        return f"{_ended(run.status, status)} {clean(last)}".strip()
    if run.left:
        return f"processes left behind: {run.left}"
    return "there is a traceback" if "Traceback" in run.told else ""


def _ended(status: int, right: int) -> str:
    if status < 0 and -status in {*signal.Signals}:
        return f"{signal.Signals(-status).name} ended it."
    return f"it ended with status {status}, not {right}."


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
NO_CTRL_C = "not tried on Windows: press Ctrl-C yourself while it runs, then start it again"
ENOUGH = 5  # answers after which something must be kept: the rules, the first page, three rooms


def _interrupted(
    place: Bench, times: int, chance: random.Random, is_late: Callable[[], bool]
) -> list[Finding]:
    """Interrupt it, each time at another moment, and run it again."""
    done, wrong = [], {CTRL_C: "", AGAIN: ""}
    if not HAS_CTRL_C:
        return [Finding(name, NO_CTRL_C, None) for name in wrong]
    for moment in islice(_moments(len(place.right) + 1, chance), times):
        if is_late() or any(wrong.values()):
            break
        when = f"after {moment} requests" if moment else "after the first picture"
        done.append(when)
        troubles = _once(place, moment, chance.uniform(0, LATENCY))
        for name, trouble in zip(wrong, troubles, strict=True):
            wrong[name] = trouble and f"{when} {trouble}"
    if not done:
        return [*map(NO_TIME, wrong)]
    told = ", ".join(done)
    return [Finding(name, wrong[name] or told, not wrong[name]) for name in wrong]


def _moments(requests: int, chance: random.Random) -> Iterator[int]:
    """Yield numbers of requests without end, or 0 for the first picture that is kept.

    An early one comes first, then a late one; and in the pictures there are processes that hear it.
    """
    third = requests // 3
    while True:
        yield chance.randint(1, third)
        yield chance.randint(requests - 2, requests)
        yield 0
        yield chance.randint(third + 1, requests - 3)


def _once(place: Bench, requests: int, seconds: float) -> tuple[str, str]:
    """Interrupt it after so many requests and seconds; return what is wrong then, and after."""
    due: list[float] = []
    before: list[Seen] = []  # what the website had seen when Ctrl-C came
    database = place.database()

    def is_time() -> bool:
        seen = place.site.seen
        if not requests and any(map(is_picture, seen.paths)):
            due.extend(0 for one in place.kept(database) if is_picture(one))
        elif requests and not due and seen.requests >= requests:
            due.append(time.monotonic() + seconds)
        is_due = bool(due) and time.monotonic() >= due[0]
        before.extend([seen] * is_due)
        return is_due

    place.begin()
    run = place.run(database, interrupt=is_time)
    after, kept = place.site.seen, place.kept(database)
    is_done = run.status == DONE and not place.unlike(database)
    first = _wrong_end(run, DONE if is_done or not run.interrupted else KEYBOARD)
    if not before:  # it ended before Ctrl-C came
        return first or place.unlike(database), _goes_on(place, database, kept)
    more = after.requests - before[0].requests
    if is_done and more > AT_ONCE:
        first = first or f"it did not stop, and asked {more} times more"
    if not kept and before[0].statuses[200] > ENOUGH:
        return first, f"it had kept nothing of {before[0].statuses[200]} answers"
    return first, _goes_on(place, database, kept)


def _goes_on(place: Bench, database: Path, kept: set[str]) -> str:
    """Run it again; return what is wrong with that."""
    place.begin()
    run = place.run(database)
    if trouble := _wrong_end(run, DONE) or place.unlike(database):
        return trouble
    again = {*place.site.seen.paths} & kept
    return f"it asked again for `{min(again)}`, which it had kept" if again else ""

"""The exercises of notebook 08: what lies beyond three lanes on one machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from reprlib import repr as short
from tempfile import TemporaryDirectory
from typing import Any

from helpers.exercises import exercise, starts, worked
from helpers.exercises.meeting import Meeting
from helpers.exercises.recall import recalled

# --- 08 recap -------------------------------------------------------------------------------------

RECAP = {
    "cProfile tells what each process of a pool does": (False, "It sees its own process alone."),
    "`thread_time` stands still while its thread waits": (True, "It counts seconds on a core."),
    "a large list that a process returns is sent back at no cost": (
        False,
        "It is packed, sent and unpacked.",
    ),
    "threads hand each other a large list at no cost": (True, "They share it."),
    "a lock guards only against those who ask for it": (
        True,
        "Who does not ask goes past it.",
    ),
}


@exercise(
    "08 recap",
    "Put `True` or `False` in place of each `None`.",
    worked.recap_08,
    "Each of them was run in notebook 03, 06 or 07.",
)
def remembers(answer: Any) -> str:
    """Judge a dictionary of sentences, or a function that makes one."""
    return recalled(answer, RECAP)


# --- 08 sources -----------------------------------------------------------------------------------

FOUND = {
    "one": "The Problem with Threads",
    "two": "Ray: A Distributed Framework for Emerging AI Applications",
    "three": "Learning from mistakes",
}
CITED = {
    "one": "the problem with threads",
    "two": "Ray: a distributed framework",
    "three": "Learning from mistakes",
    "four": "Nobody has heard of it",
}
MOST = 100  # of what is returned that is looked at: a generator may never end


@exercise(
    "08 sources",
    "Return a list of the numbers under which something else, or nothing, was found.",
    worked.sources,
    "A number may be missing in `found`. And capital letters tell no two titles apart.",
    "`title.casefold()` makes them comparable.",
)
def checks_sources(answer: Callable[..., Any]) -> str:
    """Judge `sources(cited, found)`."""
    told = answer(dict(CITED), dict(FOUND))
    if isinstance(told, str | bytes | Mapping) or not isinstance(told, Iterable):
        return f"A list of numbers is asked for, not {short(told)}."
    told = [*islice(told, MOST)]
    if "one" in told:
        return "A title that differs in capital letters only is the same title."
    if "four" not in told:
        return "A number under which nothing was found is missing in your list."
    if "two" not in told:
        return "A number under which another title was found is missing in your list."
    if len(told) != 2:
        return f"For {len(CITED)} references, of which 2 are wrong, it returned {short(told)}."
    return ""


# --- 08 twice -------------------------------------------------------------------------------------


def _cut_off() -> Iterator[str]:
    """Yield one chunk, and then nothing more, as when a worker is killed."""
    yield "first "
    raise SystemExit


@exercise(
    "08 twice",
    "Mend `store`: whoever looks finds the whole file or none, also when it is called twice.",
    worked.store,
    "What is in the file after two calls, if the first was killed in the middle?",
    "Write under another name, and give the file its name when it is whole: `os.replace`.",
    start=starts.store,
)
def stores(answer: Callable[..., Any]) -> str:
    """Judge `store(folder, name, chunks)`."""
    with TemporaryDirectory(prefix="three-lanes-", ignore_cleanup_errors=True) as folder:
        file = Path(folder, "page.txt")
        with suppress(SystemExit):
            answer(folder, file.name, _cut_off())
        if file.exists():
            return "Killed in the middle, it left half a file under the right name."
        answer(folder, file.name, iter(["first ", "second"]))
        if not file.is_file():
            return f"After a whole call there is no file {file.name!r} in the folder."
        if (held := _content(file)) != WHOLE:
            return f"After a killed call and a whole one, it holds {short(held)}."
        os.utime(file, (0, 0))
        before = file.stat()
        answer(folder, file.name, iter(["first ", "second"]))
        if (held := _content(file)) != WHOLE:
            return f"After being called twice, it holds {short(held)}."
        others = sorted(path.name for path in Path(folder).iterdir() if path != file)
        if others:
            return f"At the end, {others[0]!r} is left in the folder."
        after = file.stat()
        if 0 < before.st_ino == after.st_ino and before.st_mtime_ns != after.st_mtime_ns:
            return "It writes into the file that is there: who looks just then finds half of it."
    return ""


WHOLE = "first second"


def _content(file: Path) -> str:
    """Return what is in a file, or what is there instead."""
    return file.read_text(errors="replace") if file.is_file() else "nothing: it is gone"


# --- 08 same --------------------------------------------------------------------------------------


@exercise(
    "08 same",
    "Call the function for all items in the pool; return what came, or the error, by item.",
    worked.results,
    "`pool.submit` for all of them first; then ask each future.",
    "A dictionary from item to future; `future.exception()` is None where all went well.",
)
def is_the_same(answer: Callable[..., Any]) -> str:
    """Judge `results(pool, function, items)`, with a pool of threads."""
    meeting = Meeting(4)

    def job(item: int) -> int:
        meeting.come()
        if item == 2:
            raise ValueError("no such item")
        return item * item

    with ThreadPoolExecutor(4) as pool:
        told = answer(pool, job, [0, 1, 2, 3])
    if meeting.calls != 4:
        return f"The function was called {meeting.calls} times for 4 items."
    if meeting.peak < 4:
        return f"At most {meeting.peak} of 4 calls were under way at once: submit all, then wait."
    if not isinstance(told, Mapping) or {*told} != {0, 1, 2, 3}:
        return f"A dictionary by item is asked for, not {short(told)}."
    if not isinstance(told[2], ValueError):
        return f"The call for 2 raised a ValueError, and under 2 stands {short(told[2])}."
    right = {0: 0, 1: 1, 3: 9}
    wrong = next((item for item in right if told[item] != right[item]), None)
    if wrong is not None:
        stands = short(told[wrong])
        return f"The call for {wrong} returned {right[wrong]}, and there stands {stands}."
    return ""


# --- 08 lanes -------------------------------------------------------------------------------------

LANES = {
    "10,000 pages to fetch from one website, on this laptop": (
        "tasks",
        "They wait, very many of them, and can be awaited.",
    ),
    "10,000 calls of C++ that lets go of the GIL": (
        "threads",
        "Where nobody holds the GIL, threads compute at once, and send nothing.",
    ),
    "a minute of plain Python, once, on four cores": (
        "processes",
        "A minute is no reason for a cluster, nor for another Python.",
    ),
    "a night of plain Python, on thirty computers": (
        "dask",
        "Only one of these goes beyond one computer.",
    ),
    "plain Python, four cores, one large dictionary that all change": (
        "free-threaded",
        "Processes would have a copy each; threads with a GIL, one core.",
    ),
}


@exercise(
    "08 lanes",
    "Put one of the five names in place of each `None`.",
    worked.lanes_08,
    "Each name is right once. Which of them wait? Which compute, where, and for how long?",
)
def chooses_lanes(answer: Any) -> str:
    """Judge a dictionary of jobs, or a function that makes one."""
    return recalled(answer, LANES)

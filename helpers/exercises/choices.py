"""The exercises of notebook 05: choosing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from reprlib import repr as short
from time import perf_counter, sleep
from typing import Any

from helpers.checks import is_number
from helpers.exercises import Shown, exercise, solutions, starts
from helpers.exercises.recall import recalled

# --- 05 recap -------------------------------------------------------------------------------------

RECAP = {
    "a call of a coroutine function runs it": (False, "It makes a coroutine; `await` runs it."),
    "one long call without `await` holds up all tasks": (
        True,
        "The loop runs one thing at a time.",
    ),
    "a child process sees what you change after it has begun": (
        False,
        "It has a memory of its own.",
    ),
    "a semaphore of 4 lets five tasks in at the same time": (
        False,
        "It has four places; the fifth waits for one.",
    ),
    "what goes to a process is packed and sent": (True, "So hand over little."),
}


@exercise(
    "05 recap",
    "Put `True` or `False` in place of each `None`.",
    solutions.recap_05,
    "Each of them was run in notebook 02, 03 or 04.",
)
def remembers(answer: Any) -> str:
    """Judge a dictionary of sentences, or a function that makes one."""
    return recalled(answer, RECAP)


# --- 05 choose ------------------------------------------------------------------------------------

CHOOSE = {
    "take 300 log files apart in plain Python (reading them is quick)": (
        "processes",
        "Taking apart is computing that holds the GIL; what crosses is a name.",
    ),
    "run `git` in 40 folders, from a function without `await`": (
        "threads",
        "Your program only waits for others.",
    ),
    "hold 5,000 chat connections open": ("tasks", "So many threads would cost too much."),
    "blur 200 pictures with `blur` from notebook 03": (
        "threads",
        "It lets go of the GIL, as you saw there.",
    ),
    "sort one list of a thousand numbers": ("in turn", "One short call: nothing to share."),
    "add up a list of a million numbers that you have here": (
        "in turn",
        "To hand it over costs more than to add it up.",
    ),
}


@exercise(
    "05 choose",
    "Put a way in place of each `None`: 'in turn', 'threads', 'processes' or 'tasks'.",
    solutions.choices,
    "Does it wait, or compute? If it computes: does it hold the GIL, and what has to cross?",
    "Many that wait: threads. Very many, which can be awaited: tasks. Computing in C that lets go "
    "of the GIL: threads. Computing in plain Python: processes, if little has to cross. Short "
    "work: in turn.",
)
def chooses(answer: Any) -> str:
    """Judge a dictionary of jobs, or a function that makes one."""
    return recalled(answer, CHOOSE)


# --- 05 benchmark ---------------------------------------------------------------------------------

ROUNDS, ITEMS = 3, (5, 3, 8)
LENGTHS = {"first": 0.03, "second": 0.0, "third": 0.01}  # seconds that each way takes at least
ALIKE = 0.9  # of that; two clocks may differ a little


class Tried:
    """Ways to do something that write down when they were called, and with what."""

    def __init__(self, wrong: str = "") -> None:
        self.calls: list[str] = []
        self.items: list[Any] = []
        self.ways = {name: self._way(name, wrong) for name in LENGTHS}

    def _way(self, name: str, wrong: str) -> Callable[[Sequence[int]], list[int]]:
        def way(items: Sequence[int]) -> list[int]:
            self.calls.append(name)
            self.items.append(items)
            sleep(LENGTHS[name])
            return [2 * item for item in items] if name != wrong else [0 for _ in items]

        return way


@exercise(
    "05 benchmark",
    "Call every way in each round with all items; return a dictionary by name of lists of seconds.",
    solutions.benchmark,
    "What else the machine does should meet all ways alike. In which order, then, are they called?",
    "The outer loop is over rounds, the inner one over ways. Each call is timed by itself.",
    "`seconds = {name: [] for name in ways}`; in the inner loop, time `found = way(items)` and "
    "append. For the extra, keep the first `found`; if a later one is not equal, raise.",
    start=starts.benchmark,
)
def measures(answer: Callable[..., Any]) -> str:
    """Judge `benchmark(ways, items, rounds)`."""
    tried = Tried()
    began = perf_counter()
    found = answer(tried.ways, list(ITEMS), ROUNDS)
    elapsed = perf_counter() - began
    return of_calls(tried) or of_seconds(found, elapsed) or Shown("", of_the_extra(answer))


def of_calls(tried: Tried) -> str:
    """Return what is wrong with the calls that were made, or ''."""
    names, many = [*LENGTHS], len(tried.calls)
    if many != ROUNDS * len(names):
        return f"{many} calls; {len(names)} ways in {ROUNDS} rounds are {ROUNDS * len(names)}."
    rounds = [tried.calls[n : n + len(names)] for n in range(0, many, len(names))]
    if any(sorted(one) != sorted(names) for one in rounds):
        return (
            f"The calls came in the order {', '.join(tried.calls[:4])}, … If the machine is busy "
            "for a moment, that meets one way alone. Call every way once in each round."
        )
    if any([*items] != [*ITEMS] for items in tried.items):
        return "Not every call was given all the items: only what does the same can be compared."
    return ""


def of_seconds(found: Any, elapsed: float) -> str:
    """Return what is wrong with the seconds that were returned, or ''."""
    if not isinstance(found, Mapping) or {*found} != {*LENGTHS}:
        return f"Return a dictionary with the name of each way; this returned {short(found)}."
    for name, seconds in found.items():
        if not isinstance(seconds, list | tuple) or len(seconds) != ROUNDS:
            return f"{name!r} should have a list of {ROUNDS} times, and has {short(seconds)}."
        if not all(is_number(one, low=0) for one in seconds):
            return f"{name!r} should have seconds, and has {short(seconds)}."
    if any(one < ALIKE * LENGTHS[name] for name, times in found.items() for one in times):
        return "A way took longer than you say. Take the time before the call and after it."
    if sum(map(sum, found.values())) > 1.01 * elapsed:
        return "All times together are more than it took: time each call from its own beginning."
    return ""


def of_the_extra(answer: Callable[..., Any]) -> str:
    """Tell, as HTML, whether a way that gives something else than the others is let pass."""
    for wrong in ("second", "third"):
        try:
            answer(Tried(wrong).ways, list(ITEMS), ROUNDS)
        except ValueError:
            continue
        return (
            "<p>The extra is still open: one of the ways gave other results than the others, and "
            "your function said nothing. A wrong result is always quick.</p>"
        )
    return "<p>The extra, too: two results that differ are noticed.</p>"

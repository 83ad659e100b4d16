"""The exercises of notebook 03: processes."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from reprlib import repr as short
from typing import Any

from helpers.cores import allowed_processors
from helpers.exercises import attempt as attempts
from helpers.exercises import exercise, solutions, starts
from helpers.exercises.attempt import Outcome, attempt
from helpers.exercises.jobs import Divides
from helpers.exercises.pairs import LOST, judged_pair
from helpers.exercises.recall import recalled
from helpers.program import Ended, run_program

# --- 03 recap -------------------------------------------------------------------------------------

RECAP = {
    "`join()` raises the error of its thread": (
        False,
        "It only waits; ask a future for the error.",
    ),
    "`pool.map` gives the results in your order": (
        True,
        "`as_completed` gives them as they come.",
    ),
    "two threads that write to one place need a lock each": (
        False,
        "They need the same one: who asks for another is not kept out.",
    ),
    "the GIL makes `sold = sold + int(1)` safe": (
        False,
        "It may change hands between reading and writing.",
    ),
    "a request without a time-out can wait for ever": (True, "Nothing else can stop it."),
}


@exercise(
    "03 recap",
    "Put `True` or `False` in place of each `None`.",
    solutions.recap_03,
    "Each of them was run in notebook 02.",
)
def remembers(answer: Any) -> str:
    """Judge a dictionary of sentences, or a function that makes one."""
    return recalled(answer, RECAP)


# --- 03 all of them -------------------------------------------------------------------------------

ITEMS = (6, -3, 4, 0, 8, 2)
NO_ADDRESS = (
    "A process is told a function's name, and cannot find one by it that is defined inside of "
    "another function: hand over `job` itself, with the item beside it."
)


@exercise(
    "03 all of them",
    "Run `job(item)` for every item in a pool of processes; return two dictionaries by item: "
    "results, errors.",
    solutions.results_and_errors,
    "As with threads: an error waits in its future, and comes out where you ask for the result.",
    "Keep a future for each item: an error stays in its own, and harms no other.",
    "`{item: pool.submit(job, item) for item in items}` in a `ProcessPoolExecutor`; then "
    "`try: future.result()` for each.",
    start=starts.results_and_errors,
)
def runs_all(answer: Callable[..., Any]) -> str:
    """Judge `results_and_errors(job, items)`."""
    values: dict[int, int] = {}
    errors: dict[int, BaseException] = {}
    for item in ITEMS:
        try:
            values[item] = Divides.work(item)
        except (ValueError, ZeroDivisionError) as error:
            errors[item] = error
    outcome = attempt(answer, Divides, list(ITEMS), quiet=attempts.STUCK)
    if trouble := trouble_with_the_pool(outcome):
        return trouble
    if any(is_equal(outcome.error, error) for error in errors.values()):
        return "An error left your function. Catch it where you ask for a result, item by item."
    if outcome.error:
        raise outcome.error
    if trouble := judged_pair(outcome.found, "results", values, errors, is_equal, LOST):
        return trouble
    if outcome.count("called") > len(ITEMS):
        number = outcome.count("called")
        return f"`job` ran {number} times for {len(ITEMS)} items: once for each will do."
    return ""


def trouble_with_the_pool(outcome: Outcome) -> str:
    """Return what is wrong with where and when the jobs ran, or ''."""
    if here := outcome.here():
        if here[0].thread == outcome.thread:
            return (
                "`job` ran in this process: with brackets, `job(item)`, you call it here and now. "
                "Hand the function and its item to a pool: `pool.submit(job, item)`."
            )
        return (
            "`job` ran in this process, in another thread of it: a `ThreadPoolExecutor` makes "
            "threads. For processes it is a `ProcessPoolExecutor`."
        )
    if not outcome.count("called"):
        if outcome.stuck:
            return f"It never came back, and `job` never ran. {NO_ADDRESS}"
        if error := unpickled(outcome):
            told = f"{type(error).__name__}: {str(error).rstrip('.')}"
            return f"`job` never ran, because of {told}. {NO_ADDRESS}"
        if outcome.error:
            raise outcome.error
        return f"`job` ran 0 times for {len(ITEMS)} items: hand each of them to the pool."
    if outcome.stuck:
        return "It never came back. Does it wait for something that never comes?"
    if not outcome.count("met"):
        words = (
            "Never two processes at work at the same time. `result()` waits: hand all items to "
            "the pool before you ask for the first result, and let it have two processes."
        )
        one_core = allowed_processors() == 1
        alone = " On your one core a pool has one, unless you say `ProcessPoolExecutor(2)`."
        return words + alone * one_core
    return ""


def unpickled(outcome: Outcome) -> BaseException | None:
    """Return the error that tells of a function that did not get into a process, or None."""
    found = [outcome.error]
    if isinstance(outcome.found, tuple | list):
        found += [one for two in outcome.found if isinstance(two, dict) for one in two.values()]
    kinds = (BrokenProcessPool, pickle.PicklingError, AttributeError)
    return next((one for one in found if isinstance(one, kinds)), None)


def is_equal(one: Any, other: BaseException) -> bool:
    """Say whether two errors are alike: one that has crossed from a process is a copy."""
    return type(one) is type(other) and one.args == other.args


# --- 03 script ------------------------------------------------------------------------------------

LIMIT = 20.0  # seconds
PRINTED = "[0, 1, 4, 9, 16]"
CHILD = "a process made by spawn has read this script"  # only such a one has that name:
READ = f'\nif __name__ == "__mp_main__":\n    print("\\n{CHILD}", flush=True)\n'


@exercise(
    "03 script",
    "Repair this script: its processes are made by `spawn`, and it should print the squares once.",
    solutions.SCRIPT,
    "A spawned process reads the whole script again. What does it find there, and does it too?",
    "What the children must not do goes under the guard. What all need stays above it.",
    '`if __name__ == "__main__":` above `with`, and all from there on indented.',
    start=starts.SCRIPT,
)
def is_guarded(answer: Any) -> str:
    """Judge a program's text."""
    if not isinstance(answer, str):
        return f"Hand over the text of the script; this is {short(answer)}."
    ended = run_program(answer + READ, limit=LIMIT)
    lines = [line for line in ended.printed.splitlines() if line.strip()]
    spawned, printed = CHILD in lines, [line for line in lines if line != CHILD]
    if trouble := trouble_of_a_program(ended):
        return trouble
    if not printed:
        return (
            "It printed nothing. In the script that you start `__name__` is `'__main__'`, with two "
            "underscores on either side: does what is under your guard run at all?"
        )
    if PRINTED not in printed:
        return f"It should print {PRINTED}; it printed {short(printed[0])}."
    if printed != [PRINTED]:
        return (
            f"It should print {PRINTED} once, and nothing else; it printed {len(printed)} lines. "
            "What stands outside of the guard is done by every process that reads the script."
        )
    if not spawned:
        return (
            "The squares are right, and no process made by `spawn` has had to read the script: "
            "leave the pool as it was, for on macOS and Windows there is nothing else."
        )
    return ""


# What a child says of a function that it does not find; the latter from Python 3.14 on.
NOT_FOUND = r"(?:Can't get attribute|module '__(?:mp_)?main__' has no attribute) '(\w+)'"


def trouble_of_a_program(ended: Ended) -> str:
    """Return what its errors say about a script, or ''."""
    told = " ".join(ended.errors)
    if "bootstrapping phase" in told:
        return (
            "A process that starts reads the script, and would start processes itself: it raised "
            "`RuntimeError`. All that makes the pool belongs under the guard, not the printing "
            "alone."
        )
    if missing := re.search(NOT_FOUND, told):
        return (
            f"A process that starts reads the script, and finds no `{missing[1]}` there, for it "
            "passes by what is under the guard: leave functions above it."
        )
    if ended.status is None:
        return f"It had not ended after {LIMIT:g} seconds, and was stopped."
    if ended.errors or ended.status:
        return f"The script ended with {ended.errors[-1] if ended.errors else ended.status}."
    return ""

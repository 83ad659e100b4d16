"""The exercises, each with its judge, its hints and one solution; a file or two for each notebook.

A judge is given what the learner made, tries it, and returns '' if it does what was asked, else a
sentence that helps. It looks at behaviour only: results, order, how many things overlapped. How
long something took never counts, but what never comes back is given up.

The judges, by notebook:

    ways        01
    threads     02
    processes   03,
    messages    and what a process sends back
    tasks       04,
    waits       and its jobs that cannot simply be awaited
    choices     05
    levels      06,
    sharing     and what stands beside its levels
    cases       07
    further     08
    project     09

What they use:

    recall      sentences to complete from memory
    pairs       two dictionaries, of results and of errors
    meeting     a job that tells whether its calls overlapped, for threads
    jobs        the same for processes, which have no memory in common
    steps       the same for tasks, whose calls are let go one by one
    attempt     calls an answer that starts processes, and ends what is left of it
    conductor   runs an answer that is a coroutine function, turn by turn
    interrupts  an interrupt for another thread

And what stands in the notebooks: `solutions`, `mended` (those of 06), `worked` (07 to 09), and
`starts`, the cells to begin with.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

__all__ = ["Exercise", "Shown", "all_of_them", "exercise", "find", "source_of"]

ROOMS = (
    "ways",
    "threads",
    "processes",
    "messages",
    "tasks",
    "waits",
    "choices",
    "levels",
    "sharing",
    "cases",
    "further",
    "project",
)


class Shown(str):
    """What a judge says, with something to be seen beside it.

    Attributes:
        page: that, as HTML.
    """

    page: str

    def __new__(cls, words: str, page: str) -> Shown:
        """Make one of words and a page."""
        made = super().__new__(cls, words)
        made.page = page
        return made


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        name: the notebook's number and a few words, such as '02 longest page'.
        task: what to do, in a sentence.
        judge: takes what the learner made; returns '' or a sentence that helps.
        solution: what the judge takes, or makes it; its source is what the learner is shown.
        hints: from the vaguest to the plainest.
        start: what its cell in the notebook comes with, if that is more than a blank.
    """

    name: str
    task: str
    judge: Callable[[Any], str]
    solution: Callable[..., Any] | str
    hints: tuple[str, ...]
    start: Callable[..., Any] | str | None = None


_all: dict[str, Exercise] = {}


def exercise(
    name: str,
    task: str,
    solution: Callable[..., Any] | str,
    *hints: str,
    start: Callable[..., Any] | str | None = None,
) -> Callable[[Callable[[Any], str]], Exercise]:
    """Make an exercise of its judge, a function; used as a decorator."""

    def make(judge: Callable[[Any], str]) -> Exercise:
        made = _all[name] = Exercise(name, task, judge, solution, hints, start)
        return made

    return make


def source_of(made: Callable[..., Any] | str) -> str:
    """Return the source of a function, or of a program, which is its own."""
    return (made if isinstance(made, str) else textwrap.dedent(inspect.getsource(made))).strip()


def all_of_them() -> dict[str, Exercise]:
    """Return the exercises of all notebooks, by name."""
    for room in ROOMS:
        import_module(f"helpers.exercises.{room}")
    return _all


def find(name: str) -> Exercise:
    """Return an exercise.

    Raises:
        ValueError: there is none of that name.
    """
    found = all_of_them().get(name) if isinstance(name, str) else None
    if found is None:
        raise ValueError(f"no exercise {name!r}; there are {', '.join(map(repr, sorted(_all)))}")
    return found

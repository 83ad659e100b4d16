"""What the notebooks of Three Lanes import. `%load_ext helpers` is every notebook's first cell.

The map of the rooms:

    workers      the jobs: wait, count, fetch, blur
    program      a program in a Python of its own, with a time limit
    dump         what faulthandler wrote of a program: where each thread stands
    outside      what py-spy and asyncio see of a program that runs
    cases        the programs of notebook 07 that misbehave, or are looked at
    aside        work in a thread of its own, and processes that leave nothing behind
    keeper       what such a process has beside it: when its kernel ends, so does it
    crawl        the same crawl with threads and with tasks, and what each costs
    website/     the practice website: a real server on this machine, slow and faulty on demand
    pictures     the practice pictures, or those of a folder of your own
    ground       what this machine lacks that a notebook stands on, and what to do
    cores        how many cores this process may really use
    recorder/    what ran when, and what it waited for: record() and span() give a Recording
    timeline/    draws a Recording
    racelab/     every order in which threads or tasks could run: race() gives a verdict
    chooser/     how to call a function for many items: compare() measures it in each way
    profilers/   which profiler sees what, each run on the same program
    pythons      other Pythons of this machine, free-threaded ones among them
    five/        what a thread, a process, a task, a subinterpreter costs, with a GIL and without
    cluster/     Dask's scheduler and workers, and what they did as a Recording
    board/       what is clicked and moved: an experiment under a slider, the loop view
    project/     notebook 09's program, and what tells whether such a program behaves
    lesson       check, hint, solution, progress
    prediction   a question, what was chosen, how a room voted
    exercises/   the exercises of each notebook, with their judges
    diary        what a learner has answered and passed
    classroom    what learners hand in of it, and a teacher's table of that
    look         the look of every picture: palette, bars, units
    printable    a text as whatever it is printed to can take it
    screen       how large things are shown: at a desk, or with presentation() for a room
    voice        what a screen reader is told where something changes
    notebook     what IPython and the kernel need
    magic        %%timeline and %%loop
    needs        %%needs: leaves a cell out where an extra, or a newer Python, is missing
    extras       what the course can do without: which of it is here
    checks       what counts as a number

Importing this package loads the standard library only, because every spawned child pays for
what is loaded here; what a name needs is loaded when the name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.chooser import compare
    from helpers.cores import usable_cores
    from helpers.notebook import load_ipython_extension, unload_ipython_extension
    from helpers.racelab import Verdict, race
    from helpers.recorder import Recording, record, span
    from helpers.screen import presentation

__all__ = [
    "Recording",
    "Verdict",
    "compare",
    "load_ipython_extension",
    "presentation",
    "race",
    "record",
    "span",
    "unload_ipython_extension",
    "usable_cores",
]
__version__ = "0.1.0"

_ROOM_OF = {
    "Recording": "helpers.recorder",
    "Verdict": "helpers.racelab",
    "compare": "helpers.chooser",
    "load_ipython_extension": "helpers.notebook",
    "presentation": "helpers.screen",
    "race": "helpers.racelab",
    "record": "helpers.recorder",
    "span": "helpers.recorder",
    "unload_ipython_extension": "helpers.notebook",
    "usable_cores": "helpers.cores",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}")
    return getattr(import_module(_ROOM_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

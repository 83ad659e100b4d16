"""The exercises of notebook 09: what its program can do at best, its patience, how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from reprlib import repr as short
from typing import Any

from helpers.checks import is_number
from helpers.exercises import conductor as conductor_module
from helpers.exercises import exercise, worked
from helpers.exercises.conductor import Conductor, conducted
from helpers.exercises.recall import recalled

# --- 09 recap -------------------------------------------------------------------------------------

RECAP = {
    "a semaphore of 6 lets six tasks in, and the seventh waits": (True, "It counts places."),
    "a thread makes a long sum in Python quicker": (False, "It shares the GIL with the others."),
    "what a spawned process runs must stand in a file that it can import": (
        True,
        "It begins anew, and finds functions by their names.",
    ),
    "a call without `await` lets other tasks run meanwhile": (False, "It holds the loop."),
    "a task can be cancelled where it awaits, and nowhere else": (
        True,
        "`CancelledError` is raised at an `await`.",
    ),
}


@exercise(
    "09 recap",
    "Put `True` or `False` in place of each `None`.",
    worked.recap_09,
    "Each of them was run in notebook 02, 03 or 04.",
)
def remembers(answer: Any) -> str:
    """Judge a dictionary of sentences, or a function that makes one."""
    return recalled(answer, RECAP)


# --- 09 at best -----------------------------------------------------------------------------------


@exercise(
    "09 at best",
    "Return the least seconds that the program can take, on so many places and cores.",
    worked.at_best,
    "Six waits at once take a sixth of the time; two cores, half of the computing.",
    "Waiting and computing overlap, too. Which of the two is left in the end?",
    "`max` of the two.",
)
def knows_the_bound(answer: Callable[..., Any]) -> str:
    """Judge `at_best(waited, computed, places, cores)`."""
    for waited, computed, places, cores in (
        (6, 1, 2, 1),
        (6, 8, 6, 2),
        (12, 2, 1, 4),
        (4, 4, 4, 4),
    ):
        told, right = (
            answer(waited, computed, places, cores),
            max(waited / places, computed / cores),
        )
        case = f"{waited} s waited, {computed} s computed, {places} places and {cores} cores"
        if not is_number(told):
            return f"For {case} a number of seconds is asked for, not {short(told)}."
        if abs(told - right) > 1e-6:
            why = _why(told, waited / places, computed / cores)
            return f"For {case} it returned {short(told)}. {why}"
    return ""


def _why(told: float, waits: float, computes: float) -> str:
    """Return what is to be thought of, for seconds that are not right."""
    apart = f"Waiting alone takes {waits:g} s then, computing alone {computes:g} s"
    if abs(told - waits - computes) < 1e-6:
        return f"{apart}, and while some tasks wait, processes can compute."
    if told < max(waits, computes):
        return f"{apart}; both must end."
    return f"{apart}; can nothing of it go on at the same time?"


# --- 09 patient -----------------------------------------------------------------------------------

PAUSE, FOR_EVER = 0.03, 3600.0  # seconds
TRIES = 4


@dataclass
class Shaky:
    """A job that fails a number of times, and is called by an answer.

    Attributes:
        failures: how often it fails.
        at: the times of the loop at which it was called.
        asked: what was asked about a pause: the error's number, and the number of the try.
        hopeless: whether another try would not help.
    """

    failures: int
    hopeless: bool = False
    at: list[float] = field(default_factory=list)
    asked: list[tuple[Any, Any]] = field(default_factory=list)

    async def job(self) -> str:
        """Fail, or return."""
        self.at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0)
        if len(self.at) <= self.failures:
            raise ConnectionError(len(self.at))
        return "it came"

    def pause_after(self, error: BaseException, number: int) -> float | None:
        """Return how long to wait, after an error of its own."""
        told = error.args[0] if isinstance(error, ConnectionError) else error
        self.asked.append((told, number))
        if self.hopeless:
            return None
        return {1: 0.0, TRIES - 1: FOR_EVER}.get(number, PAUSE)


@exercise(
    "09 patient",
    "Return what `await job()` gives; when it fails, pause and try again, `tries` times in all.",
    worked.patiently,
    "A loop counts the tries. Where in it do you know that one has failed, and was the last?",
    "`try:`, in it `return await job()`; then `except PROBLEMS as error:`. There, a bare `raise` "
    "raises the same error again. Below that block `error` is gone.",
    "In the `except` block: `pause = pause_after(error, number)`; `raise` if it is `None`, or "
    "`number` is `tries - 1`. Below the block: `await asyncio.sleep(pause)`.",
)
def is_patient(answer: Callable[..., Any]) -> str:
    """Judge `async def patiently(job, pause_after, tries)`."""
    return conducted(
        answer,
        comes_at_once,
        comes_at_the_third,
        never_comes,
        is_hopeless,
        has_a_bug,
        is_cancelled_in_a_job,
        is_cancelled_in_a_pause,
    )


async def _tried(conductor: Conductor, shaky: Shaky, tries: int = TRIES) -> str:
    """Let an answer try; say whether it comes back."""
    conductor.start(conductor.job(shaky.job, "job()"), shaky.pause_after, tries)
    if await conductor.back():
        return ""
    return "Your function has not come back, and nothing more happens."


async def comes_at_once(conductor: Conductor) -> str:
    """Say what is wrong where nothing fails."""
    shaky = Shaky(0)
    if trouble := await _tried(conductor, shaky):
        return trouble
    if not shaky.at:
        return "`job` never began. `job()` makes a coroutine; it runs when it is awaited."
    if (found := conductor.task.result()) != "it came":
        return f"The first try gave 'it came'; your function returned {short(found)}."
    if len(shaky.at) > 1:
        return f"The first try was good, and the job was called {len(shaky.at)} times."
    return ""


async def comes_at_the_third(conductor: Conductor) -> str:
    """Say what is wrong where two tries fail."""
    shaky = Shaky(2)
    if trouble := await _tried(conductor, shaky):
        return trouble
    if error := conductor.error():
        return f"The third of {TRIES} tries would have been good; your function raised {error!r}."
    if (found := conductor.task.result()) != "it came":
        return f"The third try gave 'it came'; your function returned {short(found)}."
    return _wrong_pauses(shaky, 2)


def _wrong_pauses(shaky: Shaky, failures: int) -> str:
    """Return what is wrong with what was done between the tries."""
    right = [(number + 1, number) for number in range(failures)]
    if not shaky.asked:
        return "Nobody asked `pause_after(error, number)` how long to wait."
    if shaky.asked[:failures] != right:
        numbers = [number for _, number in shaky.asked]
        if any(not isinstance(told, int) for told, _ in shaky.asked):
            return "`pause_after` wants the error itself first, then the number of the try."
        return f"`pause_after` wants the number of the try, 0 the first; it was given {numbers}."
    gaps = [after - before for before, after in zip(shaky.at, shaky.at[1:], strict=False)]
    if gaps[0] < PAUSE * 0.9:
        return f"After a pause of {PAUSE} s the next try is due; it came earlier."
    return ""


async def never_comes(conductor: Conductor) -> str:
    """Say what is wrong where all tries fail."""
    shaky = Shaky(100)
    if await _tried(conductor, shaky):
        return f"The last of {TRIES} tries has failed, and it still pauses: nothing comes after it."
    if isinstance(conductor.error(), UnboundLocalError):
        return "After its `except` block a name such as `error` is gone: `raise` inside the block."
    if not isinstance(conductor.error(), ConnectionError):
        told = conductor.error() or conductor.task.result()
        return f"All tries failed, so its last error is to be raised; it ended with {short(told)}."
    if len(shaky.at) != TRIES:
        return f"With tries={TRIES} the job was called {len(shaky.at)} times."
    return _wrong_pauses(shaky, TRIES - 1)  # again, for a busy machine makes a pause by itself


async def is_hopeless(conductor: Conductor) -> str:
    """Say what is wrong where another try would not help."""
    shaky = Shaky(100, hopeless=True)
    if trouble := await _tried(conductor, shaky):
        return trouble
    if len(shaky.at) > 1:
        return "`pause_after` said `None`: another try would not help. It came nevertheless."
    if not isinstance(conductor.error(), ConnectionError):
        return "`pause_after` said `None`: raise the error, for whoever called to hear of it."
    return ""


async def has_a_bug(conductor: Conductor) -> str:
    """Say what is wrong where the job has a bug, which no other try mends."""
    called = []

    async def job() -> None:
        called.append(1)
        raise ZeroDivisionError

    conductor.start(conductor.job(job, "job()"), lambda error, number: 0, TRIES)
    if not await conductor.back():
        return "The job raised a `ZeroDivisionError`, and your function still waits."
    if len(called) > 1 or not isinstance(conductor.error(), ZeroDivisionError):
        return "A `ZeroDivisionError` is none of `PROBLEMS`, but a bug: let it pass, at once."
    return ""


async def is_cancelled_in_a_job(conductor: Conductor) -> str:
    """Say what is wrong when it is cancelled in the middle of the job."""
    called = []

    async def job() -> None:
        called.append(1)
        await asyncio.Event().wait()

    conductor.start(conductor.job(job, "job()"), lambda error, number: 0, TRIES)
    await conductor.settle(lambda: called)
    for _ in range(2 * TRIES):  # until it ends, even if it takes that for a failed try
        conductor.task.cancel()
        await conductor.settle(conductor.task.done)
    if len(called) > 1 or not conductor.task.cancelled():
        return "It was cancelled, as by Ctrl-C, and did not end. Let `CancelledError` pass."
    return ""


async def is_cancelled_in_a_pause(conductor: Conductor) -> str:
    """Say what is wrong when it is cancelled in the middle of a pause."""
    shaky = Shaky(100)

    def long_pause(error: BaseException, number: int) -> float:
        shaky.pause_after(error, number)
        return conductor_module.PATIENCE + 1  # who sleeps in the loop is thrown out of it

    conductor.start(conductor.job(shaky.job, "job()"), long_pause, TRIES)
    await conductor.settle(lambda: shaky.asked)
    conductor.task.cancel()
    await conductor.settle(conductor.task.done)
    if not conductor.task.cancelled():
        return "It was cancelled in a pause, as by Ctrl-C, and did not end. Let that error pass."
    return ""


# --- 09 statuses ----------------------------------------------------------------------------------

STATUSES = {
    "all pages and pictures are in the database": (0, "0 says that all went well."),
    "one picture is not there; all the rest is kept": (1, "Something is missing: not 0."),
    "`--at-once many`": (2, "`argparse` ends so when it does not understand."),
    "Ctrl-C in the middle": (130, "128 and 2, the number of the signal."),
    "Ctrl-C in the middle; then it is started again, and all is there": (
        0,
        "The second run was not interrupted.",
    ),
}


@exercise(
    "09 statuses",
    "Put 0, 1, 2 or 130 in place of each `None`.",
    worked.statuses,
    "`main` returns three of the four. The fourth is what `argparse` ends with.",
    "A shell uses 128 and the signal's number where a signal ended a program; Ctrl-C is 2.",
)
def tells_statuses(answer: Any) -> str:
    """Judge a dictionary of ends and statuses, or a function that makes one."""
    return recalled(answer, STATUSES)

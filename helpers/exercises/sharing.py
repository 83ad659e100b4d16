"""The exercises of notebook 06 beside its levels: what is shared, and what guards it."""

from __future__ import annotations

from collections.abc import Callable
from queue import Queue
from threading import Event, Lock, Semaphore
from types import SimpleNamespace
from typing import Any

from helpers.exercises import exercise, mended, starts
from helpers.exercises.levels import proved
from helpers.exercises.recall import recalled

Body = Callable[[Any], Any]

# --- 06 recap -------------------------------------------------------------------------------------

RECAP = {
    "a future's error comes out when `result()` is asked for": (True, "Until then it is kept."),
    "`create_task` runs the task before it returns": (False, "It runs at the next `await`."),
    "while a task awaits, others may run": (True, "And only then."),
    "the GIL makes what threads share safe": (False, "It may change hands between two steps."),
    "a blocking call holds up all tasks": (True, "The loop runs one thing at a time."),
}


@exercise(
    "06 recap",
    "Put `True` or `False` in place of each `None`.",
    mended.recap_06,
    "Each of them was run in notebook 02 or 04.",
)
def remembers(answer: Any) -> str:
    """Judge a dictionary of sentences, or a function that makes one."""
    return recalled(answer, RECAP)


# --- beside them ----------------------------------------------------------------------------------

GUARDED = {
    "shop.left": (True, "Every seller reads and writes it."),
    "shop.sold": (True, "What is in `left` has to agree with what is in it."),
    "shop.price": (False, "Nobody changes it once the sellers are at work."),
    "ticket": (False, "It is a variable of one call: no other thread sees it."),
    "customer": (False, "Each thread was given its own."),
}


@exercise(
    "06 guards",
    "Put `True` beside what the lock has to guard, `False` beside the rest.",
    mended.guards,
    "Two questions: can more than one thread get at it? Does any of them change it?",
)
def guards(answer: Any) -> str:
    """Judge a dictionary of names, or a function that makes one."""
    return recalled(answer, GUARDED)


class _Kept(list[Any]):
    """What is kept from run to run, while all else begins anew."""

    def __deepcopy__(self, memo: Any) -> _Kept:
        return self


@exercise(
    "06 at most",
    "Let at most two visitors into the room, but two at the same time if they like.",
    mended.visit,
    "A semaphore is there: `room.places`. It counts places, as a lock counts one.",
    "`with room.places:` around `enter` and `leave`.",
    start=starts.visit,
)
def visits(answer: Body) -> str:
    """Judge `visit(room)`."""
    rooms = _Kept()

    def make() -> Any:
        room = SimpleNamespace(inside=0, most=0, lock=Lock(), places=Semaphore(2))
        rooms.append(room)
        return room

    trouble = proved(make, [answer] * 3, lambda room: room.most <= 2 and room.inside == 0)
    most = max((room.most for room in rooms), default=0)
    if not trouble and most < 2:
        return f"Never more than {most} at a time in any order: two could have been in the room."
    return trouble


@exercise(
    "06 stop",
    "Mend `work`, so that it comes to its end when the office closes, whatever the order.",
    mended.work,
    "When `closed` is set, what may still lie in the queue?",
    "The office says goodbye with `None`: end when that comes, and look at `closed` no more.",
    start=starts.work,
)
def works(answer: Body) -> str:
    """Judge `work(office)`."""

    def make() -> Any:
        return SimpleNamespace(jobs=Queue(), done=[], closed=Event())

    def boss(office: Any) -> None:
        for job in ("sort", "file", None):
            if job is None:
                office.closed.set()
            office.jobs.put(job)

    return proved(make, [answer, boss], lambda office: office.done == ["sort", "file"])


@exercise(
    "06 blocker",
    "Put the name of the function that holds the loop in place of `None`.",
    mended.blocker,
    "Move the slider to the iteration of which it is said that the loop was blocked.",
    "Whose turn was it? And at which line did that task go on?",
)
def blocker(answer: Any) -> str:
    """Judge the name of a function, or a function that returns it."""
    answer = answer() if callable(answer) else answer
    if not isinstance(answer, str):
        return "It is a word: the name of one of the functions, in quotes."
    name = answer.strip("()")
    if name in ("time.sleep", "sleep"):
        return "That is the call. In which of the functions does it stand?"
    if name == "report":
        return "It has called one of three others. Which of them?"
    if name != "render":
        return f"While `{answer}` waits, the others run. Look for a turn that was held."
    return ""

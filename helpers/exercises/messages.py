"""More exercises of notebook 03: what a process sends back, by a queue and by a pipe."""

from __future__ import annotations

from collections.abc import Callable
from reprlib import repr as short
from typing import Any

from helpers.exercises import exercise, solutions, starts
from helpers.exercises.attempt import Outcome, attempt
from helpers.exercises.jobs import Answers, Puts

# --- 03 receive -----------------------------------------------------------------------------------

NUMBERS = (3, 200_000, 1, 300_000, 0)  # far more than a pipe holds; what is false comes at the end


@exercise(
    "03 receive",
    "Return in a list what `job(numbers, queue)` puts into the queue, up to its `None`.",
    solutions.received,
    "The process ends when its queue is empty, and `join()` waits for its end. Who empties it?",
    "`empty()` cannot tell whether more will come. What does `job` put into the queue at the end?",
    "`while (item := queue.get()) is not None:` collects them; only then `process.join()`.",
    start=starts.received,
)
def receives(answer: Callable[..., Any]) -> str:
    """Judge `received(job, numbers)`."""
    outcome = attempt(answer, Puts, list(NUMBERS))
    if trouble := trouble_with_the_process(outcome, "(numbers, queue)"):
        return trouble
    if outcome.stuck == "join":
        return (
            "It waits in `join()` for a process that waits as well: for somebody to take out what "
            "it has put into the queue. Take out everything, up to the `None`, and only then join. "
            "(`empty()` says that nothing is there yet, not that nothing will come.)"
        )
    if outcome.stuck == "get":
        return "It waits in `get()` for more: after the `None` there is nothing to wait for."
    if outcome.stuck:
        return "It never came back. Does it ever see the `None`?"
    if outcome.error:
        raise outcome.error
    return judgement_on_items(outcome.found, Puts.items(NUMBERS)) or trouble_at_the_end(outcome)


def trouble_with_the_process(outcome: Outcome, arguments: str) -> str:
    """Return what is wrong with where the job ran, or ''."""
    if outcome.here():
        return (
            "`job` ran in this process. Hand it over without brackets, "
            f"`Process(target=job, args={arguments})`, and `start()` the process."
        )
    if outcome.stuck and not outcome.count("came"):
        return f"`job` never began. Is its process started, and with `args={arguments}`?"
    if outcome.count("came") > 1:
        return f"`job` was started {outcome.count('came')} times: one process does all of it."
    return ""


def judgement_on_items(found: Any, expected: list[Any]) -> str:
    """Return what is wrong with what was received, or ''."""
    if not isinstance(found, list):
        return f"Return a list; this returned {short(found)}."
    if any(one is None for one in found):
        return "The `None` only says that this was all: leave it out of the list."
    number = f"{len(found)} of {len(expected)}"
    if len(found) < len(expected) and found == expected[: len(found)]:
        if not expected[len(found)] and found:
            return (
                f"{number} items: it stopped at {expected[len(found)]!r}, which is false too. Only "
                "`None` says that this was all: ask for it by `is not None`."
            )
        return (
            f"{number} items. `empty()` says that nothing is there yet, not that nothing will "
            "come: take out items until `None` comes."
        )
    if found != expected and len(found) == len(expected):
        return "Not the items as they came, in their order: append each one, as it is."
    if found != expected:
        return f"{len(found)} items, and {len(expected)} were put: keep each, as it is, once."
    return ""


def trouble_at_the_end(outcome: Outcome) -> str:
    """Return what is wrong with how the process came to its end, or ''."""
    if outcome.alive:
        return "Your function returned while its process was still at work: `join()` it."
    if not outcome.count("ended"):
        return "Your function ended the process before it had finished: `join()` waits for it."
    return ""


# --- 03 ask ---------------------------------------------------------------------------------------

QUESTIONS = ("Is a pipe quick?", "Has it two ends?", "Is it mine?", "Is that all?")


@exercise(
    "03 ask",
    "Start `job(connection)` in a process, send it each question and receive its answer; then send "
    "`None`, wait for the process, and return the answers in a list.",
    solutions.ask,
    "`Pipe()` gives two ends. One goes with the process, and one stays here.",
    "For each question: `send` it, then `recv` its answer, both at the end that is yours.",
    "`here, there = Pipe()`; `Process(target=job, args=(there,))`; the `None` comes before `join`.",
)
def asks(answer: Callable[..., Any]) -> str:
    """Judge `ask(job, questions)`."""
    outcome = attempt(answer, Answers, list(QUESTIONS))
    if trouble := trouble_with_the_process(outcome, "(there,)"):
        return trouble
    if outcome.stuck:
        return where_it_waits(outcome)
    if isinstance(outcome.error, TypeError) and "not iterable" in str(outcome.error):
        comma = "(`args` wants a tuple: `args=(there,)`, with the comma.)"
        return f"Your code raised TypeError: {outcome.error}. {comma}"
    if outcome.error:
        raise outcome.error
    found = outcome.found
    if not isinstance(found, list):
        return f"Return the answers in a list; this returned {short(found)}."
    expected = [Answers.answer(number, one) for number, one in enumerate(QUESTIONS, 1)]
    if any(one is None for one in found):
        return "There is `None` among the answers: `send` returns nothing. `recv` gives the answer."
    if found != expected:
        return (
            f"{len(QUESTIONS)} questions, and this came back: {short(found)}. Receive one answer "
            "for each question, and keep them in their order."
        )
    if not outcome.count("all"):
        return "The process still listens for a question: send `None` when there are no more."
    return trouble_at_the_end(outcome)


def where_it_waits(outcome: Outcome) -> str:
    """Return for what an answer waits that never comes."""
    if outcome.stuck == "join":
        return (
            "It waits in `join()` for a process that waits for the next question. Send `None`: it "
            "says that there are no more."
        )
    if outcome.stuck != "recv":
        return "It never came back. Does it wait for something that never comes?"
    if outcome.count("all") or outcome.count("asked") == len(QUESTIONS):
        return "It waits in `recv()` for one answer more than there are questions."
    return (
        "It waits in `recv()` for an answer, and the process for a question. What is sent into one "
        "end comes out at the other: the process has one, and you use the other."
    )

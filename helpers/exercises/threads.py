"""The exercises of notebook 02: threads."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from inspect import signature
from itertools import count
from reprlib import repr as short
from threading import Thread
from types import FrameType
from typing import Any

from helpers.exercises import exercise, solutions, starts
from helpers.exercises.meeting import LINGER, Meeting
from helpers.exercises.pairs import LOST, judged_pair
from helpers.exercises.recall import recalled

# --- 02 recap -------------------------------------------------------------------------------------

RECAP = {
    "bars that overlap ran in the same instant": (False, "One was begun before another had ended."),
    "four threads that wait need four cores": (False, "What waits needs no core."),
    "a process that you start changes your lists": (False, "It has a memory of its own."),
    "a task lets others run at `await` only": (True, "A task that computes keeps all waiting."),
    "four threads add up four times as fast as one": (False, "They share one GIL."),
}


@exercise(
    "02 recap",
    "Put `True` or `False` in place of each `None`.",
    solutions.recap,
    "Each of them was said or seen in notebook 01.",
)
def remembers(answer: Any) -> str:
    """Judge a dictionary of sentences, or a function that makes one."""
    return recalled(answer, RECAP)


# --- 02 fetch all ---------------------------------------------------------------------------------


@exercise(
    "02 fetch all",
    "Fetch every page with a thread of its own, and return a dictionary of address and text.",
    solutions.fetch_all,
    "`keep` is there already: it puts the text of one address into `texts`. Run it in threads.",
    "Create all threads, then start them all, then wait for them all: three loops.",
    "`Thread(target=keep, args=(url,))`: no brackets after `keep`, and a comma after `url`.",
    start=starts.fetch_all,
)
def fetches_all(answer: Callable[..., Any]) -> str:
    """Judge `fetch_all(fetch, urls)`."""
    urls = [f"http://127.0.0.1/{number}.html" for number in range(6)]
    meeting = Meeting(len(urls))

    asked = set()

    def fetch(url: str) -> str:
        asked.add(url)
        meeting.come(linger=LINGER)
        return text_of(url)

    texts = answer(fetch, list(urls))
    return trouble_with_calls(meeting, asked, len(urls)) or trouble_with_texts(texts, urls)


def trouble_with_calls(meeting: Meeting, asked: set[str], wanted: int) -> str:
    """Say what is wrong with when, and how often, the pages were asked for."""
    if meeting.here:
        return (
            "`fetch` was called by the thread that called your function, not by threads of yours. "
            "`target=keep(url)` and `thread.run()` do that here and now: hand over the function "
            "without brackets, and `start()` the thread."
        )
    if not meeting.calls:
        return (
            f"`fetch` was called 0 times for {wanted} addresses. Is every thread started? Is "
            "this the `fetch` that was handed over? Functions outside know another one."
        )
    if meeting.calls < wanted:
        return f"`fetch` was called {meeting.calls} times for {wanted} addresses."
    if len(asked) < wanted:
        return (
            f"Only {len(asked)} of {wanted} addresses were asked for. A `lambda` made in a loop "
            "looks up `url` when it runs, not when it is made: hand it over by `args=(url,)`."
        )
    if meeting.peak == 1:
        return (
            "Never more than one page at a time. `join` means: stay here until it has finished. "
            "Start all threads before you wait for the first."
        )
    if meeting.peak < wanted:
        return (
            f"{meeting.peak} pages at a time, of {wanted}. With a thread for each, started "
            "before you wait for the first, all would be under way at once."
        )
    if meeting.inside:
        return "Your function returned while a thread was still at work. Wait for all of them."
    if meeting.calls > wanted:
        return f"`fetch` was called {meeting.calls} times for {wanted} addresses: once will do."
    return ""


def trouble_with_texts(texts: Any, urls: list[str]) -> str:
    """Say what is wrong with what was returned."""
    if not isinstance(texts, Mapping):
        return f"Return the dictionary of address and text; this returned {short(texts)}."
    missing = [url for url in urls if texts.get(url) != text_of(url)]
    if missing and texts.get(missing[0], "") is None:
        return "There is `None` instead of a text: `join` returns nothing. `keep` stores the text."
    if missing:
        number = f"{len(missing)} of {len(urls)}"
        return f"{number} texts are not in what you returned. Did you wait for all threads?"
    if len(texts) > len(urls):
        return f"{len(texts)} addresses are in what you returned, and {len(urls)} were asked for."
    return ""


def text_of(url: str) -> str:
    """Return what the judge's pages hold."""
    return f"the text of {url}"


# --- 02 errors ------------------------------------------------------------------------------------


@exercise(
    "02 errors",
    "Fetch with a pool of threads; return a dictionary of texts, and one of the errors.",
    solutions.texts_and_errors,
    "An exception waits in the future, and comes out where you ask for its result.",
    "`pool.map` stops at the first error; `submit` gives a future for each address.",
    "Keep the futures by address, then `try: future.result()` for each of them.",
)
def collects_errors(answer: Callable[..., Any]) -> str:
    """Judge `texts_and_errors(fetch, urls)`."""
    urls = [f"http://127.0.0.1/{number}.html" for number in range(6)]
    broken = {urls[1]: ConnectionError("it is down"), urls[4]: ValueError("it is no page")}
    meeting = Meeting(2)

    def fetch(url: str) -> str:
        meeting.come()
        if url in broken:
            raise broken[url]
        return text_of(url)

    try:
        found = answer(fetch, list(urls))
    except (ConnectionError, ValueError):
        return "An error left your function. Catch it where you ask for a result, page by page."
    if meeting.peak == 1:
        return "Never more than one page at a time: let a pool of threads call `fetch`."
    if meeting.here:
        return "`fetch` was also called by the thread that called your function: hand it to a pool."
    texts = {url: text_of(url) for url in urls if url not in broken}
    return judged_pair(found, "texts", texts, broken, lost_by=LOST)


# --- 02 tickets -----------------------------------------------------------------------------------


STUCK = 10.0  # seconds after which a call that has not come back never will
LINES = 7  # of a seller, before each of which the other is once let in


class Tickets:
    """Tickets for sellers, who meet at the worst moment unless they are kept out.

    Where there are two, who reads or is about to write waits a moment for the other to read.
    """

    MOMENT = 0.04  # seconds; where a lock keeps the other out, all of it passes

    def __init__(self, left: int, sellers: int = 2) -> None:
        self._left = left
        self._moment = self.MOMENT if sellers > 1 else 0.0
        self._writes = 0
        self._readers: set[int] = set()  # since the last write
        self._changed = threading.Condition()

    def _wait_for_the_other(self) -> None:
        writes = self._writes
        self._changed.wait_for(
            lambda: len(self._readers) > 1 or self._writes > writes, self._moment
        )

    @property
    def left(self) -> int:
        """How many are left."""
        with self._changed:
            left = self._left
            self._readers.add(threading.get_ident())
            self._changed.notify_all()
            self._wait_for_the_other()
            return left

    @left.setter
    def left(self, left: int) -> None:
        with self._changed:
            self._wait_for_the_other()
            self._left = left
            self._writes += 1
            self._readers.clear()
            self._changed.notify_all()


def pausing(file: str, line: int) -> Callable[..., Any]:
    """Return a tracer of a seller: it leaves a moment to the other before one of its lines.

    A lock that is let go between looking and writing, or that is not there yet, does harm only if
    the other seller comes just then, which by itself happens once in a thousand times.
    """
    lines = count(1)

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != file:
            return None
        if event == "line" and next(lines) == line:
            time.sleep(Tickets.MOMENT / 2)
        return trace

    return trace


def calls(
    sell: Callable[[Any], bool], tickets: Tickets, *tracers: Callable[..., Any] | None
) -> list[Any]:
    """Return what calls at the same time returned or raised: one for each tracer, or None."""
    told: list[Any] = []

    def seller(tracer: Callable[..., Any] | None) -> None:
        sys.settrace(tracer)  # of this thread alone
        try:
            told.append(sell(tickets))
        except BaseException as error:  # an exit() too: the seller came back
            told.append(error)
        finally:
            sys.settrace(None)

    sellers = [Thread(target=seller, args=(one,), daemon=True) for one in tracers]
    for one in sellers:
        one.start()
    deadline = time.monotonic() + STUCK
    for one in sellers:
        one.join(max(0.0, deadline - time.monotonic()))
    return told


@exercise(
    "02 tickets",
    "Return a function `sell(tickets)` that two sellers may call at once: no ticket sold twice.",
    solutions.make_seller,
    "What must nobody else do between the moment you look and the moment you write?",
    "Both sellers must ask for the same lock. Where is it made, and how often?",
    "Make the lock in `make_seller`, outside of `sell`; in `sell`, `with lock:` holds all of it.",
    start=starts.make_seller,
)
def sells_each_once(answer: Callable[[], Callable[[Any], bool]]) -> str:
    """Judge `make_seller()`."""
    needed = [one for one in signature(answer).parameters.values() if one.default is one.empty]
    if needed:
        return "Hand over `make_seller`, not the seller: two of them need one and the same."
    file = getattr(getattr(answer, "__code__", None), "co_filename", "")
    rounds: list[tuple[int, int, list[Any]]] = [(1, 3, [None]), (5, 6, [None, None])]
    rounds += [(1, 2, [pausing(file, line), None]) for line in range(1, LINES + 1)]
    for of, times, tracers in rounds:
        sell, tickets = answer(), Tickets(of, len(tracers))
        if not callable(sell):
            return f"`make_seller()` should return a function; it returned {short(sell)}."
        told: list[Any] = []
        while len(told) < times:
            came_back = calls(sell, tickets, *tracers)
            told += came_back
            if len(came_back) < len(tracers):
                return "A seller never came back: who holds the lock, and do they let go of it?"
        if trouble := judgement_on_sales(told, of, tickets._left, len(tracers)):
            return trouble
    return ""


def judgement_on_sales(told: list[Any], of: int, left: int, sellers: int) -> str:
    """Return what is wrong with what sellers were told, of so many tickets, and those left."""
    if errors := [one for one in told if isinstance(one, BaseException)]:
        return f"`sell` raised {type(errors[0]).__name__}: {errors[0]}"
    if odd := [one for one in told if not isinstance(one, bool)]:
        return f"`sell` should return `True` or `False`; it returned {short(odd[0])}."
    sold = sum(told)
    result = f"{of} {'ticket' if of == 1 else 'tickets'}, {sold} sold, {left} left"
    if sellers > 1 and (left < 0 or sold > of - left):
        return (
            f"{result}. Both sellers looked before either wrote. All from the look to the writing "
            "belongs into one `with lock:`, and the lock is one for all calls, made outside `sell`."
        )
    if sold != of or left:
        return f"{result}, by {sellers}: sell one whenever there is one, by taking 1."
    return ""

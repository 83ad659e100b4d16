"""The exercises of notebook 02: threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from threading import Thread
from typing import Any

from helpers.exercises import exercise, solutions
from helpers.exercises.meeting import PATIENCE, Meeting

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
    "Each of them has its picture in notebook 01.",
)
def remembers(answer: Any) -> str:
    """Judge a dictionary of sentences, or a function that makes one."""
    answer = answer() if callable(answer) else answer
    for sentence, (right, why) in RECAP.items():
        given = answer.get(sentence)
        if given is None:
            return f"Still to answer: {sentence}."
        if given is not right:
            return f"Think again of: {sentence}. {why}"
    return ""


# --- 02 fetch all ---------------------------------------------------------------------------------


@exercise(
    "02 fetch all",
    "Fetch every page with a thread of its own, and return a dictionary of address and text.",
    solutions.fetch_all,
    "A thread returns nothing. So make the dictionary, and within `fetch_all` a function that "
    "puts the text of one address into it: there it sees this call's `fetch` and `texts`.",
    "Create all threads, then start them all, then wait for them all: three loops.",
    "`Thread(target=keep, args=(url,))`: no brackets after `keep`, and a comma after `url`.",
)
def fetches_all(answer: Callable[..., Any]) -> str:
    """Judge `fetch_all(fetch, urls)`."""
    urls = [f"http://127.0.0.1/{number}.html" for number in range(6)]
    meeting = Meeting(len(urls))

    asked = set()

    def fetch(url: str) -> str:
        asked.add(url)
        meeting.come()
        return text_of(url)

    texts = answer(fetch, urls)
    if meeting.here:
        return (
            "`fetch` was called by the thread that called your function, not by threads of yours. "
            "`target=fetch(url)` calls it here and now: hand over the function, without brackets."
        )
    if meeting.calls < len(urls):
        return (
            f"`fetch` was called {meeting.calls} times for {len(urls)} addresses. An error in a "
            "thread is printed, and goes no further: is there one above?"
        )
    if len(asked) < len(urls):
        return (
            f"Only {len(asked)} of {len(urls)} addresses were asked for. A `lambda` made in a loop "
            "looks up `url` when it runs, not when it is made: hand it over by `args=(url,)`."
        )
    if meeting.peak == 1:
        return (
            "Never more than one page at a time. `join` means: stay here until it has finished. "
            "Start all threads before you wait for the first."
        )
    if not isinstance(texts, dict):
        return f"Return the dictionary of address and text; this returned {texts!r}."
    missing = [url for url in urls if texts.get(url) != text_of(url)]
    if missing:
        number = f"{len(missing)} of {len(urls)}"
        return f"{number} texts are not in what you returned. Did you wait for all threads?"
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
    "`executor.map` stops at the first error; `submit` gives a future for each address.",
    "Keep the futures by address, then `try: future.result()` for each of them.",
)
def collects_errors(answer: Callable[..., Any]) -> str:
    """Judge `texts_and_errors(fetch, urls)`."""
    urls = [f"http://127.0.0.1/{number}.html" for number in range(6)]
    broken = {urls[1], urls[4]}
    meeting = Meeting(2)

    def fetch(url: str) -> str:
        meeting.come()
        if url in broken:
            raise ConnectionError(f"{url} is down")
        return text_of(url)

    try:
        found = answer(fetch, urls)
    except ConnectionError:
        return "An error left your function. Catch it where you ask for a result, page by page."
    if meeting.peak == 1:
        return "Never more than one page at a time: let a pool of threads call `fetch`."
    if not isinstance(found, tuple) or len(found) != 2:
        return f"Return two dictionaries, `return texts, errors`; this returned {found!r}."
    texts, errors = found
    if lost := set(urls) - set(texts) - set(errors):
        return f"{len(lost)} of {len(urls)} addresses are in neither dictionary."
    if set(errors) != broken or not all(isinstance(one, Exception) for one in errors.values()):
        return f"{len(broken)} pages failed; `errors` should hold the exception of each."
    if any(texts.get(url) != text_of(url) for url in set(urls) - broken):
        return "`texts` does not hold the text of every page that arrived."
    return ""


# --- 02 tickets -----------------------------------------------------------------------------------


class Tickets:
    """Tickets to sell; between reading how many are left and going on, others get their turn."""

    def __init__(self, left: int) -> None:
        self._left = left

    @property
    def left(self) -> int:
        """How many are left."""
        left = self._left
        threading.Event().wait(0.002)
        return left

    @left.setter
    def left(self, left: int) -> None:
        self._left = left


@exercise(
    "02 tickets",
    "Return a function `sell(tickets)` that two sellers may call at once: no ticket sold twice.",
    solutions.make_seller,
    "What must nobody else do between the moment you look and the moment you write?",
    "Both sellers must ask for the same lock. Where is it made, and how often?",
    "Make the lock in `make_seller`, outside of `sell`; in `sell`, `with lock:` holds all of it.",
)
def sells_each_once(answer: Callable[[], Callable[[Any], bool]]) -> str:
    """Judge `make_seller()`."""
    sell, tickets = answer(), Tickets(6)
    sold: list[bool] = []
    errors: list[Exception] = []
    if not callable(sell):
        return f"`make_seller()` should return a function; it returned {sell!r}."

    def seller() -> None:
        try:
            sold.extend(filter(None, (sell(tickets) for _ in range(5))))
        except Exception as error:
            errors.append(error)

    sellers = [Thread(target=seller, daemon=True) for _ in range(2)]
    for one in sellers:
        one.start()
    for one in sellers:
        one.join(5 * PATIENCE)
    if any(one.is_alive() for one in sellers):
        return "A seller never came back: who holds the lock, and do they let go of it?"
    if errors:
        return f"`sell` raised {type(errors[0]).__name__}: {errors[0]}"
    if len(sold) != 6 or tickets._left != 0:
        return (
            f"6 tickets, {len(sold)} sold, {tickets._left} left. Both sellers looked before either "
            "wrote. A lock made within `sell` is a new one for each call, and guards nothing."
        )
    return ""

"""The levels of notebook 06: programs to break, to mend and to have tried in every order.

A mended program is tried in all orders with at most two preemptions; if one breaks it, it is shown.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from html import escape
from threading import Condition, Lock
from types import SimpleNamespace
from typing import Any

from helpers.exercises import Shown, exercise, mended, starts
from helpers.racelab import race
from helpers.racelab.lanes import html
from helpers.racelab.rows import headline
from helpers.racelab.words import preempted

SECONDS = 20.0  # for the lab: less than `check` waits
Body = Callable[[Any], Any]


def proved(make: Callable[[], Any], bodies: Sequence[Body], holds: Body) -> str:
    """Return '' if no order breaks a program, or what breaks it, with the order; and the proof.

    Args:
        make: returns what they share.
        bodies: what runs at the same time.
        holds: returns whether all is in order at the end.
    """
    verdict = race(make, bodies, holds, seconds=SECONDS)
    if verdict.kind == "ok":
        tried = f"<p>{escape(verdict.proof)}</p>"
        return Shown("", f"<details><summary>What was tried</summary>{tried}</details>")
    if verdict.kind == "unknown":
        return f"The lab cannot tell whether it holds: {verdict.why}."
    head, _ = headline(verdict)
    words = f"{head.rstrip(':')}, {preempted(verdict.preemptions or 0)}. The order:"
    return Shown(words, html(verdict))


def is_free(lock: Any) -> bool:
    """Return whether nobody has kept a lock."""
    return not lock.locked()


# --- the levels -----------------------------------------------------------------------------------


@exercise(
    "06 level 1",
    "Mend `pay`: no order may break it.",
    mended.pay,
    "The lock is there: `till.lock`. What must nobody else do between which two steps?",
    "`with till.lock:` around the whole line: it reads, and it writes.",
    start=starts.pay,
)
def pays(answer: Body) -> str:
    """Judge `pay(till)`."""

    def make() -> Any:
        return SimpleNamespace(total=1, lock=Lock())

    return proved(make, [answer, answer], lambda till: till.total == 7 and is_free(till.lock))


@exercise(
    "06 level 2",
    "Mend `book`: no order may break it.",
    mended.book,
    "Each line is right. What may have happened between them?",
    "Looking and booking belong together: one `with flight.lock:` around both.",
    start=starts.book,
)
def books(answer: Body) -> str:
    """Judge `book(flight)`."""

    def make() -> Any:
        return SimpleNamespace(seats=1, sold=[], lock=Lock())

    return proved(
        make, [answer, answer], lambda flight: len(flight.sold) == 1 and is_free(flight.lock)
    )


@exercise(
    "06 level 3",
    "Mend `spend`: no order may break it.",
    mended.spend,
    "How many locks are there when two threads are in `spend`?",
    "`Lock()` makes a new lock. Who waits at a lock that nobody else has?",
    start=starts.spend,
)
def spends(answer: Body) -> str:
    """Judge `spend(purse)`."""

    def make() -> Any:
        return SimpleNamespace(coins=10, lock=Lock())

    return proved(make, [answer, answer], lambda purse: purse.coins == 4 and is_free(purse.lock))


@exercise(
    "06 level 4",
    "Mend `move`: no order may break it.",
    mended.move,
    "Who holds what, and waits for what, when nobody can go on?",
    "All take the locks in the same order, whoever gives: say, by the name.",
    "`first, second = sorted((giver, taker), key=lambda one: one.name)`, then take both.",
    start=starts.move,
)
def moves(answer: Callable[[Any, Any, int], Any]) -> str:
    """Judge `move(giver, taker, amount)`."""

    def make() -> Any:
        anna, ben = (SimpleNamespace(name=one, coins=5, lock=Lock()) for one in ("Anna", "Ben"))
        return SimpleNamespace(anna=anna, ben=ben)

    def anna_pays(bank: Any) -> None:
        answer(bank.anna, bank.ben, 1)

    def ben_pays(bank: Any) -> None:
        answer(bank.ben, bank.anna, 2)

    return proved(
        make, [anna_pays, ben_pays], lambda bank: (bank.anna.coins, bank.ben.coins) == (6, 4)
    )


@exercise(
    "06 level 5",
    "Mend `sell`: no order may break it.",
    mended.sell,
    "Where may another task go on? What was true before, and need not be true after?",
    "An `asyncio.Lock` is there: `async with shop.lock:`.",
    start=starts.sell,
)
def sells(answer: Callable[[Any], Any]) -> str:
    """Judge `async def sell(shop)`."""
    if not inspect.iscoroutinefunction(answer):
        return "`sell` must be an `async def` function."

    def make() -> Any:
        return SimpleNamespace(left=1, sold=[], lock=asyncio.Lock())

    return proved(make, [answer, answer], lambda shop: (shop.left, len(shop.sold)) == (0, 1))


@exercise(
    "06 level 6",
    "Mend `settings_of`: no order may break it.",
    mended.settings_of,
    "What can the other one see while the dictionary is being filled?",
    "Fill it under another name, and give it to the others when it is done.",
    start=starts.settings_of,
)
def keeps(answer: Callable[[Any], Any]) -> str:
    """Judge `settings_of(cache)`."""

    def make() -> Any:
        return SimpleNamespace(settings=None, lock=Lock(), seen=[])

    def ask(cache: Any) -> None:
        settings = answer(cache)
        cache.seen.append((settings["port"], settings))

    def is_one(cache: Any) -> bool:
        (port, one), (other_port, other) = cache.seen
        return port == other_port == 80 and one is other

    return proved(make, [ask, ask], is_one)


@exercise(
    "06 level 7",
    "Mend `eat`: no order may break it.",
    mended.eat,
    "Whoever is woken has to take the lock again. Who may have come in before?",
    "`while` in place of `if`: look again after each `wait()`.",
    start=starts.eat,
)
def eats(answer: Body) -> str:
    """Judge `eat(shelf)`."""

    def make() -> Any:
        return SimpleNamespace(items=[], taken=[], changed=Condition())

    def bake(shelf: Any) -> None:
        for item in ("bread", "cake"):
            with shelf.changed:
                shelf.items.append(item)
                shelf.changed.notify()

    return proved(
        make, [bake, answer, answer], lambda shelf: sorted(shelf.taken) == ["bread", "cake"]
    )


@exercise(
    "06 level 8",
    "Mend `dine`: no order may break it.",
    mended.dine,
    "Draw the three, and what each holds and wants. What if one of them reached the other way?",
    "`first, second = sorted((seat, (seat + 1) % 3))`: all take the lower number first.",
    start=starts.dine,
)
def dines(answer: Callable[[Any, int], Any]) -> str:
    """Judge `dine(table, seat)`."""

    def make() -> Any:
        table = SimpleNamespace(forks=[Lock(), Lock(), Lock()])
        table.meals = _Meals(table.forks)
        return table

    def anna(table: Any) -> None:
        answer(table, 0)

    def ben(table: Any) -> None:
        answer(table, 1)

    def cleo(table: Any) -> None:
        answer(table, 2)

    return proved(make, [anna, ben, cleo], lambda table: sorted(table.meals) == [0, 1, 2])


class _Meals(list[int]):
    """Who has eaten, if both forks beside the seat were taken then."""

    def __init__(self, forks: list[Any]) -> None:
        super().__init__()
        self.forks = forks

    def append(self, seat: int) -> None:
        if self.forks[seat].locked() and self.forks[(seat + 1) % 3].locked():
            super().append(seat)

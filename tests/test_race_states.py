"""helpers.racelab.states: what makes a state of tasks another one, and what does not."""

import asyncio
import itertools
import random
import time
from contextvars import ContextVar
from types import SimpleNamespace

import pytest

from helpers.racelab import race
from helpers.racelab.lab import Program
from helpers.racelab.loop import tasks
from helpers.racelab.search import Search
from helpers.racelab.states import States

VAR = ContextVar("VAR", default=0)
G = 0


class Account:
    total = 0


async def pause():
    await asyncio.sleep(0.1)


async def local(s):
    n = s.x
    await pause()
    s.x = n + 1


async def unset(s):
    if s.x:
        one = 1
    else:
        two = 1
    s.x = 5
    await pause()
    try:
        s.log.append((1, one))
    except NameError:
        s.log.append((2, two))


async def in_global(s):
    global G
    G = s.x * 2 + len(s.log)
    s.x = 1
    await pause()
    s.log.append(G)


async def in_class(s):
    Account.total += s.x
    s.x = 1 - s.x
    await pause()
    s.log.append(Account.total)


async def in_function(s):
    in_function.n = getattr(in_function, "n", 0) * 2 + s.x
    s.x = 1 - s.x
    await pause()
    s.log.append(in_function.n)


async def in_context(s):
    VAR.set(s.x)
    s.x = 1
    await pause()
    s.log.append(VAR.get())


async def by_chance(s):
    s.x = 7
    random.random()
    await pause()
    s.log.append(random.randrange(1000))


async def in_error(s):
    try:
        raise KeyError(s.x)
    except KeyError as error:
        s.x = 1
        await pause()
        s.log.append(str(error))


async def in_iterator(s):
    some = iter([1, 2, 3])
    for _ in range(s.x):
        next(some)
    s.x = 1
    await pause()
    s.log.append(next(some))


async def in_cycle(s):
    some = itertools.count(s.x)
    s.x = 1
    await pause()
    s.log.append(next(some))


async def by_loop_time(s):
    await asyncio.sleep(0.1 + s.x)
    s.x = 1
    await pause()
    s.log.append(round(asyncio.get_running_loop().time()))


async def by_clock(s):
    await asyncio.sleep(0.1 + s.x)
    s.x = 1
    await pause()
    s.log.append(int(time.monotonic()))


async def limited(s):
    seconds = 0.05 + s.x
    s.x = 1
    try:
        async with asyncio.timeout(seconds):
            await asyncio.sleep(0.5)
            s.log.append("in time")
    except TimeoutError:
        s.log.append("late")


async def minus(s):
    n = -1 - s.x
    s.x = 1
    await pause()
    s.log.append(n)


BODIES = [
    local, unset, in_global, in_class, in_function, in_context, by_chance, in_error, in_iterator,
    in_cycle, by_loop_time, by_clock, limited, minus,
]  # fmt: skip


def make():
    Account.total = in_function.n = 0
    return SimpleNamespace(x=0, log=[])


def yes(s):
    return True


def found(bodies, search):
    """Return what comes out, and how many runs were needed."""
    outcomes, runs = set(), 0
    with tasks(Program(make, bodies, yes)) as lab:
        while search.go_on():
            run = lab.go(search)
            runs += 1
            assert not search.has_diverged
            if run.end is None:
                outcomes.add((run.state.x, tuple(run.state.log)))
            elif run.end.kind != "cut":
                outcomes.add(run.end.kind)
    return outcomes, runs


async def twice(s):
    await pause()
    await pause()


@pytest.mark.parametrize("body", BODIES)
def test_nothing_is_lost_that_only_shows_later(body):
    for bodies in ([body, body, pause_only], [body, body, body]):
        force, runs = found(bodies, Search(merges=False))
        merged, fewer = found(bodies, States(warm=0))
        assert merged == force
        assert fewer <= runs


async def pause_only(s):
    await pause()


def test_sleeps_that_change_nothing_are_merged():
    bodies = [twice, twice, pause_only]
    _, runs = found(bodies, Search(merges=False))
    _, fewer = found(bodies, States(warm=0))
    assert fewer < runs / 3


async def polls(s):
    while not s.x:
        await pause()


async def pulses(s):
    s.x = 1
    await asyncio.sleep(0)
    s.x = 0


async def sets(s):
    s.x = 1


@pytest.mark.parametrize("bodies", [[polls, pulses, twice], [polls, polls, sets]])
def test_who_goes_round_is_found(bodies):
    force, _ = found(bodies, Search(merges=False))
    merged, _ = found(bodies, States(warm=0))
    assert merged == force
    assert ("livelock" in force) == (pulses in bodies)


def test_three_tasks_with_three_sleeps_are_gone_through():
    async def body(s):
        for _ in range(3):
            n = s.x
            await asyncio.sleep(0.1)
            s.x = max(s.x, n)

    verdict = race(make, [body, body, body], yes, seconds=60)
    assert (verdict.kind, "any number" in verdict.why) == ("ok", True)
    assert verdict.runs < 1000

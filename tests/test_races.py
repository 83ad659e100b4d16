"""tests.races: the programs that the race lab is to judge are what they say they are.

What can be seen of that without the lab: no order of whole bodies breaks one that needs a
preemption, and real threads and tasks do not break a mended one.
"""

import asyncio
import importlib
import inspect
import itertools
import pkgutil
import sys
from concurrent.futures import Future
from threading import Barrier, Thread

import pytest

from tests import races

LIMIT = 5  # seconds, for what takes milliseconds
PROGRAMS = {
    one.name: importlib.import_module(f"{races.__name__}.{one.name}")
    for one in pkgutil.iter_modules(races.__path__)
}
BROKEN = sorted(name for name in PROGRAMS if not name.endswith("_mended"))
MENDED = sorted(name for name in PROGRAMS if name.endswith("_mended"))
SERIAL = sorted(name for name in PROGRAMS if getattr(PROGRAMS[name], "SERIAL", True))


@pytest.fixture
def many_switches():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def is_async(program):
    return any(inspect.iscoroutinefunction(body) for body in program.bodies)


def started(call, *arguments):
    """Run a call in a thread that may be left behind, and return its future."""
    outcome = Future()

    def run():
        try:
            outcome.set_result(call(*arguments))
        except BaseException as error:
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    return outcome


def one_after_another(bodies, state):
    for body in bodies:
        body(state)


async def awaited(bodies, state):
    for body in bodies:
        await body(state)


async def gathered(bodies, state):
    await asyncio.gather(*(body(state) for body in bodies))


def at_the_same_time(bodies, state):
    ready = Barrier(len(bodies))

    def run(body):
        ready.wait(LIMIT)
        body(state)

    for outcome in [started(run, body) for body in bodies]:
        outcome.result(LIMIT)


@pytest.mark.parametrize("name", BROKEN)
def test_each_program_has_a_mended_one(name):
    broken, mended = PROGRAMS[name], PROGRAMS[f"{name}_mended"]
    assert broken.KIND in ("race", "deadlock", "exception", "livelock")
    assert broken.PREEMPTIONS in (0, 1, 2)
    assert (mended.KIND, mended.PREEMPTIONS) == ("ok", None)
    assert len(broken.bodies) == len(mended.bodies)
    assert is_async(broken) == is_async(mended) == name.startswith("async_")


def test_there_are_enough_of_each():
    waiting = [name for name in BROKEN if name.startswith("async_")]
    assert len(waiting) >= 7
    assert len(BROKEN) - len(waiting) >= 17
    assert len(MENDED) == len(BROKEN)
    kinds = {(PROGRAMS[name].KIND, PROGRAMS[name].PREEMPTIONS) for name in BROKEN}
    assert {("race", 2), ("deadlock", 2), ("exception", 1), ("livelock", 0)} <= kinds


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_program_is_small_and_says_what_it_is(name):
    program = PROGRAMS[name]
    assert program.__doc__
    assert "\n" not in program.__doc__
    assert len(inspect.getsource(program).splitlines()) < 50
    assert 2 <= len(program.bodies) <= 4
    assert {inspect.iscoroutinefunction(body) for body in program.bodies} == {is_async(program)}
    assert all(len(inspect.signature(body).parameters) == 1 for body in program.bodies)


@pytest.mark.parametrize("name", [name for name in SERIAL if PROGRAMS[name].PREEMPTIONS != 0])
def test_no_order_of_whole_bodies_breaks_it(name):
    program = PROGRAMS[name]
    for order in itertools.permutations(program.bodies):
        state = program.make()
        if is_async(program):
            outcome = started(asyncio.run, awaited(order, state))
        else:
            outcome = started(one_after_another, order, state)
        outcome.result(LIMIT)
        assert program.holds(state) is True, [body.__name__ for body in order]


@pytest.mark.parametrize("name", MENDED)
def test_real_threads_and_tasks_do_not_break_a_mended_one(name, many_switches):
    program = PROGRAMS[name]
    for _ in range(50):
        state = program.make()
        if is_async(program):
            started(asyncio.run, gathered(program.bodies, state)).result(LIMIT)
        else:
            at_the_same_time(program.bodies, state)
        assert program.holds(state) is True

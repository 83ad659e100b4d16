"""The race lab: its verdict on each program of `tests/races`, what it refuses, what it leaves."""

import copyreg
import enum
import functools
import importlib
import itertools
import os
import queue
import select
import signal
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers import race
from helpers.racelab import carriers, gil

NAMES = sorted(one.stem for one in Path(__file__).with_name("races").glob("[!_]*.py"))
PROGRAMS = {name: importlib.import_module(f"tests.races.{name}") for name in NAMES}


def make():
    return SimpleNamespace(x=0, lock=threading.Lock())


def add(state):
    state.x += 1


def always(state):
    return True


@pytest.mark.parametrize("name", NAMES)
def test_the_verdict_and_the_least_preemptions(name):
    program = PROGRAMS[name]
    verdict = race(program.make, program.bodies, program.holds, seconds=60)
    assert (verdict.kind, verdict.preemptions) == (program.KIND, program.PREEMPTIONS)
    if gil.is_known() and verdict.kind != "ok":
        assert verdict.badge.can in ("once", "loop", "cold", "free-threaded")


def test_the_schedule_says_who_did_what_in_the_program_s_words():
    verdict = race(make, [add, add], lambda state: state.x == 2)
    steps = [(one.name, one.what, one.thing, one.value, one.forced) for one in verdict.schedule]
    assert steps == [
        ("add 1", "read", "state.x", "0", False),
        ("add 2", "read", "state.x", "0", True),
        ("add 2", "write", "state.x", "1", False),
        ("add 1", "write", "state.x", "1", False),
    ]
    assert [one.state for one in verdict.schedule][-1] == {"state.x": "1"}
    assert verdict.schedule[0].code[slice(*verdict.schedule[0].columns)] == "state.x"


class Till:
    """Shows itself, and takes its lock for that."""

    def __init__(self):
        self.lock = threading.Lock()
        self.sum = 0

    def __repr__(self):
        with self.lock:
            return f"a till with {self.sum}"


def test_an_object_s_own_repr_is_no_part_of_the_order():
    def pay(till):
        found = till.sum
        with till.lock:
            till.sum = found + 1

    verdict = race(Till, [pay, pay], lambda till: till.sum == 2)
    assert (verdict.kind, verdict.preemptions) == ("race", 1)
    assert {one.what for one in verdict.schedule} == {"read", "acquire", "write", "release"}


def test_a_deadlock_says_who_holds_what_and_waits_for_whom():
    program = PROGRAMS["lock_order"]
    why = race(program.make, program.bodies, program.holds).why
    for words in ("bank.anna.lock, which anna_to_ben holds", "bank.ben.lock, which ben_to_anna"):
        assert words in why


def test_what_needs_more_than_two_preemptions_is_found_if_there_is_time():
    def ping(state):
        for _ in range(3):
            state.turn.append("ping")

    def pong(state):
        for _ in range(3):
            state.turn.append("pong")

    def is_in_turn(state):
        return state.turn == ["ping", "pong"] * 3

    def make_turn():
        return SimpleNamespace(turn=[])

    verdict = race(make_turn, [ping, pong], lambda state: not is_in_turn(state))
    assert (verdict.kind, verdict.preemptions) == ("race", 4)
    verdict = race(make_turn, [ping, pong], lambda state: len(state.turn) == 6)
    assert verdict.kind == "ok"
    assert verdict.proof.startswith("All orders with any number of preemptions")


# what is refused


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((3, [add, add], always), TypeError, "make has to be a function"),
        ((make, add, always), TypeError, "bodies has to be a list"),
        ((make, [add], always), ValueError, "two to four bodies, not 1"),
        ((make, [add] * 5, always), ValueError, "two to four bodies, not 5"),
        ((make, [add, 3], always), TypeError, "a body has to be a function"),
        ((make, [add, lambda: None], always), TypeError, "has to take one argument"),
        ((make, [add, lambda s: (yield)], always), TypeError, "generator function"),
        ((make, [add, add], 3), TypeError, "holds has to be a plain function"),
        ((make, [add, add], lambda s: None), TypeError, "holds returned None"),
        ((lambda: 1 / 0, [add, add], always), ZeroDivisionError, "division"),
    ],
)
def test_what_is_refused_in_one_line(arguments, error, words):
    with pytest.raises(error, match=words):
        race(*arguments)


async def wait(state):
    """Nothing."""


def test_functions_and_coroutine_functions_do_not_go_together():
    with pytest.raises(TypeError, match="all functions or all coroutine functions"):
        race(make, [add, wait], always)


# who does not end


def endless(state):
    while True:
        pass


def counts(state):
    n = 0
    while True:
        n += 1


def long(state):
    for _ in range(10**9):
        pass


def test_a_loop_that_changes_nothing_is_a_livelock_at_once():
    begin = time.thread_time()
    assert race(make, [endless, add], always).kind == "livelock"
    assert time.thread_time() - begin < 1


@pytest.mark.parametrize("body", [counts, long])
def test_a_body_that_does_not_end_is_ended(body):
    verdict = race(make, [body, add], always)
    assert (verdict.kind, verdict.why) == ("unknown", f"{body.__name__} did not come to an end")


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_run_is_given_up_where_it_comes_to_no_point_however_long_all_of_it_takes(goes_on):
    choices, looks = [], itertools.count()

    class Home:
        def acquire(self, timeout):
            if goes_on:
                choices.append(0)
            return next(looks) == 1000

    waiting = carriers.Carriers()
    waiting.home = Home()
    assert waiting.comes_home(waiting.patience, choices) == goes_on
    assert next(looks) == (1001 if goes_on else round(waiting.patience / carriers.LOOK) + 1)


def test_who_waits_for_the_real_world_is_given_up():
    reading, writing = os.pipe()
    try:
        verdict = race(make, [lambda state: os.read(reading, 1), add], always)
        assert (verdict.kind, "cannot look into" in verdict.why) == ("unknown", True)
    finally:
        os.write(writing, b"x")
        os.close(writing)
        _settle()
        os.close(reading)


def test_what_does_not_do_the_same_again_is_unknown(tmp_path):
    notes = tmp_path / "notes"

    def sometimes(state):
        with notes.open("a") as file:
            file.write(".")
        if notes.stat().st_size < 3:
            state.x += 1

    verdict = race(make, [sometimes, add], lambda state: state.x < 2)
    assert (verdict.kind, "did not do the same" in verdict.why) == ("unknown", True)


# what is left behind


def _settle():
    """Wait until threads that were told to end have ended."""
    for _ in range(200):
        if len([*Path("/proc/self/task").iterdir()]) <= len(threading.enumerate()):
            return
        time.sleep(0.01)


def belongings():
    tools = [sys.monitoring.get_tool(n) for n in range(6)] if hasattr(sys, "monitoring") else []
    names = [threading.Lock, threading.Thread.start, queue.Queue, time.sleep, time.monotonic]
    signals = signal.getsignal(signal.SIGINT)
    cores = os.sched_getaffinity(0), os.sched_getscheduler(0)
    return names, tools, sys.gettrace(), signals, cores, threading.enumerate()


@pytest.mark.parametrize("name", ["lost_update", "lock_order", "pool_submits", "module_lock"])
def test_nothing_is_left_behind(name):
    before = belongings()
    program = PROGRAMS[name]
    for _ in range(3):
        race(program.make, program.bodies, program.holds)
    assert belongings() == before


def test_other_threads_have_the_real_things_meanwhile():
    kinds, looks, stop = set(), itertools.count(), threading.Event()
    real = type(threading.Lock())

    def look():
        while not stop.is_set():
            kinds.add(type(threading.Lock()))
            next(looks)
            time.sleep(0)

    other = threading.Thread(target=look)
    other.start()
    while next(looks) < 1000:
        race(make, [add, add], lambda state: state.x == 2)
    stop.set()
    other.join()
    assert kinds == {real}


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to a thread")
def test_an_interrupt_is_heard_and_nothing_is_left(monkeypatch):
    monkeypatch.setattr(carriers, "PATIENCE", 60)  # or the run could be given up before
    before = belongings()
    main = threading.get_ident()
    hears, tells = os.pipe()

    def begins(state):
        os.write(tells, b"it has begun")
        long(state)

    def interrupt():
        os.read(hears, 1)
        signal.pthread_kill(main, signal.SIGINT)

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        race(make, [begins, add], always)
    other.join()
    for end in (hears, tells):
        os.close(end)
    assert belongings() == before


@pytest.mark.skipif(not hasattr(sys, "monitoring"), reason="sys.monitoring came with 3.12")
def test_who_uses_all_monitoring_tools_is_told_so():
    taken = [n for n in range(6) if sys.monitoring.get_tool(n) is None]
    for n in taken:
        sys.monitoring.use_tool_id(n, f"tool {n}")
    try:
        with pytest.raises(RuntimeError, match=r"no number is left .* tool 3"):
            race(make, [add, add], always)
    finally:
        for n in taken:
            sys.monitoring.free_tool_id(n)
    assert race(make, [add, add], lambda state: state.x == 2).kind == "race"


# what the program shares beside its state

counter = 0
gate = threading.Lock()
stock = ["bread"]
made = queue.Queue()


def test_globals_begin_anew_in_each_run_and_are_as_they_were():
    def sell(state):
        global counter
        with gate:
            counter += 1
        if stock:
            stock.pop()
        made.put(counter)

    verdict = race(make, [sell, sell], lambda state: counter == 2)
    assert verdict.kind == "exception"
    assert "pop from empty list" in verdict.why
    assert (counter, stock, made.qsize(), gate.locked()) == (0, ["bread"], 0, False)


def test_what_cannot_be_copied_is_refused_by_name(tmp_path):
    with (tmp_path / "file").open("w") as file:

        def writes(state):
            file.write("x")

        with pytest.raises(RuntimeError, match="cannot be copied for each run"):
            race(make, [writes, writes], always)


# what the lab has to bear


class Light(enum.Enum):
    """A class whose attributes cannot be set."""

    RED = 1
    GREEN = 2


class Stiff(type):
    """A class of classes that refuses to be changed."""

    def __setattr__(cls, name, value):
        raise AttributeError(name)


class Fixed(metaclass=Stiff):
    """A class of that kind."""

    value = [1]  # noqa: RUF012


def test_classes_that_refuse_to_be_changed_are_no_trouble():
    def switch(state):
        state.light, state.value = Light.RED, Fixed.value

    real = threading.Lock, time.sleep, threading.Thread.start, queue.Queue
    reducers = dict(copyreg.dispatch_table)
    verdict = race(SimpleNamespace, [switch, switch], lambda state: state.light is Light.RED)
    assert verdict.kind == "ok"
    assert (threading.Lock, time.sleep, threading.Thread.start, queue.Queue) == real
    assert copyreg.dispatch_table == reducers
    assert Fixed.value == [1]


def test_who_catches_all_errors_and_tries_again_is_stopped_and_keeps_the_verdict():
    def stubborn(state):
        for _ in range(10**9):
            try:
                state.jobs.get()
                return
            except:  # noqa: E722
                pass

    def job():
        return SimpleNamespace(jobs=queue.Queue())

    verdict = race(job, [stubborn, lambda state: None], always)
    assert verdict.kind == "deadlock"
    begin = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - begin < 0.2


@pytest.mark.slow
def test_who_does_not_come_back_is_ended_when_it_does():
    log, (listens, tells) = [], os.pipe()
    threads = len([*Path("/proc/self/task").iterdir()])

    def away(state):
        select.select([listens], [], [])
        log.append("after the verdict")
        state.y = 1

    verdict = race(make, [away, lambda state: state.x], always)
    assert (verdict.kind, "does not come back" in verdict.why) == ("unknown", True)
    names = {one.ident for one in threading.enumerate()}
    os.write(tells, b"come back")
    while len([*Path("/proc/self/task").iterdir()]) > threads:
        time.sleep(0.01)
    for end in (listens, tells):
        os.close(end)
    assert not log
    assert {one.ident for one in threading.enumerate()} <= names


def test_two_threads_cannot_race_at_the_same_time():
    (hears, begins), (listens, tells), said = os.pipe(), os.pipe(), []

    def waits():
        os.write(begins, b"it has begun")
        select.select([listens], [], [], 10)
        return SimpleNamespace(x=0)

    thread = threading.Thread(target=lambda: said.append(race(waits, [add, add], always)))
    thread.start()
    select.select([hears], [], [], 10)
    with pytest.raises(RuntimeError, match="another thread has to wait"):
        race(make, [add, add], always)
    os.write(tells, b"go")
    thread.join()
    for end in (hears, begins, listens, tells):
        os.close(end)
    assert said[0].kind == "ok"


@pytest.mark.parametrize("clock", ["thread_time", "process_time", "monotonic"])
def test_a_loop_until_a_time_ends(clock):
    def waits(state):
        until = getattr(time, clock)() + 0.05
        while getattr(time, clock)() < until:
            with state.lock:
                pass

    assert race(make, [waits, waits], always, seconds=60).kind == "ok"


def test_a_loop_until_a_time_of_another_clock_is_no_livelock():
    def waits(state):
        until = datetime.now() + timedelta(seconds=0.05)
        while datetime.now() < until:
            time.sleep(0.01)

    assert race(make, [waits, lambda state: None], always, seconds=1).kind != "livelock"


def test_what_a_cache_keeps_is_shared():
    def made(state):
        @functools.cache
        def value():
            state.x += 1
            return state.x

        return value

    def shared():
        state = make()
        state.value = made(state)
        return state

    verdict = race(shared, [lambda state: state.value()] * 2, lambda state: state.x == 1)
    assert verdict.kind == "race"


def test_a_body_that_makes_a_coroutine_is_refused():
    async def later(state):
        state.x += 1

    with pytest.raises(RuntimeError, match="have to be the coroutine functions themselves"):
        race(make, [lambda state: later(state)] * 2, always)


total = "nothing to do with it"


def test_a_global_of_an_attribute_s_name_is_none_of_the_program_s():
    def add_up(state):
        state.total += 1

    verdict = race(lambda: SimpleNamespace(total=0), [add_up, add_up], lambda state: state.total)
    assert verdict.first == {}
    position = verdict.game.position()
    assert position.state == {"state.total": "0"}

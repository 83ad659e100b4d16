"""What an instruction or a call touches, where the standard library does it for the program."""

import _thread
import asyncio
import contextlib
import csv
import functools
import io
import os
import sys
import threading
import zlib
from collections import defaultdict

import pytest

from helpers import race
from helpers.racelab import kinds


def judge(make, one, holds, two=None, **how):
    return race(make, [one, two or one], holds, seconds=600, **how)


# what a missing key gives


class Account:
    def __init__(self):
        self.balance = 0


def fresh():
    return []


class Key:
    """A key that is compared in Python, and never by its hash alone."""

    def __init__(self, number):
        self.number = number

    def __hash__(self):
        return 1

    def __eq__(self, other):
        return self.number == other.number


def take(state):
    things, taken = state
    taken.append(things["k"])


def take_by_own_key(state):
    things, taken = state
    taken.append(things[Key(1)])


def is_one(state):
    return state[1][0] is state[1][1]


@pytest.mark.parametrize("body", [take, take_by_own_key])
@pytest.mark.parametrize("factory", [fresh, Account])
def test_a_default_that_is_made_in_python_can_be_made_twice(factory, body):
    verdict = judge(lambda: (defaultdict(factory), []), body, is_one)
    if keeps_the_first():
        assert verdict.kind == "ok"
    else:
        assert (verdict.kind, verdict.preemptions) == ("race", 1)


def keeps_the_first():
    """Return whether this Python puts in no default where there is a value by then."""
    things = defaultdict(lambda: things.__setitem__("k", 1) or 2)
    return things["k"] == 1


def test_a_default_that_is_made_in_c_is_made_once():
    assert judge(lambda: (defaultdict(list), []), take, is_one).kind == "ok"


# what calls back


def count(things):
    key = Key(1)
    if key not in things:
        things[key] = 0
    things[key] += 1


def test_one_instruction_that_begins_and_ends_a_function_does_not_go_round():
    verdict = judge(lambda: {Key(0): 0}, count, lambda things: things[Key(1)] == 2)
    assert (verdict.kind, verdict.preemptions) == ("race", 1)


# what is kept of what was returned

loads = []


@functools.cache
def load(key):
    loads.append(key)
    return [key]


@functools.lru_cache
def power(number):
    return 1 if number == 0 else 2 * power(number - 1)


class Loader:
    def __init__(self):
        self.loads = 0

    @functools.lru_cache  # noqa: B019
    def load(self, key):
        self.loads += 1
        return [key]

    @classmethod
    @functools.cache
    def load_for_all(cls, key):
        loads.append(key)
        return [key]


def load_by_method(state):
    state.load(3)


def load_by_kept_method(state):
    kept = state.load
    kept(3)


def load_by_class(state):
    Loader.load_for_all(3)


def load_by_name(state):
    load(3)


def load_under_lock(state):
    with lock:
        load(3)


def clear(state):
    load.cache_clear()


lock = threading.Lock()
LOADS = {
    load_by_method: lambda state: state.loads == 1,
    load_by_kept_method: lambda state: state.loads == 1,
    load_by_class: lambda state: len(loads) == 1,
    load_by_name: lambda state: len(loads) == 1,
}


@pytest.mark.parametrize("body", LOADS)
def test_what_is_kept_of_a_function_can_be_made_twice(body):
    verdict = judge(Loader, body, LOADS[body])
    assert (verdict.kind, verdict.preemptions) == ("race", 1)


def test_under_a_lock_it_is_made_once_and_each_run_begins_with_an_empty_cache():
    load(4)
    loads.clear()
    kept, was = load.cache_info(), [*loads]
    assert judge(Loader, load_under_lock, lambda state: len(loads) == 1).kind == "ok"
    assert (load.cache_info(), loads) == (kept, was)


def test_whether_a_cache_is_cleared_before_or_after_matters():
    verdict = judge(Loader, load_by_name, lambda state: load.cache_info().currsize == 1, clear)
    assert (verdict.kind, verdict.preemptions) == ("race", 0)


def test_a_cache_of_what_is_always_the_same_is_no_trouble():
    verdict = judge(list, lambda state: state.append(power(3)), lambda state: state == [8, 8])
    assert verdict.kind == "ok"


# what is computed when it is first read


class Data:
    def __init__(self):
        self.loads = 0

    @functools.cached_property
    def all(self):
        self.loads += 1
        return [1]

    @functools.cached_property
    def shared(self):
        loads.append(1)
        return [len(loads)]


def read_all(state):
    state[1].append(state[0].all)


def read_shared(state):
    state[1].append(state[0].shared)


@pytest.mark.parametrize("body", [read_all, read_shared])
def test_a_cached_property_is_computed_twice_where_the_library_has_no_lock(body):
    verdict = judge(lambda: (Data(), []), body, is_one)
    if sys.version_info >= (3, 12):
        assert (verdict.kind, verdict.preemptions) == ("race", 1)
    else:
        assert verdict.kind == "ok"


def test_a_cached_property_that_was_read_before_is_no_trouble():
    def make():
        data = Data()
        return data, [data.all]

    assert judge(make, read_all, lambda state: state[1][1] is state[1][2]).kind == "ok"


# objects of C


def write_two(state):
    state[0].writerow([1])
    state[0].writerow([2])


def write_one(state):
    state[0].writerow([3])


def compress_two(state):
    state[1].append(state[0].compress(b"a" * 9))
    state[1].append(state[0].compress(b"b" * 9))


def compress_one(state):
    state[1].append(state[0].compress(b"c" * 9))


def make_writer():
    file = io.StringIO()
    return csv.writer(file), file


def unzipped(state):
    return zlib.decompress(b"".join(state[1]) + state[0].flush())


WRITTEN = [
    (make_writer, write_two, write_one, lambda state: state[1].getvalue().split() != [*"132"]),
    (
        lambda: (zlib.compressobj(), []),
        compress_two,
        compress_one,
        lambda state: (
            unzipped(state) in (b"a" * 9 + b"b" * 9 + b"c" * 9, b"c" * 9 + b"a" * 9 + b"b" * 9)
        ),
    ),
]


@pytest.mark.parametrize(("make", "two", "one", "holds"), WRITTEN)
def test_types_of_c_that_their_module_keeps_to_itself_are_not_the_program_s(make, two, one, holds):
    verdict = judge(make, two, holds, one)
    assert (verdict.kind, verdict.preemptions) == ("race", 1)


def test_a_class_in_a_text_is_the_program_s():
    names = {}
    exec("class Own: pass", names)
    assert kinds.is_own(names["Own"])
    assert not kinds.is_own(type(csv.writer(io.StringIO())))


# what the lab does not see


def run_a_loop(state):
    asyncio.Runner().get_loop()  # as `asyncio.run` does


def start_a_raw_thread(state):
    with contextlib.suppress(Exception):
        _thread.start_new_thread(print, ())


@pytest.mark.parametrize(
    ("body", "words"), [(run_a_loop, "asyncio.run"), (start_a_raw_thread, "threading.Thread")]
)
def test_what_leads_out_of_the_lab_is_refused_in_one_line(body, words):
    with pytest.raises(RuntimeError, match=words) as caught:
        judge(dict, body, lambda state: True)
    assert "\n" not in str(caught.value)
    assert asyncio.new_event_loop is asyncio.events.new_event_loop
    assert asyncio.run(asyncio.sleep(0, "done")) == "done"


async def give(number):
    await asyncio.sleep(number)
    return number


def some():
    """Return them in order; where they are in memory is another order each time."""
    made = {number: give(number) for number in sorted(range(6), key=lambda _: os.urandom(2))}
    return [made[number] for number in range(6)]


async def as_they_come(state):
    for one in asyncio.as_completed(some()):
        state.append(await one)


async def nothing(state):
    pass


def test_what_asyncio_makes_a_set_of_is_taken_up_in_the_same_order_each_time():
    names = {*vars(asyncio.tasks)}
    verdicts = [
        judge(list, as_they_come, lambda state: state == [*range(6)], nothing) for _ in range(4)
    ]
    assert {one.kind for one in verdicts} == {"race"}
    assert len({str(one) for one in verdicts}) == 1
    assert {*vars(asyncio.tasks)} == names

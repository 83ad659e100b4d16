"""helpers.chooser: the ways, what they cost, the model, the verdict, and compare() as a whole."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from helpers import compare
from helpers.chooser import gil, line, measure, plan, prices, probe, ways
from helpers.chooser.comparison import Comparison, Row
from helpers.chooser.figure import describe, draw
from helpers.chooser.job import Job, Outcome
from helpers.chooser.model import Item, bound, makespan
from helpers.chooser.packing import packed
from helpers.chooser.predict import Machine, Prediction, Work, blocking, nature, predicted
from helpers.chooser.probe import Cost, Result
from helpers.chooser.verdict import UNDECIDED, agreed, decide, ratio
from helpers.chooser.ways import WAYS, available, chunk_size
from helpers.extras import lacking
from helpers.workers import count, wait, wait_async
from tests.chooser_cases import doubled, doubled_later, unsendable, with_numpy

NAMES = available()
needs_dask = pytest.mark.skipif(lacking("dask") != "", reason="Dask is not installed")
EVERY = [*NAMES, pytest.param("dask", marks=[needs_dask, pytest.mark.slow])]

MARK = "THREE_LANES_TEST", f"chooser-{os.getpid()}-"  # others may run these tests just now


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch):
    monkeypatch.setenv(*MARK)
    yield
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and left_behind():
        time.sleep(0.05)
    assert not left_behind()


def left_behind():
    """Return what compare has left: processes, and threads."""
    names = [one.name for one in threading.enumerate() if one.name == "compare"]
    return [name for name in commands() if "resource_tracker" not in name] + names


def commands():
    """Yield the commands of all processes that have the mark of these tests."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            marked = "=".join(MARK).encode() in (path.parent / "environ").read_bytes()
            command = path.read_bytes().replace(b"\0", b" ").decode()
            parent = int((path.parent / "stat").read_text().rpartition(")")[2].split()[1])
            # A pool in these tests' own process has that start a fork server, which stays.
            is_server = "multiprocessing.forkserver" in command and parent == os.getpid()
            if marked and int(path.parent.name) != os.getpid() and not is_server:
                yield command
        except OSError:
            continue


def test_a_process_that_is_left_is_seen():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as left:
        while not left_behind():
            time.sleep(0.01)
        left.kill()


# --- the ways ------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [doubled, doubled_later])
@pytest.mark.parametrize("way", EVERY)
def test_each_way_gives_the_same_in_the_order_of_the_items(way, function):
    job = Job(function, pickle.dumps(function))
    found = WAYS[way](job, range(12), 2)
    assert [one.value for one in found] == [None if n in (3, 4) else 2 * n for n in range(12)]
    errors = {n: type(one.error) for n, one in enumerate(found) if one.error}
    assert errors == {3: ValueError, 4: SystemExit}


@pytest.mark.parametrize("way", ways.APART)
def test_what_cannot_be_sent_back_is_an_error_of_its_item_alone(way):
    if way not in NAMES and (way not in ways.NAMED or lacking(way)):
        pytest.skip("this Python has no such pool, or the extra is not installed")
    found = WAYS[way](Job(unsendable, pickle.dumps(unsendable)), range(4), 1)
    assert [one.value for one in found] == [0, None, 2, 3]
    assert "cannot be sent back" in str(found[1].error)


@pytest.mark.skipif("interpreters" not in NAMES, reason="this Python has no such pool")
@pytest.mark.parametrize(
    ("function", "told"),
    [(with_numpy, ""), (describe, "it cannot be unpacked there: ImportError: ")],
)
def test_a_module_that_refuses_interpreters_is_named(function, told):
    found = WAYS["interpreters"](Job(function, pickle.dumps(function)), range(3), 1)
    reason = "module numpy._core._multiarray_umath does not support loading in subinterpreters"
    assert [str(one.error) for one in found] == [told + reason] * 3


@pytest.mark.parametrize("way", ["processes", EVERY[-1]])
def test_what_cannot_be_unpacked_is_told_by_each_item(way):
    found = WAYS[way](Job(abs, b"no pickle"), range(2), 1)
    assert all("cannot be unpacked there: UnpicklingError" in str(one.error) for one in found)


def test_a_task_for_each_item_runs_no_more_than_so_many_at_once():
    now, most = [0], [0]

    async def counts(_):
        now[0] += 1
        most[0] = max(most[0], now[0])
        await asyncio.sleep(0.01)
        now[0] -= 1

    WAYS["tasks"](Job(counts), range(10), 3)
    assert most == [3]


def test_threads_get_several_items_at_once_and_in_turn_none():
    both = threading.Barrier(2, timeout=60)
    assert not any(one.error for one in WAYS["threads"](Job(lambda _: both.wait()), range(2), 2))
    alone = threading.Barrier(2, timeout=0.05)
    assert all(one.error for one in WAYS["in turn"](Job(lambda _: alone.wait()), range(2), 2))


class Adder:
    async def __call__(self, n):
        return n + 1

    async def add(self, n):
        return n + 2


@pytest.mark.parametrize("function", [Adder(), Adder().add, partial(wait_async), doubled_later])
def test_what_is_awaited_is_known(function):
    assert Job(function).is_coroutine


@pytest.mark.parametrize("function", [doubled, print, partial(count), Adder, "".join])
def test_what_is_not_awaited_is_known(function):
    assert not Job(function).is_coroutine


def test_chunks_are_for_those_that_share_no_memory():
    assert [chunk_size(way, 80, 2) for way in ("threads", "processes")] == [1, 10]
    assert chunk_size("processes", 3, 2) == 1


# --- what a call costs ---------------------------------------------------------------------------


def test_a_call_s_cost_tells_waiting_from_computing():
    waits, _ = probe.cost(Job(wait), 0.05)
    computes, result = probe.cost(Job(count), 300_000)
    assert waits.wall >= 0.05 > waits.cpu
    assert computes.cpu > waits.cpu
    assert result.value == sum(range(300_000))


def test_processes_that_a_call_starts_and_waits_for_are_counted():
    def run(_):
        subprocess.run([sys.executable, "-S", "-c", "sum(range(3_000_000))"], check=True)

    found, _ = probe.cost(Job(run), 0)
    assert found.children > found.cpu


def test_an_error_is_part_of_a_call_s_cost():
    found, result = probe.cost(Job(doubled), 3)
    assert found.error == "ValueError: not three"
    assert not result.differs(Outcome(error=ValueError("another text")))
    assert result.differs(Outcome(6)) == "it raised no error"


async def blocks(seconds):
    time.sleep(seconds)
    return seconds


async def in_a_thread(seconds):
    await asyncio.to_thread(time.sleep, seconds)
    return seconds


async def too_late(seconds):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.sleep(60)
    return seconds


@pytest.mark.parametrize("function", [blocks, in_a_thread, too_late, wait_async])
def test_a_coroutine_that_waits_without_await_is_known(function):
    found, result = probe.cost(Job(function), 0.5)
    assert result.value == 0.5
    assert (found.blocked > 0.25) is (function is blocks)


def test_a_coroutine_s_error_is_its_own():
    async def stops(_):
        raise StopIteration

    assert probe.cost(Job(doubled_later), 3)[0].error == "ValueError: not three"
    assert probe.cost(Job(stops), 3)[0].error == "RuntimeError: coroutine raised StopIteration"


def test_a_machine_that_is_always_late_does_not_hide_the_gil(monkeypatch):
    monkeypatch.setattr(gil, "NOTICED", 1e6)
    assert gil.held(Job(count), 300_000, 0.1) > 0.5


def test_the_gil_is_held_by_a_loop_and_not_by_sleep():
    loop = gil.held(Job(count), 300_000, 0.1)
    sleep = gil.held(Job(wait), 0.02, 1.0)  # so long that a moment's standstill makes no half
    assert loop > 0.5 > sleep


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (1.0, 1, True),
        (float("nan"), float("nan"), True),
        ({"a", "b"}, {"b", "a"}, True),
        ([1], [2], False),
        (None, 0, False),
        (threading.Lock(), threading.Lock(), True),
        (threading.Lock(), 1, False),
    ],
)
def test_results_are_compared(one, other, is_same):
    assert (Result(Outcome(one)).differs(Outcome(other)) == "") == is_same


def test_arrays_are_compared():
    import numpy as np

    assert not Result(Outcome(np.arange(3))).differs(Outcome(np.arange(3)))
    assert Result(Outcome(np.arange(3))).differs(Outcome(np.arange(3) + 1))


@pytest.mark.parametrize("way", EVERY)
def test_a_way_s_own_price_is_above_nothing(way):
    start, each = prices.overheads(way, 2, is_coroutine=False)
    assert start > 0
    assert each >= 0


# --- the model -----------------------------------------------------------------------------------

WAIT, HELD, FREE = Item(1, 0, 0), Item(0, 1, 0), Item(0, 0, 1)


@pytest.mark.parametrize(
    ("items", "workers", "cores", "gils", "seconds"),
    [
        ([], 4, 2, 1, 0),
        ([WAIT] * 8, 1, 2, 1, 8),
        ([WAIT] * 8, 4, 2, 1, 2),  # all can wait at once, whatever the cores
        ([HELD] * 8, 4, 2, 1, 8),  # one GIL
        ([HELD] * 8, 4, 2, None, 4),  # a GIL each, and two cores
        ([HELD] * 8, 2, 4, None, 4),  # two workers
        ([FREE] * 8, 4, 2, 1, 4),
        ([FREE] * 3, 2, 2, 1, 2),  # one is left over
        ([Item(0, 0, 2, 2.0)] * 2, 2, 2, 1, 2),  # each takes both cores by itself
        ([WAIT] * 1000, 10, 2, 1, 100),  # more than are played through
        ([WAIT] * 1000, 1000, 2, 1, 1),
        ([WAIT] * 1000, 200, 2, 1, 5),  # five waves
        ([WAIT] * 5000, 1000, 2, 1, 5),
        ([HELD, Item(0, 0.01, 0)] * 120, 4, 2, 1, 121),  # in whatever order
        ([Item(0, 0.01, 0), HELD] * 120, 4, 2, 1, 121),
        ([Item(1, 0.01, 0)] * 1000, 1000, 2, 1, 11),  # the loop's own thread does it all
    ],
)
def test_how_long_workers_need(items, workers, cores, gils, seconds):
    assert makespan(items, workers, cores, gils) == pytest.approx(seconds, rel=0.1)


@pytest.mark.parametrize("gils", [1, None])
@pytest.mark.parametrize("workers", [1, 2, 5, 200])
def test_nothing_beats_its_bound(workers, gils):
    items = [Item(0.1 * (n % 3), 0.05 * (n % 4), 0.02 * (n % 5)) for n in range(1, 400)]
    seconds = makespan(items, workers, 2, gils)
    assert seconds >= bound(items, 2, gils) * 0.999
    assert seconds >= sum(one.alone for one in items) / workers * 0.999


def test_the_bound_is_amdahl_s():
    items = [Item(0, 0.25, 0.75)] * 4
    assert bound(items, 1e9, 1) == 1.0
    assert bound(items, 2, None) == 2.0


def machine(cores=2.0):
    return Machine(cores, 1e-9, dict.fromkeys(WAYS, (0.001, 1e-05)))


def test_predictions_tell_the_ways_apart():
    waits = Work([Cost(0.1, 0.001)] * 20, 1.0, False)
    computes = Work([Cost(0.1, 0.1)] * 20, 1.0, False)
    lets_go = Work([Cost(0.1, 0.1)] * 20, 0.0, False)
    awaits = Work([Cost(0.1, 0.001)] * 20, 1.0, True)

    def seconds(way, work, workers):
        return predicted(way, work, workers, machine()).seconds

    assert seconds("threads", waits, 5) < 0.5 < seconds("processes", waits, 2)
    assert seconds("processes", computes, 2) < 1.2 < 1.9 < seconds("threads", computes, 5)
    assert seconds("threads", lets_go, 5) == pytest.approx(
        seconds("processes", lets_go, 2), rel=0.1
    )
    assert seconds("tasks", awaits, 20) < 0.2


def test_tasks_that_keep_the_loop_gain_nothing():
    work = Work([Cost(0.1, 0.001, blocked=0.099)] * 20, 1.0, True)
    assert predicted("tasks", work, 20, machine()).seconds == pytest.approx(2.0, rel=0.01)
    assert predicted("threads", work, 20, machine()).seconds < 0.2
    assert "for 99% of it waits without `await`" in nature(work)
    assert "asyncio.to_thread" in blocking(work)[0]
    assert not blocking(Work([Cost(0.1, 0.001)], 1.0, True))


def test_threads_without_a_gil_compute_at_once():
    work = Work([Cost(0.1, 0.1)] * 20, 1.0, False)
    threads, free = (predicted(way, work, 2, machine()) for way in ("threads", "free-threaded"))
    assert free.seconds < 1.1 < 1.9 < threads.seconds
    assert free.bound < threads.bound


def test_a_prediction_is_no_wider_than_a_factor_of_two():
    for way in WAYS:
        found = predicted(way, Work([Cost(0.1, 0.05)] * 4, 0.5, False), 2, machine())
        assert found.low < found.seconds < found.high <= 2.0001 * found.low


def test_what_must_be_sent_is_counted():
    light = Work([Cost(0.01, 0.01)] * 8, 1.0, False)
    heavy = Work([Cost(0.01, 0.01, packing=0.05, size=10_000_000)] * 8, 1.0, False)
    found = [predicted("processes", work, 2, machine()) for work in (light, heavy)]
    assert found[1].seconds > found[0].seconds + 0.2
    assert "to hand over" in found[1].why


@pytest.mark.parametrize(
    ("cost", "held", "word"),
    [
        (Cost(0.1, 0.001), 1.0, "waits for 99% of it"),
        (Cost(0.1, 0.1), 0.97, "holds the GIL for 97%"),
        (Cost(0.1, 0.05), 0.5, "waits for 50% of it, and holds the GIL for 50%"),
    ],
)
def test_what_kind_of_work_it_is_is_said(cost, held, word):
    assert word in nature(Work([cost], held, False))


# --- the verdict ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "best"),
    [
        ({}, UNDECIDED),
        ({"in turn": [1, 1, 1]}, "in turn"),
        ({"in turn": [4, 4, 4], "threads": [1, 1, 1]}, "threads"),
        ({"in turn": [1.0, 1.05, 1.0], "threads": [0.98, 1.0, 0.99]}, "in turn"),
        ({"in turn": [4, 4, 4], "threads": [1, 1.1, 1], "tasks": [0.98, 1, 0.99]}, "threads"),
        ({"in turn": [2, 2, 2], "threads": [2, 2, 2], "processes": [1, 1, 1]}, "processes"),
        ({"in turn": [1.12, 1.15, 1.09], "threads": [1, 1, 1]}, UNDECIDED),  # luck, perhaps
        ({"in turn": [1.12] * 5, "threads": [1, 1.05, 1, 1.05, 1]}, "threads"),
        ({"in turn": [1, 2, 0.9], "threads": [0.8, 0.9, 1.4]}, UNDECIDED),
        ({"in turn": [1, 1.2, 3], "threads": [1, 1.1, 1]}, UNDECIDED),
    ],
)
def test_the_quickest_wins_or_a_simpler_one_that_is_as_good(times, best):
    assert decide(times).best == best


def test_a_ratio_is_taken_round_by_round():
    found = ratio([1, 10, 100, 1, 1], [1, 5, 100, 1, 0.1])
    assert (found.low, found.median, found.high, found.rounds) == (1, 1, 2, 5)


def test_what_follows_from_some_items_must_agree_with_them():
    one, other = decide({"a": [1, 1, 1], "b": [2, 2, 2]}), decide({"a": [4, 4, 4], "b": [2, 2, 2]})
    assert agreed(one, one).best == "a"
    assert agreed(one, other).best == UNDECIDED
    assert agreed(one, decide({"a": [1, 2, 1.3], "b": [1.1, 1, 1.1]})).best == UNDECIDED


# --- packing -------------------------------------------------------------------------------------


def test_a_cell_s_function_and_a_lock_can_be_packed():
    lock, both = threading.Lock(), threading.RLock()

    def locked(n):
        with lock, both:
            return n + 1

    work, items, has_lock = packed(locked, [1, 2])
    assert has_lock
    assert [pickle.loads(work)(n) for n in pickle.loads(items)] == [2, 3]
    assert not packed(lambda n: n, [1])[2]


def test_what_cannot_be_packed_is_named():
    generator = (n for n in range(3))
    with pytest.raises(TypeError, match=r"compare\(items: item 1\): .* cannot be sent there"):
        packed(abs, [1, generator])
    with pytest.raises(TypeError, match=r"compare\(function\): .* cannot be sent there"):
        packed(lambda n: next(generator), [1])


# --- compare -------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    """Measure as little as can be; a busy machine may take its time for that."""
    monkeypatch.setattr(measure, "BUDGET", 1.0)
    monkeypatch.setattr(measure, "FIRST", 1.0)
    for limit in ("DEADLINE", "SETTING_UP", "RECORDED", "DISTORTED", "PATIENCE"):
        monkeypatch.setattr(measure, limit, 600.0)


@pytest.mark.parametrize(
    ("arguments", "error", "word"),
    [
        ((3, [1]), TypeError, "must be a function, not 3"),
        ((abs, 3), TypeError, "must be a list or another iterable, not 3"),
        ((abs, [1], 0), ValueError, "whole number from 1 to 1,000, or None, not 0"),
        ((abs, [1], 1.5), ValueError, "whole number from 1"),
        ((abs, [1], True), ValueError, "whole number from 1"),
        ((abs, [1], None, ["ray"]), ValueError, "must be among 'in turn', .*'dask', not 'ray'"),
        ((abs, [1], None, []), ValueError, "name one at least"),
        ((abs, [1], None, 5), TypeError, "must be names in a list, not 5"),
        ((abs, iter(int, 1)), ValueError, "more than 100,000"),
    ],
)
def test_what_cannot_be_compared_is_one_line(arguments, error, word):
    with pytest.raises(error, match=word) as found:
        compare(*arguments)
    assert "\n" not in str(found.value)


def test_no_items_no_choice():
    found = compare(abs, [])
    assert found.best == UNDECIDED
    assert found.why == "There is no item: nothing to choose."
    assert "nothing to choose" in draw(found).alt


def test_waits_are_for_threads_and_awaits_for_tasks(quick):
    found = compare(wait, [0.05] * 8, techniques=["in turn", "threads"])
    assert found.best == "threads"
    assert found.timeline("threads").alt.startswith("Timeline of")
    with pytest.raises(ValueError, match="must be one of those compared"):
        found.timeline("tasks")
    assert compare(wait_async, [0.05] * 8, techniques=["in turn", "tasks"]).best == "tasks"


def test_every_way_is_measured_and_drawn(quick):
    found = compare(lambda n: sum(range(n)), [100] * 3, workers=2)
    assert [row.way for row in found.rows] == NAMES
    assert all(row.seconds and not row.failed for row in found.rows)
    assert found.best == "in turn"
    shown, about = found._repr_mimebundle_()
    assert about["image/png"]["alt"] == describe(found)
    assert shown["text/plain"] == f"<Comparison of <lambda>, 3 items, in {len(NAMES)} ways>"
    assert len(found.table.rows) == len(NAMES)


@pytest.mark.parametrize(
    ("function", "items"),
    [
        (lambda n: n * 2, range(3)),
        (abs, (n for n in range(3))),
        (partial(pow, 2), [1, 2, 3]),
        ("{}".format, {1, 2}),
        (Adder().add, [1]),
    ],
    ids=["lambda", "generator", "partial", "method", "awaited method"],
)
def test_functions_of_all_kinds_can_be_compared(quick, function, items):
    found = compare(function, items, techniques=["in turn", "processes"])
    assert found.best == "in turn"
    assert not found.left_out
    assert not any(row.failed for row in found.rows)


def ends(how):
    def function(n):
        if n == 2:
            how()
        return n

    return function


@pytest.mark.parametrize(
    ("how", "word"),
    [
        (lambda: 1 / 0, "it raised ZeroDivisionError: division by zero"),
        (lambda: os._exit(7), "it ended the process with status 7"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "it was killed by signal 9"),
        (lambda: time.sleep(1000), "it had not ended after 10 seconds"),
        (lambda: sys.exit("no more"), "it raised SystemExit: no more"),
    ],
    ids=["raises", "exits", "is killed", "never ends", "sys.exit"],
)
def test_an_item_that_goes_wrong_is_named_and_the_others_are_measured(
    quick, monkeypatch, how, word
):
    monkeypatch.setattr(measure, "LONGEST", 10.0)
    found = compare(ends(how), range(5), techniques=["in turn", "threads"])
    assert found.left_out == {2: word}
    assert f"items[2] was left out: {word}." in found.why
    assert found.best == "in turn"
    assert all(row.seconds for row in found.rows)


def test_who_ends_only_in_a_process_is_no_reason_against_the_others(quick):
    def function(n):
        import multiprocessing

        if multiprocessing.parent_process() is not None:
            os._exit(1)
        return n

    found = compare(function, range(3), techniques=["in turn", "processes"])
    assert found.best == "in turn"
    assert "BrokenProcessPool" in found.row("processes").failed
    assert "items[0]" in found.row("processes").failed


def test_a_result_that_cannot_be_sent_and_a_lock_rule_processes_out(quick):
    found = compare(unsendable, range(3), techniques=["in turn", "processes"])
    assert "items[1]: " in found.row("processes").failed
    lock = threading.Lock()
    found = compare(lambda n: lock.locked(), range(3), techniques=["in turn", "processes"])
    assert "it uses a lock" in found.row("processes").failed
    assert "Not processes: it uses a lock" in found.why


def test_what_comes_by_chance_is_not_compared(quick):
    found = compare(lambda _: time.perf_counter(), range(3), techniques=["in turn", "threads"])
    assert "something else each time" in found.why
    assert not any(row.failed for row in found.rows)


def test_a_way_that_gives_something_else_is_ruled_out(quick):
    def where(_):
        return threading.current_thread() is threading.main_thread()

    found = compare(where, range(3), techniques=["in turn", "threads"])
    assert found.row("threads").failed == "items[0]: it gave False, and in turn True"


def later(n):
    yield n


@pytest.mark.parametrize(
    ("function", "word"),
    [
        (lambda seconds: wait_async(seconds), "hand over the coroutine function itself"),
        (later, "a generator, of which nothing has run yet"),
    ],
)
def test_what_has_not_run_is_no_result(quick, function, word):
    assert word in compare(function, [0.01] * 2).why


def test_what_one_run_keeps_the_next_does_not_find(quick):
    kept = {}

    def slow_once(n):
        if n not in kept:
            time.sleep(0.1)
            kept[n] = n
        return n

    found = compare(slow_once, range(4), techniques=["in turn", "threads"])
    assert min(found.row("in turn").seconds) > 0.09 * found.measured


def test_a_function_that_forks_leaves_no_second_one_that_answers(quick):
    found = compare(lambda n: os.fork() and n, [1, 2], techniques=["in turn"])
    assert found.best == "in turn"


class OddError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def test_an_error_without_words_has_its_name_and_a_long_one_its_beginning():
    assert probe.told(OddError()) == "OddError"
    assert len(probe.told(ValueError("x" * 10**6))) < 400


def test_a_program_that_does_not_read_is_given_up(quick, monkeypatch):
    monkeypatch.setattr(measure, "LONGEST", 3.0)
    found = compare(stops, range(60_000), techniques=["in turn"])
    assert "3 seconds" in found.why


def stops(n):
    os.kill(os.getpid(), signal.SIGSTOP)
    return n


def test_when_the_only_way_is_ruled_out_nothing_is_recommended(quick):
    def where(_):
        return threading.current_thread() is threading.main_thread()

    found = compare(where, range(2), techniques=["threads", "in turn"])
    found.rows = [found.row("threads")]
    assert found.why.startswith("Nothing could be measured")


def test_a_process_that_lives_on_does_not_hide_that_the_program_has_ended(quick):
    def function(n):
        if n == 1:
            if os.fork() == 0:
                time.sleep(600)
                os._exit(0)
            os._exit(7)
        return n

    found = compare(function, range(3), techniques=["in turn"])
    assert found.left_out == {1: "it ended the process with status 7"}


def test_objects_of_a_cell_s_class_can_cross(quick):
    space = {"__name__": "__main__"}
    exec(
        "class Two:\n    def __init__(self, n): self.n = n\n"
        "    def __eq__(self, other): return self.n == other.n\n",
        space,
    )
    exec("def function(two):\n    return Two(two.n + 1)\n", space)
    found = compare(space["function"], [space["Two"](1)], techniques=["in turn", "processes"])
    assert not found.left_out
    assert not found.row("processes").failed


def test_when_all_goes_wrong_nothing_is_recommended(quick):
    found = compare(lambda n: 1 / 0, range(3))
    assert found.best == UNDECIDED
    assert "3 of 3 items were left out; the first, items[0]: it raised" in found.why


def test_what_takes_too_long_is_cut_short_and_said(quick):
    found = compare(wait, [0.02] * 200, techniques=["in turn", "threads"])
    assert 0 < found.measured < 200
    assert f"{found.measured} of 200 items were measured; the rest follows from these." in found.why
    assert found.row("in turn").measured > 3


def test_what_the_function_prints_does_no_harm(quick, capfd):
    def loud(n):
        print("loud", flush=True)
        os.write(1, b"louder")
        sys.stdin.read()
        return n

    assert compare(loud, range(3), techniques=["in turn"]).best == "in turn"
    assert capfd.readouterr() == ("", "")


def test_files_are_where_they_were_and_modules_are_found(quick, tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("def size(name):\n    return len(open(name).read())\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import mine

    found = compare(mine.size, ["mine.py"], techniques=["in turn", "processes"])
    assert not found.left_out
    assert not found.row("processes").failed


def test_the_loop_is_as_python_made_it(quick):
    async def kind(_):
        return f"{type(asyncio.current_task()).__module__} {type(asyncio.get_running_loop())}"

    import nest_asyncio2

    assert nest_asyncio2
    found = compare(kind, [1], techniques=["in turn"])
    assert not found.left_out


def test_threads_have_another_name_where_there_is_no_gil(quick, monkeypatch):
    ask = line.Line.ask

    def asked(self, name, *words, **how):
        return False if name == "has_gil" else ask(self, name, *words, **how)

    monkeypatch.setattr(line.Line, "ask", asked)
    found = compare(wait, [0.05] * 8, techniques=["in turn", "threads", "tasks"])
    assert [row.way for row in found.rows] == ["in turn", "free-threaded", "tasks"]
    assert found.best == "free-threaded"
    assert found.why.startswith("Use a pool of threads, as here is no GIL.")


def test_a_coroutine_that_keeps_the_loop_is_told(quick):
    found = compare(blocks, [0.05] * 8, techniques=["threads", "tasks"])
    assert found.row("tasks").predicted.low > found.row("threads").predicted.high
    assert "While it waits so, no other task goes on." in found.why


def test_an_interrupt_ends_it_and_leaves_nothing(monkeypatch):
    monkeypatch.setattr(measure, "LONGEST", 600.0)
    over = threading.Event()

    def interrupt():
        while not over.wait(0.01):
            if any(line.PROGRAM in one for one in commands()):
                signal.raise_signal(signal.SIGINT)
                return

    watch, began = threading.Thread(target=interrupt), time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            watch.start()
            compare(wait, [120.0])
    finally:
        over.set()
    assert time.monotonic() - began < 120  # one call takes as long
    assert not left_behind()


# --- Dask, an extra -------------------------------------------------------------------------------


def test_dask_is_measured_only_if_it_is_named_and_here(monkeypatch):
    assert "dask" not in NAMES
    assert plan._ways(None) == NAMES
    monkeypatch.setattr(plan, "lacking", "{} is not installed: get it.".format)
    told = r"^compare\(techniques\): dask is not installed: get it.$"
    with pytest.raises(ValueError, match=told):
        compare(abs, [1], techniques=["in turn", "dask"])
    monkeypatch.setattr(plan, "lacking", lambda _: "")
    assert plan._ways(["dask", "processes", "in turn"]) == ["in turn", "processes", "dask"]
    assert plan._workers("dask", 1_000, 500, True) == 61  # as processes


def test_dask_is_handed_one_item_at_a_time_and_is_the_least_simple():
    assert chunk_size("dask", 1_000, 2) == 1
    assert [*WAYS][-1] == "dask"
    times = {"processes": [1.0] * 3, "dask": [0.99] * 3}
    assert decide(times).best == "processes"


@needs_dask
@pytest.mark.slow
def test_dask_is_measured_recorded_and_drawn(quick, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    offset = 5  # a function of a cell: sent as it is

    def one(n):
        if n == 3:
            raise ValueError("not three")
        return sum(range(10_000)) + n + offset

    found = compare(one, range(20), techniques=["in turn", "processes", "dask"])
    rows = {row.way: row for row in found.rows}
    assert found.left_out == {3: "it raised ValueError: not three"}
    assert not rows["dask"].failed
    assert len(rows["dask"].seconds) == len(rows["in turn"].seconds) >= 3
    assert found.best in ("in turn", "processes", UNDECIDED)  # whose start takes no second
    assert rows["dask"].start > rows["processes"].start
    assert "to start them" in rows["dask"].predicted.why
    run = rows["dask"].recording
    assert {lane.name for lane in run.lanes} <= {"worker 0", "worker 1"}
    assert len(run.spans) == found.measured == 19
    assert {*run.spans.name} == {"one"}
    assert run.spans.start.min() > 0  # its start is part of the picture
    assert "worker 0: " in found.timeline("dask").alt
    assert "dask" in found.picture().alt
    assert not [*tmp_path.iterdir()]


@needs_dask
@pytest.mark.slow
def test_coroutine_functions_go_with_dask(quick):
    found = compare(doubled_later, [1, 2, 5], workers=2, techniques="dask")
    assert (found.best, found.rows[0].workers) == ("dask", 2)
    assert found.why.startswith("Use Dask: nothing else was measured.")


def ends_in_a_worker(home, n):
    """End the process that it is called in, but for the one that first calls it."""
    if n == 1 and os.environ.setdefault("THREE_LANES_HOME", str(os.getpid())) != str(os.getpid()):
        os._exit(1)
    return n


@needs_dask
@pytest.mark.slow
def test_an_item_that_ends_dask_s_workers_rules_it_out(quick):
    function = partial(ends_in_a_worker, None)
    found = compare(function, range(4), workers=1, techniques=["in turn", "dask"])
    assert found.best == "in turn"
    assert "items[1]: KilledWorker" in found.row("dask").failed


@needs_dask
@pytest.mark.slow
def test_a_measuring_program_that_is_killed_leaves_nothing_of_dask(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    stop = threading.Event()
    asked = line.Line(stop, lambda one: None)
    asked.ask("load", sys.path, pickle.dumps(wait), pickle.dumps([600.0] * 2), limit=60)
    watch = threading.Thread(target=stop_when_at_work, args=(stop,))
    watch.start()
    with pytest.raises(line.Stopped):
        asked.ask("run", "dask", [0, 1], 2, limit=600)
    watch.join()
    assert not [*tmp_path.iterdir()]  # nothing_left looks for the programs


def stop_when_at_work(stop):
    """Stop a comparison when Dask's workers have been started."""
    while sum("spawn_main" in one for one in commands()) < 2:
        time.sleep(0.01)
    stop.set()


def test_a_program_that_cannot_begin_is_told(monkeypatch, quick):
    monkeypatch.setattr(line, "PROGRAM", "helpers.no_such_room")
    with pytest.raises(RuntimeError, match=r"compare: .* could not begin: .*no_such_room"):
        compare(abs, [1])


# --- words and picture ---------------------------------------------------------------------------

EXPECTED = Prediction(1.0, 0.7, 1.4, 0.5, "a reason")


def made(**seconds):
    rows = [
        Row(way.replace("_", " "), 2, EXPECTED, EXPECTED, list(s)) for way, s in seconds.items()
    ]
    return Comparison("job", 8, 8, nature="A call takes 1 s.", rows=rows)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ({"in_turn": [4, 4, 4], "threads": [1, 1, 1]}, "Use a pool of threads. A call takes 1 s."),
        ({"in_turn": [4, 4, 4], "threads": [1, 1, 1]}, "in turn, the next best, 4 times as long"),
        ({"in_turn": [4, 4, 4], "threads": [1, 1, 1]}, "With threads, all 8 items took 1.00 s"),
        (
            {"in_turn": [1, 1, 1], "threads": [0.97] * 3},
            "0.97 times as long: too little is gained",
        ),
        (
            {"in_turn": [1, 2, 1.3], "threads": [1.1, 1, 1.1]},
            "Undecided between in turn and threads.",
        ),
        ({"threads": [1, 1, 1]}, "Use a pool of threads: nothing else was measured."),
    ],
)
def test_the_recommendation_gives_its_evidence_and_its_doubt(seconds, words):
    assert words in made(**seconds).why


def test_in_how_many_rounds_it_took_longer_is_counted():
    five = {"in_turn": [4, 4, 4, 4, 1], "threads": [2, 2, 2, 2, 2]}
    told = "in turn, the next best, 2 times as long, and longer in {} of {} rounds."
    assert told.format(4, 5) in made(**five).why
    three = {name: seconds[:3] for name, seconds in five.items()}
    assert told.format("each", 3) in made(**three).why


def test_some_items_and_all_are_told_apart():
    found = made(in_turn=[4, 4, 4], threads=[1, 1, 1])
    found.items, found.rows[0].times, found.rows[1].times = 16, 2.0, 3.0
    assert "With threads, the 8 items that were measured took 1.00 s; in turn, " in found.why
    assert "With threads, all 16 would take 3.00 s, and in turn 2.67 times as long." in found.why


def test_who_is_only_called_otherwise_is_not_the_next_best():
    told = made(in_turn=[4, 4, 4], threads=[1, 1, 1], tasks=[1.1, 1.1, 1.1]).why
    assert "in turn, the next best (tasks are threads here), 4 times as long" in told


def test_of_next_to_nothing_there_is_nothing_to_tell():
    assert "next to nothing" in nature(Work([Cost(1e-6, 1e-6)], 0.0, False))


def test_tasks_of_a_plain_function_are_no_choice_beside_threads():
    found = made(in_turn=[4, 4, 4], threads=[1, 1, 1], tasks=[0.5, 0.5, 0.5])
    assert found.best == "threads"
    found.is_coroutine = True
    assert found.best == "tasks"
    assert made(in_turn=[4, 4, 4], tasks=[0.5, 0.5, 0.5]).best == "tasks"


def test_the_picture_has_each_way_and_says_all_in_words():
    found = made(in_turn=[4, 4, 4], threads=[1, 1, 1], processes=[2, 2, 2])
    found.rows[2].failed = "item 3: it gave 1"
    picture = draw(found)
    texts = [one.get_text() for one in picture.texts]
    assert {"in turn", "threads", "processes"} <= {*texts}
    assert "not usable: item 3: it gave 1" in texts
    assert picture.alt == describe(found)
    assert (
        "threads: expected 700 ms to 1.40 s, measured 1.00 s to 1.00 s in 3 rounds." in picture.alt
    )
    assert picture.png().startswith(b"\x89PNG")


def test_who_has_the_cores_is_said():
    assert not measure.taken_by_others(1.5, 2)
    assert not measure.taken_by_others(1.0, 1)
    assert "2 processes got 1.0 cores in all" in measure.taken_by_others(1.04, 2)[0]


def test_the_plan_gives_each_way_its_workers():
    assert plan._workers("in turn", 8, 100, False) == 1
    assert plan._workers("threads", 8, 100, False) == 8
    assert plan._workers("tasks", None, 100, True) == 100
    assert plan._workers("tasks", None, 100_000, True) == plan.AT_ONCE
    assert plan._workers("processes", None, 1, False) == 1

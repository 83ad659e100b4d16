"""helpers.recorder.loop_log: what event loops did, held against what the code itself noted."""

import asyncio
import random
import selectors
import socket
import threading
import time
from asyncio import base_events, events

import pytest

from helpers.recorder.loop_log import LoopLog, _with_own

BEFORE = events.Handle._run
HOOKED = [(base_events.BaseEventLoop, "_run_once"), (events.Handle, "_run")]


def watched(main):
    """Run a coroutine function on a loop of its own, and return its log and its result."""
    log = LoopLog()
    log.begin()
    try:
        result = asyncio.run(main())
    finally:
        log.end()
    return log, result


def order(log):
    """Return the names of the tasks in the order of their turns."""
    turns = sorted((turn for one in log.iterations for turn in one.turns), key=lambda t: t.start)
    return [turn.call.name for turn in turns if turn.call.kind == "task"]


async def wander(dice, noted):
    """Suspend many times, for several reasons, and note each turn."""
    name = f"{asyncio.current_task().get_name()} (wander)"
    noted.append(name)
    for _ in range(dice.randrange(3, 12)):
        kind = dice.randrange(4)
        if kind == 0:
            await asyncio.sleep(0)
        elif kind == 1:
            await asyncio.sleep(dice.random() / 500)
        elif kind == 2:
            later = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(dice.random() / 500, later.set_result, None)
            await later
        else:
            await asyncio.to_thread(time.sleep, dice.random() / 500)
        noted.append(name)


@pytest.mark.parametrize("seed", range(20))
def test_the_order_is_that_in_which_the_code_ran(seed):
    dice, noted = random.Random(seed), []

    async def main():
        await asyncio.gather(*[wander(dice, noted) for _ in range(dice.randrange(1, 9))])

    log, _ = watched(main)
    assert [name for name in order(log) if "wander" in name] == noted
    for one in log.iterations:
        assert [turn.call.name for turn in one.turns] == [call.name for call in one.queue.calls]
        assert one.start <= one.selected <= one.selected + one.waited <= one.end
    assert not log.lost


def test_what_another_thread_adds_just_before_the_first_turn_is_of_the_next_queue(monkeypatch):
    begin_turn, late = LoopLog._begin_turn, []

    def begin(log, handle, loop, iteration):
        if not iteration.turns and len(late) < 3:
            late.append(loop.call_soon_threadsafe(ran.append, 1))
        return begin_turn(log, handle, loop, iteration)

    async def main():
        await asyncio.gather(*[asyncio.sleep(0) for _ in range(50)])

    ran = []
    monkeypatch.setattr(LoopLog, "_begin_turn", begin)
    log, _ = watched(main)
    assert ran == [1] * 3
    for one in log.iterations:
        assert len(one.turns) == len(one.queue)
        kept = [turn.call for turn in one.turns[: len(one.queue.calls)]]
        assert [call.name for call in kept] == [call.name for call in one.queue.calls]


def test_a_loop_in_a_thread_is_seen_and_told_from_another():
    noted = [[], []]

    async def main(mine):
        await asyncio.gather(*[wander(random.Random(n), mine) for n in range(4)])

    log = LoopLog()
    log.begin()
    threads = [threading.Thread(target=lambda mine=mine: asyncio.run(main(mine))) for mine in noted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.end()
    assert {one.loop for one in log.iterations} == {0, 1}
    for number in (0, 1):
        of_loop = [one for one in log.iterations if one.loop == number]
        turns = [turn.call for one in of_loop for turn in one.turns]
        names = [call.name for call in turns if call.kind == "task" and "wander" in call.name]
        assert names in noted


def test_select_waits_until_the_next_timer():
    async def main():
        await asyncio.gather(asyncio.sleep(0.05), asyncio.sleep(0.2))

    log, _ = watched(main)
    waits = [one for one in log.iterations if one.timers and not one.ready]
    assert waits
    for one in waits:
        due, passed = one.timers[0][0], one.selected - one.start  # of which select knows
        assert max(0, due - passed - 0.001) <= one.asked <= max(0, due) <= 0.2
        assert one.waited >= 0.9 * one.asked
    first = next(one for one in log.iterations if len(one.timers) == 2)
    names = [call.name for _, call in first.timers]
    assert names == sorted(names)
    assert [call.kind for _, call in first.timers] == ["timer"] * 2


def test_a_blocking_call_is_one_long_turn():
    async def blocks():
        time.sleep(0.1)

    async def main():
        await asyncio.gather(blocks(), asyncio.sleep(0.01))

    log, _ = watched(main)
    turns = [turn for one in log.iterations for turn in one.turns]
    long = max(turns, key=lambda turn: turn.end - turn.start)
    assert long.call.name.endswith("(blocks)")
    assert long.end - long.start >= 0.1
    assert long.then == "finished"
    assert long.call.place[1] == blocks.__code__.co_firstlineno


def test_a_turn_tells_where_it_goes_on_and_stops_and_why():
    async def steps():
        await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        raise OSError

    async def main():
        await asyncio.gather(steps(), return_exceptions=True)

    log, _ = watched(main)
    turns = [turn for one in log.iterations for turn in one.turns if "steps" in turn.call.name]
    turns = [turn for turn in turns if turn.call.kind == "task"]
    first = steps.__code__.co_firstlineno
    lines = [(turn.call.place[1] - first, turn.then) for turn in turns]
    assert lines == [(0, "sleep"), (1, "ready"), (2, "failed")]
    assert [turn.stops and turn.stops[1] - first for turn in turns] == [1, 2, None]


def test_a_cancelled_task_is_told():
    async def main():
        task = asyncio.create_task(asyncio.sleep(10))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    log, _ = watched(main)
    assert "cancelled" in {turn.then for one in log.iterations for turn in one.turns}


def test_what_comes_from_a_socket_and_from_another_thread_is_told():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)

    def send():
        theirs.sendall(b"x")

    async def main():
        await asyncio.to_thread(time.sleep, 0.01)
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, send)
        return await loop.sock_recv(ours, 1)

    with ours, theirs:
        log, result = watched(main)
    assert result == b"x"
    came = [words for one in log.iterations for words in one.came]
    assert "a call from another thread" in came
    assert any(words.startswith("socket of Task-") for words in came)
    assert max(one.watched for one in log.iterations) == 1


def test_everything_is_put_back():
    before = [owner.__dict__[name] for owner, name in HOOKED]
    selects = [one.__dict__["select"] for one in _with_own(selectors.BaseSelector, "select")]
    log = LoopLog()
    with pytest.raises(KeyboardInterrupt):
        log.begin()
        try:

            async def stops():
                raise KeyboardInterrupt

            asyncio.run(stops())
        finally:
            log.end()
    assert [owner.__dict__[name] for owner, name in HOOKED] == before
    now = [one.__dict__["select"] for one in _with_own(selectors.BaseSelector, "select")]
    assert now == selects
    log.end()  # once more does no harm


def test_one_that_is_over_notes_nothing_more():
    log = LoopLog()
    log.begin()
    log.end()
    asyncio.run(asyncio.sleep(0))
    assert not log.iterations


def test_a_turn_under_way_at_the_end_is_left_as_it_then_was():
    log = LoopLog()

    async def main():
        log.end()
        kept.extend((turn.end, turn.cpu) for one in log.iterations for turn in one.turns)

    kept = []
    log.begin()
    asyncio.run(main())
    turns = [turn for one in log.iterations for turn in one.turns]
    assert [turn.end for turn in turns] == [end for end, _ in kept]
    assert turns[-1].then == ""


def test_tasks_of_one_name_are_told_apart():
    async def main():
        await asyncio.gather(*[asyncio.create_task(asyncio.sleep(0), name="it") for _ in "ab"])

    log, _ = watched(main)
    turns = [turn.call for one in log.iterations for turn in one.turns]
    assert len({call.task for call in turns if call.name == "it (sleep)" and call.task}) == 2


def test_a_turn_that_waits_is_told_from_one_that_computes():
    async def waits():
        time.sleep(0.1)

    async def computes():
        begin = time.thread_time()
        while time.thread_time() < begin + 0.1:
            pass

    async def main():
        await asyncio.gather(waits(), computes())

    log, _ = watched(main)
    turns = [turn for one in log.iterations for turn in one.turns]
    of = {turn.call.name.partition(" ")[2]: turn for turn in turns if turn.call.task}
    assert of["(waits)"].held
    assert of["(computes)"].cpu >= 0.1


def test_a_function_put_in_the_place_of_a_hook_is_told(monkeypatch):
    log = LoopLog()
    log.begin()
    hooked = events.Handle._run
    events.Handle._run = lambda handle: hooked(handle)
    log.end()
    assert log.replaced
    monkeypatch.setattr(events.Handle, "_run", BEFORE)
    log, _ = watched(lambda: asyncio.sleep(0))
    assert not log.replaced


def test_too_many_iterations_are_counted(monkeypatch):
    monkeypatch.setattr("helpers.recorder.loop_log.MOST_ITERATIONS", 10)

    async def main():
        for _ in range(50):
            await asyncio.sleep(0)

    log, _ = watched(main)
    assert len(log.iterations) == 10
    assert log.lost > 30


def test_a_long_queue_is_cut_and_counted():
    async def main():
        await asyncio.gather(*[asyncio.sleep(0.01) for _ in range(100)])

    log, _ = watched(main)
    longest = max((one.queue for one in log.iterations), key=len)
    assert len(longest) == 100
    assert len(longest.calls) < 100
    assert max(len(one.timers) + one.more_timers for one in log.iterations) == 100


def test_an_odd_callback_does_no_harm():
    class Odd:
        def __call__(self):
            ran.append(1)

        def __getattr__(self, name):
            raise RuntimeError(name)

    ran = []

    async def main():
        asyncio.get_running_loop().call_soon(Odd())
        await asyncio.sleep(0)

    watched(main)
    assert ran == [1]

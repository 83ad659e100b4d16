"""Stretches of states, made of what the sampler saw.

A thread's time is on a core (c), ready and waiting for one (w), or blocked (b). The counters give
c and w exactly at each look at which it was blocked, and too small at the others, by what has not
been counted yet. So b = time - c - w is known at the former, and is bounded at the others: by the
next exact value from above, and from below by what the next count leaves room for.
What remains unknown is the moment, between two looks, at which a state began: half-way.
Time that a thread spent ready becomes known when it gets its core, and ended there.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helpers.recorder.states import Samples
from helpers.recorder.waits import STATES

__all__ = ["FIELDS", "stretches"]

FIELDS = [("pid", "i4"), ("tid", "i4"), ("state", "U8"), ("start", "i8"), ("end", "i8")]
NAMES = np.array([*STATES, "ready"], dtype="U8")
RUNNING, LOCK, WAITING = (STATES.index(name) for name in ("running", "lock", "waiting"))
READY, UNSEEN = len(STATES), -1
HOLE = 10_000_000  # ns: over a longer time without a look, nobody knows when a thread did what
TICK = 10_000_000  # ns: a core counts its thread's time at least as often
TINY = 20_000  # ns: clocks differ by as much
SOON = 2_000_000  # ns: in less than that a core's tick does not count its thread twice
NEAR = 50_000  # ns: the look itself may have taken the core
LOWEST = -(1 << 62)

Ints = NDArray[np.int64]


class Rows(NamedTuple):
    """The rows by thread and time, one array a column; the counters begin where it was first seen.

    `last_of` is True where the next row is another thread's.
    """

    lane: Ints
    code: Ints
    first: Ints
    last: Ints
    core: Ints
    queue: Ints
    turns: Ints
    last_of: NDArray[np.bool_]


class Pieces(NamedTuple):
    """Parts of a thread's time; `begin` and `end` count the time it was not blocked."""

    lane: Ints
    code: Ints
    start: Ints
    stop: Ints
    begin: Ints
    end: Ints


def stretches(samples: Samples, own_gils: Collection[int] = ()) -> np.recarray[Any, Any]:
    """Return what each thread did when; what could not be seen is in no stretch.

    Args:
        samples: what `Sampler.stop` returned.
        own_gils: pids of processes whose interpreters have GILs of their own: there a wait for
            a GIL looks like one for a lock, and both are told as 'waiting'.

    Returns:
        Record array by pid, tid and start: pid, tid, state, start, end (ns of
        `perf_counter_ns`); those of one thread do not overlap.
    """
    lanes = np.frombuffer(samples.lanes, np.int64).reshape(-1, 3)
    table = np.frombuffer(samples.rows, np.int64).reshape(-1, 7).copy()
    order = np.lexsort((lanes[:, 1], lanes[:, 0]))
    lanes, table[:, 0] = lanes[order], np.argsort(order)[table[:, 0]]
    rows = _order(lanes, table)
    if not len(rows.lane):
        return np.empty(0, FIELDS).view(np.recarray)
    unblocked = _unblocked(rows)
    pieces = _pieces(rows, unblocked, max(HOLE, 3 * samples.longest))
    found = _merge(_split(pieces, *_queued(rows, unblocked)))
    blind = np.isin(lanes[found.lane, 0], list(own_gils)) & (found.code == LOCK)
    return _finish(lanes, found._replace(code=np.where(blind, WAITING, found.code)))


def _order(lanes: Ints, table: Ints) -> Rows:
    """Sort the rows, and let the threads that were born meanwhile begin with their birth."""
    table = table[np.argsort(table[:, 0], kind="stable")]
    opens = np.flatnonzero(np.diff(table[:, 0], prepend=-1))
    firsts = table[opens]
    since = lanes[firsts[:, 0], 2]
    worked = firsts[:, 4] + firsts[:, 5]
    seen_born = (since > 0) & (worked > 0) & (worked <= firsts[:, 2] - since)
    births = np.zeros((np.count_nonzero(seen_born), 7), np.int64)
    births[:, 0] = firsts[seen_born, 0]
    births[:, 2:4] = (firsts[:, 2] - worked)[seen_born, None]
    base = np.where(seen_born[:, None], 0, firsts[:, 4:6])
    table[:, 4:6] -= np.repeat(base, np.diff(opens, append=len(table)), axis=0)
    table = np.insert(table, opens[seen_born], births, axis=0)
    lane, code, first, last, core, queue, turns = np.ascontiguousarray(table.T)
    return Rows(lane, code, first, last, core, queue, turns, np.diff(lane, append=-1) != 0)


def _unblocked(rows: Rows) -> tuple[Ints, Ints]:
    """Return how long each thread had not been blocked, at the first and last moment of each row.

    The unknown zero is that of the counters: where a thread was blocked, this is core + queue.
    """
    running = rows.code == RUNNING
    counted = rows.core + rows.queue
    tail = np.where(running & rows.last_of, rows.first, rows.last)  # nothing is known after it
    highest = np.stack((rows.first, tail), 1) - counted[:, None]
    lowest = np.where(running[:, None], LOWEST, highest)
    changed = ~rows.last_of[:-1] & (~running[1:] | (np.diff(rows.turns) != 0))
    settled = np.append(np.where(changed, rows.last[:-1] - counted[1:], LOWEST), LOWEST)
    waited = np.append(np.where(rows.last_of[:-1], 0, np.diff(rows.queue)), 0)
    lowest[:, 1] = np.maximum(settled, np.where(running, LOWEST, highest[:, 1] - waited))
    likely = np.full_like(lowest, LOWEST)
    likely[:, 0] = np.where(_displaced(rows, highest[:, 0]), highest[:, 0] - NEAR, LOWEST)
    blocked = _between(rows, lowest.ravel(), likely.ravel(), highest.ravel())
    moments = np.stack((rows.first, rows.last), 1).ravel()
    alive = _apart(rows, moments - blocked)
    alive = np.maximum.accumulate(alive).reshape(-1, 2)
    return alive[:, 0], alive[:, 1]


def _displaced(rows: Rows, highest: Ints) -> NDArray[np.bool_]:
    """Tell the looks that took the core from the thread itself, so that it was counted just then.

    It gets its core back soon and is counted at the next look again: it has had one more turn,
    and all the time in between is counted.
    """
    again = (np.diff(rows.turns) > 0) & (np.abs(np.diff(highest)) < NEAR) & ~rows.last_of[:-1]
    again &= (rows.code[1:] == RUNNING) & (rows.code[:-1] == RUNNING)
    again &= np.diff(rows.first) < SOON
    displaced: NDArray[np.bool_] = np.append(again, False) | np.append(False, again)
    return displaced


def _between(rows: Rows, lowest: Ints, likely: Ints, highest: Ints) -> Ints:
    """Return values in the middle of bounds, growing in each thread, as the bounds let them.

    What is likely is a lower bound, too, as far as the upper ones allow.
    """
    apart = _apart(rows, np.zeros_like(highest))
    ceiling = np.minimum.accumulate((highest + apart)[::-1])[::-1]
    opens = 2 * np.flatnonzero(np.append(True, rows.last_of[:-1]))
    lowest = np.maximum(lowest, np.minimum(likely, ceiling - apart))
    floor = np.where(lowest == LOWEST, LOWEST, lowest + apart)
    floor[opens] = np.maximum(floor[opens], ceiling[opens])
    floor = np.maximum.accumulate(floor)
    ceiling = np.maximum(ceiling, floor)
    middle: Ints = floor + (ceiling - floor) // 2 - apart
    return middle


def _apart(rows: Rows, values: Ints) -> Ints:
    """Add so much to the values of each thread that they are greater than those of all before.

    Values come by row, one or two a row. One `accumulate` then serves all threads at once.
    """
    width = 4 * (rows.last.max() - rows.first.min()) + 1_000_000_000
    rank = np.cumsum(np.append(False, rows.last_of[:-1]))
    moved: Ints = values + np.repeat(rank * width, len(values) // len(rank))
    return moved


def _pieces(rows: Rows, unblocked: tuple[Ints, Ints], hole: int) -> Pieces:
    """Cut each thread's time: each row in two, and what lies between two rows in three.

    A blocked thread that is woken stays the same to the look until it gets a core.
    """
    begin, end = unblocked
    woken = np.where(rows.code == RUNNING, rows.first, rows.last - (end - begin))
    running = np.full_like(rows.code, RUNNING)
    blocked = Pieces(rows.lane, rows.code, rows.first, woken, begin, begin)
    inside = Pieces(rows.lane, running, woken, rows.last, begin, end)
    parts = _parts(rows, unblocked, hole)
    columns = zip(blocked, inside, *parts, strict=True)
    pieces = Pieces(*(np.stack(column, 1).ravel() for column in columns))
    kept = (pieces.code != UNSEEN) & (pieces.stop > pieces.start)
    return Pieces(*(column[kept] for column in pieces))


def _parts(rows: Rows, unblocked: tuple[Ints, Ints], hole: int) -> tuple[Pieces, ...]:
    """Return what comes first, in the middle and last between each row and the next.

    A blocked thread stays so, runs, and is blocked again: it runs in the middle. Where it was
    blocked between two moments at which it ran, nobody knows for what.
    """
    before, after = rows.code, np.roll(rows.code, -1)
    start, stop = rows.last, np.roll(rows.first, -1)
    begin, end = unblocked[1], np.roll(unblocked[0], -1)
    alive, blocked = end - begin, stop - start - (end - begin)
    same_turn = rows.turns == np.roll(rows.turns, -1)
    torn = (before == RUNNING) & (after == RUNNING) & ~same_turn & (blocked > TINY)
    awake = (before == RUNNING) | (unblocked[1] - unblocked[0] > NEAR)
    by_kind = [torn, awake, after == RUNNING]
    first = start + np.select(by_kind, [alive // 2, 0, blocked], blocked // 2)
    last = first + np.where(torn, blocked, alive)
    last = np.where((before == RUNNING) & (after == RUNNING) & ~torn, stop, last)
    turn = begin + np.where(torn, alive // 2, 0)
    later = np.where(torn, turn, end)
    unclear = (stop - start > hole) & (torn | (before != RUNNING) | (after != RUNNING))
    unclear = rows.last_of | (unclear & (blocked > (stop - start) // 20))
    codes = [
        np.where(unclear, UNSEEN, code) for code in (before, np.where(torn, -1, RUNNING), after)
    ]
    return (
        Pieces(rows.lane, codes[0], start, first, begin, turn),
        Pieces(rows.lane, codes[1], first, last, turn, later),
        Pieces(rows.lane, codes[2], last, stop, later, end),
    )


def _queued(rows: Rows, unblocked: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Return begin and end of each wait for a core, in time that the thread was not blocked.

    Time that had not been counted at the first of two looks was spent waiting, if it is no
    longer than the wait that was counted at the second. Otherwise the thread was on a core then,
    and waited after all of its time on it that had been counted by the second.
    """
    zero = _apart(rows, np.zeros_like(rows.queue))
    here = np.flatnonzero(~rows.last_of[:-1] & (np.diff(rows.queue) > 0))
    settled = rows.queue[here + 1]
    lowest = np.maximum(zero[here] + rows.core[here], unblocked[1][here] - settled)
    highest = np.minimum(zero[here] + rows.core[here + 1], unblocked[0][here + 1] - settled)
    uncounted = unblocked[1][here] - zero[here] - rows.core[here] - rows.queue[here]
    before = uncounted < settled - rows.queue[here] + NEAR
    spent = np.where(before, lowest, np.maximum(highest, lowest))
    begin, end = spent + rows.queue[here], spent + settled
    pending = rows.last_of & (rows.code == RUNNING) & (rows.last - rows.first > TICK)
    begin = np.append(begin, unblocked[0][pending])
    end = np.append(end, unblocked[1][pending])
    return np.sort(begin), np.sort(end)


def _split(pieces: Pieces, begin: Ints, end: Ints) -> Pieces:
    """Split the pieces in which a thread was not blocked into running and ready."""
    whole = (pieces.code != RUNNING) | (pieces.end <= pieces.begin)
    rest = Pieces(*(column[~whole] for column in pieces))
    edges = np.sort(np.concatenate((rest.begin, rest.end, begin, end)), kind="stable")
    of = np.searchsorted(rest.begin, edges[:-1], "right") - 1
    inside = (of >= 0) & (edges[:-1] < edges[1:])
    inside[inside] = edges[:-1][inside] < rest.end[of[inside]]
    of, left, right = of[inside], edges[:-1][inside], edges[1:][inside]
    waits = np.searchsorted(begin, left, "right") > np.searchsorted(end, left, "right")
    code = np.where(waits, READY, RUNNING)
    scale = (rest.stop - rest.start)[of] / (rest.end - rest.begin)[of]
    start = rest.start[of] + ((left - rest.begin[of]) * scale).astype(np.int64)
    stop = rest.start[of] + ((right - rest.begin[of]) * scale).astype(np.int64)
    cut = Pieces(rest.lane[of], code, start, stop, left, right)
    kept = (column[whole] for column in pieces)
    return Pieces(*(np.concatenate(columns) for columns in zip(kept, cut, strict=True)))


def _merge(pieces: Pieces) -> Pieces:
    """Make one of neighbours that are the same."""
    width = pieces.stop.max() - pieces.start.min()
    order = np.argsort(pieces.lane * width + (pieces.start - pieces.start.min()), kind="stable")
    lane, code, start, stop = (column[order] for column in pieces[:4])
    new = np.append(True, (np.diff(lane) != 0) | (np.diff(code) != 0) | (start[1:] > stop[:-1]))
    opens = np.flatnonzero(new)
    closes = np.append(opens[1:] - 1, len(lane) - 1)
    return Pieces(lane[opens], code[opens], start[opens], stop[closes], start[opens], stop[closes])


def _finish(lanes: Ints, found: Pieces) -> np.recarray[Any, Any]:
    longer = found.stop > found.start
    table = np.empty(np.count_nonzero(longer), FIELDS)
    table["pid"], table["tid"] = lanes[found.lane[longer], 0], lanes[found.lane[longer], 1]
    table["state"] = NAMES[found.code[longer]]
    table["start"], table["end"] = found.start[longer], found.stop[longer]
    return table.view(np.recarray)

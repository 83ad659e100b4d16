"""Gives each lane its states: a thread's as they were sampled, a task's from what it awaited."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.recorder.recording import STATE_FIELDS, Lane

__all__ = ["of_tasks", "of_threads"]

Array = np.ndarray[Any, Any]
LOOKS = 1e-3  # seconds between two looks of the sampler
MOMENT = 1e-4  # seconds; too short for the sampler, and for anybody who looks at a picture


def of_threads(lanes: list[Lane], native: list[int], spans: Any, seen: Array) -> Array:
    """Return the rows of `Recording.states` for threads and processes.

    Args:
        lanes: all lanes.
        native: the native thread id of each lane.
        spans: rows of `Recording.spans`.
        seen: rows of pid, tid, state, start, end (seconds) of threads, sorted by pid and tid.
    """
    ran: dict[int, float] = {}  # its time on a core
    whole = {}  # a lane's life, where it has one: a thread's id may be used again after it
    for one in spans[spans.kind == "thread"]:
        whole[one.lane] = (one.start, np.inf if np.isnan(one.end) else one.end)
        ran[one.lane] = one.cpu
    parts = []
    keys = seen["pid"].astype(np.int64) << 32 | seen["tid"]
    for number, lane in enumerate(lanes):
        if lane.kind == "task":
            continue
        key = lane.pid << 32 | native[number]
        mine = seen[np.searchsorted(keys, key) : np.searchsorted(keys, key, side="right")]
        parts.append(_rows(number, mine, *whole.get(number, (0.0, np.inf))))
        if number in whole:
            parts.append(_edges(number, parts[-1], *whole[number], ran[number]))
    return np.concatenate([_nothing(), *parts])


def _rows(number: int, mine: Array, low: float, high: float) -> Array:
    """Return a lane's states between two moments."""
    mine = mine[(mine["end"] > low) & (mine["start"] < high)]
    rows = np.zeros(len(mine), dtype=STATE_FIELDS)
    rows["lane"], rows["state"] = number, mine["state"]
    rows["start"], rows["end"] = np.maximum(mine["start"], low), np.minimum(mine["end"], high)
    return rows


def _edges(number: int, rows: Array, born: float, died: float, ran: float) -> Array:
    """Return what a thread did before it was first seen, and after it was last seen.

    At its begin and its end it runs, for the recorder notes them in the thread itself.
    """
    if not len(rows):
        return _nothing()
    first, last = float(rows["start"][0]), float(rows["end"][-1])
    edges = [(born, first), (last, died)]
    brief = [(start, end) for start, end in edges if 0 < end - start < 2 * LOOKS]
    if not sum(end - start for start, end in brief) <= ran:
        return _nothing()  # it cannot have run all that time
    return np.array([(number, "running", *edge) for edge in brief], dtype=STATE_FIELDS)


def of_tasks(
    lanes: list[Lane],
    spans: Any,
    waits: Array,
    late: Array,
    now: dict[int, str],
    threads: Array,
    elapsed: float,
) -> Array:
    """Return the rows of `Recording.states` for tasks.

    Args:
        lanes: all lanes.
        spans: rows of `Recording.spans`.
        waits: for each of them, what the task waited for before a step; '' means for its turn.
        late: seconds for which this wait was over before the step began, and the task's turn due.
        now: what the task of a lane waits for at the end of the recording.
        threads: the rows of `of_threads`.
        elapsed: seconds of the recording.
    """
    chosen = np.flatnonzero((spans.kind == "step") | (spans.kind == "task"))
    chosen = chosen[np.lexsort((spans.start[chosen], spans.lane[chosen]))]
    numbers = spans.lane[chosen]
    parts = [_nothing()]
    for number, lane in enumerate(lanes):
        if lane.kind != "task":
            continue
        low, high = np.searchsorted(numbers, number), np.searchsorted(numbers, number, "right")
        mine = chosen[low:high]
        steps = mine[spans.kind[mine] == "step"]
        starts = spans.start[steps]
        ends = np.where(np.isnan(spans.end[steps]), elapsed, spans.end[steps])
        lives = mine[spans.kind[mine] == "task"]
        born = spans.start[lives[0]] if len(lives) else (starts[0] if len(starts) else 0.0)
        parts.append(_waits(number, born, starts, ends, waits[steps], late[steps]))
        if number in now:
            last = ends[-1] if len(ends) else born
            parts.append(_one(number, now[number], last, elapsed))
        if lane.within is not None:
            thread = threads[threads["lane"] == lane.within]
            parts.append(_during(number, starts, ends, thread))
    return np.concatenate(parts)


def _waits(
    number: int, born: float, starts: Array, ends: Array, kinds: Array, late: Array
) -> Array:
    """Return a task's waits: before each step, from the end of the one before.

    Where the step was late, the end of the wait was one for its turn.
    """
    rows = np.zeros(2 * len(starts), dtype=STATE_FIELDS)
    waits, turns = rows[::2], rows[1::2]
    before = np.concatenate(([born], ends[:-1]))[: len(starts)]
    due = np.maximum(starts - late, before)
    rows["lane"] = number
    waits["state"], waits["start"], waits["end"] = np.where(kinds == "", "turn", kinds), before, due
    turns["state"], turns["start"], turns["end"] = "turn", due, starts
    return rows[rows["end"] > rows["start"]]


def _during(number: int, starts: Array, ends: Array, thread: Array) -> Array:
    """Return what a task's thread did during the task's steps.

    A stretch between two looks of the sampler stands where it stood to within their distance.
    So a step that is shorter is taken for one on a core if the thread was on one nearby; one that
    lasts for a moment always, for its begin and its end were noted by the thread itself.
    """
    on_core = thread[thread["state"] == "running"]
    has_run = _spent(on_core, ends + LOOKS) - _spent(on_core, starts - LOOKS) >= ends - starts
    brief = (ends - starts < 2 * LOOKS) & has_run | (ends - starts < MOMENT)
    rows = np.zeros(brief.sum(), dtype=STATE_FIELDS)
    rows["lane"], rows["state"] = number, "running"
    rows["start"], rows["end"] = starts[brief], ends[brief]
    return np.concatenate([rows, _overlap(number, starts[~brief], ends[~brief], thread)])


def _spent(rows: Array, until: Array) -> Array:
    """Return the seconds of some rows that lie before each moment."""
    whole = np.append(0.0, np.cumsum(rows["end"] - rows["start"]))
    begun = np.searchsorted(rows["start"], until)
    left = np.append(0.0, rows["end"])[begun] - until
    return np.asarray(whole[begun] - np.where(begun > 0, np.maximum(left, 0.0), 0.0))


def _overlap(number: int, starts: Array, ends: Array, thread: Array) -> Array:
    """Return the states of a thread that lie in a task's steps."""
    first = np.searchsorted(thread["end"], starts, side="right")
    after = np.searchsorted(thread["start"], ends, side="left")
    many = np.maximum(after - first, 0)
    step = np.repeat(np.arange(len(starts)), many)
    offset = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    stretch = thread[first[step] + offset]
    rows = np.zeros(len(step), dtype=STATE_FIELDS)
    rows["lane"], rows["state"] = number, stretch["state"]
    rows["start"] = np.maximum(stretch["start"], starts[step])
    rows["end"] = np.minimum(stretch["end"], ends[step])
    return rows[rows["end"] > rows["start"]]


def _one(number: int, state: str, start: float, end: float) -> Array:
    return np.array([(number, state, start, end)], dtype=STATE_FIELDS)


def _nothing() -> Array:
    return np.zeros(0, dtype=STATE_FIELDS)

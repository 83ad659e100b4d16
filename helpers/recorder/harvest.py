"""Gathers what all processes have written down, and the states of their threads, in a Recording."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from helpers.recorder.awaited import WAITS, wait_before
from helpers.recorder.errors import is_own
from helpers.recorder.lane_states import of_tasks, of_threads
from helpers.recorder.log import KINDS, LANE, MOST_NAMES, STEP, TASK, WORDS, Log
from helpers.recorder.recording import SPAN_FIELDS, Lane, Recording
from helpers.recorder.turns import WAIT_SHIFT, decode

__all__ = ["harvest"]

Array = np.ndarray[Any, Any]
KIND_NAMES, WAIT_NAMES = np.array(KINDS), np.array(WAITS)
NO_CPU = ("task", "step")


@dataclass
class Crop:
    """What one process wrote: its lanes by number, and its spans, a row of words each."""

    pid: int
    lanes: dict[int, tuple[str, str, int, int]]  # kind, name, native thread id, parent
    names: Array
    spans: Array
    lost: int
    now: dict[int, str] = field(default_factory=dict)  # what a task's lane waits for at the end

    def column(self, shift: int, bits: int) -> Array:
        """Return a part of each span's `what`."""
        return (self.spans[:, 3] >> shift) & ((1 << bits) - 1)


def harvest(
    run: Recording, log: Log, began: int, ended: int, stretches: Array | None, unseen: Iterable[str]
) -> None:
    """Fill a Recording with what was written between two moments.

    Args:
        run: the recording.
        log: of this process, which holds the shelf of the others.
        began: when it began, in nanoseconds of `perf_counter_ns`.
        ended: when it ended, likewise.
        stretches: the states of threads as `stretches.stretches` gives them, or None.
        unseen: what else could not be seen, a sentence each.
    """
    unseen = list(unseen)
    crops = [_own_crop(log)]
    try:
        crops += _other_crops(log)
    except OSError as error:
        if not is_own(error):
            raise
        unseen.append("What child processes did could not be read.")
    unseen += _silent(log, crops)
    for crop in crops:
        _cut(crop, began, ended)
    plan = _Plan(crops, watched=stretches is not None)
    rows = [_span_rows(crop, plan, began, ended) for crop in crops]
    spans = np.concatenate(rows).view(np.recarray)
    states = None
    if stretches is not None:
        waits = np.concatenate([WAIT_NAMES[crop.column(WAIT_SHIFT, 6)] for crop in crops])
        late = np.concatenate([crop.spans[:, 2] for crop in crops]) / 1e9
        states = _state_rows(spans, waits, late, plan, stretches, began, ended)
    deaths = {pid: (moment - began) / 1e9 for pid, (moment, _) in list(log.deaths.items())}
    _note_ends(plan, spans, states, deaths)
    lost = sum(crop.lost for crop in crops)
    told = [f"There was no room for {lost:,} more spans."] if lost else []
    run.fill(plan.lanes, (ended - began) / 1e9, spans, states, [*unseen, *told])


def _silent(log: Log, crops: list[Crop]) -> list[str]:
    """Return a sentence on children that wrote nothing, though none killed them at their begin."""
    known = {crop.pid for crop in crops}
    number = sum(pid not in known and code >= 0 for pid, (_, code) in list(log.deaths.items()))
    who = "a process" if number == 1 else f"{number} processes"
    return [f"What {who} did was not recorded."] if number else []


# --- what was written --------------------------------------------------------------------------


def _own_crop(log: Log) -> Crop:
    taken, room = log.take() // WORDS, len(log.spans) // WORDS
    spans = np.frombuffer(log.spans, np.int64, WORDS * min(taken, room)).reshape(-1, WORDS)
    streams = [*log.ended_streams, *log.streams.values()]
    lost = max(0, taken - room) + sum(stream.lost for stream in streams)
    late = log.late[:]
    spans = np.concatenate([spans, _lives(log), *(decode(stream, late) for stream in streams)])
    lanes = {row[0]: row[1:] for row in list(log.lanes)}
    names = _name_table({number: text for text, number in list(log.names.items())})
    told, now = {what & LANE: name for what, _, _, name in log.lived}, {}
    for what, _, _, reference in list(log.tasks.values()):
        if reference is not None and (task := reference()) is not None:
            told[what & LANE] = task.get_name()
            if log.watch:
                waits = task._fut_waiter is not None
                now[what & LANE] = WAITS[wait_before(task)] if waits else "turn"
    for lane, name in told.items():
        lanes[lane] = ("task", name, *lanes[lane][2:])
    return Crop(os.getpid(), lanes, names, spans, lost, now)


def _lives(log: Log) -> Array:
    """Return the lives of tasks as spans are written: a row each of start, end, 0 and what."""
    living = [(what, start, 0) for what, _, start, _ in list(log.tasks.values()) if what]
    lives = np.array([*(row[:3] for row in log.lived), *living], np.int64).reshape(-1, 3)
    rows = np.zeros((len(lives), WORDS), np.int64)
    rows[:, 0], rows[:, 1] = lives[:, 1], lives[:, 2]
    rows[:, 3] = lives[:, 0] - STEP + TASK
    return rows


def _other_crops(log: Log) -> list[Crop]:
    crops = []
    for pid, lines, spans, lost in log.shelf.read():
        lanes = {line[1]: line[2:] for line in lines if line[0] == "lane"}
        names = _name_table({line[1]: line[2] for line in lines if line[0] == "name"})
        for child, moment, code in (line[1:] for line in lines if line[0] == "death"):
            log.deaths.setdefault(child, (moment, code))
        words = np.frombuffer(spans, np.int64).reshape(-1, WORDS)
        crops.append(Crop(pid, lanes, names, words, lost))
    return crops


def _name_table(names: dict[int, str]) -> Array:
    table = np.full(max(names, default=0) + 1, "", dtype=object)
    for number, text in names.items():
        table[number] = text if number < MOST_NAMES - 1 else "one of many names"
    return table


def _cut(crop: Crop, began: int, ended: int) -> None:
    """Keep the spans that began in the recording and were written down whole."""
    starts = crop.spans[:, 0]
    chosen = crop.spans[(starts >= began) & (starts <= ended)]
    known = np.isin(chosen[:, 3] & LANE, list(crop.lanes))
    crop.spans = chosen[known]
    if crop.pid != os.getpid():  # there was no room for the names of their lanes
        crop.lost += int(len(chosen) - known.sum())
    last = int(crop.column(32, 16).max(initial=0))
    if last >= len(crop.names):
        crop.names = np.append(crop.names, [""] * (last + 1 - len(crop.names)))


def _span_rows(crop: Crop, plan: _Plan, began: int, ended: int) -> Array:
    """Return the rows of a process, as a plain array.

    `concatenate` asks each array for attributes, which runs Python code where it is a recarray,
    and drops whatever a handler of a signal raises meanwhile.
    """
    rows = np.zeros(len(crop.spans), dtype=SPAN_FIELDS)
    start, end, cpu = crop.spans[:, 0], crop.spans[:, 1], crop.spans[:, 2]
    rows["lane"] = plan.number(crop.pid)[crop.column(0, 32)]
    rows["name"] = crop.names[crop.column(32, 16)]
    rows["kind"] = KIND_NAMES[crop.column(48, 8)]
    rows["start"] = (start - began) / 1e9
    finished = (end > 0) & (end <= ended)
    rows["end"] = np.where(finished, (end - began) / 1e9, np.nan)
    measured = finished & (cpu >= 0) & ~np.isin(rows["kind"], NO_CPU)
    rows["cpu"] = np.where(measured, cpu / 1e9, np.nan)
    return rows


# --- lanes ---------------------------------------------------------------------------------------


class _Plan:
    """The lanes in the order of the picture, and where each process's own numbers stand in it."""

    def __init__(self, crops: list[Crop], watched: bool) -> None:
        self.lanes: list[Lane] = []
        self.native: list[int] = []
        self.now: dict[int, str] = {}  # what the task of a lane waits for at the end
        self.place: dict[int, dict[int, int]] = {crop.pid: {} for crop in crops}
        own, *others = crops
        others.sort(key=lambda crop: crop.spans[:, 0].min(initial=2**62))
        for crop in (own, *others):
            if len(crop.spans) or (crop is own and watched):
                self._add_process(crop, watched)

    def number(self, pid: int) -> Array:
        """Return an array that turns a process's own lane numbers into indices of `lanes`."""
        place = self.place[pid]
        table = np.zeros(max(place, default=0) + 1, dtype=np.int32)
        table[list(place)] = list(place.values())
        return table

    def _add_process(self, crop: Crop, watched: bool) -> None:
        used = _first_starts(crop)
        heads = [n for n, row in crop.lanes.items() if row[0] in ("main", "process")]
        if not watched and not any(head in used for head in heads):
            heads = []
        threads = [n for n in used if crop.lanes[n][0] == "thread"]
        tasks_of: dict[int, list[int]] = {}
        for task in (n for n in used if crop.lanes[n][0] == "task"):
            tasks_of.setdefault(crop.lanes[task][3], []).append(task)
        place = self.place[crop.pid]
        for number in [*heads[:1], *threads]:
            self._add(crop, number, place.get(heads[0]) if heads else None)
            for task in tasks_of.pop(number, []):
                self._add(crop, task, place[number])
        for task in (task for tasks in tasks_of.values() for task in tasks):
            self._add(crop, task, None)  # its thread has no lane

    def _add(self, crop: Crop, number: int, within: int | None) -> None:
        kind, name, native, _ = crop.lanes[number]
        self.place[crop.pid][number] = len(self.lanes)
        self.lanes.append(Lane(kind, name, crop.pid, within=within))
        self.native.append(native)
        if number in crop.now:
            self.now[len(self.lanes) - 1] = crop.now[number]


def _first_starts(crop: Crop) -> dict[int, int]:
    """Return the lanes that have spans, with the first start of each, in the order of these."""
    order = np.argsort(crop.spans[:, 0], kind="stable")
    lanes, first = np.unique(crop.column(0, 32)[order], return_index=True)
    starts = crop.spans[order[first], 0]
    return {int(lanes[i]): int(starts[i]) for i in np.argsort(starts, kind="stable")}


# --- states --------------------------------------------------------------------------------------


def _state_rows(
    spans: np.recarray[Any, Any],
    waits: Array,
    late: Array,
    plan: _Plan,
    stretches: Array,
    began: int,
    ended: int,
) -> np.recarray[Any, Any]:
    """Return the rows of `Recording.states`."""
    threads = of_threads(plan.lanes, plan.native, spans, _seconds(stretches, began, ended))
    elapsed = (ended - began) / 1e9
    tasks = of_tasks(plan.lanes, spans, waits, late, plan.now, threads, elapsed)
    return np.concatenate([threads, tasks]).view(np.recarray)


def _seconds(stretches: Array, began: int, ended: int) -> Array:
    """Return stretches in seconds since the recording began, cut to it."""
    # What the recorder itself waited for, as it asked the sampler to begin, is not told.
    asking = (stretches["pid"] == os.getpid()) & (stretches["state"] == "pipe")
    asking &= (stretches["start"] < began) & (stretches["end"] < began + 2_000_000)
    cut = stretches[(stretches["end"] > began) & (stretches["start"] < ended) & ~asking]
    fields = [("pid", "i4"), ("tid", "i4"), ("state", "U8"), ("start", "f8"), ("end", "f8")]
    rows = np.zeros(len(cut), dtype=fields)
    for name in ("pid", "tid", "state"):
        rows[name] = cut[name]
    rows["start"] = (np.maximum(cut["start"], began) - began) / 1e9
    rows["end"] = (np.minimum(cut["end"], ended) - began) / 1e9
    return rows


def _note_ends(
    plan: _Plan, spans: np.recarray[Any, Any], states: Array | None, deaths: dict[int, float]
) -> None:
    """Note until when the lanes of a process that has died are known to have lived."""
    for pid in {lane.pid for lane in plan.lanes} - {os.getpid()}:
        if pid not in deaths and _is_alive(pid):
            continue
        numbers = [number for number, lane in enumerate(plan.lanes) if lane.pid == pid]
        sampled = states is not None and np.isin(states["lane"], numbers).any()
        died = None if sampled else deaths.get(pid)  # the parent may have noticed much later
        until = _last_seen(numbers, spans, states) if died is None else died
        for number in numbers:
            plan.lanes[number].until = until


def _last_seen(numbers: list[int], spans: np.recarray[Any, Any], states: Array | None) -> float:
    """Return the last moment at which some lanes wrote something, or were sampled."""
    own = spans[np.isin(spans.lane, numbers)].view(np.recarray)
    last = max(own.start.max(initial=0.0), np.nan_to_num(own.end).max(initial=0.0))
    if states is not None:
        last = max(last, states["end"][np.isin(states["lane"], numbers)].max(initial=0.0))
    return float(last)


def _is_alive(pid: int) -> bool:
    """Say whether a process still runs; one that waits to be collected by its parent does not.

    Where there is no /proc, one that cannot be asked is taken for alive.
    """
    if sys.platform == "linux":
        stat = Path(f"/proc/{pid}/stat")
        try:
            return stat.read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
        except OSError as error:
            if not is_own(error):
                raise
            return False
    try:
        if sys.platform != "win32":  # there it would interrupt it
            os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True

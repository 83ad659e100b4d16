"""Writes a Recording as Chrome trace JSON, which Perfetto and chrome://tracing open.

The format is Google's Trace Event Format: 'M' events name the tracks, an 'X' event is a span with
its length, a 'B' without an 'E' one that has not ended. Times are microseconds. A track holds
spans that nest like brackets; Perfetto leaves out one that overlaps another, so where spans of a
lane do not nest, the lane has several tracks. The states of a lane have a track of their own.

The file is written piece by piece, so that a long recording needs no more memory than it has.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.look import STYLE_OF
from helpers.recorder.recording import SPAN_KINDS

if TYPE_CHECKING:
    from helpers.recorder.recording import Lane, Recording

__all__ = ["write"]

FIRST_MADE_UP = 10_000_001  # above every process id, so that a track is no main thread's
OPEN = 1 << 62  # nanoseconds at which a span ends that has not ended
PIECE = 4096  # rows that are turned into Python's numbers at a time


def write(run: Recording, path: str | os.PathLike[str]) -> None:
    """Write a finished Recording into a file; a file that is there is replaced once it is whole.

    Raises:
        OSError: the file cannot be written; none is left behind.
        TypeError: path is not a path.
    """
    target = _checked(path)
    part = target.with_name(f"{target.name}.{os.urandom(4).hex()}.part")
    try:
        with part.open("x", encoding="ascii") as file:
            for lines in _batched(_document(run)):
                file.write("".join(lines))
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _checked(path: str | os.PathLike[str]) -> Path:
    """Return the path of the file to write, or say in one line why there can be none."""
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise TypeError(f'to_perfetto(path): must be a path such as "run.json", not {path!r}')
    try:
        target = Path(path).resolve()  # the file itself, where the path is a link to it
    except (RuntimeError, ValueError):  # links in a circle, a character that no path has
        raise OSError(f"to_perfetto(path): {path!r} leads nowhere") from None
    if target.is_symlink():  # to itself: Python 3.13 and later follow it no further
        raise OSError(f"to_perfetto(path): {path!r} leads nowhere")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"to_perfetto(path): there is no folder {Path(path).parent}")
    if target.exists() and not target.is_file():
        raise OSError(f"to_perfetto(path): {path} is there and is not a file")
    return target


def _batched(lines: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(lines, PIECE)):
        yield batch


def _document(run: Recording) -> Iterator[str]:
    yield '{"traceEvents":[\n'
    separator = ""
    for event in _events(run):
        yield separator + event
        separator = ",\n"
    told = {"elapsed": run.elapsed, "unseen": run.unseen}
    yield f'\n],"otherData":{json.dumps(told)}}}\n'


def _events(run: Recording) -> Iterator[str]:
    """Yield each event as JSON, lane by lane."""
    yield from _process_names(run)
    made_up, orders = count(FIRST_MADE_UP), count()
    for number, lane in enumerate(run.lanes):
        desk = Desk(lane, made_up, orders)
        yield from _spans(run, lane, desk)
        if run.states is not None:
            low, high = np.searchsorted(run.states.lane, [number, number + 1])
            yield from _states(run.states[low:high], desk)


def _process_names(run: Recording) -> Iterator[str]:
    names: dict[int, str] = {}
    for lane in run.lanes:
        if lane.pid not in names or lane.kind in ("main", "process"):
            names[lane.pid] = lane.name if lane.kind == "process" else "Python"
    for order, (pid, name) in enumerate(names.items()):
        yield _meta("process_name", pid, pid, "name", name)
        yield _meta("process_sort_index", pid, pid, "sort_index", order)


class Desk:
    """Gives a lane its tracks, in the order in which they are to stand."""

    def __init__(self, lane: Lane, made_up: Iterator[int], orders: Iterator[int]) -> None:
        self.lane, self.made_up, self.orders = lane, made_up, orders
        is_kind_named = lane.kind == "main" or lane.name.lower().startswith(lane.kind)
        self.name = lane.name if is_kind_named else f"{lane.kind} {lane.name}"
        self.tids: list[int] = []

    def track(self, suffix: str = "") -> tuple[str, list[str]]:
        """Return the place of a new track's events as JSON, and the events that name it."""
        is_head = not self.tids and self.lane.kind in ("main", "process")
        pid, tid = self.lane.pid, self.lane.pid if is_head else next(self.made_up)
        self.tids.append(tid)
        name = _meta("thread_name", pid, tid, "name", self.name + suffix)
        order = _meta("thread_sort_index", pid, tid, "sort_index", next(self.orders))
        return f'"pid":{pid},"tid":{tid}', [name, order]


# --- spans ---------------------------------------------------------------------------------------


def _spans(run: Recording, lane: Lane, desk: Desk) -> Iterator[str]:
    """Yield a lane's spans, each on the first of its tracks on which it nests."""
    table, (order, start, stop) = lane.spans, _in_order(lane.spans)
    last_seen = f'"last_seen_us":{_microseconds(round(1e9 * _end_of(run, lane)))}'
    place, named = desk.track()
    yield from named
    tracks: list[tuple[str, list[int]]] = [(place, [])]
    columns = start, stop, table.kind, table.name, table.cpu
    for begun, ended, kind, name, cpu in _rows(order, *columns):
        place = next((where for where, under in tracks if _nests(under, begun, ended)), "")
        if not place:
            place, named = desk.track(f" ({len(tracks) + 1})")
            yield from named
            tracks.append((place, [ended]))
        if ended == OPEN:
            args = f'"finished":false,{last_seen}'
            yield _event("B", place, begun, "", kind, _quoted(name), args)
        else:
            args = "" if cpu != cpu else f'"cpu_us":{round(1e6 * cpu, 3)}'
            length = f'"dur":{_microseconds(ended - begun)},'
            yield _event("X", place, begun, length, kind, _quoted(name), args)


def _in_order(table: Any) -> tuple[Any, Any, Any]:
    """Return an order in which a span comes before those within it; starts and stops in ns."""
    unfinished = np.isnan(table.end)
    start = _nanoseconds(table.start)
    stop = np.where(unfinished, OPEN, _nanoseconds(np.where(unfinished, 0.0, table.end)))
    stop = np.maximum(stop, start)
    rank = sum(number * (table.kind == kind) for number, kind in enumerate(SPAN_KINDS))
    return np.lexsort((rank, -stop, start)), start, stop


def _nests(under_way: list[int], begun: int, ended: int) -> bool:
    """Say whether a span nests on a track, and put it there; `under_way` are the stops there."""
    while under_way and under_way[-1] <= begun:
        under_way.pop()
    if under_way and under_way[-1] < ended:
        return False
    under_way.append(ended)
    return True


def _end_of(run: Recording, lane: Lane) -> float:
    return run.elapsed if lane.until is None else lane.until


# --- states --------------------------------------------------------------------------------------


def _states(table: Any, desk: Desk) -> Iterator[str]:
    """Yield the states of a lane, on a track below the lane's own."""
    if not len(table):
        return
    place, named = desk.track(": states")
    yield from named
    start, stop = _nanoseconds(table.start), _nanoseconds(table.end)
    for begun, ended, state in _rows(np.arange(len(table)), start, stop, table.state):
        length = f'"dur":{_microseconds(ended - begun)},'
        yield _event("X", place, begun, length, state, _quoted(STYLE_OF[state].label), "")


# --- one event -----------------------------------------------------------------------------------


def _event(phase: str, place: str, begun: int, length: str, kind: str, name: str, args: str) -> str:
    args = args and f',"args":{{{args}}}'
    return (
        f'{{"ph":"{phase}",{place},"ts":{_microseconds(begun)},{length}'
        f'"cat":"{kind}","name":{name}{args}}}'
    )


def _meta(what: str, pid: int, tid: int, key: str, value: str | int) -> str:
    event = {"ph": "M", "pid": pid, "tid": tid, "name": what, "args": {key: value}}
    return json.dumps(event)


def _microseconds(nanoseconds: int) -> str:
    """Return a time as JSON. Perfetto cuts off below a nanosecond, so a little is added."""
    whole, rest = divmod(nanoseconds, 1000)
    return f"{whole}.{rest:03}1"


@lru_cache(PIECE)
def _quoted(name: str) -> str:
    return json.dumps(name)


def _nanoseconds(seconds: Any) -> Any:
    return np.rint(seconds * 1e9).astype(np.int64)


def _rows(order: Any, *columns: Any) -> Iterator[tuple[Any, ...]]:
    """Yield rows of columns in an order, as Python's own values."""
    for at in range(0, len(order), PIECE):
        piece = order[at : at + PIECE]
        yield from zip(*(column[piece].tolist() for column in columns), strict=True)

"""What ran on the workers of a Dask cluster, as a Recording, from what its scheduler tells.

The scheduler keeps a task stream: for each item that a worker has done, when it was at it. It also
notes when a worker comes and when one is gone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from math import inf, nan
from reprlib import repr as short
from typing import Any

from helpers.checks import is_number
from helpers.cluster.clocks import SCHEDULER, Clock, clocks, told_by_scheduler
from helpers.extras import lacking
from helpers.look import duration
from helpers.recorder.recording import Lane, Recording

__all__ = ["stream"]

COMPUTE = "compute"
# Not 'disk-read' and 'disk-write': Dask says so of whatever took more than 5 ms.
TRANSFER, STATE = "transfer", "network"
# What this process is not told.
NOT_SEEN = (
    "Dask tells when a worker was at an item, once that has ended, and not whether it was on a "
    "core."
)
CLOCKS = "The clocks of all machines are set by this one's, to within {}: half a message's way"
CUT = "; where two items of a thread overlapped, up to {} are cut off the second one's begin"
MOST = 100_000  # items that Dask keeps, if nobody has set another number
FULL = f"Dask keeps {MOST:,} items: of earlier ones it does not tell."
LEAST = 1e-3  # seconds: by so much may be cut without a word
SAID = re.compile(r"task-(?:finished|erred)-(\d+\.\d+)$")  # at this time of the worker's own clock

Row = tuple[Any, ...]


@contextmanager
def stream(client: Any, since: float | None = None) -> Iterator[Recording]:
    """Record what the workers of a cluster do while a block runs.

    Each worker has a lane, or if it has several threads a lane for each of them; what it fetches
    from other workers has another one. Items are recorded when they are done.

    Args:
        client: a `Client` of any Dask cluster.
        since: when the recording begins, on the clock of `time.perf_counter`; None: now.

    Yields:
        A `Recording`, filled when the block ends, also when it ends by an error.

    Raises:
        ModuleNotFoundError: Dask is not installed.
        RuntimeError: the scheduler does not answer.
        TypeError: client is no Dask Client, or one that is awaited.
        ValueError: since is no moment that has been.
    """
    if told := lacking("dask"):
        raise ModuleNotFoundError(f"stream: {told}")
    distributed: Any = import_module("distributed")
    if not isinstance(client, distributed.Client) or client.asynchronous:
        right = "must be a Client that is not awaited"
        raise TypeError(f"stream(client): {right}, not {short(client)}")
    if since is not None and not is_number(since, high=time.perf_counter()):
        right = "must be what time.perf_counter() showed"
        raise ValueError(f"stream(since): {right}, not {short(since)}")
    run = Recording()
    with _answers(client):
        workers = _workers(client)
        before = clocks(client, workers)
        items = distributed.get_task_stream(client)
        items.__enter__()
    began = time.perf_counter() if since is None else since
    try:
        yield run
    except Exception:  # not an interrupt, which is not to wait for answers
        with suppress(RuntimeError):  # if there are none, the block's own error is the one to tell
            _fill(run, client, items, began, workers, before)
        raise
    _fill(run, client, items, began, workers, before)


def _fill(
    run: Recording,
    client: Any,
    items: Any,
    began: float,
    workers: dict[str, tuple[Any, int]],
    before: dict[str, Clock],
) -> None:
    """Fill a recording, of which it is known who was there at its begin, and with what clocks."""
    elapsed = time.perf_counter() - began
    with _answers(client):
        now = _workers(client)
        items.__exit__(None, None, None)
        events = client.get_events("all")
        after = clocks(client, now)
    best = {
        whose: min((every[whose] for every in (before, after) if whose in every), key=_doubt)
        for whose in before | after
    }
    found = _Found(began, elapsed, best, workers | now)
    found.take(items.data, events)
    run.fill(found.lanes, elapsed, found.spans, found.states or None, found.unseen())


@contextmanager
def _answers(client: Any) -> Iterator[None]:
    """Say in one line that a scheduler does not answer."""
    try:
        if client.status == "closed":
            raise OSError("the client is closed")
        yield
    except OSError as error:  # which Dask's CommClosedError and TimeoutError are
        why = " ".join(str(error).split())
        raise RuntimeError(f"stream(client): the scheduler does not answer: {why}") from None


def _doubt(clock: Clock) -> float:
    return clock.doubt


# --- what the scheduler is asked ------------------------------------------------------------------


def _workers(client: Any) -> dict[str, tuple[Any, int]]:
    """Return name and pid of each worker, by its address."""

    def tell(dask_scheduler: Any) -> dict[str, tuple[Any, int]]:
        workers = dask_scheduler.workers.values()
        return {one.address: (one.name, getattr(one, "pid", 0)) for one in workers}

    return dict(told_by_scheduler(client, tell))


# --- what it told ---------------------------------------------------------------------------------


@dataclass
class _Found:
    """Makes lanes, spans and states of what a scheduler has told.

    Attributes:
        began: when the recording did, on the clock of `time.perf_counter`.
        elapsed: seconds that it took.
        clocks: the scheduler's clock and the workers'.
        workers: name and pid of each worker, by its address.
        gone: when a worker was gone, and whether it had something to do, by its address.
        came: when it came, if that was in the block.
        cut: seconds by which two items of a thread overlapped, at most.
        is_full: whether there may have been more items than Dask keeps.
    """

    began: float
    elapsed: float
    clocks: dict[str, Clock]
    workers: dict[str, tuple[Any, int]]
    lanes: list[Lane] = field(default_factory=list)
    spans: list[Row] = field(default_factory=list)
    states: list[Row] = field(default_factory=list)
    gone: dict[str, tuple[float, bool]] = field(default_factory=dict)
    came: dict[str, float] = field(default_factory=dict)
    cut: float = 0.0
    is_full: bool = False

    def take(self, items: Iterable[dict[str, Any]], events: Iterable[tuple[float, Any]]) -> None:
        """Take over the items that were done, and who came and went."""
        items = [*items]
        self._note(events)
        self.is_full = len(items) >= MOST
        done: dict[str, dict[Any, list[Row]]] = {}
        moved: dict[str, list[Row]] = {}
        for one in items:
            worker, stretches = one["worker"], one.get("startstops") or ()
            whose, by = self._clock_of(one)
            for stretch in stretches:
                start, end = (self._within(stretch[at] + by, whose) for at in ("start", "stop"))
                row = (_name(one["key"]), start, end)
                if stretch["action"] == COMPUTE:
                    done.setdefault(worker, {}).setdefault(one.get("thread"), []).append(row)
                elif stretch["action"] == TRANSFER:
                    moved.setdefault(worker, []).append(row)
        for worker in self._every(done):
            self._lanes_of(worker, done.get(worker, {}), moved.get(worker, []))

    def _note(self, events: Iterable[tuple[float, Any]]) -> None:
        """Note who came and who was gone while the block ran."""
        for at, event in events:
            moment = self._seconds(at)
            worker = event.get("worker") if isinstance(event, dict) else None
            if worker is None or not 0 <= moment <= self.elapsed:
                continue
            if event.get("action") == "add-worker":
                self.came[worker] = moment
            elif event.get("action") == "remove-worker":
                was_busy = bool(event.get("processing-tasks", True))
                self.gone[worker] = moment, was_busy and not event.get("expected")

    def _every(self, done: Iterable[str]) -> list[str]:
        """Return the addresses of all workers that were there, by name."""
        every = {*self.workers, *done, *self.gone}
        return sorted(every, key=lambda one: (_order(self._called(one)), self.came.get(one, 0.0)))

    def _clock_of(self, item: dict[str, Any]) -> tuple[str, float]:
        """Return whose clock an item's times are of, when so many seconds are added to them.

        Dask has moved them to the scheduler's, by what it knew of it. When the item had ended, the
        worker said so, and with it what its own clock showed.
        """
        said = SAID.match(str(item.get("stimulus_id")))
        ends = [one["stop"] for one in item.get("startstops") or () if one["action"] == COMPUTE]
        if not said or not ends or item["worker"] not in self.clocks:
            return SCHEDULER, 0.0
        return item["worker"], float(said[1]) - max(ends)

    def _seconds(self, at: float, whose: str = SCHEDULER) -> float:
        """Return a moment of a clock as seconds of the recording."""
        return at - self.clocks[whose].offset - self.began

    def _within(self, at: float, whose: str) -> float:
        return min(max(self._seconds(at, whose), 0.0), self.elapsed)

    def _called(self, worker: str) -> str:
        name = str(self.workers.get(worker, (worker, 0))[0])
        name = name.rpartition("://")[2]
        return name if "worker" in name.lower() else f"worker {name}"

    def _lanes_of(self, worker: str, done: dict[Any, list[Row]], moved: list[Row]) -> None:
        """Make the lanes of one worker."""
        taken = [lane.name for lane in self.lanes]
        name, again = self._called(worker), 2
        while name in taken:  # it was started anew
            name, again = f"{self._called(worker)} ({again})", again + 1
        kind = "thread" if worker.startswith("inproc:") else "process"
        own = self._lane(worker, kind, name, None)
        if len(done) <= 1:
            self._items(worker, own, [row for rows in done.values() for row in rows])
        else:
            for number, thread in enumerate(sorted(done, key=lambda one: done[one][0][1]), 1):
                lane = self._lane(worker, "thread", f"{name}, thread {number}", own)
                self._items(worker, lane, done[thread])
        if moved:
            lane = self._lane(worker, "thread", f"{name}, data thread", own)
            for item, start, end in moved:
                self.spans.append((lane, f"data for {item}", "item", start, end, nan))
                self.states.append((lane, STATE, start, end))

    def _lane(self, worker: str, kind: str, name: str, within: int | None) -> int:
        until = self.gone[worker][0] if worker in self.gone else None
        pid = self.workers.get(worker, ("", 0))[1]
        self.lanes.append(Lane(kind, name, pid, within=within, until=until))
        return len(self.lanes) - 1

    def _items(self, worker: str, lane: int, rows: list[Row]) -> None:
        """Give a lane its items; if the worker was gone while at one, a span that has no end."""
        last = 0.0
        for name, start, end in sorted(rows, key=lambda row: row[1:]):
            self.cut = max(self.cut, last - start)  # for a thread does one thing after the other
            self.spans.append((lane, name, "item", max(last, start), max(last, end), nan))
            last = max(last, end)
        moment, was_busy = self.gone.get(worker, (inf, False))
        if was_busy:
            last = last if rows else self.came.get(worker, 0.0)
            kind = self.lanes[lane].kind
            self.spans.append((lane, "worker", kind, min(last, moment), nan, nan))

    def unseen(self) -> list[str]:
        """Return what the recording could not see."""
        told = [NOT_SEEN, *([FULL] if self.is_full else [])]
        for worker, (moment, was_busy) in sorted(self.gone.items(), key=lambda one: one[1]):
            what = ", and what it was at is not told" if was_busy else ""
            told.append(f"{self._called(worker)} was gone after {duration(moment)}{what}.")
        doubt = duration(max(map(_doubt, self.clocks.values())))
        cut = CUT.format(duration(self.cut)) if self.cut > LEAST else ""
        return [*told, f"{CLOCKS.format(doubt)}{cut}."]


def _name(key: Any) -> str:
    """Return the function's name in the key that Dask gave its item, such as 'blur-0123456789'."""
    return str(import_module("dask.utils").key_split(key))


def _order(name: str) -> tuple[str, int]:
    """Return what sorts worker-10 behind worker-2."""
    words = name.rstrip("0123456789")
    return words, int(name[len(words) :] or 0)

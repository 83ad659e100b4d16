"""What was recorded, as plain data: lanes, and one table of spans."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]
__all__ = ["LANE_KINDS", "SPAN_KINDS", "STATES", "Lane", "Recording", "span_table", "state_table"]

LANE_KINDS = ("main", "thread", "process", "task")
SPAN_KINDS = ("thread", "process", "item", "task", "step", "own")
STATES = (
    *("running", "ready", "gil", "lock", "sleep", "network", "pipe", "child", "disk"),
    "turn",  # a task that could run, and waits for its turn on the event loop
    "awaiting",  # a task that waits for something whose kind is not known
    "waiting",  # a thread that waits, and for what could not be told
)

SPAN_FIELDS = [
    ("lane", "i4"),
    ("name", "O"),
    ("kind", "U7"),
    ("start", "f8"),
    ("end", "f8"),
    ("cpu", "f8"),
]
STATE_FIELDS = [("lane", "i4"), ("state", "U8"), ("start", "f8"), ("end", "f8")]


@dataclass(eq=False)
class Lane:
    """One line of work: the main thread, another thread, a process or a task.

    Attributes:
        kind: 'main', 'thread', 'process' (its main thread) or 'task'.
        name: its own name, as `Thread.name` or `Task.get_name()` gives it.
        pid: the process it ran in.
        spans: its rows of `Recording.spans`, by start.
        within: index of the lane it belongs to: a task's thread, a thread's process; or None.
        until: seconds at which it was last known to live, which is where a span of it that has
            not ended is drawn to; None: to the end of the recording.
    """

    kind: str
    name: str
    pid: int
    spans: np.recarray[Any, Any] = field(default_factory=lambda: span_table([]), repr=False)
    within: int | None = None
    until: float | None = None


class Recording:
    """One run of some code: who did what, and when.

    Attributes:
        elapsed: seconds from the recording's begin to its end.
        lanes: list of `Lane`: each process with its threads, each thread with its tasks.
        spans: numpy record array by start, one row a span: lane (its index in `lanes`), name,
            kind, start, end (seconds since the recording began; end is NaN if unfinished),
            cpu (seconds on a core, or NaN where it was not measured).
        states: numpy record array by lane and start, one row a stretch of a lane in one state:
            lane, state (one of `STATES`), start, end (seconds); no two of a lane overlap, and
            what could not be seen is in none. None where states were not measured.
        unseen: list of str, a sentence for each thing that this recording could not see.
    """

    def __init__(self) -> None:
        self._finished = False
        self.elapsed = 0.0
        self.lanes: list[Lane] = []
        self.spans = span_table([])
        self.states: np.recarray[Any, Any] | None = None
        self.unseen: list[str] = []

    def fill(
        self,
        lanes: list[Lane],
        elapsed: float,
        spans: np.recarray[Any, Any] | Iterable[tuple[Any, ...]],
        states: np.recarray[Any, Any] | Iterable[tuple[Any, ...]] | None = None,
        unseen: Iterable[str] = (),
    ) -> None:
        """Take over what was written down; rows as in `spans` and `states`, in any order."""
        self._finished = True
        self.lanes, self.elapsed, self.unseen = lanes, elapsed, list(unseen)
        table = spans if isinstance(spans, np.recarray) else span_table(spans)
        self.spans = table[np.argsort(table.start, kind="stable")].view(np.recarray)
        by_lane = self.spans[np.argsort(self.spans.lane, kind="stable")].view(np.recarray)
        ends = np.searchsorted(by_lane["lane"], np.arange(len(lanes)), side="right").tolist()
        for lane, start, end in zip(lanes, [0, *ends], ends, strict=False):
            lane.spans = by_lane[start:end].view(np.recarray)
        if states is not None:
            rows = states if isinstance(states, np.recarray) else state_table(states)
            self.states = rows[np.lexsort((rows.start, rows.lane))].view(np.recarray)

    def peak(self, kind: str | None = None) -> int:
        """Return the most lanes, or spans of a kind, alive at one moment; 'main' is not counted.

        Args:
            kind: 'thread', 'process' or 'task' counts lanes of that kind that are inside a span;
                'item', 'step' or 'own' counts spans; None counts all lanes.

        Raises:
            ValueError: there is no such kind.
            RuntimeError: the recording is still under way.
        """
        self._check_finished("peak()")
        kinds = [*dict.fromkeys((*LANE_KINDS[1:], *SPAN_KINDS))]
        if kind is not None and kind not in kinds:
            raise ValueError(f"peak(kind): must be one of {', '.join(kinds)}, not {kind!r}")
        by_lane = kind is None or kind in LANE_KINDS
        lanes = [
            lane.kind != "main" and (kind in (None, lane.kind) or not by_lane)
            for lane in self.lanes
        ]
        chosen = np.array(lanes, bool)[self.spans["lane"]]
        if not by_lane:
            chosen &= self.spans["kind"] == kind
        starts, ends = self.spans["start"][chosen], self.ends()[chosen]
        if by_lane:
            starts, ends = _merged(self.spans["lane"][chosen], starts, ends)
        return most_at_once(starts, ends)

    def timeline(self, **how: Any) -> Figure:
        """Return the picture of this run; what `how` may hold stands at `helpers.timeline.draw`.

        Raises:
            RuntimeError: the recording is still under way.
        """
        self._check_finished("timeline()")
        from helpers.timeline import draw

        return draw(self, **how)

    def to_perfetto(self, path: str | os.PathLike[str]) -> None:
        """Write this run into a file that Perfetto and chrome://tracing open.

        Args:
            path: the file, such as "run.json"; one that is there is replaced.

        Raises:
            OSError: the file cannot be written; none is left behind.
            RuntimeError: the recording is still under way.
            TypeError: path is not a path.
        """
        self._check_finished("to_perfetto()")
        from helpers.recorder.perfetto import write

        write(self, path)

    @property
    def alt(self) -> str:
        """The picture in words, written from the data."""
        self._check_finished("alt")
        from helpers.timeline import describe

        return describe(self)

    def __repr__(self) -> str:
        return f"<Recording of {len(self.lanes)} lanes, {len(self.spans)} spans>"

    def _check_finished(self, what: str) -> None:
        if not self._finished:
            raise RuntimeError(f"the recording is under way: call {what} after the with block")

    def ends(self) -> Array:
        """Return when each span ends, in seconds; one unfinished: when its lane was last seen."""
        until = [self.elapsed if lane.until is None else lane.until for lane in self.lanes]
        ends = self.spans["end"].copy()
        still = np.isnan(ends)
        ends[still] = np.array(until)[self.spans["lane"][still]]
        return ends


def span_table(rows: Iterable[tuple[Any, ...]]) -> np.recarray[Any, Any]:
    """Return rows of (lane, name, kind, start, end, cpu) as the table that `spans` is."""
    return np.array(list(rows), dtype=SPAN_FIELDS).view(np.recarray)


def state_table(rows: Iterable[tuple[Any, ...]]) -> np.recarray[Any, Any]:
    """Return rows of (lane, state, start, end) as the table that `states` is."""
    return np.array(list(rows), dtype=STATE_FIELDS).view(np.recarray)


def most_at_once(starts: Array, ends: Array) -> int:
    """Return how many stretches overlap at most; one that ends as another begins does not."""
    if not len(starts):
        return 0
    scale = 2.0**60 / max(float(ends.max()), 1e-9)
    moments = np.concatenate([(times * scale).astype(np.int64) for times in (ends, starts)]) << 1
    moments[len(ends) :] += 1
    moments.sort()
    return int(np.cumsum((moments & 1) * 2 - 1).max())


def _merged(lanes: Array, starts: Array, ends: Array) -> tuple[Array, Array]:
    """Return the stretches in which lanes are inside at least one span, none overlapping."""
    if not len(starts):
        return starts, ends
    order = np.lexsort((starts, lanes))
    apart = lanes[order] * (2 * float(ends.max()) + 1)  # so that lanes stand one after the other
    last = np.maximum.accumulate(ends[order] + apart)
    begins = np.append(True, starts[order][1:] + apart[1:] > last[:-1])
    return starts[order][begins], (last - apart)[np.append(begins[1:], True)]

"""What an event loop does in one iteration: plain data, which `loop_log` writes down."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Call", "Iteration", "Place", "Row", "Turn"]

LONG = 0.03  # seconds: what a loop should not be kept waiting
HARDLY = 0.1  # of a turn's time; on a busy machine one that computes is off its core for half of it

Place = tuple[str, int]  # a file and a line


@dataclass
class Call:
    """A call that a loop runs, or has in its queue, or will run when a timer is due.

    Attributes:
        kind: 'task' (its next turn), 'timer', 'callback', or 'notebook' (not of the watched code).
        name: of the task that it belongs to, or '' if there is none or it cannot be told.
        function: the callback's name; '' for a task.
        place: where the task goes on, or None.
        task: the task's number, which no other has; 0 for the cell's own, and where there is none.
    """

    kind: str
    name: str
    function: str = ""
    place: Place | None = None
    task: int = 0


@dataclass
class Row:
    """Calls in their order, and how many more there were than are kept."""

    calls: list[Call] = field(default_factory=list)
    more: int = 0

    def __len__(self) -> int:
        return len(self.calls) + self.more

    def cut(self, number: int) -> None:
        """Leave out that many calls at its end."""
        kept = len(self) - number
        self.more = max(0, kept - len(self.calls))
        del self.calls[kept:]


@dataclass
class Turn:
    """One call, run. Times are in seconds since the recording began.

    Attributes:
        then: what a task does after it: 'finished', 'failed', 'cancelled', 'ready' (it stands in
            the queue again), or what it waits for: 'sleep', 'network', 'lock', 'pipe', 'child',
            'awaiting' (anything else). '' for a callback.
        stops: where the task then stands, or None.
        cpu: seconds of it on a core; NaN where that is not known.
    """

    call: Call
    start: float
    end: float = float("nan")
    then: str = ""
    stops: Place | None = None
    cpu: float = float("nan")

    @property
    def took(self) -> float:
        """Seconds from its start to its end."""
        return self.end - self.start

    @property
    def held(self) -> bool:
        """Whether it blocked the loop: it took long and was hardly on a core."""
        return self.took > LONG and self.cpu < HARDLY * self.took


@dataclass
class Iteration:
    """One iteration of a loop. Times are in seconds since the recording began.

    Attributes:
        loop: the loop's number, in the order in which they were first seen.
        level: 0, or how many iterations this one runs within (nest-asyncio).
        whole: False for the one that was under way when the recording began.
        ready: the queue at its begin.
        timers: seconds until each is due, and its call; the next one first.
        more_timers: how many more there were than are kept.
        asked: seconds that select was to wait at most; None for ever.
        watched: how many sockets select watched for the code.
        selected: when select was asked; NaN if it was not.
        waited: seconds that select took.
        came: what select reported, in words.
        queue: what it then had to run, in this order.
        turns: what it ran.
    """

    loop: int
    start: float
    level: int = 0
    whole: bool = True
    end: float = float("nan")
    ready: Row = field(default_factory=Row)
    timers: list[tuple[float, Call]] = field(default_factory=list)
    more_timers: int = 0
    asked: float | None = 0.0
    watched: int = 0
    selected: float = float("nan")
    waited: float = 0.0
    came: list[str] = field(default_factory=list)
    queue: Row = field(default_factory=Row)
    turns: list[Turn] = field(default_factory=list)

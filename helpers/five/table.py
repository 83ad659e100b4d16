"""Five lanes and what was measured of each, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from helpers.five.recorded import HERE

if TYPE_CHECKING:
    from helpers.timeline import Picture

__all__ = ["LANES", "ONE_CORE", "ONE_GIL", "FiveLanes", "Row"]

ONE_CORE = 1.2  # cores that two kept busy; more is more than one

ONE_GIL = ("thread", "task")  # two of them have one GIL, or one thread

# The five, and what each is for.
LANES = {
    "thread": "many waits at a time, in plain code",
    "process": "computing on several cores",
    "task": "thousands of waits",
    "subinterpreter": "computing on several cores, inside one process",
    "free-threaded thread": "computing on several cores, in one memory",
}


@dataclass(frozen=True)
class Row:
    """One lane.

    Attributes:
        lane: one of `LANES`.
        python: what ran it: 'Python 3.14.0'.
        usable: how many cores that could use.
        start: the seconds from starting one to hearing from it; None: not measured.
        memory: the bytes that one more costs while it waits; None: not measured.
        shares_globals: whether a list of the module, to which it adds, is seen to grow.
        shares_given: whether a list that it is given, to which it adds, is seen to grow.
        cores: how many cores two of them kept busy that computed at once.
        two: for both of those [start, end, seconds on a core], in seconds since the first began.
        methods: of a process, by start method: its [start, memory].
        default: the start method that is used if none is named, whose figures the row has.
        origin: 'measured here', or when and where it was recorded.
    """

    lane: str
    python: str
    usable: int
    start: float | None = None
    memory: float | None = None
    shares_globals: bool | None = None
    shares_given: bool | None = None
    cores: float | None = None
    two: list[list[float]] = field(default_factory=list)
    methods: dict[str, list[float | None]] = field(default_factory=dict)
    default: str = ""
    origin: str = HERE

    @property
    def in_parallel(self) -> bool | None:
        """Whether two of them computed on two cores.

        None where it was not seen: there is one core only, or another program had the other.
        """
        if self.cores is None or self.usable < 2:
            return None
        if self.cores > ONE_CORE:
            return True
        return False if self.lane in ONE_GIL else None

    @property
    def is_recorded(self) -> bool:
        """Whether it was measured on another machine."""
        return self.origin != HERE

    @property
    def shares(self) -> str:
        """What it has in common with who started it, in words."""
        if self.shares_globals is None or self.shares_given is None:
            return "not measured"
        if self.shares_globals == self.shares_given:
            return "all memory" if self.shares_given else "nothing"
        return "globals only" if self.shares_globals else "arguments only"

    @property
    def what_for(self) -> str:
        """What it is for, in words."""
        return LANES[self.lane]


@dataclass(frozen=True)
class FiveLanes:
    """The table.

    Attributes:
        rows: list of `Row`: thread, process, task, subinterpreter, free-threaded thread.
        failed: list of str, a sentence for what could not be measured.
        seconds: how long it took.
    """

    rows: list[Row]
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __getitem__(self, lane: str) -> Row:
        for row in self.rows:
            if row.lane == lane:
                return row
        names = ", ".join(map(repr, LANES))
        raise KeyError(f"there is no lane {lane!r}; there are {names}")

    def picture(self, title: str = "") -> Picture:
        """Draw the table."""
        from helpers.five.chart import draw

        return draw(self, title)

    def __repr__(self) -> str:
        return f"<FiveLanes: {', '.join(row.lane for row in self.rows)}>"

    def _repr_mimebundle_(self, **how: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, about = self.picture()._repr_mimebundle_(**how)
        return {**data, "text/plain": repr(self)}, about

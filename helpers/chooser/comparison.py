"""What came of a comparison, as plain data: a row for each way, and the recommendation."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from helpers.chooser.predict import Prediction
from helpers.chooser.verdict import Verdict, agreed, decide

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from helpers.chooser.table import Table
    from helpers.recorder.recording import Recording

__all__ = ["Comparison", "Row"]

IN_THREADS = ("threads", "free-threaded")


@dataclass
class Row:
    """One way to call the function for all items.

    Attributes:
        way: its name.
        workers: how many.
        predicted: how long it should take for all items.
        part: how long it should take for those that are measured.
        seconds: how long these took, in each round.
        start: seconds that it needs by itself, however many items there are.
        times: how many times as long as that of the measured items the work of all should take.
        failed: why it cannot be used, or ''.
        recording: of one run, or None.
    """

    way: str
    workers: int
    predicted: Prediction
    part: Prediction
    seconds: list[float] = field(default_factory=list)
    start: float = 0.0
    times: float = 1.0
    failed: str = ""
    recording: Recording | None = field(default=None, repr=False)

    @property
    def measured(self) -> float | None:
        """Seconds for all items: the median of the rounds; None if it was not measured.

        Where only some of the items were measured, it follows from theirs.
        """
        return self.of_all(median(self.seconds)) if self.seconds else None

    def fail(self, why: str) -> None:
        """Rule the way out: what it took for something else than was asked of it says nothing."""
        self.failed = why
        self.seconds.clear()

    def of_all(self, seconds: float) -> float:
        """Return how long all items should take, if those that are measured took so long."""
        start = min(self.start, seconds)
        return start + (seconds - start) * self.times


@dataclass(eq=False)
class Comparison:
    """How long a function's calls take in each way, and which way to take.

    Attributes:
        name: the function's.
        items: how many there are.
        measured: how many of them were measured.
        is_coroutine: whether its calls are awaited.
        nature: a sentence on what kind of work a call is.
        left_out: what is wrong with some items, by their number; they were left out.
        rows: a `Row` for each way, the simplest way first.
        notes: sentences on what was not measured, or not as one might think.
    """

    name: str
    items: int
    measured: int = 0
    is_coroutine: bool = False
    nature: str = ""
    left_out: dict[int, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def usable(self) -> list[Row]:
        """The rows of the ways that did all that was asked of them."""
        return [row for row in self.rows if row.seconds and not row.failed]

    @property
    def choices(self) -> list[Row]:
        """The rows of the ways among which to choose.

        Tasks of a plain function are threads, and something more: they are no choice beside those.
        """
        if self.is_coroutine or not any(row.way in IN_THREADS for row in self.usable):
            return self.usable
        return [row for row in self.usable if row.way != "tasks"]

    @property
    def verdict_on_measured(self) -> Verdict:
        """The best way for the items that were measured, and what it was compared with."""
        return decide(self._times())

    @property
    def verdict(self) -> Verdict:
        """The best way for all items, and what it was compared with."""
        if all(row.times == 1.0 for row in self.choices):
            return self.verdict_on_measured
        times = self._times()
        every = {row.way: [*map(row.of_all, times[row.way])] for row in self.choices}
        return agreed(self.verdict_on_measured, decide(every))

    def _times(self) -> dict[str, list[float]]:
        """Return each choice's seconds in the rounds that all of them had."""
        rounds = min((len(row.seconds) for row in self.choices), default=0)
        return {row.way: row.seconds[:rounds] for row in self.choices}

    @property
    def best(self) -> str:
        """The name of the best way, or 'undecided'."""
        return self.verdict.best

    @property
    def why(self) -> str:
        """Two sentences or three: the recommendation, its evidence, and how sure it is."""
        from helpers.chooser.words import why

        return why(self)

    @property
    def table(self) -> Table:
        """All of it as a table: what was predicted and measured in each way, and why."""
        from helpers.chooser.table import table

        return table(self)

    def timeline(self, technique: str) -> Figure:
        """Return the picture of one run in one way.

        Raises:
            ValueError: this way was not compared, or no run of it was recorded.
        """
        row = self.row(technique)
        if row.recording is None:
            raise ValueError(f"timeline(technique): no run of {technique!r} was recorded")
        return row.recording.timeline(title=f"{self.name}, {self.measured} items: {technique}")

    def row(self, way: str) -> Row:
        """Return one way's row.

        Raises:
            ValueError: it was not compared.
        """
        for row in self.rows:
            if row.way == way:
                return row
        names = ", ".join(repr(row.way) for row in self.rows) or "none"
        raise ValueError(f"technique: must be one of those compared ({names}), not {way!r}")

    def picture(self, guess: Any = None) -> Figure:
        """Return all of it in one picture, whose `alt` is its text alternative.

        Args:
            guess: a way's name, or words that begin with one, or a prediction with such an answer:
                the way is marked with the word "you".
        """
        from helpers.chooser.figure import draw

        answer = getattr(guess, "answer", guess)
        return draw(self, answer if isinstance(answer, str) else "")

    def __repr__(self) -> str:
        return f"<Comparison of {self.name}, {self.items} items, in {len(self.rows)} ways>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from helpers.chooser.figure import draw

        shown, about = draw(self)._repr_mimebundle_()
        return shown | {"text/plain": repr(self)}, about
